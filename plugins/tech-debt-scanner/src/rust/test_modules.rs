//! Modules that are compiled for tests only.

use guildhall_source::rust::position;
use proc_macro2::{TokenStream, TokenTree};
use syn::{Attribute, Item, Meta};

use crate::facts::LineRange;

/// The modules with a body under `#[cfg(test)]` or `#[cfg(all(test, ..))]`, each from that
/// attribute to its closing brace. Those within another are not named again.
pub(crate) fn test_modules(file: &syn::File) -> Vec<LineRange> {
    let mut found = Vec::new();
    collect(&file.items, &mut found);
    found
}

fn collect(items: &[Item], found: &mut Vec<LineRange>) {
    for item in items {
        let Item::Mod(module) = item else { continue };
        let Some((brace, within)) = &module.content else {
            continue;
        };
        match module
            .attrs
            .iter()
            .find(|attribute| is_for_tests(attribute))
        {
            Some(attribute) => found.push(LineRange {
                first: position(attribute.pound_token.spans[0].start()).line,
                last: position(brace.span.close().end()).line,
            }),
            None => collect(within, found),
        }
    }
}

fn is_for_tests(attribute: &Attribute) -> bool {
    let Meta::List(list) = &attribute.meta else {
        return false;
    };
    list.path.is_ident("cfg") && requires_test(list.tokens.clone())
}

/// Whether a condition is `test`, or `all` of some of which one is.
fn requires_test(condition: TokenStream) -> bool {
    let tokens: Vec<TokenTree> = condition.into_iter().collect();
    match &tokens[..] {
        [TokenTree::Ident(name)] => name == "test",
        [TokenTree::Ident(name), TokenTree::Group(group)] if name == "all" => {
            let parts: Vec<TokenTree> = group.stream().into_iter().collect();
            let is_comma =
                |tree: &TokenTree| matches!(tree, TokenTree::Punct(mark) if mark.as_char() == ',');
            let mut conditions = parts.split(is_comma);
            conditions.any(|part| requires_test(part.iter().cloned().collect()))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges(text: &str) -> Vec<(u32, u32)> {
        let outline = guildhall_source::rust::outline(text, drop);
        let found = guildhall_source::rust::parse(text, &outline, test_modules).unwrap();
        found
            .iter()
            .map(|range| (range.first, range.last))
            .collect()
    }

    #[test]
    fn a_module_for_tests_goes_from_its_attribute_to_its_brace() {
        let text = "fn a() {}\n/// Doc.\n#[cfg(test)]\n#[expect(x)]\nmod tests {\n  mod n {}\n}\nfn b() {}";
        assert_eq!(ranges(text), [(3, 7)]);
        let text = "mod m {\n#[cfg(all(unix, all(test, x)))]\nmod t { fn f() {} }\n}";
        assert_eq!(ranges(text), [(2, 3)]);
    }

    #[test]
    fn what_is_compiled_otherwise_too_is_not_for_tests() {
        for condition in [
            "not(test)",
            "any(test, unix)",
            "feature = \"test\"",
            "testing",
        ] {
            assert_eq!(
                ranges(&format!("#[cfg({condition})] mod m {{}}")),
                [],
                "{condition}"
            );
        }
        assert_eq!(ranges("#[cfg(test)] mod elsewhere; mod tests {}"), []);
    }
}
