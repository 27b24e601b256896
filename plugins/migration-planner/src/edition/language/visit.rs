//! The one walk over a file's syntax.

use std::collections::BTreeSet;

use guildhall_source::rust::position;
use proc_macro2::{Ident, Span, TokenStream};
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, Meta, Type};

use super::{
    ARRAY_INTO_ITER, ASYNC_KEYWORD, BARE_TRAIT, GEN_KEYWORD, Rule, STATIC_MUT, Site,
    UNSAFE_ATTRIBUTE, UNSAFE_CALL, UNSAFE_EXTERN, tokens,
};
use crate::request::Edition;

/// Attributes that may break another program's promises.
const LINKING: [&str; 3] = ["no_mangle", "export_name", "link_section"];

/// Functions of `std::env` that are unsafe now.
pub(super) const UNSAFE_OF_ENV: [&str; 2] = ["set_var", "remove_var"];

/// Words that became keywords after 2015.
const SINCE_2018: [&str; 4] = ["async", "await", "dyn", "try"];

/// Collects the sites of one file.
pub(super) struct Finder {
    pub(super) sites: Vec<Site>,
    from: Edition,
    to: Edition,
    /// How many unsafe blocks and functions are around.
    unsafes: u32,
    /// What the file says of itself.
    statics: BTreeSet<String>,
    traits: BTreeSet<String>,
    imported: BTreeSet<String>,
}

/// What a file declares that a rule must know beforehand.
#[derive(Default)]
struct Declared {
    statics: BTreeSet<String>,
    traits: BTreeSet<String>,
    imported: BTreeSet<String>,
}

impl Finder {
    pub(super) fn new(file: &syn::File, from: Edition, to: Edition) -> Self {
        let mut declared = Declared::default();
        declared.visit_file(file);
        Self {
            sites: Vec::new(),
            from,
            to,
            unsafes: 0,
            statics: declared.statics,
            traits: declared.traits,
            imported: declared.imported,
        }
    }

    /// Notes a place, unless the rule holds since another edition.
    pub(super) fn note(&mut self, span: Span, rule: &'static Rule) {
        if self.from < rule.since && rule.since <= self.to {
            self.sites.push(Site {
                position: position(span.start()),
                rule,
            });
        }
    }

    pub(super) fn word(&mut self, word: &Ident) {
        if word == "gen" {
            self.note(word.span(), &GEN_KEYWORD);
        }
        if SINCE_2018.iter().any(|keyword| word == keyword) {
            self.note(word.span(), &ASYNC_KEYWORD);
        }
    }

    /// Whether what is looked at lies in an unsafe block.
    pub(super) fn is_unsafe(&self) -> bool {
        self.unsafes > 0
    }

    pub(super) fn in_unsafe(&mut self, look: impl FnOnce(&mut Self)) {
        self.unsafes += 1;
        look(self);
        self.unsafes -= 1;
    }

    /// Looks into a function, whose being unsafe counts as a block.
    fn in_function(&mut self, signature: &syn::Signature, look: impl FnOnce(&mut Self)) {
        // What stands around an item says nothing about it.
        let around = std::mem::take(&mut self.unsafes);
        self.unsafes = u32::from(matches!(signature.safety, syn::Safety::Unsafe(_)));
        look(self);
        self.unsafes = around;
    }

    fn attribute_words(&mut self, words: &TokenStream) {
        for span in tokens::plain_words(words, &LINKING) {
            self.note(span, &UNSAFE_ATTRIBUTE);
        }
    }

    /// Whether an expression is a `static mut` of this file, or a part of one.
    fn is_static(&self, expression: &Expr) -> bool {
        match expression {
            Expr::Path(path) => {
                let last = path.path.segments.last();
                last.is_some_and(|last| self.statics.contains(&last.ident.to_string()))
            }
            Expr::Field(field) => self.is_static(&field.base),
            Expr::Index(index) => self.is_static(&index.expr),
            Expr::Paren(inner) => self.is_static(&inner.expr),
            _ => false,
        }
    }

    /// Whether a called path is one of the functions that are unsafe now.
    fn is_of_env(&self, path: &syn::Path) -> bool {
        let words: Vec<String> = path
            .segments
            .iter()
            .map(|it| it.ident.to_string())
            .collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words[..] {
            [name] => UNSAFE_OF_ENV.contains(&name) && self.imported.contains(name),
            ["env", name] | ["std", "env", name] => UNSAFE_OF_ENV.contains(&name),
            _ => false,
        }
    }
}

impl<'ast> Visit<'ast> for Finder {
    fn visit_ident(&mut self, word: &'ast Ident) {
        self.word(word);
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        let is_linking = |path: &syn::Path| LINKING.iter().any(|word| path.is_ident(word));
        match &attribute.meta {
            Meta::Path(path) if is_linking(path) => self.note_path(path),
            Meta::NameValue(value) if is_linking(&value.path) => self.note_path(&value.path),
            Meta::List(list) if list.path.is_ident("cfg_attr") => {
                self.attribute_words(&list.tokens);
            }
            _ => {}
        }
    }

    fn visit_item_foreign_mod(&mut self, foreign: &'ast syn::ItemForeignMod) {
        if foreign.unsafety.is_none() {
            self.note(foreign.abi.extern_token.span, &UNSAFE_EXTERN);
        }
        visit::visit_item_foreign_mod(self, foreign);
    }

    fn visit_expr_unsafe(&mut self, block: &'ast syn::ExprUnsafe) {
        self.in_unsafe(|it| visit::visit_expr_unsafe(it, block));
    }

    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.in_function(&function.sig, |it| visit::visit_item_fn(it, function));
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.in_function(&function.sig, |it| visit::visit_impl_item_fn(it, function));
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        self.in_function(&function.sig, |it| visit::visit_trait_item_fn(it, function));
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if let Expr::Path(path) = &*call.func
            && !self.is_unsafe()
            && self.is_of_env(&path.path)
        {
            self.note_path(&path.path);
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        if call.method == "before_exec" && !self.is_unsafe() {
            self.note(call.method.span(), &UNSAFE_CALL);
        }
        if self.is_static(&call.receiver) {
            self.note(call.method.span(), &STATIC_MUT);
        }
        if call.method == "into_iter" && matches!(&*call.receiver, Expr::Array(_) | Expr::Repeat(_))
        {
            self.note(call.method.span(), &ARRAY_INTO_ITER);
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_reference(&mut self, reference: &'ast syn::ExprReference) {
        if self.is_static(&reference.expr) {
            self.note(reference.and_token.spans[0], &STATIC_MUT);
        }
        visit::visit_expr_reference(self, reference);
    }

    fn visit_type(&mut self, ty: &'ast Type) {
        if let Type::Path(path) = ty
            && path.qself.is_none()
            && let Some(name) = path.path.get_ident()
            && self.traits.contains(&name.to_string())
        {
            self.note(name.span(), &BARE_TRAIT);
        }
        visit::visit_type(self, ty);
    }

    fn visit_type_trait_object(&mut self, object: &'ast syn::TypeTraitObject) {
        if object.dyn_token.is_none()
            && let Some(syn::TypeParamBound::Trait(bound)) = object.bounds.first()
            && let Some(first) = bound.path.segments.first()
        {
            self.note(first.ident.span(), &BARE_TRAIT);
        }
        visit::visit_type_trait_object(self, object);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        tokens::call(self, call);
        visit::visit_macro(self, call);
    }

    fn visit_item_macro(&mut self, item: &'ast syn::ItemMacro) {
        if item.mac.path.is_ident("macro_rules") {
            let is_exported = item
                .attrs
                .iter()
                .any(|it| it.path().is_ident("macro_export"));
            tokens::matchers(self, &item.mac.tokens, is_exported);
        }
        visit::visit_item_macro(self, item);
    }
}

impl Finder {
    fn note_path(&mut self, path: &syn::Path) {
        let Some(last) = path.segments.last() else {
            return;
        };
        let is_attribute = LINKING.iter().any(|word| last.ident == word);
        let rule = match is_attribute {
            true => &UNSAFE_ATTRIBUTE,
            false => &UNSAFE_CALL,
        };
        self.note(last.ident.span(), rule);
    }
}

impl<'ast> Visit<'ast> for Declared {
    fn visit_item_static(&mut self, item: &'ast syn::ItemStatic) {
        if matches!(item.mutability, syn::StaticMutability::Mut(_)) {
            self.statics.insert(item.ident.to_string());
        }
        visit::visit_item_static(self, item);
    }

    fn visit_foreign_item_static(&mut self, item: &'ast syn::ForeignItemStatic) {
        if matches!(item.mutability, syn::StaticMutability::Mut(_)) {
            self.statics.insert(item.ident.to_string());
        }
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        self.traits.insert(item.ident.to_string());
        visit::visit_item_trait(self, item);
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        env_names(&item.tree, &mut Vec::new(), &mut self.imported);
    }

    // A type of the same name in another scope is no trait.
    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        self.traits.remove(&item.ident.to_string());
    }
}

/// The functions of `std::env` that a `use` brings in under their own names.
fn env_names(tree: &syn::UseTree, path: &mut Vec<String>, names: &mut BTreeSet<String>) {
    match tree {
        syn::UseTree::Path(step) => {
            path.push(step.ident.to_string());
            env_names(&step.tree, path, names);
            path.pop();
        }
        syn::UseTree::Group(group) => {
            for tree in &group.items {
                env_names(tree, path, names);
            }
        }
        syn::UseTree::Name(name) if path.iter().eq(["std", "env"]) => {
            names.insert(name.ident.to_string());
        }
        syn::UseTree::Glob(_) if path.iter().eq(["std", "env"]) => {
            names.extend(UNSAFE_OF_ENV.map(str::to_owned));
        }
        _ => {}
    }
}
