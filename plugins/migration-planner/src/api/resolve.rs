//! What a path means that is written in a module of a crate, across crates.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use semver::Version;

use super::items::number;
use super::paths::ItemRef;
use super::world::World;
use super::{Api, ApiUse, ItemIndex, ItemKind, ModuleIndex, Name, Visibility};

/// How many uses may lead to one another.
const DEEPEST: u32 = 14;

/// How many names are looked up for one path at the most; globs that lead to one another would
/// multiply.
const MOST_LOOKUPS: u32 = 20_000;

/// Crates that are always there and never read.
const STANDARD: [&str; 3] = ["std", "core", "alloc"];

/// What a path means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// A module.
    Module(Arc<Api>, ModuleIndex),
    /// An item, or a variant of an enum by itself.
    Item(ItemRef),
    /// A method, a constant or a type that belongs to an item.
    Member(ItemRef, Name),
    /// Something in a crate that was not read, as a path from that crate on.
    External(Vec<Name>),
}

/// An API with its names at hand.
#[derive(Debug)]
pub(super) struct Indexed {
    pub(super) api: Arc<Api>,
    /// What is in each module.
    modules: Vec<Names>,
}

/// The names of a module.
#[derive(Debug, Default)]
struct Names {
    items: HashMap<Name, Vec<ItemIndex>>,
    modules: HashMap<Name, ModuleIndex>,
}

impl Indexed {
    pub(super) fn new(api: Arc<Api>) -> Self {
        let by_path = api.modules.iter().enumerate();
        let by_path: HashMap<&[Name], usize> = by_path
            .map(|(at, module)| (module.path.as_slice(), at))
            .collect();
        let mut modules: Vec<Names> = Vec::new();
        modules.resize_with(api.modules.len(), Names::default);
        for (at, module) in api.modules.iter().enumerate() {
            if let Some((name, around)) = module.path.split_last()
                && let Some(around) = by_path.get(around)
            {
                let index = ModuleIndex(number(at));
                modules[*around].modules.insert(name.clone(), index);
            }
        }
        for (at, item) in api.items.iter().enumerate() {
            let items = &mut modules[item.module.0 as usize].items;
            let named = items.entry(item.name.clone()).or_default();
            named.push(ItemIndex(number(at)));
        }
        Self { api, modules }
    }

    pub(super) fn version(&self) -> &Version {
        &self.api.package.version
    }

    /// The API itself; a copy where someone else has it too.
    pub(super) fn into_api(self) -> Api {
        Arc::unwrap_or_clone(self.api)
    }

    /// The items that a module declares, by name.
    pub(super) fn items_of(&self, inside: ModuleIndex) -> Vec<(&str, ItemIndex)> {
        let items = self.modules[inside.0 as usize].items.iter();
        let items =
            items.flat_map(|(name, all)| all.iter().map(move |item| (name.as_str(), *item)));
        let mut items: Vec<(&str, ItemIndex)> = items.collect();
        items.sort_unstable();
        items
    }

    /// The modules within a module, by name.
    pub(super) fn modules_of(&self, inside: ModuleIndex) -> Vec<(&str, ModuleIndex)> {
        let modules = self.modules[inside.0 as usize].modules.iter();
        let mut modules: Vec<(&str, ModuleIndex)> = modules
            .map(|(name, module)| (name.as_str(), *module))
            .collect();
        modules.sort_unstable();
        modules
    }

    fn module(&self, inside: ModuleIndex, name: &str) -> Option<ModuleIndex> {
        self.modules[inside.0 as usize].modules.get(name).copied()
    }

    fn items(&self, inside: ModuleIndex, name: &str) -> &[ItemIndex] {
        let items = self.modules[inside.0 as usize].items.get(name);
        items.map_or(&[], Vec::as_slice)
    }

    fn uses(&self, inside: ModuleIndex) -> &[ApiUse] {
        &self.api.modules[inside.0 as usize].uses
    }

    fn around(&self, module: ModuleIndex) -> ModuleIndex {
        let path = &self.api.modules[module.0 as usize].path;
        let mut around = ModuleIndex(0);
        for name in path.split_last().map_or(&[][..], |(_, around)| around) {
            around = self.module(around, name).unwrap_or(around);
        }
        around
    }

    fn item(&self, index: ItemIndex) -> ItemRef {
        ItemRef {
            api: self.api.clone(),
            index,
            variant: None,
        }
    }

    fn kind(&self, index: ItemIndex) -> ItemKind {
        self.api.items[index.0 as usize].kind
    }
}

/// A module of an API, a use in it, and the name that is asked of the use.
type Asked = (usize, ModuleIndex, usize, Name);

/// Follows paths.
pub(super) struct Resolver<'a> {
    world: &'a World,
    /// What is being looked up, so that uses that lead in a ring end.
    open: HashSet<Asked>,
    lookups: u32,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(world: &'a World) -> Self {
        Self {
            world,
            open: HashSet::new(),
            lookups: 0,
        }
    }

    /// What a path means where `module` writes it; `is_absolute` where it begins with `::`.
    pub(super) fn resolve(
        &mut self,
        api: &Indexed,
        module: ModuleIndex,
        path: &[Name],
        is_absolute: bool,
    ) -> Vec<Meaning> {
        self.lookups = 0;
        self.path(api, module, path, is_absolute, 0)
    }

    fn path(
        &mut self,
        api: &Indexed,
        module: ModuleIndex,
        path: &[Name],
        is_absolute: bool,
        depth: u32,
    ) -> Vec<Meaning> {
        let Some(first) = path.first() else {
            return Vec::new();
        };
        match first.as_str() {
            "crate" => return self.walk(api, ModuleIndex(0), &path[1..], true, depth),
            "self" => return self.walk(api, module, &path[1..], true, depth),
            "super" => {
                let climbs = path.iter().take_while(|name| *name == "super").count();
                let start = (0..climbs).fold(module, |module, _| api.around(module));
                return self.walk(api, start, &path[climbs..], true, depth);
            }
            _ => {}
        }
        if !is_absolute && declares(api, module, first) {
            return self.walk(api, module, path, true, depth);
        }
        let package = &api.api.package;
        if let Some(dependency) = package.dependencies.get(first) {
            return match self.world.indexed(dependency) {
                Some(other) => {
                    let other = other.clone();
                    self.walk(&other, ModuleIndex(0), &path[1..], false, depth)
                }
                None => vec![Meaning::External(path.to_vec())],
            };
        }
        if STANDARD.contains(&first.as_str()) {
            return vec![Meaning::External(path.to_vec())];
        }
        let from_root = package.is_2015 || is_absolute;
        let start = if from_root { ModuleIndex(0) } else { module };
        let is_itself = start.0 == 0 && *first == package.library;
        let rest = if is_itself { &path[1..] } else { path };
        self.walk(api, start, rest, true, depth)
    }

    /// What a path means from a module on; `sees_inner` where private names count.
    fn walk(
        &mut self,
        api: &Indexed,
        module: ModuleIndex,
        path: &[Name],
        sees_inner: bool,
        depth: u32,
    ) -> Vec<Meaning> {
        let Some((name, rest)) = path.split_first() else {
            return vec![Meaning::Module(api.api.clone(), module)];
        };
        self.lookups += 1;
        if depth > DEEPEST || self.lookups > MOST_LOOKUPS {
            return Vec::new();
        }
        let mut found = Vec::new();
        if let Some(inner) = api.module(module, name) {
            found.extend(self.walk(api, inner, rest, sees_inner, depth + 1));
        }
        let items = api.items(module, name);
        found.extend(items.iter().filter_map(|item| within(api, *item, rest)));
        let is_macro = items.iter().any(|item| api.kind(*item) == ItemKind::Macro);
        if !found.is_empty() && (!rest.is_empty() || is_macro) {
            return found;
        }
        let is_declared = !found.is_empty();
        let fits = |used: &ApiUse| {
            let names_it = used
                .name
                .as_ref()
                .map_or(!is_declared, |known| known == name);
            names_it && (sees_inner || used.visibility == Visibility::Public)
        };
        let mut guesses = Vec::new();
        let uses = api.uses(module).iter().enumerate();
        for (at, used) in uses.filter(|(_, used)| fits(used)) {
            let through = self.through(api, module, at, path, sees_inner, depth);
            match (&used.name, through.as_slice()) {
                // A crate that was not read may have the name.
                (None, [Meaning::External(_)]) => guesses.extend(through),
                _ => found.extend(through),
            }
        }
        if found.is_empty() {
            guesses.truncate(1);
            return guesses;
        }
        found
    }

    /// What a path means through a use of the module that it begins in.
    fn through(
        &mut self,
        api: &Indexed,
        module: ModuleIndex,
        at: usize,
        path: &[Name],
        sees_inner: bool,
        depth: u32,
    ) -> Vec<Meaning> {
        let used = &api.uses(module)[at];
        let asked = (address(&api.api), module, at, path[0].clone());
        if !self.open.insert(asked.clone()) {
            return Vec::new();
        }
        let found = match &used.name {
            Some(_) => {
                let longer = [used.path.as_slice(), &path[1..]].concat();
                self.path(api, module, &longer, used.is_absolute, depth + 1)
            }
            None => {
                let meanings = self.path(api, module, &used.path, used.is_absolute, depth + 1);
                let inside = |meaning| self.inside(api, meaning, path, sees_inner, depth + 1);
                meanings.into_iter().flat_map(inside).collect()
            }
        };
        self.open.remove(&asked);
        found
    }

    /// What a path means within what a glob embraces.
    fn inside(
        &mut self,
        api: &Indexed,
        meaning: Meaning,
        path: &[Name],
        sees_inner: bool,
        depth: u32,
    ) -> Vec<Meaning> {
        match meaning {
            Meaning::Module(other, module) if Arc::ptr_eq(&other, &api.api) => {
                self.walk(api, module, path, sees_inner, depth)
            }
            Meaning::Module(other, module) => match self.world.indexed_api(&other).cloned() {
                Some(other) => self.walk(&other, module, path, false, depth),
                None => Vec::new(),
            },
            Meaning::External(target) => {
                vec![Meaning::External([target.as_slice(), path].concat())]
            }
            Meaning::Item(item) if path.len() == 1 => item
                .with_variant(&path[0])
                .into_iter()
                .map(Meaning::Item)
                .collect(),
            _ => Vec::new(),
        }
    }
}

pub(super) fn address(api: &Arc<Api>) -> usize {
    Arc::as_ptr(api).addr()
}

/// Whether a module declares a name, or a use gives it one other than itself.
fn declares(api: &Indexed, module: ModuleIndex, name: &str) -> bool {
    let is_used = |used: &ApiUse| used.name.as_deref() == Some(name) && used.path != [name];
    api.module(module, name).is_some()
        || !api.items(module, name).is_empty()
        || api.uses(module).iter().any(is_used)
}

/// An item, or what one name behind it means.
fn within(api: &Indexed, index: ItemIndex, rest: &[Name]) -> Option<Meaning> {
    let item = api.item(index);
    match (rest, api.kind(index)) {
        ([], _) => Some(Meaning::Item(item)),
        ([name], ItemKind::Enum) => Some(match item.with_variant(name) {
            Some(variant) => Meaning::Item(variant),
            None => Meaning::Member(item, name.clone()),
        }),
        ([name], ItemKind::Struct | ItemKind::Trait | ItemKind::Alias) => {
            Some(Meaning::Member(item, name.clone()))
        }
        _ => None,
    }
}
