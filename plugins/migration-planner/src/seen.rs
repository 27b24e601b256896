//! What stood in the files of a plan when it was made, and what became of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use guildhall_source::read;
use sha2::{Digest as _, Sha256};

use crate::difference::Class;
use crate::plan::{File, MigrationPlan, Seen, Step, Tier};
use crate::project::hexadecimal;

/// Bytes of a file that are read.
const MOST_BYTES: u64 = 10 * 1024 * 1024;

/// Notes what stands in the files that must change. Of one that cannot be read nothing is
/// noted.
pub fn note(plan: &mut MigrationPlan, root: &Path) {
    for file in plan.files.iter_mut().filter(|file| file.tier == Tier::Must) {
        let names = named(file, |_| true);
        file.seen = look(&root.join(&file.path), &names);
    }
}

/// What stands in a file; none where it is not there or cannot be read.
pub fn look(path: &Path, names: &BTreeSet<String>) -> Option<Seen> {
    let text = read::read(path, MOST_BYTES).ok()?;
    Some(Seen {
        sha256: hexadecimal(&Sha256::digest(text.as_bytes())),
        names: counted(&text, names),
    })
}

/// The names of a file that a step takes away: where they still stand, it is not done.
pub fn names(file: &File, step: &Step) -> BTreeSet<String> {
    named(file, |change| {
        step.takes.is_empty() || step.takes.contains(change)
    })
}

fn named(file: &File, is_of_step: impl Fn(&String) -> bool) -> BTreeSet<String> {
    let gone = file
        .uses
        .iter()
        .filter(|it| takes_away(it.class) && is_of_step(&it.change));
    let names = gone.map(|it| name_of(&it.change).to_owned());
    names.filter(|name| name.chars().all(is_of_word)).collect()
}

/// How often the plan found a name that is to go.
pub fn uses_of(file: &File, name: &str) -> u32 {
    let gone = file.uses.iter().filter(|it| takes_away(it.class));
    let places = gone.filter(|it| name_of(&it.change) == name);
    let places: BTreeSet<(u32, u32)> = places.map(|it| (it.line, it.column)).collect();
    u32::try_from(places.len()).unwrap_or(u32::MAX)
}

/// The last name of an item.
fn name_of(id: &str) -> &str {
    id.rsplit("::").next().unwrap_or(id)
}

/// Whether what changed so is no longer to be named.
fn takes_away(class: Class) -> bool {
    matches!(class, Class::Removed | Class::Renamed | Class::Deprecated)
}

fn is_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

fn counted(text: &str, names: &BTreeSet<String>) -> BTreeMap<String, u32> {
    let mut counts: BTreeMap<String, u32> = names.iter().map(|name| (name.clone(), 0)).collect();
    for word in text.split(|letter| !is_of_word(letter)) {
        if let Some(count) = counts.get_mut(word) {
            *count += 1;
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_count_as_words_wherever_they_stand() {
        let names = BTreeSet::from(["old".to_owned(), "gone".to_owned()]);
        let counted = counted("old(); a.old_one(); b::old; // old", &names);
        let expected = [("gone".to_owned(), 0), ("old".to_owned(), 3)];
        assert_eq!(counted, BTreeMap::from(expected));
    }
}
