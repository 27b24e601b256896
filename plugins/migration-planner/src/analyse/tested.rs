//! Whether a file holds tests.

/// Whether a function of the file is marked as a test, by whatever library.
pub(super) fn has_tests(file: &syn::File) -> bool {
    file.items.iter().any(item_has)
}

fn item_has(item: &syn::Item) -> bool {
    match item {
        syn::Item::Fn(function) => function.attrs.iter().any(is_test),
        // What nests deeper than a module in a module of tests is rare, and only a reason for
        // a risk hangs on it.
        syn::Item::Mod(module) => {
            let items = module.content.iter().flat_map(|(_, items)| items);
            let mut functions = items.filter_map(|item| match item {
                syn::Item::Fn(function) => Some(function),
                _ => None,
            });
            functions.any(|function| function.attrs.iter().any(is_test))
        }
        syn::Item::Macro(called) => {
            let last = called.mac.path.segments.last();
            last.is_some_and(|name| name.ident == "proptest")
        }
        _ => false,
    }
}

/// `test`, `tokio::test`, `rstest` and their like.
fn is_test(attribute: &syn::Attribute) -> bool {
    let last = attribute.path().segments.last();
    last.is_some_and(|name| name.ident.to_string().ends_with("test"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_known_by_their_attributes() {
        for (text, expected) in [
            ("#[test]\nfn a() {}", true),
            ("mod tests { #[tokio::test] async fn a() {} }", true),
            ("#[rstest]\nfn a() {}", true),
            ("proptest! { fn a() {} }", true),
            ("#[inline]\nfn test() {}", false),
            ("mod latest { fn a() {} }", false),
        ] {
            let file = syn::parse_file(text).unwrap();
            assert_eq!(has_tests(&file), expected, "{text}");
        }
    }
}
