//! The steps of a migration: what can be done on the old version, what has to be one commit,
//! and what is left to tidy up. Each has a command that shows that it is done, and a way back.

mod bump;
mod edition;
mod framework;
mod instructions;
mod prepare;
mod update;

use semver::Version;

use crate::order::{self, Part};
use crate::plan::{Blocker, Change, Companion, File, Rollback, Size, Step, Target, Tier, Use};

pub use edition::EditionWork;
pub use framework::{FrameworkWork, steps as of_framework};
pub use update::steps as updates;
pub(crate) use update::taken;

/// What the steps are made of.
pub struct Facts<'a> {
    /// What moves because the user said so.
    pub targets: &'a [Target],
    /// What the user named and an update within its family is all of.
    pub updates: &'a [Target],
    /// What moves along.
    pub companions: &'a [Companion],
    /// What stays on the old version.
    pub blockers: &'a [Blocker],
    /// The files that must or may change.
    pub files: &'a [File],
    /// What their uses cite.
    pub changes: &'a [Change],
    /// The packages of the project.
    pub parts: &'a [Part],
    /// Whether the old version of a crate has something at this path already.
    pub offers: &'a dyn Fn(&str) -> bool,
    /// What a new edition asks for; none where no edition moves.
    pub edition: Option<&'a EditionWork>,
}

/// The steps, in an order that respects what each must come after.
pub fn steps(facts: &Facts<'_>) -> Vec<Step> {
    let mut steps = update::steps(facts.updates);
    steps.extend(prepare::steps(facts));
    let groups = order::groups(facts.parts);
    let bumps = bump::steps(facts, &groups, &steps);
    let cleanup = bump::cleanup(facts, &bumps);
    steps.extend(bumps);
    steps.extend(facts.edition.into_iter().flat_map(edition::steps));
    steps.extend(cleanup);
    steps
}

impl Facts<'_> {
    /// The package of the project that a file belongs to: the one with the nearest folder.
    fn part_of(&self, path: &str) -> Option<usize> {
        let holds = |part: &Part| {
            part.folder.is_empty()
                || path
                    .strip_prefix(part.folder.as_str())
                    .is_some_and(|rest| rest.starts_with('/'))
        };
        let parts = self.parts.iter().enumerate();
        let holding = parts.filter(|(_, part)| holds(part));
        let nearest = holding.max_by_key(|(_, part)| part.folder.len());
        nearest.map(|(number, _)| number)
    }

    /// The changes of an item: one may be deprecated and have other parameters as well.
    fn changes_of(&self, id: &str) -> &[Change] {
        let begin = self.changes.partition_point(|it| it.id.as_str() < id);
        let rest = &self.changes[begin..];
        &rest[..rest.partition_point(|it| it.id == id)]
    }

    fn must(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.tier == Tier::Must)
    }
}

/// How many files and places a step has.
fn size_of<'f>(files: impl Iterator<Item = &'f File>, counts: impl Fn(&Use) -> bool) -> Size {
    let mut size = Size::default();
    for file in files {
        size.files += 1;
        let mut lines: Vec<u32> = file
            .uses
            .iter()
            .filter(|it| counts(it))
            .map(|it| it.line)
            .collect();
        lines.dedup();
        size.places += u32::try_from(lines.len()).unwrap_or(u32::MAX);
    }
    size
}

/// The command that shows that these packages, and the project with them, still compile.
fn checks(packages: &[String], all: usize) -> String {
    if packages.is_empty() || packages.len() == all {
        return "cargo check --workspace --all-targets".to_owned();
    }
    let named: Vec<String> = packages.iter().map(|name| format!("-p {name}")).collect();
    format!("cargo check {} --all-targets", named.join(" "))
}

/// The command that succeeds when all compiles and nothing needs the old versions of these
/// crates. The check is first: `cargo tree` fails where it finds no such version, which is
/// what is wanted, and where a manifest is broken, which is not.
pub(crate) fn gone<'t>(targets: impl Iterator<Item = &'t Target>) -> String {
    let all = "cargo check --workspace --all-targets".to_owned();
    let gone = targets.map(|target| {
        let (name, family) = (&target.name, family_of(&target.from));
        format!("! cargo tree --workspace --target all --invert {name}@{family}")
    });
    std::iter::once(all)
        .chain(gone)
        .collect::<Vec<_>>()
        .join(" && ")
}

/// What all versions that are compatible with this one have in common: `1` of `1.2.3`, and
/// `0.14` of `0.14.27`. An update within it would hide the version that was there before.
fn family_of(version: &str) -> &str {
    let Ok(read) = Version::parse(version) else {
        return version;
    };
    let count = match (read.major, read.minor) {
        _ if !read.pre.is_empty() => return version,
        (0, 0) => 3,
        (0, _) => 2,
        _ => 1,
    };
    let end = version.match_indices('.').nth(count - 1);
    end.map_or(version, |(at, _)| &version[..at])
}

/// The way back of a step that is one commit.
fn revert() -> Rollback {
    Rollback {
        how: "git revert the commit of this step".to_owned(),
        cannot: Vec::new(),
    }
}

#[cfg(test)]
mod tests;
