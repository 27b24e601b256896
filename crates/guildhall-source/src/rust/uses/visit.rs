//! The walk: paths, types, imports and attributes. What expressions come from is in
//! `describe`, patterns in `bind`, items in `define`, arguments of macros in `tokens`.

use proc_macro2::Span;
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{
    Attribute, Block, Expr, GenericArgument, Ident, Item, ItemUse, Macro, Meta, Pat, Path,
    PathArguments, PathSegment, QSelf, Stmt, Token, TraitBound, Type, TypePath, UseTree,
};

use super::{AttributeUse, BindingKind, FileUses, Origin, OriginId, PathKind, PathUse, Types};
use super::{Place, tokens::MACRO_DEPTH};
use crate::rust::modules::{Collector, joined, push};

/// What the syntax of a file says of what it uses. Must be called where
/// [`parse`](crate::rust::parse) hands the syntax out: places are known there only.
pub fn uses(file: &syn::File) -> FileUses {
    let mut walk = Walk {
        found: FileUses {
            origins: vec![Origin::Unknown],
            ..FileUses::default()
        },
        collector: Collector::of(file),
        scope: None,
        next_scope: 0,
        locals: Vec::new(),
        kind: PathKind::Type,
        implementation: None,
        bodies: 0,
        macro_depth: MACRO_DEPTH,
    };
    walk.visit_file(file);
    walk.found.modules = walk.collector.found;
    walk.found
}

/// What is not described.
pub(super) const UNKNOWN: OriginId = 0;

pub(super) struct Walk {
    pub(super) found: FileUses,
    pub(super) collector: Collector,
    /// The inline module around the current place.
    pub(super) scope: Option<u32>,
    /// The number of the next inline module: the collector counts them in the same order.
    pub(super) next_scope: u32,
    /// The names that are bound here, by place among the bindings; the innermost last.
    pub(super) locals: Vec<u32>,
    /// What the next path stands for.
    pub(super) kind: PathKind,
    /// The implementation around the current place.
    pub(super) implementation: Option<u32>,
    /// How many bodies are around it.
    pub(super) bodies: u32,
    /// How deep the syntax may still be that is read from arguments of macros.
    pub(super) macro_depth: u32,
}

impl Walk {
    pub(super) fn place(&self, span: Span) -> Place {
        let at = crate::rust::position(span.start());
        Place {
            line: at.line,
            column: at.column,
            scope: self.scope,
        }
    }

    /// Keeps a path; gives its place among the paths.
    pub(super) fn keep(&mut self, path: String, kind: PathKind, span: Span) -> u32 {
        let place = self.place(span);
        self.found.paths.push(PathUse {
            path,
            kind,
            lifetimes: 0,
            types: 0,
            place,
        });
        last_of(self.found.paths.len())
    }

    /// Keeps a path as it stands; `prefix` goes before it.
    fn keep_path(&mut self, prefix: String, path: &Path, kind: PathKind) -> Option<u32> {
        let last = path.segments.last()?;
        let text = text_of(prefix, path);
        let id = self.keep(text, kind, last.ident.span());
        let (lifetimes, types) = written_arguments(last);
        let kept = self.found.paths.last_mut()?;
        (kept.lifetimes, kept.types) = (lifetimes, types);
        Some(id)
    }

    /// Walks over the arguments of a path's names.
    pub(super) fn arguments_of(&mut self, path: &Path) {
        let before = std::mem::replace(&mut self.kind, PathKind::Type);
        for segment in &path.segments {
            self.visit_path_arguments(&segment.arguments);
        }
        self.kind = before;
    }

    /// A path that may have the type before it of which it is: `<Type as Trait>::name`.
    pub(super) fn qualified(
        &mut self,
        of: Option<&QSelf>,
        path: &Path,
        kind: PathKind,
    ) -> Option<u32> {
        let prefix = match of {
            None => String::new(),
            Some(of) => {
                self.types_of(&of.ty);
                match (&*of.ty, of.position) {
                    (Type::Path(ty), 0) if ty.qself.is_none() => text_of(String::new(), &ty.path),
                    // Of `<[T]>::name` and the like no path can be made.
                    (_, 0) => return None,
                    _ => String::new(),
                }
            }
        };
        let id = self.keep_path(prefix, path, kind);
        self.arguments_of(path);
        id
    }

    /// Walks over a type and says which paths it names.
    pub(super) fn types_of(&mut self, ty: &Type) -> Types {
        let start = count(self.found.paths.len());
        let before = std::mem::replace(&mut self.kind, PathKind::Type);
        self.visit_type(ty);
        self.kind = before;
        Types {
            start,
            end: count(self.found.paths.len()),
        }
    }

    pub(super) fn origin(&mut self, origin: Origin) -> OriginId {
        self.found.origins.push(origin);
        last_of(self.found.origins.len())
    }

    /// The binding of a name that is seen here.
    pub(super) fn local(&self, name: &Ident) -> Option<u32> {
        let bindings = &self.found.bindings;
        let is_it = |at: &&u32| name == &bindings[**at as usize].name;
        self.locals.iter().rev().find(is_it).copied()
    }

    /// Walks over something, after which the names that it binds are gone.
    pub(super) fn within<T>(&mut self, walk: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.locals.len();
        let result = walk(self);
        self.locals.truncate(before);
        result
    }

    /// Walks over a body, of which no name from outside is seen.
    pub(super) fn apart(&mut self, walk: impl FnOnce(&mut Self)) {
        let locals = std::mem::take(&mut self.locals);
        walk(self);
        self.locals = locals;
    }

    /// The statements of a block; what it gives comes from there.
    pub(super) fn block(&mut self, block: &Block) -> OriginId {
        self.bodies += 1;
        let origin = self.within(|walk| walk.statements(&block.stmts));
        self.bodies -= 1;
        origin
    }

    pub(super) fn statements(&mut self, statements: &[Stmt]) -> OriginId {
        let mut last = UNKNOWN;
        for statement in statements {
            last = UNKNOWN;
            match statement {
                Stmt::Local(local) => self.local_of(local),
                Stmt::Item(item) => self.visit_item(item),
                Stmt::Expr(expression, None) => last = self.expression(expression),
                Stmt::Expr(expression, Some(_)) => {
                    self.expression(expression);
                }
                Stmt::Macro(node) => {
                    let path = self.macro_call(&node.mac);
                    if node.semi_token.is_none() {
                        last = path.map_or(UNKNOWN, |path| self.origin(Origin::Macro(path)));
                    }
                }
            }
        }
        last
    }

    fn local_of(&mut self, local: &syn::Local) {
        for attribute in &local.attrs {
            self.visit_attribute(attribute);
        }
        let mut origin = UNKNOWN;
        if let Some(init) = &local.init {
            origin = self.expression(&init.expr);
            if let Some((_, other)) = &init.diverge {
                self.expression(other);
            }
        }
        let (pattern, annotation) = match &local.pat {
            Pat::Type(typed) => (&*typed.pat, Some(self.types_of(&typed.ty))),
            pattern => (pattern, None),
        };
        self.bind(pattern, BindingKind::Let, annotation, origin);
    }

    /// The names of a `use`; `before` is the path so far.
    fn imports(&mut self, tree: &UseTree, before: &str) {
        match tree {
            UseTree::Path(step) => self.imports(&step.tree, &joined(before, &step.ident)),
            UseTree::Name(name) => self.import(&name.ident, before),
            UseTree::Rename(rename) => self.import(&rename.ident, before),
            UseTree::Glob(glob) => {
                let span = glob.star_token.spans[0];
                self.keep(before.to_owned(), PathKind::Glob, span);
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.imports(tree, before);
                }
            }
        }
    }

    fn import(&mut self, name: &Ident, before: &str) {
        let path = match name == "self" {
            true => before.to_owned(),
            false => joined(before, name),
        };
        self.keep(path, PathKind::Import, name.span());
    }

    fn attribute(&mut self, meta: &Meta) {
        let path = meta.path();
        let list = match meta {
            Meta::List(list) => Some(list.tokens.clone()),
            _ => None,
        };
        if path.is_ident("derive") {
            self.scan(list.unwrap_or_default(), PathKind::Derive);
            return;
        }
        if path.is_ident("cfg_attr") {
            let metas = Punctuated::<Meta, Token![,]>::parse_terminated;
            if let Ok(metas) = syn::parse::Parser::parse2(metas, list.unwrap_or_default()) {
                // The first is the condition.
                metas.iter().skip(1).for_each(|meta| self.attribute(meta));
            }
            return;
        }
        if is_of_the_language(path) {
            return;
        }
        let Some(path) = self.keep_path(String::new(), path, PathKind::Attribute) else {
            return;
        };
        let mut words = Vec::new();
        match meta {
            Meta::Path(_) => {}
            Meta::List(list) => {
                super::tokens::words(list.tokens.clone(), &mut words);
                self.scan(list.tokens.clone(), PathKind::Token(false));
            }
            Meta::NameValue(pair) => {
                self.expression(&pair.value);
            }
        }
        self.found.attributes.push(AttributeUse { path, words });
    }

    pub(super) fn macro_call(&mut self, node: &Macro) -> Option<u32> {
        let path = self.keep_path(String::new(), &node.path, PathKind::Macro);
        self.macro_arguments(node);
        path
    }
}

impl<'ast> Visit<'ast> for Walk {
    fn visit_item(&mut self, node: &'ast Item) {
        let before = std::mem::replace(&mut self.kind, PathKind::Type);
        self.item(node);
        self.kind = before;
    }

    fn visit_item_use(&mut self, node: &'ast ItemUse) {
        let start = match node.leading_colon {
            Some(_) => "::",
            None => "",
        };
        self.imports(&node.tree, start);
    }

    fn visit_expr(&mut self, node: &'ast Expr) {
        self.expression(node);
    }

    fn visit_block(&mut self, node: &'ast Block) {
        self.block(node);
    }

    fn visit_type_path(&mut self, node: &'ast TypePath) {
        let is_plain = node.qself.is_none() && node.path.get_ident().is_some_and(is_primitive);
        if !is_plain {
            self.qualified(node.qself.as_ref(), &node.path, PathKind::Type);
        }
    }

    fn visit_trait_bound(&mut self, node: &'ast TraitBound) {
        let before = std::mem::replace(&mut self.kind, PathKind::Bound);
        visit::visit_trait_bound(self, node);
        self.kind = before;
    }

    fn visit_path(&mut self, node: &'ast Path) {
        self.qualified(None, node, self.kind);
    }

    fn visit_macro(&mut self, node: &'ast Macro) {
        self.macro_call(node);
    }

    fn visit_attribute(&mut self, node: &'ast Attribute) {
        self.attribute(&node.meta);
    }

    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}
}

/// A number in a list that has so many.
pub(super) fn count(length: usize) -> u32 {
    // A file of 4,000 million characters is not read.
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// The last number in a list that has so many.
pub(super) fn last_of(length: usize) -> u32 {
    count(length).saturating_sub(1)
}

/// The names of a path, after `prefix`.
fn text_of(prefix: String, path: &Path) -> String {
    let mut text = prefix;
    for (at, segment) in path.segments.iter().enumerate() {
        if at > 0 || path.leading_colon.is_some() {
            text.push_str("::");
        }
        push(&segment.ident, &mut text);
    }
    text
}

/// How many lifetimes and types are written out in a name.
fn written_arguments(segment: &PathSegment) -> (u32, u32) {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return (0, 0);
    };
    let count = |is: fn(&&GenericArgument) -> bool| count(arguments.args.iter().filter(is).count());
    let lifetimes = count(|argument| matches!(argument, GenericArgument::Lifetime(_)));
    let types = count(|argument| matches!(argument, GenericArgument::Type(_)));
    (lifetimes, types)
}

fn is_primitive(name: &Ident) -> bool {
    [
        "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "str", "u8",
        "u16", "u32", "u64", "u128", "usize",
    ]
    .iter()
    .any(|primitive| name == primitive)
}

/// Whether an attribute is the compiler's own, of which no crate can say what it means.
fn is_of_the_language(path: &Path) -> bool {
    path.get_ident().is_some_and(|name| {
        [
            "allow",
            "automatically_derived",
            "cfg",
            "cold",
            "crate_name",
            "crate_type",
            "deny",
            "deprecated",
            "doc",
            "expect",
            "export_name",
            "feature",
            "forbid",
            "global_allocator",
            "ignore",
            "inline",
            "link",
            "link_name",
            "link_section",
            "macro_export",
            "macro_use",
            "must_use",
            "no_mangle",
            "no_std",
            "non_exhaustive",
            "panic_handler",
            "path",
            "proc_macro",
            "proc_macro_attribute",
            "proc_macro_derive",
            "recursion_limit",
            "repr",
            "should_panic",
            "target_feature",
            "test",
            "track_caller",
            "unsafe",
            "warn",
        ]
        .iter()
        .any(|known| name == known)
    })
}
