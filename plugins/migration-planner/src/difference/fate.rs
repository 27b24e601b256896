//! What became of items that are not at their path any more: moved, renamed or removed.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Class, note, signature};
use crate::api::{Detail, ItemKind, ItemRef, Name, Paths, TraitItem, TypeDetail};

/// How alike two names must be for one to be taken for a new name of the other.
const ALIKE: f64 = 0.8;

/// Items of a module that must have moved together for the module to have moved.
const FEWEST: usize = 2;

/// A path of the old version, and the one that took its place.
pub(super) type Way = (Vec<Name>, Vec<Name>);

/// What became of an item.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fate {
    pub(super) class: Class,
    /// Where it is now.
    pub(super) to: Option<Vec<Name>>,
    /// The module that moved as a whole, where it did with it, and where to.
    pub(super) module: Option<Way>,
    /// What its deprecation said.
    pub(super) note: Option<String>,
}

/// Finds out what became of items.
pub(super) struct Fates<'a> {
    old: &'a Paths,
    new: &'a Paths,
    /// New paths by their last name, the shortest first.
    by_name: HashMap<&'a str, Vec<&'a [Name]>>,
    /// Paths that the old version does not have, by the module that they are in, ordered.
    fresh: HashMap<&'a [Name], Vec<&'a [Name]>>,
    /// Modules that moved, and where to.
    moved: BTreeMap<Vec<Name>, Vec<Name>>,
}

impl<'a> Fates<'a> {
    pub(super) fn new(old: &'a Paths, new: &'a Paths) -> Self {
        let mut by_name: HashMap<&str, Vec<&[Name]>> = HashMap::new();
        let mut fresh: HashMap<&[Name], Vec<&[Name]>> = HashMap::new();
        for path in new.by_path.keys() {
            if let Some((name, module)) = path.split_last() {
                by_name.entry(name).or_default().push(path);
                if !old.has(path) {
                    fresh.entry(module).or_default().push(path);
                }
            }
        }
        for paths in by_name.values_mut() {
            paths.sort_by_key(|path| (path.len(), *path));
        }
        let mut fates = Self {
            old,
            new,
            by_name,
            fresh,
            moved: BTreeMap::new(),
        };
        fates.moved = fates.moved_modules();
        fates
    }

    /// What became of the items of `path`; `None` where they may still be there. A re-export of
    /// a crate that was not read has no items.
    pub(super) fn of(&self, path: &[Name], items: &[ItemRef]) -> Option<Fate> {
        if self.new.may_have(path) {
            return None;
        }
        let fates = items.iter().map(|item| self.of_one(path, Some(item)));
        let first = fates.min_by_key(|fate| (fate.class == Class::Removed, fate.clone()));
        first.or_else(|| Some(self.of_one(path, None)))
    }

    fn of_one(&self, path: &[Name], item: Option<&ItemRef>) -> Fate {
        let note = item.and_then(|item| item.item().deprecated.clone());
        let fate = |class, to: Option<Vec<Name>>, module| Fate {
            class,
            to,
            module,
            note: note.clone().filter(|note| !note.is_empty()),
        };
        if let Some((to, module)) = self.with_its_module(path, item) {
            return fate(Class::Moved, Some(to), Some(module));
        }
        if let Some(to) = self.elsewhere(path, item) {
            return fate(Class::Moved, Some(to.to_vec()), None);
        }
        let named = note
            .as_ref()
            .and_then(|note| note::successor(note, path, self.new));
        let to = named.or_else(|| self.other_name(path, item?));
        let class = match &to {
            None => Class::Removed,
            Some(to) if to.last() == path.last() => Class::Moved,
            Some(_) => Class::Renamed,
        };
        fate(class, to, None)
    }

    /// Where an item is now that moved with its module.
    fn with_its_module(&self, path: &[Name], item: Option<&ItemRef>) -> Option<(Vec<Name>, Way)> {
        let (module, target) = self.module_around(path)?;
        let to = [target, &path[module.len()..]].concat();
        self.fits(&to, item)
            .then(|| (to, (module.to_vec(), target.to_vec())))
    }

    /// The module around a path that moved, and where to.
    fn module_around(&self, path: &[Name]) -> Option<(&[Name], &[Name])> {
        let around = (1..path.len()).filter_map(|length| self.moved.get_key_value(&path[..length]));
        let mut around = around.map(|(module, to)| (module.as_slice(), to.as_slice()));
        around.next()
    }

    /// The shortest path under which an item of the same name and kind is now. One that was
    /// there before is meant only if it was the same item.
    fn elsewhere(&self, path: &[Name], item: Option<&ItemRef>) -> Option<&'a [Name]> {
        let candidates = self.by_name.get(path.last()?.as_str())?;
        let was_it = |candidate: &[Name]| match (self.old.items(candidate), item) {
            ([], _) | (_, None) => true,
            (items, Some(item)) => items.contains(item),
        };
        let fits = |candidate: &&&[Name]| self.is_it(candidate, item) && was_it(candidate);
        candidates.iter().find(fits).copied()
    }

    fn fits(&self, path: &[Name], item: Option<&ItemRef>) -> bool {
        let items = self.new.items(path);
        let is_alike = |item: &ItemRef| items.iter().any(|new| self.is_of_kind(item, new));
        !items.is_empty() && item.is_none_or(is_alike)
    }

    /// Whether an item can be another as far as its kind and its package say: what is of a third
    /// crate stays there.
    fn is_of_kind(&self, old: &ItemRef, new: &ItemRef) -> bool {
        let (from, to) = (&old.api.package.name, &new.api.package.name);
        let is_own = *from == self.old.api.package.name;
        (is_own || from == to) && is_one_kind(old.kind(), new.kind())
    }

    /// Whether an item at a new path can be one that was elsewhere: many crates have several of
    /// a name such as `Error`.
    fn is_it(&self, path: &[Name], item: Option<&ItemRef>) -> bool {
        let items = self.new.items(path);
        let is_alike = |old: &ItemRef| items.iter().any(|new| could_be(old, new));
        self.fits(path, item) && item.is_none_or(is_alike)
    }

    /// The one item that is new in the module, does the same and has a name much like the old.
    fn other_name(&self, path: &[Name], item: &ItemRef) -> Option<Vec<Name>> {
        let (name, around) = path.split_last()?;
        let moved = self.module_around(path);
        let around = match moved {
            Some((module, to)) => [to, &around[module.len()..]].concat(),
            None => around.to_vec(),
        };
        let inside = self.fresh.get(around.as_slice()).into_iter().flatten();
        let candidates = inside.filter(|candidate| {
            strsim::jaro_winkler(name, &candidate[around.len()]) >= ALIKE
                && self
                    .new
                    .items(candidate)
                    .iter()
                    .any(|new| does_the_same(item, new))
        });
        let candidates: Vec<&[Name]> = candidates.copied().collect();
        match candidates.as_slice() {
            [only] => Some(only.to_vec()),
            _ => None,
        }
    }

    /// Modules of which most items are in one other module now, the outermost only.
    fn moved_modules(&self) -> BTreeMap<Vec<Name>, Vec<Name>> {
        let mut inside: BTreeMap<&[Name], Vec<(&[Name], &ItemRef)>> = BTreeMap::new();
        for (path, items) in &self.old.by_path {
            for length in 1..path.len() {
                let all = inside.entry(&path[..length]).or_default();
                all.push((path, &items[0]));
            }
        }
        let mut moved: BTreeMap<Vec<Name>, Vec<Name>> = BTreeMap::new();
        for (module, items) in inside {
            let is_within = (1..module.len()).any(|length| moved.contains_key(&module[..length]));
            if is_within || self.new.has_module(module) {
                continue;
            }
            if let Some(to) = self.target(module, &items) {
                moved.insert(module.to_vec(), to);
            }
        }
        moved
    }

    /// The module in which at least half of the items are now.
    fn target(&self, module: &[Name], items: &[(&[Name], &ItemRef)]) -> Option<Vec<Name>> {
        let mut counts: BTreeMap<&[Name], usize> = BTreeMap::new();
        for (path, item) in items {
            let inner = &path[module.len()..];
            let candidates = self.by_name.get(path.last()?.as_str());
            let candidates = candidates.map_or(&[][..], Vec::as_slice);
            let fitting = candidates.iter().filter(|candidate| {
                candidate.ends_with(inner)
                    && !self.old.has(candidate)
                    && self.fits(candidate, Some(item))
            });
            let targets: BTreeSet<&[Name]> = fitting
                .map(|candidate| &candidate[..candidate.len() - inner.len()])
                .collect();
            for target in targets {
                *counts.entry(target).or_default() += 1;
            }
        }
        let best = counts.into_iter().max_by(|(a, many), (b, more)| {
            let order = many.cmp(more).then_with(|| b.len().cmp(&a.len()));
            order.then_with(|| b.cmp(a))
        });
        let (target, count) = best?;
        (count >= FEWEST && count * 2 >= items.len()).then(|| target.to_vec())
    }
}

/// Whether a user writes the same for both: types stand for one another.
fn is_one_kind(old: ItemKind, new: ItemKind) -> bool {
    let is_type = |kind| matches!(kind, ItemKind::Struct | ItemKind::Enum | ItemKind::Alias);
    old == new || is_type(old) && is_type(new)
}

/// Whether an item could be another of the same name elsewhere: types and traits by what they
/// have. What an alias stands for is not known here.
fn could_be(old: &ItemRef, new: &ItemRef) -> bool {
    match (&old.item().detail, &new.item().detail) {
        (Detail::Type(before), Detail::Type(after)) => {
            let is_alias = |item: &ItemRef| item.kind() == ItemKind::Alias;
            is_alias(old) || is_alias(new) || old.kind() == new.kind() && has_most(before, after)
        }
        (Detail::Trait(before), Detail::Trait(after)) => have_most(&before.items, &after.items),
        _ => old.kind() == new.kind(),
    }
}

/// Whether an item could be another under a new name: functions by their signatures, types by
/// what they have.
fn does_the_same(old: &ItemRef, new: &ItemRef) -> bool {
    if old.kind() != new.kind() {
        return false;
    }
    match (&old.item().detail, &new.item().detail) {
        (Detail::Function(old), Detail::Function(new)) => {
            let olds = std::slice::from_ref(old);
            signature::least(olds, std::slice::from_ref(new)).is_empty()
        }
        (Detail::Type(old), Detail::Type(new)) => {
            old.fields.len() == new.fields.len() && has_most(old, new)
        }
        (Detail::Trait(old), Detail::Trait(new)) => have_most(&old.items, &new.items),
        (Detail::Value(old), Detail::Value(new)) => old.normal == new.normal,
        _ => false,
    }
}

/// Whether a type has at least half of the methods and of the variants of another.
fn has_most(old: &TypeDetail, new: &TypeDetail) -> bool {
    let methods = |detail: &TypeDetail| detail.methods.keys().cloned().collect();
    let variants = |detail: &TypeDetail| {
        let variants = detail.variants.iter();
        variants.map(|variant| variant.name.clone()).collect()
    };
    share(&methods(old), &methods(new)) && share(&variants(old), &variants(new))
}

/// Whether a trait has at least half of the items of another.
fn have_most(old: &[TraitItem], new: &[TraitItem]) -> bool {
    let names = |items: &[TraitItem]| items.iter().map(|item| item.name.clone()).collect();
    share(&names(old), &names(new))
}

/// Whether at least half of the names are there still.
fn share(old: &BTreeSet<Name>, new: &BTreeSet<Name>) -> bool {
    old.intersection(new).count() * 2 >= old.len()
}
