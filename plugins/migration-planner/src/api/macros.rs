//! Macro definitions, and calls of macros that stand where items do.
//!
//! What a call becomes is not known, but most are wrappers around plain items: conditions
//! (`cfg_rt! { pub fn .. }`), documentation, `cfg_if!`. So the arguments are read as items.
//! Where they are none, the words in them are kept: something of that name may exist.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::attributes::Attributes;
use super::impls::Block;
use super::items::{Collector, Place, name_of, names_of, source};
use super::read::Work;
use super::words::{is_name, plain, words};
use super::{Detail, ItemKind, Method, Name, Shape, TypeDetail, Visibility};

impl Collector {
    pub(super) fn macro_item(
        &mut self,
        item: &syn::ItemMacro,
        attributes: &Attributes,
        place: &Place,
    ) {
        let Some(name) = &item.ident else {
            return self.call(&item.mac, place);
        };
        let (visibility, module) = match attributes.is_exported {
            // Wherever it stands, it is at the root for other crates.
            true => (Visibility::Public, super::ModuleIndex(0)),
            false => (Visibility::Inner, place.module),
        };
        let place = Place {
            module,
            ..place.clone()
        };
        let detail = Detail::Macro {
            helpers: BTreeSet::new(),
        };
        self.add(
            name_of(name),
            ItemKind::Macro,
            visibility,
            detail,
            attributes,
            &place,
        );
    }

    fn call(&mut self, call: &syn::Macro, place: &Place) {
        let path = names_of(&call.path);
        match path.last().map(String::as_str) {
            Some("bitflags") => self.bitflags(call.tokens.clone(), place),
            Some("cfg_if") => {
                for branch in branches(call.tokens.clone()) {
                    self.arguments(source(&branch), place);
                }
            }
            _ => self.arguments(source(&call.tokens), place),
        }
    }

    /// Leaves the arguments of a call to be read by themselves: only then is it known how deep
    /// they nest.
    pub(super) fn arguments(&mut self, text: String, place: &Place) {
        let place = Place {
            depth: place.depth + 1,
            ..place.clone()
        };
        self.work.push_back(Work::Arguments { text, place });
    }

    /// Remembers the words of a text that could not be read.
    pub(super) fn keep_words(&mut self, text: &str) {
        let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
        let names = text.split(|letter| !is_part(letter));
        self.opaque
            .extend(names.filter(|word| is_name(word)).map(plain));
    }

    /// `struct NAME: BITS { const A = 1; }`, any number of them.
    fn bitflags(&mut self, tokens: TokenStream, place: &Place) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut visibility = Visibility::Inner;
        for (at, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Ident(word) if word == "pub" => {
                    let is_plain = matches!(tokens.get(at + 1), Some(TokenTree::Ident(_)));
                    visibility = if is_plain {
                        Visibility::Public
                    } else {
                        Visibility::Inner
                    };
                }
                TokenTree::Ident(word) if word == "struct" || word == "impl" => {
                    let Some(TokenTree::Ident(name)) = tokens.get(at + 1) else {
                        continue;
                    };
                    let body = tokens[at..].iter().find_map(braced).unwrap_or_default();
                    let is_declared = word == "struct";
                    self.flags(name_of(name), visibility, is_declared, body, place);
                    visibility = Visibility::Inner;
                }
                _ => {}
            }
        }
    }

    fn flags(
        &mut self,
        name: Name,
        visibility: Visibility,
        is_declared: bool,
        body: TokenStream,
        place: &Place,
    ) {
        if is_declared {
            let detail = TypeDetail {
                shape: Shape::Tuple,
                ..TypeDetail::default()
            };
            let (kind, detail) = (ItemKind::Struct, Detail::Type(detail));
            self.add(
                name.clone(),
                kind,
                visibility,
                detail,
                &Attributes::default(),
                place,
            );
        }
        let words = words(body);
        let constants = words.windows(2).filter(|pair| pair[0] == "const");
        let method = Method {
            signature: None,
            of_trait: None,
            deprecated: None,
        };
        let methods = constants.map(|pair| (pair[1].clone(), method.clone()));
        self.blocks.push(Block {
            module: place.module,
            path: vec![name],
            of_trait: None,
            methods: methods.collect(),
        });
    }

    /// What a macro makes within an `impl` is read as an `impl` of its own.
    pub(super) fn call_in_block(
        &mut self,
        block: &syn::ItemImpl,
        call: &syn::Macro,
        place: &Place,
    ) {
        let (before, _, condition) = block.generics.split_for_impl();
        let of_trait = block.trait_.as_ref();
        let of_trait =
            of_trait.map_or_else(String::new, |(path, _)| format!("{} for ", source(path)));
        let text = format!(
            "impl{} {of_trait}{} {} {{ {} }}",
            source(&before),
            source(&block.self_ty),
            source(&condition),
            call.tokens
        );
        self.arguments(text, place);
    }
}

/// The groups in braces.
fn branches(tokens: TokenStream) -> Vec<TokenStream> {
    tokens
        .into_iter()
        .filter_map(|token| braced(&token))
        .collect()
}

fn braced(token: &TokenTree) -> Option<TokenStream> {
    match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Some(group.stream()),
        _ => None,
    }
}
