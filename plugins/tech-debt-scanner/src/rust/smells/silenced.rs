//! Lints that an attribute switches off.

use proc_macro2::{TokenStream, TokenTree};
use syn::{AttrStyle, Attribute, Meta};

use super::{Reach, Silenced};

/// The lints that `attribute` switches off. `reach` is what an outer attribute is on, and
/// `line` its line.
pub(super) fn of(attribute: &Attribute, reach: Reach, line: u32, is_test: bool) -> Vec<Silenced> {
    let Meta::List(list) = &attribute.meta else {
        return Vec::new();
    };
    let is_expected = list.path.is_ident("expect");
    if !is_expected && !list.path.is_ident("allow") {
        return Vec::new();
    }
    let (lints, has_reason) = lints(list.tokens.clone());
    let reach = match attribute.style {
        // At the beginning of a block or of an inline module it reaches no further.
        AttrStyle::Inner(_) if reach == Reach::File => Reach::File,
        AttrStyle::Inner(_) | AttrStyle::Outer if reach == Reach::File => Reach::Item,
        _ => reach,
    };
    let suppression = |lint| Silenced {
        lint,
        line,
        reach,
        is_expected,
        has_reason,
        is_test,
    };
    lints.into_iter().map(suppression).collect()
}

/// The paths between the commas, and whether one of the parts is a reason.
fn lints(tokens: TokenStream) -> (Vec<String>, bool) {
    let (mut lints, mut has_reason) = (vec![String::new()], false);
    for token in tokens {
        let Some(last) = lints.last_mut() else {
            break;
        };
        match token {
            TokenTree::Punct(punct) if punct.as_char() == ',' => lints.push(String::new()),
            TokenTree::Punct(punct) if punct.as_char() == '=' => {
                has_reason |= last == "reason";
                last.clear();
            }
            TokenTree::Punct(punct) => last.push(punct.as_char()),
            TokenTree::Ident(name) => last.push_str(&name.to_string()),
            TokenTree::Literal(_) | TokenTree::Group(_) => {}
        }
    }
    lints.retain(|lint| !lint.is_empty());
    (lints, has_reason)
}
