//! `impl` blocks: what they give to which type.

use std::collections::HashMap;

use quote::ToTokens;
use syn::ImplItem;

use super::attributes::Attributes;
use super::items::{Collector, Place, name_of, names_of, number, visibility_of};
use super::resolve::{Indexed, Meaning, Resolver};
use super::signature::signature;
use super::types::{Scope, parameters, path_of};
use super::world::World;
use super::{Api, Detail, ItemIndex, ItemKind, Method, ModuleIndex, Name, Visibility};

/// An `impl` block.
#[derive(Debug, Clone)]
pub(super) struct Block {
    pub(super) module: ModuleIndex,
    /// The type's path as it is written.
    pub(super) path: Vec<Name>,
    /// The trait: its last name, and the form by which it is compared.
    pub(super) of_trait: Option<(Name, String)>,
    /// Those that users of the type can call.
    pub(super) methods: Vec<(Name, Method)>,
}

impl Collector {
    pub(super) fn block(&mut self, item: &syn::ItemImpl, place: &Place) {
        for inner in &item.items {
            if let ImplItem::Macro(call) = inner {
                self.call_in_block(item, &call.mac, place);
            }
        }
        let Some(path) = path_of(&item.self_ty).map(names_of) else {
            return;
        };
        let is_generic = |parameter: &super::Parameter| path == [parameter.name.as_str()];
        let is_refused = item.modifiers.polarity.is_some();
        if is_refused || parameters(&item.generics).iter().any(is_generic) {
            return;
        }
        let scope = Scope::of_impl(&item.self_ty, &item.generics);
        let of_trait = item.trait_.as_ref().and_then(|(path, _)| {
            let name = name_of(&path.segments.last()?.ident);
            let form = scope.normal(path.to_token_stream());
            Some((name, form))
        });
        let name = of_trait.as_ref().map(|(name, _)| name.as_str());
        let methods = item.items.iter();
        let methods = methods
            .filter_map(|item| method(item, name, &scope))
            .collect();
        self.blocks.push(Block {
            module: place.module,
            path,
            of_trait,
            methods,
        });
    }
}

/// A method or constant, unless only the crate itself can name it.
fn method(item: &ImplItem, of_trait: Option<&str>, scope: &Scope) -> Option<(Name, Method)> {
    let (name, visibility, signature, attributes) = match item {
        ImplItem::Fn(item) => {
            let signature = Some(signature(&item.sig, scope));
            (&item.sig.ident, &item.vis, signature, &item.attrs)
        }
        ImplItem::Const(item) => (&item.ident, &item.vis, None, &item.attrs),
        _ => return None,
    };
    let is_named = of_trait.is_some() || visibility_of(visibility) == Visibility::Public;
    let attributes = Attributes::read(attributes);
    let method = Method {
        signature,
        of_trait: of_trait.map(str::to_owned),
        deprecated: attributes.deprecated,
    };
    (is_named && !attributes.is_for_tests).then(|| (name_of(name), method))
}

/// Gives each type what its blocks have. A block whose type is of another crate gives nothing.
pub(super) fn attach(api: Api, blocks: Vec<Block>) -> Api {
    let indexed = Indexed::new(std::sync::Arc::new(api));
    let world = World::default();
    let by_name = types_by_name(&indexed.api);
    let owners: Vec<Vec<ItemIndex>> = blocks
        .iter()
        .map(|block| owners(block, &indexed, &world, &by_name))
        .collect();
    let mut api = indexed.into_api();
    for (block, owners) in blocks.into_iter().zip(owners) {
        for owner in owners {
            if let Detail::Type(detail) = &mut api.items[owner.0 as usize].detail {
                give(detail, &block);
            }
        }
    }
    api
}

fn give(detail: &mut super::TypeDetail, block: &Block) {
    if let Some((name, form)) = &block.of_trait {
        let forms = detail.traits.entry(name.clone()).or_default();
        forms.insert(form.clone());
    }
    for (name, method) in &block.methods {
        let methods = detail.methods.entry(name.clone()).or_default();
        if !methods.contains(method) {
            methods.push(method.clone());
        }
    }
}

fn types_by_name(api: &Api) -> HashMap<Name, Vec<ItemIndex>> {
    let mut by_name: HashMap<Name, Vec<ItemIndex>> = HashMap::new();
    for (at, item) in api.items.iter().enumerate() {
        if matches!(
            item.kind,
            ItemKind::Struct | ItemKind::Enum | ItemKind::Alias
        ) {
            let all = by_name.entry(item.name.clone()).or_default();
            all.push(ItemIndex(number(at)));
        }
    }
    by_name
}

/// The types that a block is for: several where conditions choose among them, or where its path
/// could not be followed and several have its name.
fn owners(
    block: &Block,
    indexed: &Indexed,
    world: &World,
    by_name: &HashMap<Name, Vec<ItemIndex>>,
) -> Vec<ItemIndex> {
    let name = block.path.last();
    let named = name.and_then(|name| by_name.get(name));
    let Some(named) = named else {
        return Vec::new();
    };
    let meanings = Resolver::new(world).resolve(indexed, block.module, &block.path, false);
    if meanings.is_empty() {
        return named.clone();
    }
    let resolved = meanings.into_iter().filter_map(|meaning| match meaning {
        Meaning::Item(item) if item.variant.is_none() => Some(item.index),
        _ => None,
    });
    resolved.filter(|item| named.contains(item)).collect()
}
