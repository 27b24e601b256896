//! What attributes say of an item. Those that hold under a condition count as if they held, but
//! for deprecations: a crate that has them behind a feature of its own warns nobody by default.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, Lit, Meta, Token};

use super::Name;
use super::words::{is_name, plain, words};

/// What attributes say of an item.
#[derive(Debug, Clone, Default)]
pub(super) struct Attributes {
    /// What its deprecation says, which may be nothing.
    pub(super) deprecated: Option<String>,
    /// Whether the documentation hides it.
    pub(super) is_hidden: bool,
    /// Whether it may gain fields or variants at any time.
    pub(super) is_non_exhaustive: bool,
    /// Whether a macro is for other crates.
    pub(super) is_exported: bool,
    /// Whether it is only there for the crate's own tests.
    pub(super) is_for_tests: bool,
    /// Traits that are derived, by last name.
    pub(super) derived: BTreeSet<Name>,
    /// What procedural macro a function is.
    pub(super) procedural: Option<Procedural>,
    /// Files that a module may be in, as they are written.
    pub(super) files: Vec<String>,
}

/// A procedural macro.
#[derive(Debug, Clone)]
pub(super) enum Procedural {
    /// It has the name of the function.
    Plain,
    /// A derive with a name of its own, and the attributes that it reads.
    Derive { name: Name, helpers: BTreeSet<Name> },
}

impl Attributes {
    pub(super) fn read(attributes: &[Attribute]) -> Self {
        let mut read = Self::default();
        for attribute in attributes {
            read.add(&attribute.meta, 0);
        }
        read
    }

    fn add(&mut self, meta: &Meta, depth: u32) {
        let Some(name) = meta.path().segments.last() else {
            return;
        };
        match name.ident.to_string().as_str() {
            "deprecated" if depth == 0 => self.deprecated = Some(note(meta)),
            "doc" => self.is_hidden |= names(meta).any(|name| name == "hidden"),
            "non_exhaustive" => self.is_non_exhaustive = true,
            "macro_export" => self.is_exported = true,
            "cfg" => self.is_for_tests |= is_for_tests(meta),
            "derive" => self.derived.extend(last_names(meta)),
            "proc_macro" | "proc_macro_attribute" => self.procedural = Some(Procedural::Plain),
            "proc_macro_derive" => self.procedural = derive(meta),
            "path" => self.files.extend(text_of(meta)),
            "cfg_attr" if depth < 4 => {
                for meta in conditional(meta) {
                    self.add(&meta, depth + 1);
                }
            }
            _ => {}
        }
    }
}

/// The text of `note`, or of `deprecated = "..."`.
fn note(meta: &Meta) -> String {
    let Meta::List(list) = meta else {
        return text_of(meta).unwrap_or_default();
    };
    let parts = parts(list.tokens.clone());
    let note = parts.iter().find(|part| part.path().is_ident("note"));
    note.and_then(text_of).unwrap_or_default()
}

fn text_of(meta: &Meta) -> Option<String> {
    match meta {
        Meta::NameValue(pair) => match &pair.value {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(text) => Some(text.value()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

/// What stands behind the condition of `cfg_attr`.
fn conditional(meta: &Meta) -> Vec<Meta> {
    let Meta::List(list) = meta else {
        return Vec::new();
    };
    let mut tokens = list.tokens.clone().into_iter();
    let is_comma =
        |token: &TokenTree| matches!(token, TokenTree::Punct(comma) if comma.as_char() == ',');
    let _condition = tokens.by_ref().take_while(|token| !is_comma(token)).count();
    parts(tokens.collect())
}

fn parts(tokens: TokenStream) -> Vec<Meta> {
    let parser = Punctuated::<Meta, Token![,]>::parse_terminated;
    let parts = parser.parse2(tokens);
    parts
        .map(|parts| parts.into_iter().collect())
        .unwrap_or_default()
}

/// Every name within the brackets of an attribute.
fn names(meta: &Meta) -> impl Iterator<Item = Name> {
    let tokens = match meta {
        Meta::List(list) => list.tokens.clone(),
        _ => TokenStream::new(),
    };
    words(tokens).into_iter().filter(|word| is_name(word))
}

/// The last name of every path in a list.
fn last_names(meta: &Meta) -> Vec<Name> {
    let Meta::List(list) = meta else {
        return Vec::new();
    };
    let parser = Punctuated::<syn::Path, Token![,]>::parse_terminated;
    let paths = parser.parse2(list.tokens.clone()).unwrap_or_default();
    let last = |path: syn::Path| Some(plain(&path.segments.last()?.ident.to_string()));
    paths.into_iter().filter_map(last).collect()
}

/// Whether a condition is `test` or `loom`, or needs the first before others.
fn is_for_tests(meta: &Meta) -> bool {
    let Meta::List(list) = meta else {
        return false;
    };
    let words = words(list.tokens.clone());
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    matches!(
        words.as_slice(),
        ["test" | "loom"] | ["all", "(", "test", ..]
    )
}

fn derive(meta: &Meta) -> Option<Procedural> {
    let mut names = names(meta);
    let name = names.next()?;
    let helpers = names.filter(|name| name != "attributes").collect();
    Some(Procedural::Derive { name, helpers })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Attributes {
        let item: syn::ItemStruct = syn::parse_str(&format!("{text} struct S;")).unwrap();
        Attributes::read(&item.attrs)
    }

    #[test]
    fn what_holds_under_a_condition_counts_unless_it_only_warns() {
        let text =
            "#[cfg_attr(all(a, b), derive(serde::Serialize, Clone), non_exhaustive, deprecated)]";
        let read = read(text);
        let derived: Vec<&str> = read.derived.iter().map(String::as_str).collect();
        assert_eq!(derived, ["Clone", "Serialize"]);
        assert!(read.is_non_exhaustive);
        assert_eq!(read.deprecated, None);
    }

    #[test]
    fn a_deprecation_is_known_with_and_without_a_note() {
        let noted = read("#[deprecated(since = \"1.2\", note = \"use `x`, please\")]");
        assert_eq!(noted.deprecated.as_deref(), Some("use `x`, please"));
        assert_eq!(
            read("#[deprecated = \"y\"]").deprecated.as_deref(),
            Some("y")
        );
        assert_eq!(read("#[deprecated]").deprecated.as_deref(), Some(""));
        assert_eq!(read("#[derive(Debug)]").deprecated, None);
    }

    #[test]
    fn only_what_tests_alone_have_is_for_tests() {
        for (text, expected) in [
            ("#[cfg(test)]", true),
            ("#[cfg(all(test, unix))]", true),
            ("#[cfg(loom)]", true),
            ("#[cfg(not(test))]", false),
            ("#[cfg(any(test, feature = \"x\"))]", false),
            ("#[cfg(feature = \"test\")]", false),
        ] {
            assert_eq!(read(text).is_for_tests, expected, "{text}");
        }
    }

    #[test]
    fn a_derive_says_which_attributes_it_reads() {
        let read = read("#[proc_macro_derive(Archive, attributes(archive, with))]");
        let Some(Procedural::Derive { name, helpers }) = read.procedural else {
            panic!("it is a derive");
        };
        assert_eq!(name, "Archive");
        assert_eq!(helpers.len(), 2);
    }
}
