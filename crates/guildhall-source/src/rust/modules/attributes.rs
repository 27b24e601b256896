//! What attributes say of tests, documentation and visibility.

use proc_macro2::{TokenStream, TokenTree};
use syn::{Attribute, Expr, Item, Lit, Meta};

use super::Visibility;

/// Whether an attribute makes a function a test: `test` itself, or one of another crate
/// whose last name is that, such as `tokio::test`.
pub fn is_test_attribute(attribute: &Attribute) -> bool {
    let name = attribute.path().segments.last();
    name.is_some_and(|name| {
        [
            "test",
            "bench",
            "rstest",
            "test_case",
            "quickcheck",
            "proptest",
            "test_log",
        ]
        .iter()
        .any(|known| name.ident == known)
    })
}

/// The attributes of an item; none for tokens that are no item of the language.
pub fn attributes_of(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// Whether what has these attributes is compiled for tests only: it is a test, or has
/// `cfg(test)`, alone or beside other conditions.
pub fn is_test_only(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        is_test_attribute(attribute)
            || match &attribute.meta {
                Meta::List(list) if list.path.is_ident("cfg") => asks_for_test(list.tokens.clone()),
                _ => false,
            }
    })
}

/// Whether a condition names `test`, and not within `not(...)`.
fn asks_for_test(condition: TokenStream) -> bool {
    let mut is_negated = false;
    for token in condition {
        match token {
            TokenTree::Ident(name) if name == "test" => return true,
            TokenTree::Ident(name) => is_negated = name == "not",
            TokenTree::Group(group) => {
                if !is_negated && asks_for_test(group.stream()) {
                    return true;
                }
                is_negated = false;
            }
            _ => is_negated = false,
        }
    }
    false
}

/// Documentation, also where it is included from elsewhere.
pub(super) fn is_documented(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("doc") && matches!(attribute.meta, Meta::NameValue(_))
    })
}

/// `doc(hidden)`.
pub(super) fn is_hidden(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("doc") => list
            .tokens
            .clone()
            .into_iter()
            .any(|token| matches!(token, TokenTree::Ident(name) if name == "hidden")),
        _ => false,
    })
}

pub(super) fn has(attributes: &[Attribute], name: &str) -> bool {
    attributes
        .iter()
        .any(|attribute| attribute.path().is_ident(name))
}

/// The file that a `path` attribute names. Within `cfg_attr` it is one of several, and
/// which one is not known.
pub(super) fn path(attributes: &[Attribute]) -> Option<String> {
    attributes
        .iter()
        .find_map(|attribute| match &attribute.meta {
            Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
                Expr::Lit(literal) => match &literal.lit {
                    Lit::Str(text) => Some(text.value()),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        })
}

pub(in crate::rust) fn visibility(visibility: &syn::Visibility) -> Visibility {
    match visibility {
        syn::Visibility::Public(_) => Visibility::Public,
        syn::Visibility::Restricted(restricted) if restricted.path.is_ident("self") => {
            Visibility::Private
        }
        syn::Visibility::Restricted(_) => Visibility::Restricted,
        syn::Visibility::Inherited => Visibility::Private,
    }
}
