//! Evidence: where a file uses something that has changed, and how surely it must be edited.
//!
//! [`gather`] looks at every file of a tree. What a path means is found through imports and
//! re-exports (`scene`); of which type a value is, by what the APIs and the tree's own
//! signatures say (`value`). Each kind of use has a file of its own: `paths` for all that is
//! named, `methods` for calls and fields, `literals` for what is put together, taken apart and
//! matched, `impls`, `attributes`, `mutability` for bindings that are `mut` for nothing any
//! more, and `exchange` for values that meet a package that stays behind.

mod attributes;
mod exchange;
mod exposed;
mod impls;
mod literals;
mod methods;
mod mutability;
mod names;
mod paths;
mod scene;
mod tree;
mod value;

pub use tree::{TreeUses, Unparsed};

use std::collections::BTreeMap;

use guildhall_core::Schema;
use guildhall_source::rust::modules::{ModuleTree, Outside};
use guildhall_source::rust::uses::Place;
use serde::{Deserialize, Serialize};

use crate::difference::{Change, Class};
use crate::plan::Blocker;
use crate::world::{ItemId, World};
use scene::Scene;
use value::Values;

/// One use of something that changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The line, from one.
    pub line: u32,
    /// The column in characters, from one.
    pub column: u32,
    /// The id of the change, as in [`plan::Change`](crate::plan::Change).
    pub change: String,
    /// What kind of change it is.
    pub class: Class,
    /// How probable it is that this place must be edited, from nought to one.
    pub confidence: f64,
    /// How the use was recognised.
    pub how: How,
}

/// How a use was recognised.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Schema,
)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum How {
    /// A path that leads to the item.
    Path,
    /// A method call, or a field, on a value whose type is known.
    Receiver,
    /// A method of a trait that is in scope.
    Trait,
    /// A struct literal or pattern.
    Literal,
    /// A `match`.
    Match,
    /// An `impl` of the trait.
    Impl,
    /// An attribute.
    Attribute,
    /// Values of the crate meet a package that stays on the old version.
    Exchange,
    /// A binding that is `mut` only for calls that no longer need it.
    Mutability,
    /// The crate is named in the file, no more.
    Mention,
    /// The file uses an item of the workspace that shows a type of the crate.
    Exposed,
    /// The compiler, in a copy of the project.
    Compiler,
    /// The way it is written, whatever it means.
    Syntax,
    /// The formatter.
    Formatter,
}

/// What was found in a file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Findings {
    /// The file's path below the root, with `/`.
    pub path: String,
    /// Uses of what changed, by place.
    pub evidence: Vec<Evidence>,
    /// Crates that it names, by their places in [`World::crates`], and where it does first.
    pub mentions: BTreeMap<u32, (u32, u32)>,
    /// Items of the tree that it uses and that show a type of a crate that moves: the crate's
    /// item, by the place of the first use.
    pub exposed: BTreeMap<(u32, u32), String>,
    /// Lines of calls of methods that changed somewhere, on values of which no type is known.
    pub unresolved: Vec<u32>,
    /// Lines of calls of the crates' macros, whose arguments need not be code.
    pub macros: Vec<u32>,
}

/// Looks for evidence in every file of a tree, in the order of their paths.
///
/// A file that was not read has none; it names a crate where the crate's name stands in its
/// text as a word. Nothing depends on the order in which files or crates are given, and a file
/// that has nothing to do with others changes nothing of theirs.
pub fn gather(tree: &TreeUses, world: &World, blockers: &[Blocker]) -> Vec<Findings> {
    let facts = tree.files.iter();
    let facts: Vec<_> = facts
        .map(|(name, uses)| (name.as_str(), &uses.modules))
        .collect();
    let modules = ModuleTree::new(&tree.manifests, &facts);
    let resolver = modules.resolver(&tree.manifests, &facts);
    let has = |at: &Outside, name: &str| world.has(&at.package, &at.path, name);
    let mut outsides = resolver.outsides(&has);
    for moving in world.crates() {
        outsides = outsides.with_library(moving.package(), moving.library());
    }
    let scene = Scene::new(tree, world, &modules, &outsides);
    let files = 0..tree.files.len();
    let mut found: Vec<Findings> = files.map(|file| of_file(&scene, file, blockers)).collect();
    exposed::find(&scene, &mut found);
    found.extend(tree.unparsed.iter().map(|file| of_text(file, world)));
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn of_file(scene: &Scene<'_, '_>, file: usize, blockers: &[Blocker]) -> Findings {
    let mut look = Look {
        scene,
        file,
        found: Findings {
            path: scene.tree.files[file].0.clone(),
            ..Findings::default()
        },
    };
    look.paths();
    look.exchange(blockers);
    look.implementations();
    look.literals();
    look.attributes();
    if look.is_worth_typing() {
        let values = Values::new(scene, file);
        look.methods(&values);
        look.fields(&values);
        look.mutability(&values);
    }
    look.end()
}

fn of_text(file: &Unparsed, world: &World) -> Findings {
    let crates = world.crates().iter().zip(0..);
    let mentions = crates.filter_map(|(moving, of)| {
        let line = file.line_of(moving.library())?;
        Some((of, (line, 1)))
    });
    Findings {
        path: file.path.clone(),
        mentions: mentions.collect(),
        ..Findings::default()
    }
}

/// A look at one file.
struct Look<'l, 's, 'a> {
    scene: &'l Scene<'s, 'a>,
    file: usize,
    found: Findings,
}

impl Look<'_, '_, '_> {
    /// Whether a member that changed may be used here: else no types are needed.
    fn is_worth_typing(&self) -> bool {
        let uses = self.scene.uses(self.file);
        let calls = uses.calls.iter().map(|call| &call.name);
        let fields = uses.fields.iter().map(|field| &field.name);
        let mut names = calls.chain(fields);
        names.any(|name| self.scene.world.has_changed(name))
    }

    /// Takes changes as evidence, each with the probability of its class times `share`.
    fn note<'c>(
        &mut self,
        changes: impl IntoIterator<Item = &'c Change>,
        place: Place,
        how: How,
        share: f64,
    ) {
        for change in changes {
            let confidence = change.class.probability() * share;
            self.keep(change.id.clone(), change.class, place, how, confidence);
        }
    }

    fn keep(&mut self, change: String, class: Class, place: Place, how: How, confidence: f64) {
        if confidence <= 0.0 {
            return;
        }
        self.found.evidence.push(Evidence {
            line: place.line,
            column: place.column,
            change,
            class,
            confidence,
            how,
        });
    }

    fn mention(&mut self, of: u32, place: Place) {
        let here = (place.line, place.column);
        let first = self.found.mentions.entry(of).or_insert(here);
        *first = here.min(*first);
    }

    /// The id of an item in a plan.
    fn id(&self, item: ItemId) -> String {
        let difference = &self.scene.world.of(item.of).difference;
        difference.id(self.scene.world.path(item), None)
    }

    fn end(mut self) -> Findings {
        let key = |one: &Evidence| (one.line, one.column, one.change.clone(), one.class);
        let evidence = &mut self.found.evidence;
        // The surest of what is alike comes first, and stays.
        evidence.sort_by(|a, b| {
            let order = key(a).cmp(&key(b));
            order.then(b.confidence.total_cmp(&a.confidence))
        });
        evidence.dedup_by(|next, kept| key(next) == key(kept));
        self.found.unresolved.sort_unstable();
        self.found.macros.sort_unstable();
        self.found
    }
}
