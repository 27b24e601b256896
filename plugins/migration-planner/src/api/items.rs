//! From the syntax of a file to modules, uses and items.

use std::collections::{BTreeSet, HashMap, VecDeque};

use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Fields, ForeignItem, Ident, Item, UseTree};

use super::attributes::{Attributes, Procedural};
use super::impls::Block;
use super::read::Work;
use super::signature::signature;
use super::types::{Scope, parameters};
use super::{
    ApiItem, ApiModule, ApiUse, Detail, Field, ItemKind, ModuleIndex, Name, Shape, TraitDetail,
    TraitItem, TypeDetail, Variant, Visibility,
};

/// All that was read so far.
#[derive(Debug, Default)]
pub(super) struct Collector {
    pub(super) modules: Vec<ApiModule>,
    pub(super) items: Vec<ApiItem>,
    pub(super) blocks: Vec<Block>,
    pub(super) opaque: BTreeSet<Name>,
    /// Files and texts of macro calls that are still to be read.
    pub(super) work: VecDeque<Work>,
    by_path: HashMap<Vec<Name>, ModuleIndex>,
}

/// Where items stand.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) module: ModuleIndex,
    /// The file, with `/`.
    pub(super) file: String,
    /// The folder in which files of modules within are looked for; empty at the root.
    pub(super) folder: String,
    /// Whether it is a module within the text of a file: paths of files count from its own
    /// folder then, and else from the file's.
    pub(super) is_inline: bool,
    /// How many files and macro calls lead here.
    pub(super) depth: u32,
}

impl Collector {
    /// One that has the root module and nothing else.
    pub(super) fn new() -> Self {
        let mut collector = Self::default();
        collector.module(Vec::new(), Visibility::Public, false);
        collector
    }

    /// The module of a path. One that is written several times, under different conditions, is
    /// one module, and as visible as the most visible of them.
    pub(super) fn module(
        &mut self,
        path: Vec<Name>,
        visibility: Visibility,
        is_hidden: bool,
    ) -> ModuleIndex {
        if let Some(index) = self.by_path.get(&path) {
            let known = &mut self.modules[index.0 as usize];
            known.visibility = known.visibility.min(visibility);
            known.is_hidden &= is_hidden;
            return *index;
        }
        let index = ModuleIndex(number(self.modules.len()));
        self.by_path.insert(path.clone(), index);
        self.modules.push(ApiModule {
            path,
            visibility,
            is_hidden,
            uses: Vec::new(),
        });
        index
    }

    pub(super) fn items(&mut self, items: &[Item], place: &Place) {
        for item in items {
            self.item(item, place);
        }
    }

    fn item(&mut self, item: &Item, place: &Place) {
        let attributes = guildhall_source::rust::modules::attributes_of(item);
        let attributes = Attributes::read(attributes);
        if attributes.is_for_tests {
            return;
        }
        match item {
            Item::Mod(item) => self.inner_module(item, &attributes, place),
            Item::Use(item) => self.uses(item, &attributes, place),
            Item::ExternCrate(item) => self.extern_crate(item, &attributes, place),
            Item::Fn(item) => self.function(&item.vis, &item.sig, &attributes, place),
            Item::ForeignMod(item) => self.foreign(item, place),
            Item::Impl(item) => self.block(item, place),
            Item::Macro(item) => self.macro_item(item, &attributes, place),
            other => self.declaration(other, &attributes, place),
        }
    }

    fn declaration(&mut self, item: &Item, attributes: &Attributes, place: &Place) {
        let (name, visibility, kind, detail) = match item {
            Item::Struct(item) => {
                let detail = structure(&item.ident, &item.generics, &item.fields);
                (
                    &item.ident,
                    &item.vis,
                    ItemKind::Struct,
                    Detail::Type(detail),
                )
            }
            Item::Union(item) => {
                let fields = Fields::Named(item.fields.clone());
                let detail = structure(&item.ident, &item.generics, &fields);
                (
                    &item.ident,
                    &item.vis,
                    ItemKind::Struct,
                    Detail::Type(detail),
                )
            }
            Item::Enum(item) => {
                let detail = Detail::Type(enumeration(item));
                (&item.ident, &item.vis, ItemKind::Enum, detail)
            }
            Item::Trait(item) => {
                let detail = Detail::Trait(trait_detail(item));
                (&item.ident, &item.vis, ItemKind::Trait, detail)
            }
            Item::TraitAlias(item) => {
                let detail = Detail::Trait(TraitDetail::default());
                (&item.ident, &item.vis, ItemKind::Trait, detail)
            }
            Item::Type(item) => {
                let scope = Scope::of_declaration(&name_of(&item.ident), &item.generics);
                let detail = TypeDetail {
                    alias_of: Some(scope.read(&item.ty)),
                    ..declared(&item.generics)
                };
                (
                    &item.ident,
                    &item.vis,
                    ItemKind::Alias,
                    Detail::Type(detail),
                )
            }
            Item::Const(item) => {
                let ty = Scope::default().read(&item.ty);
                (
                    &item.ident,
                    &item.vis,
                    ItemKind::Constant,
                    Detail::Value(ty),
                )
            }
            Item::Static(item) => {
                let ty = Scope::default().read(&item.ty);
                (
                    &item.ident,
                    &item.vis,
                    ItemKind::Constant,
                    Detail::Value(ty),
                )
            }
            _ => return,
        };
        self.add(
            name_of(name),
            kind,
            visibility_of(visibility),
            detail,
            attributes,
            place,
        );
    }

    /// Adds an item; traits that are derived are among those of a type.
    pub(super) fn add(
        &mut self,
        name: Name,
        kind: ItemKind,
        visibility: Visibility,
        mut detail: Detail,
        attributes: &Attributes,
        place: &Place,
    ) {
        if let Detail::Type(detail) = &mut detail {
            for derived in &attributes.derived {
                let forms = detail.traits.entry(derived.clone()).or_default();
                forms.insert(derived.clone());
            }
        }
        self.items.push(ApiItem {
            name,
            kind,
            module: place.module,
            visibility,
            deprecated: attributes.deprecated.clone(),
            is_hidden: attributes.is_hidden,
            is_non_exhaustive: attributes.is_non_exhaustive,
            detail,
        });
    }

    fn inner_module(&mut self, item: &syn::ItemMod, attributes: &Attributes, place: &Place) {
        let name = name_of(&item.ident);
        let mut path = self.modules[place.module.0 as usize].path.clone();
        path.push(name.clone());
        let module = self.module(path, visibility_of(&item.vis), attributes.is_hidden);
        let inside = Place {
            module,
            file: place.file.clone(),
            folder: joined(&place.folder, &name),
            is_inline: item.content.is_some(),
            depth: place.depth + 1,
        };
        match &item.content {
            Some((_, items)) => self.items(items, &inside),
            None => self.work.push_back(Work::Module {
                files: files(&name, attributes, place),
                place: inside,
            }),
        }
    }

    fn uses(&mut self, item: &syn::ItemUse, attributes: &Attributes, place: &Place) {
        let mut leaves = Vec::new();
        collect_leaves(&item.tree, &mut Vec::new(), &mut leaves);
        let uses = leaves.into_iter().map(|(path, name)| ApiUse {
            name,
            path,
            is_absolute: item.leading_colon.is_some(),
            visibility: visibility_of(&item.vis),
            is_hidden: attributes.is_hidden,
        });
        self.modules[place.module.0 as usize].uses.extend(uses);
    }

    fn extern_crate(
        &mut self,
        item: &syn::ItemExternCrate,
        attributes: &Attributes,
        place: &Place,
    ) {
        let known = name_of(&item.ident);
        let name = item.rename.as_ref().map(|(_, name)| name_of(name));
        let itself = known == "self";
        self.modules[place.module.0 as usize].uses.push(ApiUse {
            name: Some(name.unwrap_or_else(|| known.clone())),
            path: vec![if itself { "crate".to_owned() } else { known }],
            is_absolute: !itself,
            visibility: visibility_of(&item.vis),
            is_hidden: attributes.is_hidden,
        });
    }

    fn function(
        &mut self,
        visibility: &syn::Visibility,
        written: &syn::Signature,
        attributes: &Attributes,
        place: &Place,
    ) {
        let name = name_of(&written.ident);
        let (name, helpers) = match &attributes.procedural {
            None => {
                let detail = Detail::Function(signature(written, &Scope::default()));
                let visibility = visibility_of(visibility);
                return self.add(
                    name,
                    ItemKind::Function,
                    visibility,
                    detail,
                    attributes,
                    place,
                );
            }
            Some(Procedural::Plain) => (name, BTreeSet::new()),
            Some(Procedural::Derive { name, helpers }) => (name.clone(), helpers.clone()),
        };
        let detail = Detail::Macro { helpers };
        self.add(
            name,
            ItemKind::Macro,
            Visibility::Public,
            detail,
            attributes,
            place,
        );
    }

    /// What a library of another language offers.
    fn foreign(&mut self, item: &syn::ItemForeignMod, place: &Place) {
        for item in &item.items {
            let (name, visibility, kind, detail, attributes) = match item {
                ForeignItem::Fn(item) => {
                    let attributes = Attributes::read(&item.attrs);
                    self.function(&item.vis, &item.sig, &attributes, place);
                    continue;
                }
                ForeignItem::Static(item) => {
                    let detail = Detail::Value(Scope::default().read(&item.ty));
                    (
                        &item.ident,
                        &item.vis,
                        ItemKind::Constant,
                        detail,
                        &item.attrs,
                    )
                }
                ForeignItem::Type(item) => {
                    let detail = Detail::Type(TypeDetail::default());
                    (
                        &item.ident,
                        &item.vis,
                        ItemKind::Struct,
                        detail,
                        &item.attrs,
                    )
                }
                _ => continue,
            };
            let attributes = Attributes::read(attributes);
            let visibility = visibility_of(visibility);
            self.add(name_of(name), kind, visibility, detail, &attributes, place);
        }
    }
}

pub(super) fn visibility_of(visibility: &syn::Visibility) -> Visibility {
    match visibility {
        syn::Visibility::Public(_) => Visibility::Public,
        _ => Visibility::Inner,
    }
}

pub(super) fn name_of(name: &Ident) -> Name {
    name.unraw().to_string()
}

/// An index as it is kept; there are limits far below on how much is read.
pub(super) fn number(index: usize) -> u32 {
    u32::try_from(index).expect("less than four thousand million of anything are read")
}

/// The names of a path.
pub(super) fn names_of(path: &syn::Path) -> Vec<Name> {
    path.segments
        .iter()
        .map(|segment| name_of(&segment.ident))
        .collect()
}

fn joined(folder: &str, name: &str) -> String {
    match folder {
        "" => name.to_owned(),
        folder => format!("{folder}/{name}"),
    }
}

/// Where the text of a module may be, with the folder of the modules within it.
fn files(name: &str, attributes: &Attributes, place: &Place) -> Vec<(String, String)> {
    let around = match place.is_inline {
        true => place.folder.as_str(),
        false => place.file.rsplit_once('/').map_or("", |(folder, _)| folder),
    };
    let named = attributes.files.iter().map(|file| {
        let file = normal(&joined(around, file));
        let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
        (file.clone(), folder.to_owned())
    });
    let folder = joined(&place.folder, name);
    let usual = [format!("{folder}.rs"), format!("{folder}/mod.rs")];
    let usual = usual.into_iter().map(|file| (file, folder.clone()));
    named.chain(usual).collect()
}

/// A path without `.` and `..`; one that leads out of the package leads nowhere.
fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.pop().is_none() => return String::new(),
            ".." => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Every path of a `use`, with the name that it has here; `None` for a glob.
fn collect_leaves(
    tree: &UseTree,
    path: &mut Vec<Name>,
    leaves: &mut Vec<(Vec<Name>, Option<Name>)>,
) {
    match tree {
        UseTree::Path(inner) => {
            path.push(name_of(&inner.ident));
            collect_leaves(&inner.tree, path, leaves);
            path.pop();
        }
        UseTree::Name(leaf) => leaves.push(leaf_of(path, &leaf.ident, None)),
        UseTree::Rename(leaf) => leaves.push(leaf_of(path, &leaf.ident, Some(&leaf.rename))),
        UseTree::Glob(_) => leaves.push((path.clone(), None)),
        UseTree::Group(group) => {
            for tree in &group.items {
                collect_leaves(tree, path, leaves);
            }
        }
    }
}

fn leaf_of(path: &[Name], name: &Ident, rename: Option<&Ident>) -> (Vec<Name>, Option<Name>) {
    let name = name_of(name);
    let mut path = path.to_vec();
    if name != "self" || path.is_empty() {
        path.push(name);
    }
    let known = rename.map(name_of).or_else(|| path.last().cloned());
    (path, known)
}

fn structure(name: &Ident, generics: &syn::Generics, fields: &Fields) -> TypeDetail {
    let scope = Scope::of_declaration(&name_of(name), generics);
    TypeDetail {
        shape: shape(fields),
        fields: fields_of(fields, &scope),
        ..declared(generics)
    }
}

fn enumeration(item: &syn::ItemEnum) -> TypeDetail {
    let scope = Scope::of_declaration(&name_of(&item.ident), &item.generics);
    let variants = item.variants.iter().map(|variant| Variant {
        name: name_of(&variant.ident),
        shape: shape(&variant.fields),
        fields: fields_of(&variant.fields, &scope),
        deprecated: Attributes::read(&variant.attrs).deprecated,
    });
    TypeDetail {
        variants: variants.collect(),
        ..declared(&item.generics)
    }
}

fn declared(generics: &syn::Generics) -> TypeDetail {
    TypeDetail {
        parameters: parameters(generics),
        lifetimes: number(generics.lifetimes().count()),
        ..TypeDetail::default()
    }
}

fn shape(fields: &Fields) -> Shape {
    match fields {
        Fields::Named(_) => Shape::Named,
        Fields::Unnamed(_) => Shape::Tuple,
        Fields::Unit => Shape::Unit,
    }
}

fn fields_of(fields: &Fields, scope: &Scope) -> Vec<Field> {
    let fields = fields.iter().enumerate();
    let fields = fields.map(|(at, field)| Field {
        name: field.ident.as_ref().map_or_else(|| at.to_string(), name_of),
        visibility: visibility_of(&field.vis),
        ty: scope.read(&field.ty),
    });
    fields.collect()
}

fn trait_detail(item: &syn::ItemTrait) -> TraitDetail {
    let scope = Scope::of_declaration(&name_of(&item.ident), &item.generics);
    let items = item
        .items
        .iter()
        .filter_map(|item| trait_item(item, &scope));
    TraitDetail {
        items: items.collect(),
        supertraits: scope.bounds(&item.supertraits).into_iter().collect(),
    }
}

fn trait_item(item: &syn::TraitItem, scope: &Scope) -> Option<TraitItem> {
    let (name, signature, has_default, attributes) = match item {
        syn::TraitItem::Fn(item) => (
            &item.sig.ident,
            Some(signature(&item.sig, scope)),
            item.default.is_some(),
            &item.attrs,
        ),
        syn::TraitItem::Const(item) => (&item.ident, None, item.default.is_some(), &item.attrs),
        syn::TraitItem::Type(item) => (&item.ident, None, item.default.is_some(), &item.attrs),
        _ => return None,
    };
    let attributes = Attributes::read(attributes);
    (!attributes.is_for_tests).then(|| TraitItem {
        name: name_of(name),
        signature,
        has_default,
        deprecated: attributes.deprecated,
    })
}

/// The text of tokens, from which they can be read again.
pub(super) fn source(tokens: &impl ToTokens) -> String {
    tokens.to_token_stream().to_string()
}
