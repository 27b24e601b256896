//! What can be done before anything moves: replacing names that the old version has a
//! successor for.

use std::collections::{BTreeMap, BTreeSet};

use super::{Facts, checks, instructions, revert, size_of};
use crate::difference::Class;
use crate::plan::{Change, File, Step, StepKind, Use};

/// One step for each crate that has such names in use.
pub(super) fn steps(facts: &Facts<'_>) -> Vec<Step> {
    let mut of_crate: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for it in facts.must().flat_map(|file| &file.uses) {
        let mut changes = facts.changes_of(&it.change).iter();
        if let Some(change) = changes.find(|it| is_possible(it, facts)) {
            let of = library_of(&change.id);
            of_crate.entry(of).or_default().insert(&change.id);
        }
    }
    let made = of_crate.into_iter().enumerate();
    made.map(|(at, (library, ids))| step(at + 1, library, &ids, facts))
        .collect()
}

/// Whether the change can be made while the old version is there: its successor is there too.
fn is_possible(change: &Change, facts: &Facts<'_>) -> bool {
    let is_named = matches!(
        change.class,
        Class::Deprecated | Class::Renamed | Class::Moved
    );
    is_named && change.to.as_deref().is_some_and(|to| (facts.offers)(to))
}

/// The first name of a path.
fn library_of(path: &str) -> &str {
    path.split("::").next().unwrap_or(path)
}

fn step(number: usize, library: &str, ids: &BTreeSet<&str>, facts: &Facts<'_>) -> Step {
    let counts = |it: &Use| ids.contains(it.change.as_str());
    let files: Vec<&File> = facts
        .must()
        .filter(|file| file.uses.iter().any(counts))
        .collect();
    let parts: BTreeSet<usize> = files
        .iter()
        .filter_map(|file| facts.part_of(&file.path))
        .collect();
    let packages: Vec<String> = parts
        .iter()
        .map(|at| facts.parts[*at].name.clone())
        .collect();
    let changes = ids.iter().flat_map(|id| facts.changes_of(id));
    let changes = changes.filter(|it| is_possible(it, facts));
    let verify = checks(&packages, facts.parts.len());
    let title = match ids.len() {
        1 => format!("Replace a name that {library} already has a successor for"),
        count => format!("Replace {count} names that {library} already has successors for"),
    };
    let mut instructions =
        instructions::Text::new(&format!("{title}, while the old version stays."));
    instructions.changes(changes);
    instructions.places(files.iter().copied(), counts);
    Step {
        id: format!("prepare-{number}"),
        kind: StepKind::Prepare,
        title,
        crates: Vec::new(),
        files: files.iter().map(|file| file.path.clone()).collect(),
        takes: ids.iter().map(|id| (*id).to_owned()).collect(),
        after: Vec::new(),
        size: size_of(files.iter().copied(), counts),
        instructions: instructions.end(&verify),
        packages,
        verify,
        rollback: revert(),
        alternative: None,
    }
}
