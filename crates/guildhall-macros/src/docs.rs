//! Doc comments as plain text.

use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// The text of the doc comments: lines of a paragraph joined by spaces, paragraphs
/// by an empty line.
pub(crate) fn text(attributes: &[Attribute]) -> String {
    let mut text = String::new();
    let mut at_break = false;
    for line in attributes.iter().filter_map(doc_line) {
        for line in line.lines() {
            let line = line.trim();
            if line.is_empty() {
                at_break = !text.is_empty();
                continue;
            }
            if !text.is_empty() {
                text.push_str(if at_break { "\n\n" } else { " " });
            }
            at_break = false;
            text.push_str(line);
        }
    }
    text
}

/// The first paragraph of the doc comments, without its final full stop.
pub(crate) fn summary(attributes: &[Attribute]) -> String {
    let text = text(attributes);
    let first = text.split("\n\n").next().unwrap_or_default();
    first.strip_suffix('.').unwrap_or(first).to_owned()
}

fn doc_line(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(meta) = &attribute.meta else {
        return None;
    };
    if !meta.path.is_ident("doc") {
        return None;
    }
    match &meta.value {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => Some(text.value()),
        _ => None,
    }
}
