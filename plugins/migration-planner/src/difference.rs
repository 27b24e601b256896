//! What became of the public API of a crate in another version of it.
//!
//! Every public path of the old version is looked for in the new one. Where it is not there it
//! was moved, renamed or removed (`fate`); where it is, what it has is compared: signatures
//! (`signature`), and the members of types and traits (`members`). Of several forms of a thing,
//! which conditions choose among, the two that differ least are compared.

pub mod class;

mod fate;
mod members;
mod note;
mod signature;
mod told;

pub use class::Class;

use std::collections::{BTreeMap, HashSet};

use crate::api::{ItemKind, ItemRef, Name, Paths};
use fate::{Fate, Fates};

/// A change of an item, or of a member of one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// What changed, under the name that the old version has for it: the id in the plan. Where a
    /// whole module moved, the module.
    pub id: String,
    /// The kind of change.
    pub class: Class,
    /// What it was.
    pub old: Option<String>,
    /// What it is.
    pub new: Option<String>,
    /// Where it is now, from the crate's name on, or what its successor is called.
    pub to: Option<String>,
    /// What the crate says of it.
    pub note: Option<String>,
}

/// A part of an item that can change by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Member<'a> {
    /// A method, a constant or a variant of a type, or an item of a trait, where it is used.
    Named(&'a str),
    /// A field.
    Field(&'a str),
    /// How a struct is written.
    Literal,
    /// What a `match` must cover.
    Match,
    /// Its type parameters, where they are written.
    Parameters,
    /// Its lifetime parameters, where they are written.
    Lifetimes,
    /// What an `impl` of the trait must have.
    Impl,
    /// An item of a trait, where an `impl` defines it.
    ImplItem(&'a str),
    /// A trait that the type implemented.
    Trait(&'a str),
    /// An attribute that a derive reads.
    Helper(&'a str),
}

/// What changed between two versions of a crate.
#[derive(Debug, Clone, Default)]
pub struct Difference {
    /// The name under which code knows the crate.
    library: Name,
    paths: BTreeMap<Vec<Name>, Vec<Change>>,
    members: BTreeMap<Vec<Name>, BTreeMap<Part, Vec<Change>>>,
    names: HashSet<Name>,
    /// The ids of modules that moved, and where to.
    modules: BTreeMap<String, String>,
}

/// A [`Member`] that is kept.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Named(Name),
    Field(Name),
    Literal,
    Match,
    Parameters,
    Lifetimes,
    Impl,
    ImplItem(Name),
    Trait(Name),
    Helper(Name),
}

/// What changed from `old` to `new`, which are of versions of one crate.
///
/// Whatever it names is in `old`. An API compared with itself differs in nothing, and the order
/// in which items are written changes nothing.
pub fn difference(old: &Paths, new: &Paths) -> Difference {
    let mut difference = Difference {
        library: old.api.package.library.clone(),
        ..Difference::default()
    };
    let fates = Fates::new(old, new);
    for (path, items) in &old.by_path {
        match new.items(path) {
            [] if new.external.contains_key(path) => {}
            [] => difference.missing(path, fates.of(path, items)),
            others => difference.compare(path, items, others, new),
        }
    }
    for path in old
        .external
        .keys()
        .filter(|path| !old.by_path.contains_key(*path))
    {
        if !new.has(path) {
            difference.missing(path, fates.of(path, &[]));
        }
    }
    difference
}

impl Difference {
    /// What became of the item of a path, apart from its members. Of a change that
    /// [`is_of_calls`](Class::is_of_calls) only a call is evidence.
    pub fn of_path(&self, path: &[Name]) -> &[Change] {
        self.paths.get(path).map_or(&[], Vec::as_slice)
    }

    /// What became of a member of the item of a path.
    pub fn of_member(&self, path: &[Name], member: Member<'_>) -> &[Change] {
        let members = self.members.get(path);
        let changes = members.and_then(|members| members.get(&Part::from(member)));
        changes.map_or(&[], Vec::as_slice)
    }

    /// Every member of the item of a path that changed, in a fixed order.
    pub fn members_of(&self, path: &[Name]) -> impl Iterator<Item = (Member<'_>, &[Change])> {
        let members = self.members.get(path).into_iter().flatten();
        members.map(|(part, changes)| (part.as_member(), changes.as_slice()))
    }

    /// The paths of items that changed, apart from their members, in order.
    pub fn changed_paths(&self) -> impl Iterator<Item = &[Name]> {
        self.paths.keys().map(Vec::as_slice)
    }

    /// The paths of items whose members changed, in order.
    pub fn paths_with_members(&self) -> impl Iterator<Item = &[Name]> {
        self.members.keys().map(Vec::as_slice)
    }

    /// The names of all members that changed: a method or field of another name need not be
    /// looked at.
    pub fn names(&self) -> &HashSet<Name> {
        &self.names
    }

    /// Whether nothing changed that can be seen.
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty() && self.members.is_empty()
    }

    fn missing(&mut self, path: &[Name], fate: Option<Fate>) {
        if let Some(fate) = fate {
            let id = match &fate.module {
                None => self.id(path, None),
                Some((module, to)) => {
                    let id = self.id(module, None);
                    self.modules.insert(id.clone(), self.id(to, None));
                    id
                }
            };
            let change = Change {
                id,
                class: fate.class,
                old: None,
                new: None,
                to: fate.to.map(|to| self.id(&to, None)),
                note: fate.note,
            };
            self.add(path, change);
        }
    }

    /// Compares what a path means in both versions.
    fn compare(&mut self, path: &[Name], olds: &[ItemRef], news: &[ItemRef], new: &Paths) {
        if let Some((old, new)) = other_kind(olds, news) {
            let change = Change {
                old: Some(old),
                new: Some(new),
                ..self.change(path, None, Class::Kind)
            };
            self.add(path, change);
        }
        for group in by_kind(olds) {
            let alike = counterparts(group[0], news);
            if alike.is_empty() {
                continue;
            }
            self.deprecation(path, &group, &alike, new);
            // Each form is compared with the one that it differs least from, which in most
            // crates is the one under the same condition.
            let least = |old: &&ItemRef| {
                let all = alike
                    .iter()
                    .map(|other| self.of_pair(path, old, other, new));
                all.min_by(|a, b| (a.weight(), &a.members).cmp(&(b.weight(), &b.members)))
            };
            let mut found: Vec<Self> = group.iter().filter_map(least).collect();
            found.sort_by(|a, b| a.members.cmp(&b.members));
            for found in found {
                self.merge(found);
            }
        }
        self.functions(path, olds, news);
    }

    /// What changed in the members of two items of one kind.
    fn of_pair(&self, path: &[Name], old: &ItemRef, new: &ItemRef, paths: &Paths) -> Self {
        let mut found = Self {
            library: self.library.clone(),
            ..Self::default()
        };
        match old.kind() {
            ItemKind::Struct | ItemKind::Enum => found.types(path, old, new, paths),
            ItemKind::Trait => found.traits(path, old, new, paths),
            ItemKind::Macro => found.helpers(path, old, new),
            _ => {}
        }
        found
    }

    /// How much changed of the members: the sum of what the changes mean in hundredths, and
    /// their number.
    fn weight(&self) -> (u64, usize) {
        let changes = self.members.values().flat_map(BTreeMap::values).flatten();
        let hundredths = |change: &Change| (change.class.probability() * 100.0).round() as u64;
        let sum = changes.clone().map(hundredths).sum();
        (sum, changes.count())
    }

    /// Takes in changes of members.
    fn merge(&mut self, other: Self) {
        for (path, members) in other.members {
            for (part, changes) in members {
                for change in changes {
                    self.add_member(&path, part.as_member(), change);
                }
            }
        }
    }

    fn deprecation(&mut self, path: &[Name], olds: &[&ItemRef], news: &[&ItemRef], new: &Paths) {
        let of = |item: &ItemRef| match item.variant() {
            Some(variant) => variant.deprecated.clone(),
            None => item.item().deprecated.clone(),
        };
        let mut notes: Vec<String> = news.iter().filter_map(|item| of(item)).collect();
        if olds.iter().any(|old| of(old).is_some()) || notes.len() < news.len() {
            return;
        }
        notes.sort();
        let note = notes.into_iter().next().unwrap_or_default();
        let to = note::successor(&note, path, new);
        let change = Change {
            to: to.map(|to| self.id(&to, None)),
            note: Some(note).filter(|note| !note.is_empty()),
            ..self.change(path, None, Class::Deprecated)
        };
        self.add(path, change);
    }

    fn functions(&mut self, path: &[Name], olds: &[ItemRef], news: &[ItemRef]) {
        let signatures = |items: &[ItemRef]| {
            let details = items.iter().map(|item| item.item().detail.clone());
            let signatures = details.filter_map(|detail| match detail {
                crate::api::Detail::Function(signature) => Some(signature),
                _ => None,
            });
            signatures.collect::<Vec<_>>()
        };
        let (olds, news) = (signatures(olds), signatures(news));
        for found in signature::least(&olds, &news) {
            let change = Change {
                old: Some(found.old),
                new: Some(found.new),
                ..self.change(path, None, found.class)
            };
            self.add(path, change);
        }
    }

    fn change(&self, path: &[Name], member: Option<Member<'_>>, class: Class) -> Change {
        Change {
            id: self.id(path, member),
            class,
            old: None,
            new: None,
            to: None,
            note: None,
        }
    }

    fn add(&mut self, path: &[Name], change: Change) {
        let changes = self.paths.entry(path.to_vec()).or_default();
        if !changes.contains(&change) {
            changes.push(change);
        }
    }

    fn add_member(&mut self, path: &[Name], member: Member<'_>, change: Change) {
        if let Some(name) = member.name() {
            self.names.insert(name.to_owned());
        }
        let members = self.members.entry(path.to_vec()).or_default();
        let changes = members.entry(Part::from(member)).or_default();
        if !changes.contains(&change) {
            changes.push(change);
        }
    }
}

impl<'a> Member<'a> {
    /// Its name, where it has one.
    pub fn name(self) -> Option<&'a str> {
        match self {
            Self::Named(name)
            | Self::Field(name)
            | Self::ImplItem(name)
            | Self::Trait(name)
            | Self::Helper(name) => Some(name),
            Self::Literal | Self::Match | Self::Parameters | Self::Lifetimes | Self::Impl => None,
        }
    }
}

impl From<Member<'_>> for Part {
    fn from(member: Member<'_>) -> Self {
        match member {
            Member::Named(name) => Self::Named(name.to_owned()),
            Member::Field(name) => Self::Field(name.to_owned()),
            Member::Literal => Self::Literal,
            Member::Match => Self::Match,
            Member::Parameters => Self::Parameters,
            Member::Lifetimes => Self::Lifetimes,
            Member::Impl => Self::Impl,
            Member::ImplItem(name) => Self::ImplItem(name.to_owned()),
            Member::Trait(name) => Self::Trait(name.to_owned()),
            Member::Helper(name) => Self::Helper(name.to_owned()),
        }
    }
}

impl Part {
    fn as_member(&self) -> Member<'_> {
        match self {
            Self::Named(name) => Member::Named(name),
            Self::Field(name) => Member::Field(name),
            Self::Literal => Member::Literal,
            Self::Match => Member::Match,
            Self::Parameters => Member::Parameters,
            Self::Lifetimes => Member::Lifetimes,
            Self::Impl => Member::Impl,
            Self::ImplItem(name) => Member::ImplItem(name),
            Self::Trait(name) => Member::Trait(name),
            Self::Helper(name) => Member::Helper(name),
        }
    }
}

/// What the items are, where nothing of what they were is left. A struct, an enum and an alias
/// may take one another's place: users write the same.
fn other_kind(olds: &[ItemRef], news: &[ItemRef]) -> Option<(String, String)> {
    let is_same = |old: &ItemRef| news.iter().any(|new| new.kind() == old.kind());
    let is_type = |item: &ItemRef| {
        matches!(
            item.kind(),
            ItemKind::Struct | ItemKind::Enum | ItemKind::Alias
        )
    };
    if olds.iter().any(is_same) || olds.iter().all(is_type) && news.iter().all(is_type) {
        return None;
    }
    Some((kinds(olds), kinds(news)))
}

fn kinds(items: &[ItemRef]) -> String {
    let mut words: Vec<&str> = items.iter().map(|item| item.kind().word()).collect();
    words.sort_unstable();
    words.dedup();
    words.join(", ")
}

/// Items of one kind together: conditions choose among them.
fn by_kind(items: &[ItemRef]) -> Vec<Vec<&ItemRef>> {
    let mut groups: BTreeMap<ItemKind, Vec<&ItemRef>> = BTreeMap::new();
    for item in items {
        groups.entry(item.kind()).or_default().push(item);
    }
    groups.into_values().collect()
}

/// The items of the new version that one of the old is compared with.
fn counterparts<'a>(old: &ItemRef, news: &'a [ItemRef]) -> Vec<&'a ItemRef> {
    let same: Vec<&ItemRef> = news.iter().filter(|new| new.kind() == old.kind()).collect();
    if !same.is_empty() || !matches!(old.kind(), ItemKind::Struct | ItemKind::Enum) {
        return same;
    }
    let is_type = |new: &&ItemRef| matches!(new.kind(), ItemKind::Struct | ItemKind::Enum);
    news.iter().filter(is_type).collect()
}
