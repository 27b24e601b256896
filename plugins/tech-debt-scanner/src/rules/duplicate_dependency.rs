//! Packages of which the lock file has several versions.

use std::collections::{BTreeMap, VecDeque};

use guildhall_report::{Finding, Location, Rule, Severity};
use guildhall_source::cargo::{Lock, Locked};

use crate::settings::Settings;
use crate::tree::Tree;

const ID: &str = "duplicate-dependency";

pub(super) fn rule() -> Rule {
    Rule::new(
        ID,
        Severity::Info,
        "Several versions of one package are locked",
        "Reports packages of which `Cargo.lock` has several versions, where a package of this \
         tree itself asks for one that is not the newest of them: those that can be mended here. \
         The shortest way to each version is named.",
        "Each version is built and linked, their types are not each other's, and a fault that is \
         mended in the one is still in the other.",
    )
    .with_example(EXAMPLE, BETTER)
    .with_measured(
        "Packages are told apart by name and source, and ways are counted in packages, from one \
         of this tree; of equally short ways the first in the order of the lock file. All \
         packages with several versions are in the report's table, with who pulls them. A lock \
         file that cannot be read is skipped, and listed.\n\nRemediation: 30 minutes.",
    )
}

const EXAMPLE: &str = "\
# file: Cargo.lock
version = 4

[[package]]
name = \"parcel\"
version = \"0.1.0\"
dependencies = [\"rand 0.7.3\", \"scales\"]

[[package]]
name = \"rand\"
version = \"0.7.3\"
source = \"registry+https://example.org\"

[[package]]
name = \"rand\"
version = \"0.9.1\"
source = \"registry+https://example.org\"

[[package]]
name = \"scales\"
version = \"1.0.0\"
source = \"registry+https://example.org\"
dependencies = [\"rand 0.9.1\"]
# file: src/lib.rs
//! Parcels.
";

const BETTER: &str = "\
# file: Cargo.lock
version = 4

[[package]]
name = \"parcel\"
version = \"0.1.0\"
dependencies = [\"rand\", \"scales\"]

[[package]]
name = \"rand\"
version = \"0.9.1\"
source = \"registry+https://example.org\"

[[package]]
name = \"scales\"
version = \"1.0.0\"
source = \"registry+https://example.org\"
dependencies = [\"rand\"]
# file: src/lib.rs
//! Parcels.
";

/// A package with several versions.
#[derive(Debug)]
pub(crate) struct Duplicate<'a> {
    pub(crate) name: &'a str,
    /// The oldest first, each with the shortest way to it.
    pub(crate) versions: Vec<(&'a Locked, Vec<&'a Locked>)>,
}

impl Duplicate<'_> {
    /// Whether a package of the tree asks for a version that is not the newest.
    fn can_be_mended(&self) -> bool {
        let older = self.versions.iter().rev().skip(1);
        older.into_iter().any(|(_, way)| way.len() == 2)
    }
}

/// The packages of a lock file that have several versions, by name.
pub(crate) fn duplicates<'a>(lock: &'a Lock) -> Vec<Duplicate<'a>> {
    let before = ways(lock);
    let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, package) in lock.packages.iter().enumerate() {
        if package.source.is_some() {
            by_name.entry(&package.name).or_default().push(at);
        }
    }
    let several = by_name.into_iter().filter(|(_, all)| all.len() > 1);
    let version = |at: usize| {
        let back = std::iter::successors(Some(at), |at| before[*at].filter(|from| from != at));
        let mut way: Vec<&Locked> = back.map(|at| &lock.packages[at]).collect();
        way.reverse();
        (&lock.packages[at], way)
    };
    let duplicate = |(name, mut all): (&'a str, Vec<usize>)| {
        all.sort_by_cached_key(|at| order(&lock.packages[*at].version));
        Duplicate {
            name,
            versions: all.into_iter().map(version).collect(),
        }
    };
    several.map(duplicate).collect()
}

/// The packages of which a tree could do with fewer versions.
pub(super) fn check(tree: &Tree, settings: &Settings) -> Vec<Finding> {
    if !settings.enabled(ID) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for lock in &tree.crates.locks {
        let all = duplicates(lock);
        let mendable = all.iter().filter(|duplicate| duplicate.can_be_mended());
        findings.extend(mendable.map(|duplicate| finding(lock, duplicate)));
    }
    findings
}

fn finding(lock: &Lock, duplicate: &Duplicate<'_>) -> Finding {
    let versions = duplicate.versions.iter();
    let names: Vec<&str> = versions
        .clone()
        .map(|(package, _)| package.version.as_str())
        .collect();
    let message = format!("{} versions are locked: {}", names.len(), names.join(", "));
    let ways = versions.clone().map(|(_, way)| way_said(way));
    let places = versions.map(|(package, _)| Location::at(lock.name.as_str(), package.line, 1));
    let mut places = places.collect::<Vec<_>>().into_iter();
    Finding::new(ID, Severity::Info, places.next(), message)
        .with_subject(duplicate.name)
        .with_reason(
            "An older one is asked for by a package of this tree, so it can be moved on from here.",
        )
        .with_value(names.len() as f64)
        .with_remediation_minutes(30)
        .with_evidence(ways.collect())
        .with_related(places.collect())
        .with_identity(&[duplicate.name], 0)
        .with_content(&[duplicate.name])
}

/// A way in words: names, and the version at its end.
pub(crate) fn way_said(way: &[&Locked]) -> String {
    let mut names: Vec<String> = way.iter().map(|package| package.name.clone()).collect();
    if let (Some(last), Some(package)) = (names.last_mut(), way.last()) {
        *last = format!("{} {}", package.name, package.version);
    }
    names.join(" -> ")
}

/// By package, the one before it on the shortest way from a package of the tree, which is
/// before itself.
fn ways(lock: &Lock) -> Vec<Option<usize>> {
    let mut before = vec![None; lock.packages.len()];
    let mut open = VecDeque::new();
    for (at, package) in lock.packages.iter().enumerate() {
        if package.source.is_none() {
            before[at] = Some(at);
            open.push_back(at);
        }
    }
    while let Some(at) = open.pop_front() {
        for need in &lock.packages[at].needs {
            if before[*need].is_none() {
                before[*need] = Some(at);
                open.push_back(*need);
            }
        }
    }
    before
}

/// By what versions are ordered: their numbers, then the rest.
fn order(version: &str) -> (Vec<u64>, bool, String) {
    let (numbers, rest) = match version.find(['-', '+']) {
        Some(at) => version.split_at(at),
        None => (version, ""),
    };
    let numbers = numbers.split('.').map(|part| part.parse().unwrap_or(0));
    // What comes before a release is older than it.
    (numbers.collect(), !rest.starts_with('-'), rest.to_owned())
}
