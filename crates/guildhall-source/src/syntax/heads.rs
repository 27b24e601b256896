//! What stands before a body: whether it is the head of a function, of a type, or of
//! neither, where macros and missing brackets lead a grammar astray.

use tree_sitter::Node;

use super::grammar::{Grammar, Role};
use super::names::{self, DEEPEST_DECLARATOR};

/// Words of C and C++ that no function is called.
const KEYWORDS: [&str; 22] = [
    "case",
    "catch",
    "class",
    "const",
    "constexpr",
    "do",
    "else",
    "enum",
    "extern",
    "for",
    "goto",
    "if",
    "namespace",
    "return",
    "sizeof",
    "static",
    "struct",
    "switch",
    "template",
    "try",
    "union",
    "while",
];

/// Words that are followed by the name of a type, or of another holder of functions.
const HOLDERS: [&str; 5] = ["class", "enum", "namespace", "struct", "union"];

/// Whether what the grammar takes for a function of C or C++ has the head of one: a
/// declarator with a list of parameters, and a name.
pub(super) fn is_function(node: Node<'_>, grammar: &Grammar, source: &str) -> bool {
    let mut at = names::child(node, grammar.fields.declarator);
    for _ in 0..DEEPEST_DECLARATOR {
        let Some(declarator) = at else {
            return false;
        };
        at = match declarator.kind() {
            "operator_cast" => return true,
            _ if is_macro(node, grammar) => return true,
            "function_declarator" => {
                let name = names::declared(node, grammar).map(|name| name.byte_range());
                let name = name.and_then(|range| source.get(range));
                return name.is_some_and(|name| !KEYWORDS.contains(&name));
            }
            "qualified_identifier" => names::child(declarator, grammar.fields.name),
            _ => names::inner_declarator(declarator, grammar),
        };
    }
    false
}

/// Whether the head of a function is the call of a macro with one name, which the grammar
/// of C takes for a type and a name in parentheses: `TEST_IMPL(opens) {`.
pub(super) fn is_macro(node: Node<'_>, grammar: &Grammar) -> bool {
    let type_ = names::child(node, grammar.fields.type_);
    let declarator = names::child(node, grammar.fields.declarator);
    let is_name = |node: Node<'_>| node.kind() == "identifier";
    type_.is_some_and(|type_| type_.kind() == "type_identifier")
        && declarator.is_some_and(|declarator| {
            declarator.kind() == "parenthesized_declarator"
                && declarator.named_child_count() == 1
                && declarator.named_child(0).is_some_and(is_name)
        })
}

/// The name of the type whose head a macro hid from the grammar: `Status` in
/// `class EXPORT Status : Base {`.
pub(super) fn of_type(node: Node<'_>, grammar: &Grammar, source: &str) -> Option<String> {
    let body = names::child(node, grammar.fields.body)?.start_byte();
    let mut is_type = false;
    let mut name = None;
    let mut cursor = node.walk();
    let mut goes_on = cursor.goto_first_child();
    while goes_on && cursor.node().start_byte() < body {
        let at = cursor.node();
        let word = source.get(at.byte_range()).unwrap_or_default();
        let is_leaf = at.child_count() == 0;
        match word {
            _ if !is_leaf => {}
            // What follows are the types that it is based on.
            ":" if name.is_some() => break,
            "final" => {}
            _ if HOLDERS.contains(&word) => is_type = true,
            _ if is_type && grammar.role(at.kind_id()) == Role::Identifier => {
                name = Some(names::text(at, source));
            }
            _ => {}
        }
        let is_aside = at.kind().ends_with("_list") || at.kind() == "comment";
        goes_on = !is_aside && cursor.goto_first_child() || cursor.goto_next_sibling();
        while !goes_on && cursor.goto_parent() && cursor.node() != node {
            goes_on = cursor.goto_next_sibling();
        }
    }
    name
}

/// The arguments of the macro that begins a test, which are its name: `TEST(Shop, Opens)`.
pub(super) fn test_macro<'t>(node: Node<'t>, grammar: &Grammar, source: &str) -> Option<Node<'t>> {
    let fields = &grammar.fields;
    let declarator = names::child(node, fields.declarator)?;
    let is_macro =
        declarator.kind() == "function_declarator" && names::child(node, fields.type_).is_none();
    let name = names::child(declarator, fields.declarator).filter(|_| is_macro)?;
    let word = source.get(name.byte_range())?;
    let is_test = names::begins(word, grammar.table.tests.functions);
    names::child(declarator, fields.parameters).filter(|_| is_test && name.kind() == "identifier")
}

/// Whether this is the bracket or the word that ends a body.
pub(super) fn is_end(node: Node<'_>) -> bool {
    matches!(node.kind(), "}" | "end")
}

/// Whether brackets in an error do not match.
pub(super) fn is_unbalanced(error: Node<'_>) -> bool {
    let mut depth = 0_i32;
    let mut cursor = error.walk();
    for child in error.children(&mut cursor) {
        depth += match child.kind() {
            "{" => 1,
            "}" => -1,
            _ => 0,
        };
    }
    error.is_error() && depth != 0
}

/// Whether a function begins in an error: its parameters and the bracket behind them.
pub(super) fn begins_a_function(error: Node<'_>, source: &str) -> bool {
    if !error.is_error() {
        return false;
    }
    let behind = source.get(error.end_byte()..).unwrap_or_default();
    let mut opens = behind.trim_start().starts_with('{');
    let mut has_head = false;
    let mut cursor = error.walk();
    for child in error.children(&mut cursor) {
        let kind = child.kind();
        let is_list = kind.ends_with("parameters") || kind.ends_with("parameter_list");
        has_head |= is_list || kind == "function_declarator";
        opens |= kind == "{";
        if kind == "def" {
            return true;
        }
    }
    has_head && opens
}
