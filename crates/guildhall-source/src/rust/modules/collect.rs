//! One walk over a file's syntax that keeps its modules, items and imports.

use std::collections::HashMap;

use proc_macro2::Span;
use syn::ext::IdentExt as _;
use syn::visit::{self, Visit};
use syn::{
    Attribute, Block, Ident, ImplItem, Item as Syntax, ItemExternCrate, ItemImpl, ItemMacro,
    ItemMod, ItemTrait, ItemUse, Macro, Path, TraitItem, Type, UseTree,
};

use super::attributes::{
    attributes_of, has, is_documented, is_hidden, is_test_only, path, visibility,
};
use super::facts::{
    Declaration, FileModules, Import, ImportKind, Item, ItemKind, Placement, Visibility,
};

/// What the syntax of a file says of modules. Must be called where
/// [`parse`](crate::rust::parse) hands the syntax out: places are known there only.
pub fn collect(file: &syn::File) -> FileModules {
    Collector::of(file).found
}

pub(in crate::rust) struct Collector {
    pub(in crate::rust) found: FileModules,
    /// Paths in code that are kept already, with their scopes and whether in a test.
    seen: HashMap<String, Vec<(Option<u32>, bool)>>,
    /// The text of the path that is looked at, so that few of them need memory.
    text: String,
    /// The inline module around the current place.
    scope: Option<u32>,
    /// Whether the current place is compiled for tests only.
    is_test: bool,
    /// How many bodies are around it: items in them are nobody else's.
    blocks: u32,
}

/// What all items have.
struct Head<'a> {
    name: &'a Ident,
    attributes: &'a [Attribute],
    visibility: Visibility,
}

impl Collector {
    /// With what stands in a file.
    pub(in crate::rust) fn of(file: &syn::File) -> Self {
        let mut collector = Self {
            found: FileModules::default(),
            seen: HashMap::new(),
            text: String::new(),
            scope: None,
            is_test: is_test_only(&file.attrs),
            blocks: 0,
        };
        collector.visit_file(file);
        collector.found.is_test = collector.is_test;
        collector
    }

    /// Takes in an item that is not in the syntax of the file, such as one of a macro's
    /// arguments, as if it stood in this inline module.
    pub(in crate::rust) fn add(&mut self, item: &Syntax, scope: Option<u32>) {
        let module = scope.and_then(|scope| self.found.modules.get(scope as usize));
        self.is_test = module.map_or(self.found.is_test, |module| module.is_test);
        self.scope = scope;
        self.visit_item(item);
    }

    /// Takes in a crate that `extern crate` brings in.
    pub(in crate::rust) fn add_crate(&mut self, node: &ItemExternCrate, scope: Option<u32>) {
        let bound = node.rename.as_ref().map_or(&node.ident, |(_, name)| name);
        let path = match node.ident == "self" {
            true => "crate".to_owned(),
            false => joined("::", &node.ident),
        };
        let kind = ImportKind::Name(bound.unraw().to_string());
        self.scope = scope;
        self.is_test = self.found.is_test || is_test_only(&node.attrs);
        self.import(path, kind, line(node.ident.span()), visibility(&node.vis));
    }

    fn item(&mut self, head: &Head<'_>, kind: ItemKind, owner: Option<&str>) {
        if self.blocks > 0 {
            return;
        }
        self.found.items.push(Item {
            name: head.name.unraw().to_string(),
            kind,
            line: line(head.name.span()),
            scope: self.scope,
            owner: owner.map(str::to_owned),
            visibility: head.visibility,
            is_test: self.is_test || is_test_only(head.attributes),
            is_documented: is_documented(head.attributes),
            is_hidden: is_hidden(head.attributes),
            is_deprecated: has(head.attributes, "deprecated"),
        });
    }

    fn named(&mut self, item: &Syntax) {
        let (name, attributes, seen_by, kind) = match item {
            Syntax::Fn(item) => (&item.sig.ident, &item.attrs, &item.vis, ItemKind::Function),
            Syntax::Struct(item) => (&item.ident, &item.attrs, &item.vis, ItemKind::Structure),
            Syntax::Union(item) => (&item.ident, &item.attrs, &item.vis, ItemKind::Structure),
            Syntax::Enum(item) => {
                let variants = u32::try_from(item.variants.len()).unwrap_or(u32::MAX);
                let kind = ItemKind::Enumeration(variants);
                (&item.ident, &item.attrs, &item.vis, kind)
            }
            Syntax::Trait(item) => (&item.ident, &item.attrs, &item.vis, ItemKind::Trait),
            Syntax::TraitAlias(item) => (&item.ident, &item.attrs, &item.vis, ItemKind::Trait),
            Syntax::Type(item) => (&item.ident, &item.attrs, &item.vis, ItemKind::Alias),
            Syntax::Const(item) if item.ident != "_" => {
                (&item.ident, &item.attrs, &item.vis, ItemKind::Constant)
            }
            Syntax::Static(item) => (&item.ident, &item.attrs, &item.vis, ItemKind::Constant),
            _ => return,
        };
        let head = Head {
            name,
            attributes,
            visibility: visibility(seen_by),
        };
        self.item(&head, kind, None);
    }

    fn import(&mut self, path: String, kind: ImportKind, line: u32, visibility: Visibility) {
        self.found.imports.push(Import {
            path,
            kind,
            line,
            scope: self.scope,
            visibility,
            is_test: self.is_test,
        });
    }

    /// The names of a `use`; `before` is the path so far.
    fn names(&mut self, tree: &UseTree, before: &str, visibility: Visibility) {
        match tree {
            UseTree::Path(step) => {
                let path = joined(before, &step.ident);
                self.names(&step.tree, &path, visibility);
            }
            UseTree::Name(name) if name.ident == "self" => {
                let bound = last(before).to_owned();
                let at = line(name.ident.span());
                self.import(before.to_owned(), ImportKind::Name(bound), at, visibility);
            }
            UseTree::Name(name) => {
                let bound = name.ident.unraw().to_string();
                let at = line(name.ident.span());
                let path = joined(before, &name.ident);
                self.import(path, ImportKind::Name(bound), at, visibility);
            }
            UseTree::Rename(rename) => {
                let bound = rename.rename.unraw().to_string();
                let at = line(rename.ident.span());
                let path = match rename.ident == "self" {
                    true => before.to_owned(),
                    false => joined(before, &rename.ident),
                };
                self.import(path, ImportKind::Name(bound), at, visibility);
            }
            UseTree::Glob(glob) => {
                let at = line(glob.star_token.spans[0]);
                self.import(before.to_owned(), ImportKind::Glob, at, visibility);
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.names(tree, before, visibility);
                }
            }
        }
    }

    /// Keeps a path in code, once in each scope.
    fn code(&mut self, path: &Path, text: &str) {
        let place = (self.scope, self.is_test);
        if self
            .seen
            .get(text)
            .is_some_and(|seen| seen.contains(&place))
        {
            return;
        }
        let last = path.segments.last();
        let at = last.map_or(0, |last| line(last.ident.span()));
        self.import(text.to_owned(), ImportKind::Code, at, Visibility::Private);
        self.seen.entry(text.to_owned()).or_default().push(place);
    }

    /// Walks over something with attributes, which may make it a test.
    fn within(&mut self, attributes: &[Attribute], walk: impl FnOnce(&mut Self)) {
        let before = self.is_test;
        self.is_test = before || is_test_only(attributes);
        walk(self);
        self.is_test = before;
    }
}

impl<'ast> Visit<'ast> for Collector {
    fn visit_item(&mut self, node: &'ast Syntax) {
        self.named(node);
        let attributes = attributes_of(node);
        self.within(attributes, |collector| visit::visit_item(collector, node));
    }

    fn visit_item_mod(&mut self, node: &'ast ItemMod) {
        if self.blocks > 0 {
            return;
        }
        let placement = match (&node.content, path(&node.attrs)) {
            (Some(_), _) => Placement::Inline,
            (None, Some(path)) => Placement::Path(path),
            (None, None) => Placement::File,
        };
        let index = u32::try_from(self.found.modules.len()).unwrap_or(u32::MAX);
        self.found.modules.push(Declaration {
            name: node.ident.unraw().to_string(),
            placement,
            line: line(node.ident.span()),
            end: match &node.content {
                Some((brace, _)) => line(brace.span.close()),
                None => line(node.ident.span()),
            },
            scope: self.scope,
            visibility: visibility(&node.vis),
            is_test: self.is_test,
            is_documented: is_documented(&node.attrs),
            is_hidden: is_hidden(&node.attrs),
        });
        let around = self.scope.replace(index);
        visit::visit_item_mod(self, node);
        self.scope = around;
    }

    fn visit_item_use(&mut self, node: &'ast ItemUse) {
        let start = if node.leading_colon.is_some() {
            "::"
        } else {
            ""
        };
        self.names(&node.tree, start, visibility(&node.vis));
    }

    fn visit_item_impl(&mut self, node: &'ast ItemImpl) {
        if node.trait_.is_none() {
            let owner = type_name(&node.self_ty);
            for item in &node.items {
                let (name, attributes, seen_by) = match item {
                    ImplItem::Fn(item) => (&item.sig.ident, &item.attrs, &item.vis),
                    ImplItem::Const(item) => (&item.ident, &item.attrs, &item.vis),
                    _ => continue,
                };
                let head = Head {
                    name,
                    attributes,
                    visibility: visibility(seen_by),
                };
                self.item(&head, ItemKind::Method, owner.as_deref());
            }
        }
        visit::visit_item_impl(self, node);
    }

    fn visit_item_trait(&mut self, node: &'ast ItemTrait) {
        let owner = node.ident.unraw().to_string();
        for item in &node.items {
            let (name, attributes) = match item {
                TraitItem::Fn(item) => (&item.sig.ident, &item.attrs),
                TraitItem::Const(item) => (&item.ident, &item.attrs),
                TraitItem::Type(item) => (&item.ident, &item.attrs),
                _ => continue,
            };
            let head = Head {
                name,
                attributes,
                visibility: visibility(&node.vis),
            };
            self.item(&head, ItemKind::TraitItem, Some(&owner));
        }
        visit::visit_item_trait(self, node);
    }

    fn visit_item_macro(&mut self, node: &'ast ItemMacro) {
        if let Some(name) = &node.ident
            && has(&node.attrs, "macro_export")
        {
            let head = Head {
                name,
                attributes: &node.attrs,
                visibility: Visibility::Public,
            };
            self.item(&head, ItemKind::Macro, None);
        }
    }

    fn visit_impl_item_fn(&mut self, node: &'ast syn::ImplItemFn) {
        self.within(&node.attrs, |collector| {
            visit::visit_impl_item_fn(collector, node);
        });
    }

    fn visit_block(&mut self, node: &'ast Block) {
        self.blocks += 1;
        visit::visit_block(self, node);
        self.blocks -= 1;
    }

    fn visit_path(&mut self, node: &'ast Path) {
        let mut text = std::mem::take(&mut self.text);
        if leads_elsewhere(node, &mut text) {
            self.code(node, &text);
        }
        self.text = text;
        visit::visit_path(self, node);
    }

    fn visit_macro(&mut self, node: &'ast Macro) {
        self.visit_path(&node.path);
    }

    fn visit_attribute(&mut self, _: &'ast Attribute) {}

    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}
}

/// Whether a path may lead to another module, and then its text: it has several names, the
/// first of which is not that of a type, nor of the standard library.
fn leads_elsewhere(path: &Path, text: &mut String) -> bool {
    let mut segments = path.segments.iter();
    let Some(first) = segments.next().filter(|_| path.segments.len() > 1) else {
        return false;
    };
    text.clear();
    let start = if path.leading_colon.is_some() {
        "::"
    } else {
        ""
    };
    text.push_str(start);
    push(&first.ident, text);
    let first = &text[start.len()..];
    let is_type = first.starts_with(|c: char| c.is_uppercase());
    if is_type || ["std", "core", "alloc"].contains(&first) {
        return false;
    }
    for segment in segments {
        text.push_str("::");
        push(&segment.ident, text);
    }
    true
}

/// Adds a name without its `r#`; taking the name apart would need memory twice.
pub(in crate::rust) fn push(name: &Ident, text: &mut String) {
    use std::fmt::Write as _;
    let start = text.len();
    // Writing to a string does not fail.
    let _ = write!(text, "{name}");
    if text[start..].starts_with("r#") {
        text.replace_range(start..start + 2, "");
    }
}

pub(in crate::rust) fn joined(before: &str, name: &Ident) -> String {
    let name = name.unraw();
    match before {
        "" | "::" => format!("{before}{name}"),
        _ => format!("{before}::{name}"),
    }
}

fn last(path: &str) -> &str {
    path.rsplit("::").next().unwrap_or(path)
}

fn type_name(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => {
            let last = path.path.segments.last()?;
            Some(last.ident.unraw().to_string())
        }
        Type::Reference(reference) => type_name(&reference.elem),
        Type::Group(group) => type_name(&group.elem),
        Type::Paren(paren) => type_name(&paren.elem),
        _ => None,
    }
}

fn line(span: Span) -> u32 {
    u32::try_from(span.start().line).unwrap_or(u32::MAX)
}
