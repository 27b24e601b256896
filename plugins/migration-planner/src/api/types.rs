//! Types as text: as they are written, and in the form by which they are compared.
//!
//! Two types of different versions of a crate are the same where a user writes the same for
//! both. So paths are cut to their last name, lifetimes and `dyn` are left out, parameters of a
//! function are replaced by their bounds (`T: AsRef<[u8]>` is `impl AsRef<[u8]>`), those of a
//! type by their number, and the type's own name by `Self`.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{GenericParam, Generics, Token, TypeParamBound, WherePredicate};

use super::words::{Word, is_name, text, words};
use super::{Name, Parameter, Type};

/// What the names in a type mean where it stands.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope {
    /// What generic parameters are replaced by.
    parameters: BTreeMap<Name, String>,
    /// The type's own form, which is replaced by `Self`, the longest first.
    own: Vec<String>,
}

impl Scope {
    /// Within a type or trait of this name: parameters are replaced by their numbers.
    pub(super) fn of_declaration(name: &str, generics: &Generics) -> Self {
        let parameters = names(generics).enumerate();
        let parameters: BTreeMap<Name, String> =
            parameters.map(|(at, name)| (name, number(at))).collect();
        let numbers: Vec<String> = (0..parameters.len()).map(number).collect();
        Self {
            parameters,
            own: own(name, &numbers),
        }
    }

    /// Within an `impl` for `ty`: parameters that are its arguments are replaced by their
    /// numbers there, and others by their bounds.
    pub(super) fn of_impl(ty: &syn::Type, generics: &Generics) -> Self {
        let mut scope = Self::default().with(generics);
        let Some(segment) = last_segment(ty) else {
            return scope;
        };
        let mut numbers = Vec::new();
        if let syn::PathArguments::AngleBracketed(arguments) = &segment.arguments {
            let types = arguments
                .args
                .iter()
                .filter(|argument| !matches!(argument, syn::GenericArgument::Lifetime(_)));
            for (at, argument) in types.enumerate() {
                let written = text(&words(argument.to_token_stream()));
                match scope.parameters.get_mut(&written) {
                    Some(parameter) => {
                        *parameter = number(at);
                        numbers.push(number(at));
                    }
                    None => numbers.push(scope.normal(argument.to_token_stream())),
                }
            }
        }
        let name = super::words::plain(&segment.ident.to_string());
        scope.own = own(&name, &numbers);
        scope
    }

    /// This one with the parameters of a function or `impl`, which are replaced by their bounds.
    pub(super) fn with(&self, generics: &Generics) -> Self {
        let mut scope = self.clone();
        let mut bounds: BTreeMap<Name, Vec<String>> = BTreeMap::new();
        let blank = scope.blank(generics);
        for parameter in &generics.params {
            match parameter {
                GenericParam::Type(parameter) => {
                    let name = super::words::plain(&parameter.ident.to_string());
                    let all = bounds.entry(name).or_default();
                    all.extend(blank.bounds(&parameter.bounds));
                }
                GenericParam::Const(parameter) => {
                    let name = super::words::plain(&parameter.ident.to_string());
                    scope.parameters.insert(name, "const".to_owned());
                }
                GenericParam::Lifetime(_) => {}
            }
        }
        for (name, more) in blank.bounds_behind(generics) {
            if let Some(all) = bounds.get_mut(&name) {
                all.extend(more);
            }
        }
        for (name, mut all) in bounds {
            all.sort();
            all.dedup();
            let form = format!("impl {}", all.join(" + "));
            scope.parameters.insert(name, form.trim_end().to_owned());
        }
        scope
    }

    /// A type in both forms.
    pub(super) fn read(&self, ty: &impl ToTokens) -> Type {
        let tokens = ty.to_token_stream();
        Type {
            written: text(&words(tokens.clone())),
            normal: self.normal(tokens),
        }
    }

    /// The form by which types and traits are compared.
    pub(super) fn normal(&self, tokens: TokenStream) -> String {
        let words = without_lifetimes(words(tokens));
        let words = last_names(&words);
        let replaced: Vec<Word> = words.into_iter().map(|word| self.meaning(word)).collect();
        let mut form = text(&replaced);
        for own in &self.own {
            form = replace_own(&form, own);
        }
        form
    }

    /// The traits among bounds, in the form by which they are compared.
    pub(super) fn bounds(&self, bounds: &Punctuated<TypeParamBound, Token![+]>) -> Vec<String> {
        let traits = bounds.iter().filter_map(|bound| match bound {
            TypeParamBound::Trait(bound) => Some(self.normal(bound.to_token_stream())),
            _ => None,
        });
        traits.collect()
    }

    /// Bounds of plain parameters in the `where` clause.
    fn bounds_behind(&self, generics: &Generics) -> Vec<(Name, Vec<String>)> {
        let clause = generics.where_clause.iter();
        let predicates = clause.flat_map(|clause| &clause.predicates);
        let plain = predicates.filter_map(|predicate| match predicate {
            WherePredicate::Type(predicate) => {
                let name = text(&words(predicate.bounded_ty.to_token_stream()));
                Some((name, self.bounds(&predicate.bounds)))
            }
            _ => None,
        });
        plain.collect()
    }

    /// This one with every parameter as `_`: within bounds it does not matter which it is.
    fn blank(&self, generics: &Generics) -> Self {
        let mut scope = self.clone();
        let blanks = names(generics).map(|name| (name, "_".to_owned()));
        scope.parameters.extend(blanks);
        scope
    }

    fn meaning(&self, word: Word) -> Word {
        self.parameters.get(&word).cloned().unwrap_or(word)
    }
}

/// The type parameters of a declaration; a default makes one optional.
pub(super) fn parameters(generics: &Generics) -> Vec<Parameter> {
    let parameters = generics.params.iter().filter_map(|parameter| {
        let (name, has_default) = match parameter {
            GenericParam::Type(parameter) => (&parameter.ident, parameter.default.is_some()),
            GenericParam::Const(parameter) => (&parameter.ident, parameter.default.is_some()),
            GenericParam::Lifetime(_) => return None,
        };
        let name = super::words::plain(&name.to_string());
        Some(Parameter { name, has_default })
    });
    parameters.collect()
}

/// The name and arguments at the end of the path that a type is, behind references.
pub(super) fn last_segment(ty: &syn::Type) -> Option<&syn::PathSegment> {
    path_of(ty)?.segments.last()
}

/// The path that a type is, behind references.
pub(super) fn path_of(ty: &syn::Type) -> Option<&syn::Path> {
    match ty {
        syn::Type::Reference(inner) => path_of(&inner.elem),
        syn::Type::Paren(inner) => path_of(&inner.elem),
        syn::Type::Group(inner) => path_of(&inner.elem),
        syn::Type::Path(path) => Some(&path.path),
        _ => None,
    }
}

fn names(generics: &Generics) -> impl Iterator<Item = Name> {
    parameters(generics)
        .into_iter()
        .map(|parameter| parameter.name)
}

fn number(at: usize) -> String {
    format!("#{at}")
}

/// The forms under which a type may name itself.
fn own(name: &str, arguments: &[String]) -> Vec<String> {
    let mut own = Vec::new();
    if !arguments.is_empty() {
        own.push(format!("{name}<{}>", arguments.join(", ")));
    }
    own.push(name.to_owned());
    own
}

/// `form` with the type's own name, as a whole word, replaced by `Self`.
fn replace_own(form: &str, own: &str) -> String {
    let is_part =
        |other: Option<char>| other.is_some_and(|other| other.is_alphanumeric() || other == '_');
    let mut out = String::new();
    let mut rest = form;
    while let Some(at) = rest.find(own) {
        let (before, after) = (&rest[..at], &rest[at + own.len()..]);
        let last = before.chars().last().or_else(|| out.chars().last());
        out.push_str(before);
        let is_whole = !is_part(last) && (own.ends_with('>') || !is_part(after.chars().next()));
        out.push_str(if is_whole { "Self" } else { own });
        rest = after;
    }
    out + rest
}

/// Words without lifetimes but `'static`, without `dyn` and `for<..>`, and without the
/// brackets and signs that would then be left over.
fn without_lifetimes(words: Vec<Word>) -> Vec<Word> {
    let mut kept: Vec<Word> = Vec::new();
    let is_left_out = |word: &str| word == "dyn" || word.starts_with('\'') && word != "'static";
    let mut words = words.into_iter().peekable();
    while let Some(word) = words.next() {
        if !is_left_out(&word) {
            kept.push(word);
            continue;
        }
        if !word.starts_with('\'') {
            continue;
        }
        let next = words.peek().map(String::as_str);
        let is_first = matches!(kept.last().map(String::as_str), Some("<" | "("));
        match next {
            // In a list the sign behind it goes, or the one before it.
            Some("," | "+") if is_first || next == Some("+") => {
                words.next();
            }
            _ if matches!(kept.last().map(String::as_str), Some("," | "+")) && !is_type(next) => {
                kept.pop();
            }
            _ => {}
        }
    }
    without_empty_lists(kept)
}

/// Whether a type begins with the word: then the lifetime before it belongs to a reference.
fn is_type(next: Option<&str>) -> bool {
    next.is_some_and(|next| is_name(next) || matches!(next, "(" | "[" | "&" | "*" | "<" | "::"))
}

/// Without `<>`, and the `for` before it.
fn without_empty_lists(words: Vec<Word>) -> Vec<Word> {
    let mut kept: Vec<Word> = Vec::new();
    for word in words {
        if word == ">" && kept.last().is_some_and(|last| last == "<") {
            kept.pop();
            if kept.last().is_some_and(|last| last == "for") {
                kept.pop();
            }
            continue;
        }
        if word == ">" && kept.last().is_some_and(|last| last == ",") {
            kept.pop();
        }
        kept.push(word);
    }
    kept
}

/// Words that may stand before a path that begins with `::`.
const KEYWORDS: [&str; 6] = ["as", "const", "dyn", "impl", "mut", "unsafe"];

/// Paths cut to their last names.
fn last_names(words: &[Word]) -> Vec<Word> {
    let is_inner = |at: usize| {
        is_name(&words[at])
            && !KEYWORDS.contains(&words[at].as_str())
            && words.get(at + 1).is_some_and(|next| next == "::")
            && words.get(at + 2).is_some_and(|next| is_name(next))
    };
    let kept = (0..words.len()).filter(|at| words[*at] != "::" && !is_inner(*at));
    kept.map(|at| words[at].clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(ty: &str) -> String {
        let ty: syn::Type = syn::parse_str(ty).unwrap();
        Scope::default().read(&ty).normal
    }

    /// The forms of the parameters of `function`, a signature.
    fn forms(function: &str) -> Vec<String> {
        let function: syn::ItemFn = syn::parse_str(&format!("{function} {{}}")).unwrap();
        let scope = Scope::default().with(&function.sig.generics);
        let inputs = function.sig.inputs.iter();
        let types = inputs.filter_map(|input| match input {
            syn::FnArg::Typed(input) => Some(scope.read(&input.ty).normal),
            syn::FnArg::Receiver(_) => None,
        });
        types.collect()
    }

    #[test]
    fn paths_are_cut_and_lifetimes_left_out() {
        for (written, expected) in [
            ("std::io::Result<crate::a::B>", "Result<B>"),
            ("&'a mut ::x::Y<'a>", "&mut Y"),
            ("Y<'a, T>", "Y<T>"),
            ("Y<'a, 'b, T>", "Y<T>"),
            (
                "Box<dyn Fn(&'a str) -> u8 + Send + 'a>",
                "Box<Fn(&str) -> u8 + Send>",
            ),
            ("Box<dyn 'a + Send>", "Box<Send>"),
            ("&'static str", "&'static str"),
            ("for<'a> fn(&'a str)", "fn(&str)"),
            ("<T as a::Trait>::Item", "<T as Trait> Item"),
            ("Self::Item", "Item"),
            ("[u8; 4]", "[u8; 4]"),
            ("Vec::<u8>", "Vec<u8>"),
        ] {
            assert_eq!(normal(written), expected, "{written}");
        }
    }

    #[test]
    fn a_generic_and_an_impl_parameter_are_alike() {
        let alike = [
            "fn f<T: AsRef<[u8]> + Send>(x: T, y: Vec<T>)",
            "fn f<U>(x: U, y: Vec<U>) where U: Send + std::convert::AsRef<[u8]>",
        ];
        let expected = ["impl AsRef<[u8]> + Send", "Vec<impl AsRef<[u8]> + Send>"];
        for function in alike {
            assert_eq!(forms(function), expected, "{function}");
        }
        assert_eq!(forms("fn f(x: impl AsRef<[u8]> + Send)"), expected[..1]);
    }

    #[test]
    fn what_a_bound_says_of_other_parameters_depends_on_no_name() {
        assert_eq!(
            forms("fn f<A, F: Fn(A) -> A>(f: F)"),
            forms("fn f<B, G: Fn(B) -> B>(g: G)")
        );
    }

    #[test]
    fn a_type_knows_itself_and_its_parameters_by_number() {
        let block: syn::ItemImpl =
            syn::parse_str("impl<'a, K, V: Ord> x::Map<'a, K, V> {}").unwrap();
        let scope = Scope::of_impl(&block.self_ty, &block.generics);
        for (written, expected) in [
            ("Map<'a, K, V>", "Self"),
            ("Option<Map<'a, V, K>>", "Option<Self<#1, #0>>"),
            ("&K", "&#0"),
            ("HashMap<K, V>", "HashMap<#0, #1>"),
            ("Self", "Self"),
        ] {
            let ty: syn::Type = syn::parse_str(written).unwrap();
            assert_eq!(scope.read(&ty).normal, expected, "{written}");
        }
    }
}
