//! Items: what they define, and the types that they show.

use syn::ext::IdentExt as _;
use syn::visit::{self, Visit as _};
use syn::{
    Attribute, Fields, FnArg, Generics, Ident, ImplItem, Item, ItemEnum, ItemImpl, ItemMacro,
    ItemMod, ItemTrait, Pat, ReturnType, Signature, TraitItem,
};

use super::visit::{UNKNOWN, Walk, last_of};
use super::{
    BindingKind, Definition, DefinitionKind, Implementation, Part, PartKind, PathKind, Place,
};
use crate::rust::modules::{Visibility, visibility};

impl Walk {
    pub(super) fn item(&mut self, node: &Item) {
        match node {
            Item::Fn(node) => {
                self.attributes(&node.attrs);
                let seen_by = visibility(&node.vis);
                let kind = DefinitionKind::Function;
                // A function in a method is none of its implementation's.
                let around = self.implementation.take();
                self.function(&node.sig, Some(&node.block), kind, seen_by);
                self.implementation = around;
            }
            Item::Struct(node) => {
                self.attributes(&node.attrs);
                self.generics(&node.generics);
                let mut parts = Vec::new();
                self.fields(&node.fields, PartKind::Field, None, &mut parts);
                self.define(
                    &node.ident,
                    DefinitionKind::Structure,
                    visibility(&node.vis),
                    parts,
                );
            }
            Item::Union(node) => {
                self.attributes(&node.attrs);
                self.generics(&node.generics);
                let mut parts = Vec::new();
                let fields = Fields::Named(node.fields.clone());
                self.fields(&fields, PartKind::Field, None, &mut parts);
                self.define(
                    &node.ident,
                    DefinitionKind::Structure,
                    visibility(&node.vis),
                    parts,
                );
            }
            Item::Enum(node) => self.enumeration(node),
            Item::Type(node) => {
                self.attributes(&node.attrs);
                self.generics(&node.generics);
                let parts = vec![self.value(&node.ty)];
                self.define(
                    &node.ident,
                    DefinitionKind::Alias,
                    visibility(&node.vis),
                    parts,
                );
            }
            Item::Const(node) => {
                self.attributes(&node.attrs);
                self.constant(&node.ident, &node.vis, &node.ty, &node.expr);
            }
            Item::Static(node) => {
                self.attributes(&node.attrs);
                self.constant(&node.ident, &node.vis, &node.ty, &node.expr);
            }
            Item::Trait(node) => self.definition_of_trait(node),
            Item::Impl(node) => self.implementation(node),
            Item::Mod(node) => self.module(node),
            Item::Macro(node) => self.item_macro(node),
            Item::ExternCrate(node) => {
                self.attributes(&node.attrs);
                self.collector.add_crate(node, self.scope);
                let path = format!("::{}", node.ident.unraw());
                if node.ident != "self" {
                    self.keep(path, PathKind::Import, node.ident.span());
                }
            }
            other => visit::visit_item(self, other),
        }
    }

    fn attributes(&mut self, all: &[Attribute]) {
        for attribute in all {
            self.visit_attribute(attribute);
        }
    }

    fn generics(&mut self, generics: &Generics) {
        self.visit_generics(generics);
    }

    fn define(
        &mut self,
        name: &Ident,
        kind: DefinitionKind,
        visibility: Visibility,
        parts: Vec<Part>,
    ) {
        let place = self.place(name.span());
        let is_method = kind == DefinitionKind::Method;
        self.found.definitions.push(Definition {
            name: name.unraw().to_string(),
            kind,
            visibility,
            implementation: self.implementation.filter(|_| is_method),
            is_local: self.bodies > 0,
            parts,
            place,
        });
    }

    /// A constant or a static, with what its value uses.
    fn constant(
        &mut self,
        name: &Ident,
        visible: &syn::Visibility,
        ty: &syn::Type,
        value: &syn::Expr,
    ) {
        let parts = vec![self.value(ty)];
        self.define(name, DefinitionKind::Constant, visibility(visible), parts);
        self.apart(|walk| walk.visit_expr(value));
    }

    fn value(&mut self, ty: &syn::Type) -> Part {
        Part {
            kind: PartKind::Value,
            name: None,
            types: self.types_of(ty),
        }
    }

    /// Fields, under the name of the variant where they are those of one.
    fn fields(&mut self, fields: &Fields, kind: PartKind, of: Option<&Ident>, all: &mut Vec<Part>) {
        for field in fields {
            self.attributes(&field.attrs);
            let name = of.or(field.ident.as_ref());
            all.push(Part {
                kind,
                name: name.map(|name| name.unraw().to_string()),
                types: self.types_of(&field.ty),
            });
        }
    }

    fn enumeration(&mut self, node: &ItemEnum) {
        self.attributes(&node.attrs);
        self.generics(&node.generics);
        let mut parts = Vec::new();
        for variant in &node.variants {
            self.attributes(&variant.attrs);
            let name = Some(&variant.ident);
            self.fields(&variant.fields, PartKind::Variant, name, &mut parts);
            if let Some((_, value)) = &variant.discriminant {
                self.visit_expr(value);
            }
        }
        let kind = DefinitionKind::Enumeration;
        self.define(&node.ident, kind, visibility(&node.vis), parts);
    }

    /// A function with the names of its parameters, and its body where it has one.
    fn function(
        &mut self,
        signature: &Signature,
        body: Option<&syn::Block>,
        kind: DefinitionKind,
        seen_by: Visibility,
    ) {
        self.apart(|walk| {
            walk.generics(&signature.generics);
            let mut parts = Vec::new();
            for input in &signature.inputs {
                match input {
                    FnArg::Receiver(receiver) => visit::visit_receiver(walk, receiver),
                    FnArg::Typed(typed) => {
                        walk.attributes(&typed.attrs);
                        let types = walk.types_of(&typed.ty);
                        parts.push(Part {
                            kind: PartKind::Parameter,
                            name: match &*typed.pat {
                                Pat::Ident(name) => Some(name.ident.unraw().to_string()),
                                _ => None,
                            },
                            types,
                        });
                        walk.bind(&typed.pat, BindingKind::Function, Some(types), UNKNOWN);
                    }
                }
            }
            if let ReturnType::Type(_, ty) = &signature.output {
                parts.push(Part {
                    kind: PartKind::Result,
                    name: None,
                    types: walk.types_of(ty),
                });
            }
            walk.define(&signature.ident, kind, seen_by, parts);
            if let Some(body) = body {
                walk.block(body);
            }
        });
    }

    fn definition_of_trait(&mut self, node: &ItemTrait) {
        self.attributes(&node.attrs);
        self.generics(&node.generics);
        for bound in &node.supertraits {
            self.visit_type_param_bound(bound);
        }
        let seen_by = visibility(&node.vis);
        self.define(&node.ident, DefinitionKind::Trait, seen_by, Vec::new());
        let around = self.implementation.take();
        for item in &node.items {
            match item {
                TraitItem::Fn(item) => {
                    self.attributes(&item.attrs);
                    let kind = DefinitionKind::TraitMethod;
                    self.function(&item.sig, item.default.as_ref(), kind, seen_by);
                }
                other => self.visit_trait_item(other),
            }
        }
        self.implementation = around;
    }

    fn implementation(&mut self, node: &ItemImpl) {
        self.attributes(&node.attrs);
        self.generics(&node.generics);
        let of_trait = match &node.trait_ {
            Some((path, _)) => self.qualified(None, path, PathKind::Bound),
            None => None,
        };
        let self_type = self.types_of(&node.self_ty);
        let place = self.place(node.impl_token.span);
        let items = node.items.iter().filter_map(|item| self.named(item));
        let items = items.collect();
        self.found.implementations.push(Implementation {
            of_trait,
            self_type,
            items,
            place,
        });
        let id = last_of(self.found.implementations.len());
        let around = self.implementation.replace(id);
        for item in &node.items {
            match item {
                ImplItem::Fn(item) => {
                    self.attributes(&item.attrs);
                    let seen_by = visibility(&item.vis);
                    let kind = DefinitionKind::Method;
                    self.function(&item.sig, Some(&item.block), kind, seen_by);
                }
                other => self.apart(|walk| walk.visit_impl_item(other)),
            }
        }
        self.implementation = around;
    }

    fn named(&self, item: &ImplItem) -> Option<(String, Place)> {
        let name = match item {
            ImplItem::Fn(item) => &item.sig.ident,
            ImplItem::Const(item) => &item.ident,
            ImplItem::Type(item) => &item.ident,
            _ => return None,
        };
        Some((name.unraw().to_string(), self.place(name.span())))
    }

    fn module(&mut self, node: &ItemMod) {
        self.attributes(&node.attrs);
        let Some((_, items)) = &node.content else {
            // The collector counts it too.
            self.next_scope += u32::from(self.bodies == 0);
            return;
        };
        let around = self.scope;
        if self.bodies == 0 {
            self.scope = Some(self.next_scope);
            self.next_scope += 1;
        }
        for item in items {
            self.visit_item(item);
        }
        self.scope = around;
    }

    fn item_macro(&mut self, node: &ItemMacro) {
        self.attributes(&node.attrs);
        let Some(name) = &node.ident else {
            self.visit_macro(&node.mac);
            return;
        };
        self.define(name, DefinitionKind::Macro, Visibility::Private, Vec::new());
        self.apart(|walk| walk.scan(node.mac.tokens.clone(), PathKind::Token(false)));
    }
}
