//! Functions that wrap a module of JavaScript: called where they stand, so that what they
//! declare stays out of the global scope. What is written in one is as good as at the top
//! of the file.

use tree_sitter::Node;

use super::grammar::{Grammar, Role};
use super::names;

/// What a module is handed to where it is loaded by name (the AMD specification).
const LOADER: &str = "define";

/// Whether the lambda is called where it stands, `(function () {})()`, or is handed to one
/// that is, as the universal module definition does, or to a loader of modules. `around`
/// are the nodes that it lies in, the innermost first.
pub(super) fn is_wrapper<'t>(
    lambda: Node<'t>,
    around: impl Iterator<Item = Node<'t>>,
    grammar: &Grammar,
    source: &str,
) -> bool {
    let mut within = lambda;
    for node in around {
        if let Some(callee) = names::child(node, grammar.fields.function) {
            return callee == within
                || is_lambda(callee, grammar)
                || source.get(callee.byte_range()) == Some(LOADER);
        }
        if !is_transparent(node) && node.kind() != "arguments" {
            return false;
        }
        within = node;
    }
    false
}

/// Whether a callee is a lambda, in brackets or through its `call`.
fn is_lambda(callee: Node<'_>, grammar: &Grammar) -> bool {
    let mut at = callee;
    while is_transparent(at) {
        match at.named_child(0) {
            Some(inner) => at = inner,
            None => return false,
        }
    }
    grammar.role(at.kind_id()) == Role::Lambda
}

/// Whether the node stands for the expression that it begins with: brackets around it, or
/// the `.call` behind it.
fn is_transparent(node: Node<'_>) -> bool {
    matches!(
        node.kind(),
        "parenthesized_expression" | "member_expression"
    )
}
