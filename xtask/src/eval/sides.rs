//! The objects that merging two commits needs, and merging again what was merged before them.
//!
//! A history of hundreds of megabytes is not copied for a case: of the commits all are, since
//! merge bases are found along them; of trees and contents those alone in which the sides of a
//! merge differ from where they parted.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap};

use anyhow::{Context as _, Result};

use super::git::Repository;

/// Merges before the two commits that can be merged again: what the agent learns from at most
/// as it is shipped.
const LEARNED: usize = 200;

const OURS: u8 = 1;
const THEIRS: u8 = 2;
const COMMON: u8 = OURS | THEIRS;
/// Reached from a common commit that was found already.
const STALE: u8 = 4;

/// The ids of the objects, a line each, of those that the source has.
///
/// # Errors
/// Where git fails.
pub(super) fn needed(source: &Repository, ours: &str, theirs: &str) -> Result<String> {
    let graph = Graph::read(source, ours, theirs)?;
    let mut merges = vec![[ours.to_owned(), theirs.to_owned()]];
    let mut pairs: BTreeSet<[String; 2]> = BTreeSet::new();
    for [commit, one, other] in newest_merges(source, ours, theirs)? {
        // What people made of it.
        pairs.insert([one.clone(), commit]);
        merges.push([one, other]);
    }
    for [one, other] in &merges {
        graph.compared(one, other, &mut pairs);
    }
    let mut ids: BTreeSet<String> = graph.ids.iter().cloned().collect();
    let commits: BTreeSet<&String> = pairs.iter().flatten().collect();
    let roots: String = commits
        .iter()
        .map(|id| format!("{id}^{{tree}}\n"))
        .collect();
    let roots = source.fed(
        ["cat-file", "--batch-check=%(objectname)"],
        roots.into_bytes(),
    )?;
    ids.extend(words(&roots));
    let told: String = pairs
        .iter()
        .map(|[one, other]| format!("{other} {one}\n"))
        .collect();
    let compare = [
        "diff-tree",
        "--stdin",
        "-r",
        "-t",
        "--raw",
        "--no-abbrev",
        "--no-renames",
        "-m",
    ];
    let changes = source.fed(compare, told.into_bytes())?;
    for line in String::from_utf8_lossy(&changes).lines() {
        let mut fields = line
            .strip_prefix(':')
            .into_iter()
            .flat_map(str::split_ascii_whitespace);
        let (Some(_), Some(_), Some(old), Some(new)) =
            (fields.next(), fields.next(), fields.next(), fields.next())
        else {
            continue;
        };
        ids.extend([old.to_owned(), new.to_owned()]);
    }
    present(source, ids)
}

/// The merges of two commits that the agent makes again, each with these, in its order: the
/// newest first.
fn newest_merges(source: &Repository, ours: &str, theirs: &str) -> Result<Vec<[String; 3]>> {
    let two = ["--min-parents=2", "--max-parents=2"];
    let most = format!("--max-count={LEARNED}");
    let listed = source.text([
        "rev-list",
        two[0],
        two[1],
        "--parents",
        &most,
        ours,
        theirs,
        "--",
    ])?;
    let ids = |line: &str| {
        line.split(' ')
            .map(str::to_owned)
            .collect::<Vec<_>>()
            .try_into()
            .ok()
    };
    Ok(listed.lines().filter_map(ids).collect())
}

/// Those that are there: a source may be cut off itself.
fn present(source: &Repository, ids: BTreeSet<String>) -> Result<String> {
    let asked: String = ids.iter().map(|id| format!("{id}\n")).collect();
    let format = "--batch-check=%(objectname) %(objecttype)";
    let told = source.fed(["cat-file", format], asked.into_bytes())?;
    let told = String::from_utf8_lossy(&told).into_owned();
    let is_there = |line: &&str| !line.ends_with(" missing");
    let ids = told
        .lines()
        .filter(is_there)
        .filter_map(|line| line.split_once(' '));
    Ok(ids.map(|(id, _)| format!("{id}\n")).collect())
}

fn words(text: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(text);
    text.lines()
        .filter(|line| !line.contains(' '))
        .map(str::to_owned)
        .collect()
}

/// The commits that two reach, children before their parents.
struct Graph {
    ids: Vec<String>,
    parents: Vec<Vec<usize>>,
    places: HashMap<String, usize>,
}

impl Graph {
    fn read(source: &Repository, ours: &str, theirs: &str) -> Result<Self> {
        let listed = source.bytes(["rev-list", "--topo-order", "--parents", ours, theirs, "--"])?;
        let listed = String::from_utf8_lossy(&listed).into_owned();
        let lines: Vec<Vec<&str>> = listed
            .lines()
            .map(|line| line.split(' ').collect())
            .collect();
        let ids: Vec<String> = lines.iter().map(|line| line[0].to_owned()).collect();
        let places: HashMap<String, usize> = ids
            .iter()
            .enumerate()
            .map(|(at, id)| (id.clone(), at))
            .collect();
        let place = |id: &&str| places.get(*id).copied().context("a parent is not listed");
        let parents = lines
            .iter()
            .map(|line| line[1..].iter().map(place).collect());
        Ok(Self {
            parents: parents.collect::<Result<_>>()?,
            ids,
            places,
        })
    }

    /// What a merge of two commits compares: each with each base, and the bases among
    /// themselves, which are merged first where there are several.
    fn compared(&self, one: &str, other: &str, pairs: &mut BTreeSet<[String; 2]>) {
        let mut open = vec![(self.places[one], self.places[other])];
        while let Some((one, other)) = open.pop() {
            let bases = self.bases(one, other);
            for base in &bases {
                for side in [one, other] {
                    let pair = [self.ids[*base].clone(), self.ids[side].clone()];
                    pairs.insert(pair);
                }
            }
            for two in bases.windows(2) {
                let pair = [self.ids[two[0]].clone(), self.ids[two[1]].clone()];
                if pairs.insert(pair) {
                    open.push((two[0], two[1]));
                }
            }
        }
    }

    /// The best commits that both reach: none of them is reached from another.
    fn bases(&self, one: usize, other: usize) -> Vec<usize> {
        let mut flags: HashMap<usize, u8> = HashMap::new();
        let mut waiting = BinaryHeap::new();
        let mut bases = Vec::new();
        for (side, flag) in [(one, OURS), (other, THEIRS)] {
            *flags.entry(side).or_insert(0) |= flag;
            waiting.push(Reverse(side));
        }
        // Children come first, so that all that reaches a commit is known when it comes.
        while let Some(Reverse(at)) = waiting.pop() {
            if waiting.peek() == Some(&Reverse(at)) {
                continue;
            }
            let mut flag = flags[&at];
            if flag == COMMON {
                bases.push(at);
                flag |= STALE;
            }
            for parent in &self.parents[at] {
                *flags.entry(*parent).or_insert(0) |= flag;
                waiting.push(Reverse(*parent));
            }
            if waiting.iter().all(|Reverse(at)| flags[at] & STALE != 0) {
                break;
            }
        }
        bases
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::desk::tests::History;
    use crate::eval::snapshot::Snapshot;

    /// Two branches that were merged into each other, and went on.
    fn criss_cross(made: &History) -> [String; 2] {
        let source = made.repository();
        let start = |id: &str| source.bytes(["reset", "--quiet", "--hard", id]).unwrap();
        let text = |a: &str, b: &str| format!("{a}\n1\n2\n3\n4\n{b}\n");
        made.commit(
            &[
                ("a.rs", &text("a", "b")),
                ("deep/er/b.rs", "b"),
                ("c/c.rs", "c"),
            ],
            "base",
        );
        let base = made.commit(&[("c/d.rs", "d")], "more");
        let one = made.commit(&[("a.rs", &text("A", "b"))], "one");
        start(&base);
        let other = made.commit(&[("a.rs", &text("a", "B")), ("deep/er/b.rs", "B")], "other");
        let join = |first: &str, second: &str, name: &str| {
            start(first);
            source
                .bytes([
                    "-c",
                    "user.name=Ada",
                    "-c",
                    "user.email=a@example.org",
                    "merge",
                    "--quiet",
                    "--no-edit",
                    "--no-ff",
                    second,
                ])
                .unwrap();
            made.commit(&[("a.rs", &text(name, name))], name)
        };
        [join(&one, &other, "ours"), join(&other, &one, "theirs")]
    }

    #[test]
    fn a_merge_needs_no_more_than_is_packed_even_where_bases_are_merged_first() {
        let made = History::new();
        let [ours, theirs] = criss_cross(&made);
        let source = made.repository();
        let graph = Graph::read(&source, &ours, &theirs).unwrap();
        let mut bases: Vec<&String> = graph
            .bases(graph.places[&ours], graph.places[&theirs])
            .into_iter()
            .map(|at| &graph.ids[at])
            .collect();
        bases.sort();
        let told = source
            .text(["merge-base", "--all", &ours, &theirs])
            .unwrap();
        let mut told: Vec<&str> = told.lines().collect();
        told.sort_unstable();
        assert_eq!(bases, told);
        assert_eq!(told.len(), 2);

        let snapshot = Snapshot::of_sides(&source, &ours, &theirs).unwrap();
        let copy = Repository::new_in(snapshot.path());
        let merged = |repository: &Repository| {
            let mut command = repository.command(["merge-tree", "--write-tree", &ours, &theirs]);
            let output = command.output().unwrap();
            (output.status.code(), output.stdout)
        };
        assert_eq!(merged(&copy), merged(&source));
        assert_eq!(merged(&copy).0, Some(1));
        // What no merge looks at is not there: this is the point of it.
        let has = |path: &str| {
            copy.bytes(["cat-file", "-e", &format!("{ours}:{path}")])
                .is_ok()
        };
        assert!(has("a.rs") && has("deep/er/b.rs") && !has("c/c.rs"));
    }
}
