//! What is read off a node and its children: names, parameters, places, labels.

use std::num::NonZeroU16;

use tree_sitter::Node;

use super::grammar::{Grammar, Role};
use super::heads;

/// Names are cut off after so many characters.
const LONGEST: usize = 60;

/// Declarators that may stand in each other before a name is reached.
pub(super) const DEEPEST_DECLARATOR: usize = 32;

pub(super) fn child(node: Node<'_>, field: Option<NonZeroU16>) -> Option<Node<'_>> {
    node.child_by_field_id(field?.get())
}

/// The text of a node on one line, cut off where it is long.
pub(super) fn text(node: Node<'_>, text: &str) -> String {
    let words = text.get(node.byte_range()).unwrap_or_default();
    let line = words.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// The name of a type; `None` where it has none.
pub(super) fn of_type(node: Node<'_>, grammar: &Grammar, source: &str) -> Option<String> {
    let name = child(node, grammar.fields.name)?;
    Some(text(name, source)).filter(|name| !name.is_empty())
}

/// The name of a function as its declaration says it, with the type that it belongs to
/// where that is said there as well.
pub(super) fn of_function(node: Node<'_>, grammar: &Grammar, source: &str) -> String {
    let fields = &grammar.fields;
    let named = child(node, fields.name).or_else(|| declared(node, grammar));
    let name = match named {
        Some(name) => match heads::test_macro(node, grammar, source) {
            Some(arguments) => text(name, source) + &text(arguments, source),
            None => text(name, source),
        },
        // An operator that is defined, or a conversion to a type.
        None => match child(node, fields.operator).or_else(|| child(node, fields.type_)) {
            Some(operator) => format!("operator {}", text(operator, source)),
            None => "(anonymous)".to_owned(),
        },
    };
    match receiver(node, grammar, source) {
        Some(kind) => format!("{kind}{}{name}", grammar.table.separator),
        None => name,
    }
}

/// The name in a declarator of C: below pointers, references and lists of parameters.
pub(super) fn declared<'t>(node: Node<'t>, grammar: &Grammar) -> Option<Node<'t>> {
    let mut name = child(node, grammar.fields.declarator)?;
    for _ in 0..DEEPEST_DECLARATOR {
        match inner_declarator(name, grammar) {
            // A conversion is named by the type that it converts to.
            Some(_) if name.kind() == "operator_cast" => return Some(name),
            Some(inner) => name = inner,
            None => return Some(name),
        }
    }
    None
}

/// The declarator in a declarator. References and parentheses have no field for it.
pub(super) fn inner_declarator<'t>(node: Node<'t>, grammar: &Grammar) -> Option<Node<'t>> {
    child(node, grammar.fields.declarator).or_else(|| {
        let is_wrapper = node.kind().ends_with("_declarator");
        node.named_child(0).filter(|_| is_wrapper)
    })
}

/// The type that a function of Go is declared for, without its pointer and parameters.
pub(super) fn receiver(node: Node<'_>, grammar: &Grammar, source: &str) -> Option<String> {
    let parameter = child(node, grammar.fields.receiver)?.named_child(0)?;
    let kind = text(child(parameter, grammar.fields.type_)?, source);
    let kind = kind.trim_start_matches('*');
    Some(kind.split('[').next().unwrap_or(kind).to_owned())
}

/// What is called with the text at `handed`, and the call as a name:
/// `describe("shipping")`; `None` where the node is no such call.
pub(super) fn of_call(
    node: Node<'_>,
    handed: usize,
    grammar: &Grammar,
    source: &str,
) -> Option<(String, String)> {
    let fields = &grammar.fields;
    let callee = child(node, fields.function).or_else(|| child(node, fields.method))?;
    if callee.end_byte() > handed {
        return None;
    }
    let last = text(last_name(callee, grammar), source);
    let first = child(node, fields.arguments).and_then(|arguments| arguments.named_child(0));
    let literal = first.filter(|first| grammar.role(first.kind_id()) == Role::Literal);
    let call = match literal {
        Some(literal) => format!("{last}({})", text(literal, source)),
        None => format!("{last}()"),
    };
    Some((last, call))
}

/// The last name of what is called: `each` in `it.each(rows)` and in a call of that.
fn last_name<'t>(callee: Node<'t>, grammar: &Grammar) -> Node<'t> {
    let fields = &grammar.fields;
    let mut at = callee;
    while at.child_count() > 0 {
        let called = child(at, fields.function).or_else(|| child(at, fields.method));
        let last = || u32::try_from(at.named_child_count()).ok()?.checked_sub(1);
        let is_name = |node: &Node<'t>| grammar.role(node.kind_id()) == Role::Identifier;
        let inner = called
            .or_else(|| child(at, fields.name))
            .or_else(|| at.named_child(last()?).filter(is_name))
            .or_else(|| at.named_child(0));
        match inner {
            Some(inner) => at = inner,
            None => break,
        }
    }
    at
}

/// How many parameters stand in the list of a function.
pub(super) fn parameters(node: Node<'_>, grammar: &Grammar, source: &str) -> u32 {
    let fields = &grammar.fields;
    if child(node, fields.parameter).is_some() {
        return 1;
    }
    if heads::test_macro(node, grammar, source).is_some() {
        return 0;
    }
    let Some(list) = child(node, fields.parameters).or_else(|| declared_list(node, grammar)) else {
        return 0;
    };
    // A single parameter may stand without a list around it.
    if list.kind().ends_with("identifier") || list.kind() == "implicit_parameter" {
        return 1;
    }
    let mut cursor = list.walk();
    let mut count = 0;
    let mut goes_on = cursor.goto_first_child();
    while goes_on {
        // The last parameter of a list in C# has no node of its own, only type and name.
        count += match cursor.field_id() {
            None => in_parameter(cursor.node(), grammar, source),
            field => u32::from(field == fields.name),
        };
        goes_on = cursor.goto_next_sibling();
    }
    count
}

/// The list in a declarator of C, the innermost one: what is around it is of what the
/// function returns.
fn declared_list<'t>(node: Node<'t>, grammar: &Grammar) -> Option<Node<'t>> {
    let mut found = None;
    let mut at = child(node, grammar.fields.declarator);
    for _ in 0..DEEPEST_DECLARATOR {
        let Some(declarator) = at else {
            break;
        };
        found = child(declarator, grammar.fields.parameters).or(found);
        at = inner_declarator(declarator, grammar);
    }
    found
}

/// How many parameters a child of the list stands for: in Go several names may share a
/// type, in C `void` says that there are none.
fn in_parameter(parameter: Node<'_>, grammar: &Grammar, source: &str) -> u32 {
    let role = grammar.role(parameter.kind_id());
    let is_other = matches!(role, Role::Comment | Role::NoParameter | Role::Attribute);
    if parameter.kind() == "..." {
        return 1;
    }
    if !parameter.is_named() || parameter.is_error() || is_other {
        return 0;
    }
    if source.get(parameter.byte_range()) == Some("void") {
        return 0;
    }
    let Some(name) = grammar.fields.name else {
        return 1;
    };
    let mut cursor = parameter.walk();
    let names = parameter.children_by_field_id(name, &mut cursor).count();
    u32::try_from(names).unwrap_or(u32::MAX).max(1)
}

/// Where a function begins, after attributes and decorators.
pub(super) fn start(node: Node<'_>, grammar: &Grammar) -> usize {
    let mut cursor = node.walk();
    for child in node.children(&mut cursor) {
        match grammar.role(child.kind_id()) {
            Role::Attribute | Role::Comment => {}
            Role::Modifiers => {
                let mut cursor = child.walk();
                let mut words = child.children(&mut cursor);
                let word = words.find(|word| {
                    let role = grammar.role(word.kind_id());
                    !matches!(role, Role::Attribute | Role::Comment)
                });
                if let Some(word) = word {
                    return word.start_byte();
                }
            }
            _ => return child.start_byte(),
        }
    }
    node.start_byte()
}

/// Where a node ends, without white space.
pub(super) fn end(node: Node<'_>, source: &str) -> usize {
    let text = source.get(node.byte_range()).unwrap_or_default();
    node.start_byte() + text.trim_end().len()
}

/// Whether an arm takes whatever comes: its pattern is `_`, without a condition.
pub(super) fn takes_all(node: Node<'_>, grammar: &Grammar, source: &str) -> bool {
    let is_pattern = |child: &Node<'_>| grammar.role(child.kind_id()) != Role::Comment;
    let mut cursor = node.walk();
    let pattern = node.named_children(&mut cursor).find(is_pattern);
    let takes_all = pattern.is_some_and(|pattern| source.get(pattern.byte_range()) == Some("_"));
    let mut cursor = node.walk();
    let mut children = node.named_children(&mut cursor);
    takes_all && !children.any(|child| grammar.role(child.kind_id()) == Role::Guard)
}

/// Whether a jump says where to.
pub(super) fn has_label(node: Node<'_>, grammar: &Grammar) -> bool {
    let label = node.named_child(0);
    label.is_some_and(|label| grammar.role(label.kind_id()) != Role::Comment)
}

/// Whether a name begins with one of these, as a word.
pub(super) fn begins(name: &str, prefixes: &[&str]) -> bool {
    prefixes.iter().any(|prefix| {
        name.strip_prefix(prefix).is_some_and(|rest| {
            prefix.ends_with('_') || !rest.starts_with(|c: char| c.is_lowercase())
        })
    })
}

/// Whether a function has one of these attributes.
pub(super) fn has_attribute(
    node: Node<'_>,
    grammar: &Grammar,
    source: &str,
    wanted: &[&str],
) -> bool {
    if wanted.is_empty() {
        return false;
    }
    let mut cursor = node.walk();
    node.children(&mut cursor).any(|child| {
        let role = grammar.role(child.kind_id());
        let text = match role {
            Role::Attribute | Role::Modifiers => source.get(child.byte_range()),
            _ => None,
        };
        text.is_some_and(|text| names_attribute(text, wanted))
    })
}

/// `text` holds attributes, with arguments perhaps; strings in those are not told apart.
fn names_attribute(text: &str, wanted: &[&str]) -> bool {
    let mut words = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
    words.any(|word| wanted.contains(&word))
}

/// Whether a function of Python only holds another one and returns something.
pub(super) fn is_decorator(node: Node<'_>, grammar: &Grammar) -> bool {
    let Some(body) = child(node, grammar.fields.body) else {
        return false;
    };
    let (mut functions, mut returns) = (0, 0);
    let mut cursor = body.walk();
    for (index, statement) in body.named_children(&mut cursor).enumerate() {
        match statement.kind() {
            "function_definition" | "decorated_definition" => functions += 1,
            "return_statement" => returns += 1,
            "comment" | "nonlocal_statement" => {}
            // Its documentation.
            "expression_statement" if index == 0 => {}
            _ => return false,
        }
    }
    functions == 1 && returns == 1
}
