//! The analysis from end to end: what a tree uses and what changed, to files, places and what
//! could not be seen.

use std::collections::{BTreeMap, BTreeSet};

use crate::difference::Class;
use crate::evidence::{Findings, TreeUses, gather};
use crate::plan::{Blind, BlindKind, Blocker, Change, File, Tier};
use crate::tiers::tiers;
use crate::world::World;

/// Places that are told of each kind of what cannot be seen.
const EXAMPLES: usize = 5;

/// What a migration means for the files of a tree.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Assessment {
    /// The files that must or may change, by path.
    pub files: Vec<File>,
    /// What became of the items that their uses name, by id.
    pub changes: Vec<Change>,
    /// What cannot be seen: macros, files that were not read, values of unknown type, and, of
    /// a release that explains nothing, behaviour.
    pub blind: Vec<Blind>,
    /// Whether nothing in the public API explains what breaks.
    pub is_opaque: bool,
    /// Different lines with evidence in files that must change.
    pub places: usize,
    /// Lines of which it is not known whether they use what changed, and files that were not
    /// read.
    pub unresolved: usize,
}

/// Says which files of a tree must or may change where the crates of a world move, and why.
///
/// `blockers` are the packages that stay on an old version. Nothing but what is given is
/// looked at, and the same gives the same. It recurses nowhere into what a file nests, so no
/// particular stack is needed.
pub fn assess(tree: &TreeUses, world: &World, blockers: &[Blocker]) -> Assessment {
    let found = gather(tree, world, blockers);
    let tiers = tiers(&found, world);
    let must = tiers.files.iter().filter(|file| file.tier == Tier::Must);
    let places = must.map(lines).sum();
    let unresolved: usize = found.iter().map(|file| file.unresolved.len()).sum();
    Assessment {
        changes: changes(&tiers.files, world, blockers),
        blind: blind(&found, tree, world, tiers.is_opaque),
        is_opaque: tiers.is_opaque,
        places,
        unresolved: unresolved + tree.unparsed.len(),
        files: tiers.files,
    }
}

fn lines(file: &File) -> usize {
    let lines: BTreeSet<u32> = file.uses.iter().map(|one| one.line).collect();
    lines.len()
}

/// The changes that are cited; where packages meet one that stays, that is one.
fn changes(files: &[File], world: &World, blockers: &[Blocker]) -> Vec<Change> {
    let uses = || files.iter().flat_map(|file| &file.uses);
    let cited: BTreeSet<&str> = uses().map(|one| one.change.as_str()).collect();
    let all = world
        .crates()
        .iter()
        .flat_map(|moving| moving.difference.changes());
    let mut told: Vec<Change> = all
        .filter(|change| cited.contains(change.id.as_str()))
        .collect();
    let met = uses().filter(|one| one.class == Class::Exchange);
    let met: BTreeSet<&str> = met.map(|one| one.change.as_str()).collect();
    let stays: Vec<String> = blockers
        .iter()
        .map(|blocker| format!("{} stays on the old {}", blocker.name, blocker.holds))
        .collect();
    told.extend(met.into_iter().map(|id| Change {
        id: id.to_owned(),
        class: Class::Exchange,
        old: None,
        new: None,
        to: None,
        covers: 1,
        note: Some(stays.join("; ")),
    }));
    told.sort_by(|a, b| {
        let key = |change: &Change| (change.id.clone(), change.class, change.new.clone());
        key(a).cmp(&key(b))
    });
    told
}

fn blind(found: &[Findings], tree: &TreeUses, world: &World, is_opaque: bool) -> Vec<Blind> {
    let mut kinds: BTreeMap<BlindKind, Vec<String>> = BTreeMap::new();
    for file in found {
        let place = |line: &u32| format!("{}:{line}", file.path);
        let macros = file.macros.iter().map(place);
        kinds.entry(BlindKind::Macros).or_default().extend(macros);
        let unresolved = file.unresolved.iter().map(place);
        let known = kinds.entry(BlindKind::UnresolvedReceiver).or_default();
        known.extend(unresolved);
    }
    let unparsed = tree
        .unparsed
        .iter()
        .map(|file| format!("{}: {}", file.path, file.reason));
    kinds.insert(BlindKind::Unparsed, unparsed.collect());
    if is_opaque {
        let named = world.crates().iter().filter(|moving| moving.is_named);
        let named = named.map(|moving| moving.package().to_owned());
        kinds.insert(BlindKind::Behaviour, named.collect());
    }
    let kinds = kinds.into_iter().filter(|(_, places)| !places.is_empty());
    kinds.map(|(kind, places)| told(kind, places)).collect()
}

fn told(kind: BlindKind, mut places: Vec<String>) -> Blind {
    let count = u32::try_from(places.len()).unwrap_or(u32::MAX);
    places.truncate(EXAMPLES);
    Blind {
        kind,
        count,
        examples: places,
    }
}
