//! The crates that move: what their users could name before, and what became of it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::api::{ItemKind, ItemRef, Name, Paths, TypeDetail, Visibility};
use crate::difference::{Change, Class, Difference, Member, difference};

/// A change with a smaller probability says nothing of a method by its name alone.
const TELLING: f64 = 0.4;

/// Words in types that hold what is of interest, or say how.
const AROUND: [&str; 13] = [
    "Result", "Option", "Box", "Vec", "impl", "dyn", "mut", "io", "std", "Future", "Iterator",
    "Item", "Output",
];

/// A crate that moves, in its two versions.
#[derive(Debug, Clone)]
pub struct Move {
    /// What can be named before.
    pub old: Paths,
    /// What can be named after.
    pub new: Paths,
    /// Whether the user named it; a companion only moves along.
    pub is_named: bool,
}

/// All crates that move together.
#[derive(Debug, Default)]
pub struct World {
    crates: Vec<Moving>,
    by_package: HashMap<String, usize>,
    names: HashSet<Name>,
}

/// A crate that moves, with what is asked of it.
#[derive(Debug)]
pub struct Moving {
    /// What can be named before.
    pub old: Paths,
    /// What can be named after.
    pub new: Paths,
    /// What became of the one in the other.
    pub difference: Difference,
    /// Whether the user named it.
    pub is_named: bool,
    /// Every path of `old` that is an item or leads out, in order.
    paths: Vec<Vec<Name>>,
    by_path: HashMap<Vec<Name>, u32>,
    /// Types and traits by their own name, the shortest path first.
    types: HashMap<Name, Vec<u32>>,
    /// Traits by the module that they are in.
    traits: HashMap<Vec<Name>, Vec<u32>>,
    methods: HashMap<Name, Namesakes>,
    fields: HashMap<Name, Namesakes>,
    helpers: BTreeMap<Name, Vec<Change>>,
}

/// An item of a crate that moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemId {
    /// The crate, by its place in [`World::crates`].
    pub of: u32,
    path: u32,
}

/// All members of one name, whatever they belong to.
#[derive(Debug, Clone, Default)]
pub struct Namesakes {
    /// How many types and traits have one.
    pub all: u32,
    /// The change of each that changed in a way that shows.
    pub changed: Vec<Change>,
}

/// What a path means in a crate that moves.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Named {
    /// The crate, by its place in [`World::crates`].
    pub of: u32,
    /// The names behind the crate's.
    pub names: Vec<Name>,
    /// The longest beginning of it that is an item.
    pub item: Option<ItemId>,
    /// What stands behind the item.
    pub rest: Vec<Name>,
}

impl World {
    /// A world of these crates; of two of one package the first counts.
    pub fn new(moves: Vec<Move>) -> Self {
        let mut world = Self::default();
        for one in moves {
            let package = one.old.api.package.name.clone();
            if world.by_package.contains_key(&package) {
                continue;
            }
            world.by_package.insert(package, world.crates.len());
            let moving = Moving::new(one);
            world
                .names
                .extend(moving.difference.names().iter().cloned());
            world.crates.push(moving);
        }
        world
    }

    /// The crates, in the order in which they were given.
    pub fn crates(&self) -> &[Moving] {
        &self.crates
    }

    /// The crate of an item, or of what a path means.
    ///
    /// # Panics
    /// Where the number is not of this world.
    pub fn of(&self, of: u32) -> &Moving {
        &self.crates[of as usize]
    }

    /// The path of an item within its crate.
    pub fn path(&self, item: ItemId) -> &[Name] {
        &self.of(item.of).paths[item.path as usize]
    }

    /// The forms of an item; none where it belongs to a crate that was not read.
    pub fn items(&self, item: ItemId) -> &[ItemRef] {
        self.of(item.of).old.items(self.path(item))
    }

    /// What became of a member of an item.
    pub fn member(&self, item: ItemId, member: Member<'_>) -> &[Change] {
        let difference = &self.of(item.of).difference;
        difference.of_member(self.path(item), member)
    }

    /// Whether a member of this name changed anywhere.
    pub fn has_changed(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// Whether a package moves, and a path in it has a name: an item, a variant or a module.
    pub fn has(&self, package: &str, path: &str, name: &str) -> bool {
        let Some(at) = self.by_package.get(package) else {
            return false;
        };
        let mut names = split(path);
        let old = &self.crates[*at].old;
        let details = old.items(&names).iter().filter_map(ItemRef::type_detail);
        let mut variants = details.flat_map(|detail| &detail.variants);
        if variants.any(|variant| variant.name == name) {
            return true;
        }
        names.push(name.to_owned());
        old.has(&names) || old.has_module(&names)
    }

    /// What a path in a package means; `None` where the package does not move.
    pub fn named(&self, package: &str, path: &str) -> Option<Named> {
        let at = *self.by_package.get(package)?;
        let names = split(path);
        let lengths = (1..=names.len()).rev();
        let mut found = lengths.filter_map(|length| {
            let path = self.crates[at].by_path.get(&names[..length])?;
            Some((*path, length))
        });
        let of = u32::try_from(at).ok()?;
        let found = found.next();
        Some(Named {
            of,
            item: found.map(|(path, _)| ItemId { of, path }),
            rest: found.map_or_else(Vec::new, |(_, length)| names[length..].to_vec()),
            names,
        })
    }

    /// The types and traits that a text names, in the API of the crate `of`, outer ones first;
    /// `own` is what `Self` means there.
    pub fn types_in(&self, of: u32, text: &str, own: Option<ItemId>) -> Vec<(ItemId, bool)> {
        let mut found = Vec::new();
        for (at, word) in words(text).into_iter().enumerate() {
            if word == "Self" {
                found.extend(own.map(|own| (own, at > 0)));
                continue;
            }
            let known = self.of(of).types.get(word);
            let Some(paths) = known.filter(|_| !AROUND.contains(&word)) else {
                continue;
            };
            let is_own = |own: &ItemId| own.of == of && paths.contains(&own.path);
            let item = own.filter(is_own).or_else(|| {
                let path = *paths.first()?;
                Some(ItemId { of, path })
            });
            found.extend(item.map(|item| (item, at > 0)));
        }
        found
    }

    /// Whether an item is a trait.
    pub fn is_trait(&self, item: ItemId) -> bool {
        let items = self.items(item).iter();
        items.clone().any(|item| item.kind() == ItemKind::Trait)
    }

    /// Whether an item is a type, an alias or a trait.
    pub fn is_type(&self, item: ItemId) -> bool {
        self.items(item).iter().any(is_type)
    }

    /// What a type has; of an alias, nothing.
    pub fn detail(&self, item: ItemId) -> Option<&TypeDetail> {
        self.items(item).iter().find_map(ItemRef::type_detail)
    }

    /// The enum of a variant that a `use` shows by itself; the item itself where it is none.
    pub fn whole(&self, item: ItemId) -> ItemId {
        let moving = self.of(item.of);
        let variant = self.items(item).iter().find(|item| item.variant.is_some());
        let whole = variant.and_then(|variant| {
            let whole = ItemRef {
                variant: None,
                ..variant.clone()
            };
            let path = moving.old.path_of(&whole)?;
            moving.by_path.get(path)
        });
        whole.map_or(item, |path| ItemId {
            path: *path,
            ..item
        })
    }
}

impl Moving {
    fn new(one: Move) -> Self {
        let difference = difference(&one.old, &one.new);
        let all = one.old.by_path.keys().chain(one.old.external.keys());
        let paths: Vec<Vec<Name>> = all.collect::<BTreeSet<_>>().into_iter().cloned().collect();
        let by_path = paths.iter().cloned().zip(0..).collect();
        let mut moving = Self {
            old: one.old,
            new: one.new,
            difference,
            is_named: one.is_named,
            types: HashMap::new(),
            traits: HashMap::new(),
            methods: HashMap::new(),
            fields: HashMap::new(),
            helpers: BTreeMap::new(),
            by_path,
            paths,
        };
        moving.types = moving.types_by_name();
        moving.traits = moving.traits_by_module();
        moving.methods = moving.methods_by_name();
        moving.fields = moving.fields_by_name();
        moving.helpers = moving.helpers_by_name();
        moving
    }

    /// The name under which code knows the crate.
    pub fn library(&self) -> &str {
        &self.old.api.package.library
    }

    /// The name of the package.
    pub fn package(&self) -> &str {
        &self.old.api.package.name
    }

    /// All methods and items of traits of a name.
    pub fn methods(&self, name: &str) -> Option<&Namesakes> {
        self.methods.get(name)
    }

    /// All public fields of a name.
    pub fn fields(&self, name: &str) -> Option<&Namesakes> {
        self.fields.get(name)
    }

    /// What became of the attribute of this name that derives of the crate read.
    pub fn helper(&self, name: &str) -> &[Change] {
        self.helpers.get(name).map_or(&[], Vec::as_slice)
    }

    /// The traits of a module.
    pub fn traits_in(&self, of: u32, module: &[Name]) -> Vec<ItemId> {
        let inside = self.traits.get(module).into_iter().flatten();
        inside.map(|path| ItemId { of, path: *path }).collect()
    }

    fn traits_by_module(&self) -> HashMap<Vec<Name>, Vec<u32>> {
        let mut traits: HashMap<Vec<Name>, Vec<u32>> = HashMap::new();
        for (path, at) in self.paths.iter().zip(0..) {
            let mut items = self.old.items(path).iter();
            if let Some((_, module)) = path.split_last()
                && items.any(|item| item.kind() == ItemKind::Trait)
            {
                traits.entry(module.to_vec()).or_default().push(at);
            }
        }
        traits
    }

    fn types_by_name(&self) -> HashMap<Name, Vec<u32>> {
        let mut types: HashMap<Name, Vec<u32>> = HashMap::new();
        for (path, at) in self.paths.iter().zip(0..) {
            if let Some(name) = path.last()
                && self.old.items(path).iter().any(is_type)
            {
                types.entry(name.clone()).or_default().push(at);
            }
        }
        for all in types.values_mut() {
            all.sort_by_key(|at| (self.paths[*at as usize].len(), *at));
        }
        types
    }

    /// Counts each item once, under whichever paths it stands.
    fn methods_by_name(&self) -> HashMap<Name, Namesakes> {
        self.namesakes(methods_of, |name| Member::Named(name))
    }

    fn fields_by_name(&self) -> HashMap<Name, Namesakes> {
        self.namesakes(fields_of, |name| Member::Field(name))
    }

    fn namesakes(
        &self,
        members: fn(&ItemRef) -> BTreeSet<Name>,
        member: fn(&str) -> Member<'_>,
    ) -> HashMap<Name, Namesakes> {
        let mut all: HashMap<Name, Namesakes> = HashMap::new();
        let mut seen = HashSet::new();
        for (path, items) in &self.old.by_path {
            for item in items.iter().filter(|item| item.variant.is_none()) {
                let api = std::sync::Arc::as_ptr(&item.api);
                if !seen.insert((api, item.index)) {
                    continue;
                }
                for name in members(item) {
                    let changes = self.difference.of_member(path, member(&name));
                    let changed = weightiest(changes);
                    let namesakes = all.entry(name).or_default();
                    namesakes.all += 1;
                    namesakes.changed.extend(changed.cloned());
                }
            }
        }
        all
    }

    fn helpers_by_name(&self) -> BTreeMap<Name, Vec<Change>> {
        let mut helpers: BTreeMap<Name, Vec<Change>> = BTreeMap::new();
        for path in self.difference.paths_with_members() {
            for (member, changes) in self.difference.members_of(path) {
                if let Member::Helper(name) = member {
                    let all = helpers.entry(name.to_owned()).or_default();
                    all.extend(changes.iter().cloned());
                }
            }
        }
        helpers
    }
}

/// The change that most probably shows, where one does.
fn weightiest(changes: &[Change]) -> Option<&Change> {
    let telling = changes
        .iter()
        .filter(|change| change.class.probability() >= TELLING);
    telling.max_by(|a, b| {
        let probability = |class: Class| class.probability();
        probability(a.class).total_cmp(&probability(b.class))
    })
}

/// The names of a type's own methods, or of what a trait has.
fn methods_of(item: &ItemRef) -> BTreeSet<Name> {
    let mut names = BTreeSet::new();
    for (name, methods) in item.type_detail().into_iter().flat_map(|ty| &ty.methods) {
        if methods.iter().any(|method| method.of_trait.is_none()) {
            names.insert(name.clone());
        }
    }
    let items = item.trait_detail().into_iter().flat_map(|one| &one.items);
    names.extend(items.map(|item| item.name.clone()));
    names
}

fn fields_of(item: &ItemRef) -> BTreeSet<Name> {
    let fields = item.type_detail().into_iter().flat_map(|ty| &ty.fields);
    let public = fields.filter(|field| field.visibility == Visibility::Public);
    public.map(|field| field.name.clone()).collect()
}

fn is_type(item: &ItemRef) -> bool {
    matches!(
        item.kind(),
        ItemKind::Struct | ItemKind::Enum | ItemKind::Alias | ItemKind::Trait
    )
}

/// The names of a path; none of an empty one.
pub(crate) fn split(path: &str) -> Vec<Name> {
    let names = path.split("::").filter(|name| !name.is_empty());
    names.map(str::to_owned).collect()
}

/// The words of a type, lifetimes left out.
fn words(text: &str) -> Vec<&str> {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '\'';
    let words = text.split(|letter| !is_part(letter));
    let names = words.filter(|word| !word.is_empty() && !word.contains('\''));
    names.collect()
}
