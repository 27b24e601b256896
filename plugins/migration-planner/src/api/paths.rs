//! The public paths of a crate: everything that its users can name, and under which names.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::ops::Bound;
use std::sync::Arc;

use super::resolve::{Indexed, Meaning, Resolver, address};
use super::world::World;
use super::{
    Api, ApiItem, Detail, ItemIndex, ItemKind, ModuleIndex, Name, TraitDetail, TypeDetail, Variant,
    Visibility,
};

/// Names in a path at the most; a longer one is a ring of re-exports or nothing that anyone writes.
const LONGEST: usize = 8;

/// Modules that are looked at under different paths at the most.
const MOST_VISITS: usize = 100_000;

/// An item of an API, or a variant of one by itself.
#[derive(Debug, Clone)]
pub struct ItemRef {
    /// Where it is declared.
    pub api: Arc<Api>,
    /// Which of its items.
    pub index: ItemIndex,
    /// Which variant of the item, where one is meant.
    pub variant: Option<u32>,
}

/// What the users of a crate can name.
#[derive(Debug, Clone)]
pub struct Paths {
    /// The crate.
    pub api: Arc<Api>,
    /// The items of each path, which has the crate's own name not in it: several where
    /// conditions choose among them, or where a name is a trait and a derive.
    pub by_path: BTreeMap<Vec<Name>, Vec<ItemRef>>,
    /// Paths that lead into crates that were not read, and where to.
    pub external: BTreeMap<Vec<Name>, BTreeSet<Vec<Name>>>,
    /// Modules that show everything of a module of a crate that was not read.
    pub open: BTreeSet<Vec<Name>>,
    /// Paths that the documentation hides.
    pub hidden: BTreeSet<Vec<Name>>,
    /// Names that may exist in places that could not be read, by the module within which they
    /// may.
    pub opaque: BTreeMap<Vec<Name>, BTreeSet<Name>>,
    by_item: HashMap<(usize, ItemIndex, Option<u32>), Vec<Vec<Name>>>,
}

impl ItemRef {
    /// The item.
    pub fn item(&self) -> &ApiItem {
        &self.api.items[self.index.0 as usize]
    }

    /// The variant, where one is meant.
    pub fn variant(&self) -> Option<&Variant> {
        self.type_detail()?.variants.get(self.variant? as usize)
    }

    /// What it is.
    pub fn kind(&self) -> ItemKind {
        match self.variant {
            Some(_) => ItemKind::Variant,
            None => self.item().kind,
        }
    }

    /// What it has, where it is a type; of a variant, what its enum has.
    pub fn type_detail(&self) -> Option<&TypeDetail> {
        match &self.item().detail {
            Detail::Type(detail) => Some(detail),
            _ => None,
        }
    }

    /// What it has, where it is a trait.
    pub fn trait_detail(&self) -> Option<&TraitDetail> {
        match &self.item().detail {
            Detail::Trait(detail) => Some(detail),
            _ => None,
        }
    }

    /// The variant of this name, where it is an enum that has it.
    pub(super) fn with_variant(&self, name: &str) -> Option<Self> {
        let variants = &self.type_detail()?.variants;
        let at = variants.iter().position(|variant| variant.name == name)?;
        Some(Self {
            variant: u32::try_from(at).ok(),
            ..self.clone()
        })
    }

    fn key(&self) -> (usize, ItemIndex, Option<u32>) {
        (address(&self.api), self.index, self.variant)
    }
}

impl PartialEq for ItemRef {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for ItemRef {}

impl Api {
    /// The public paths, as far as `world` knows the crates that this one shows items of.
    pub fn paths(self: &Arc<Self>, world: &World) -> Paths {
        let indexed = match world.indexed_api(self) {
            Some(indexed) => indexed.clone(),
            None => Arc::new(Indexed::new(self.clone())),
        };
        let mut walker = Walker::new(world, indexed);
        walker.walk();
        walker.paths
    }
}

impl Paths {
    /// The items of a path.
    pub fn items(&self, path: &[Name]) -> &[ItemRef] {
        self.by_path.get(path).map_or(&[], Vec::as_slice)
    }

    /// The public path of an item, the shortest and first by name where there are several.
    pub fn path_of(&self, item: &ItemRef) -> Option<&[Name]> {
        let paths = self.by_item.get(&item.key())?.iter();
        let first = paths.min_by_key(|path| (path.len(), path.as_slice()));
        first.map(Vec::as_slice)
    }

    /// Whether a path leads to an item, or into a crate that was not read.
    pub fn has(&self, path: &[Name]) -> bool {
        self.by_path.contains_key(path) || self.external.contains_key(path)
    }

    /// Whether a path is a module: whether anything has a path within it.
    pub fn has_module(&self, path: &[Name]) -> bool {
        let begins = |next: Option<&Vec<Name>>| {
            next.is_some_and(|next| next.len() > path.len() && next.starts_with(path))
        };
        let beyond = (Bound::Excluded(path.to_vec()), Bound::Unbounded);
        let inner = self.by_path.range(beyond.clone()).next();
        let external = self.external.range(beyond).next();
        begins(inner.map(|(path, _)| path))
            || begins(external.map(|(path, _)| path))
            || self.open.iter().any(|open| open.starts_with(path))
    }

    /// Whether a path may exist though it was not seen: its last name stands in a place that
    /// could not be read, or a module around it shows all of a crate that was not.
    pub fn may_have(&self, path: &[Name]) -> bool {
        let is_opaque = path.last().is_some_and(|name| self.is_opaque(path, name));
        is_opaque || (0..path.len()).any(|length| self.open.contains(&path[..length]))
    }

    /// Whether something of this name may be at a path, or be a member of what is there, in a
    /// place that could not be read.
    pub fn is_opaque(&self, path: &[Name], name: &str) -> bool {
        let mut around = (0..=path.len()).filter_map(|length| self.opaque.get(&path[..length]));
        around.any(|names| names.contains(name))
    }

    fn add(&mut self, path: Vec<Name>, item: ItemRef, is_hidden: bool) {
        if is_hidden {
            self.hidden.insert(path.clone());
        }
        let items = self.by_path.entry(path.clone()).or_default();
        if items.contains(&item) {
            return;
        }
        let paths = self.by_item.entry(item.key()).or_default();
        paths.push(path);
        items.push(item);
    }
}

/// A module under a path.
struct Visit {
    api: Arc<Indexed>,
    module: ModuleIndex,
    path: Vec<Name>,
    is_hidden: bool,
    /// The modules that led here, so that none leads to itself.
    chain: Vec<(usize, ModuleIndex)>,
}

/// Walks over all that is visible from the root, the shortest paths first.
struct Walker<'a> {
    world: &'a World,
    open: VecDeque<Visit>,
    seen: HashSet<(usize, ModuleIndex, Vec<Name>)>,
    paths: Paths,
}

impl<'a> Walker<'a> {
    fn new(world: &'a World, root: Arc<Indexed>) -> Self {
        let paths = Paths {
            api: root.api.clone(),
            by_path: BTreeMap::new(),
            external: BTreeMap::new(),
            open: BTreeSet::new(),
            hidden: BTreeSet::new(),
            opaque: BTreeMap::from([(Vec::new(), root.api.opaque.clone())]),
            by_item: HashMap::new(),
        };
        let root = Visit {
            api: root,
            module: ModuleIndex(0),
            path: Vec::new(),
            is_hidden: false,
            chain: Vec::new(),
        };
        Self {
            world,
            open: VecDeque::from([root]),
            seen: HashSet::new(),
            paths,
        }
    }

    fn walk(&mut self) {
        while let Some(visit) = self.open.pop_front() {
            let key = (address(&visit.api.api), visit.module, visit.path.clone());
            if self.seen.len() < MOST_VISITS && self.seen.insert(key) {
                self.visit(&visit);
            }
        }
    }

    fn visit(&mut self, visit: &Visit) {
        let api = &visit.api.api;
        for (name, index) in visit.api.items_of(visit.module) {
            let item = &api.items[index.0 as usize];
            if item.visibility == Visibility::Public {
                let item_ref = ItemRef {
                    api: api.clone(),
                    index,
                    variant: None,
                };
                let is_hidden = visit.is_hidden || item.is_hidden;
                self.paths.add(visit.with(name), item_ref, is_hidden);
            }
        }
        for (name, module) in visit.api.modules_of(visit.module) {
            let inner = &api.modules[module.0 as usize];
            if inner.visibility == Visibility::Public {
                self.push(visit, &visit.api, module, visit.with(name), inner.is_hidden);
            }
        }
        for used in &api.modules[visit.module.0 as usize].uses {
            if used.visibility == Visibility::Public {
                self.shown(visit, used);
            }
        }
    }

    /// What a public use shows.
    fn shown(&mut self, visit: &Visit, used: &super::ApiUse) {
        let mut resolver = Resolver::new(self.world);
        let meanings = resolver.resolve(&visit.api, visit.module, &used.path, used.is_absolute);
        let is_hidden = visit.is_hidden || used.is_hidden;
        for meaning in meanings {
            match (&used.name, meaning) {
                (None, Meaning::Module(api, module)) => {
                    if let Some(api) = self.indexed(visit, &api) {
                        self.push(visit, &api, module, visit.path.clone(), used.is_hidden);
                    }
                }
                (None, Meaning::Item(item)) => self.variants(visit, &item, is_hidden),
                (None, Meaning::External(_)) => {
                    self.paths.open.insert(visit.path.clone());
                }
                (Some(name), _) if name == "_" => {}
                (Some(name), Meaning::Module(api, module)) => {
                    if let Some(api) = self.indexed(visit, &api) {
                        self.push(visit, &api, module, visit.with(name), used.is_hidden);
                    }
                }
                (Some(name), Meaning::Item(item)) => {
                    self.paths.add(visit.with(name), item, is_hidden);
                }
                (Some(name), Meaning::External(target)) => {
                    let targets = self.paths.external.entry(visit.with(name));
                    targets.or_default().insert(target);
                }
                (_, Meaning::Member(..)) => {}
            }
        }
    }

    /// The variants of an enum, which a glob shows by themselves.
    fn variants(&mut self, visit: &Visit, item: &ItemRef, is_hidden: bool) {
        if item.kind() != ItemKind::Enum {
            return;
        }
        let variants = item
            .type_detail()
            .map_or(&[][..], |detail| &detail.variants);
        for variant in variants {
            let Some(one) = item.with_variant(&variant.name) else {
                continue;
            };
            self.paths.add(visit.with(&variant.name), one, is_hidden);
        }
    }

    fn push(
        &mut self,
        from: &Visit,
        api: &Arc<Indexed>,
        module: ModuleIndex,
        path: Vec<Name>,
        is_hidden: bool,
    ) {
        let here = (address(&from.api.api), from.module);
        let next = (address(&api.api), module);
        let leads_back = from.chain.contains(&next) || here == next;
        if leads_back || path.len() >= LONGEST || from.chain.len() > LONGEST {
            return;
        }
        let mut chain = from.chain.clone();
        chain.push(here);
        if !Arc::ptr_eq(&api.api, &from.api.api) {
            let opaque = self.paths.opaque.entry(path.clone()).or_default();
            opaque.extend(api.api.opaque.iter().cloned());
        }
        self.open.push_back(Visit {
            api: api.clone(),
            module,
            path,
            is_hidden: from.is_hidden || is_hidden,
            chain,
        });
    }

    fn indexed(&self, visit: &Visit, api: &Arc<Api>) -> Option<Arc<Indexed>> {
        if Arc::ptr_eq(&visit.api.api, api) {
            return Some(visit.api.clone());
        }
        self.world.indexed_api(api).cloned()
    }
}

impl Visit {
    fn with(&self, name: &str) -> Vec<Name> {
        let mut path = self.path.clone();
        path.push(name.to_owned());
        path
    }
}
