//! Entries of manifests, settings and lists of requirements, each merged on its own; where
//! both sides changed the version of one, the newer is taken.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::versions::{compare, versions};
use super::{HunkText, Proposals, Rule};
use crate::facts::{FileFacts, FileKind};

/// Lines by what they are an entry for, in order.
struct Entries<'a> {
    order: Vec<(String, &'a str)>,
    lines: HashMap<String, &'a str>,
}

pub(super) fn propose(hunk: &HunkText<'_>, file: &FileFacts<'_>, made: &mut Proposals) {
    // Those of a lock file are packages, not lines.
    if file.kind != FileKind::Data || file.lock.is_some() {
        return;
    }
    let read = |lines| Entries::read(lines);
    let (Some(base), Some(ours), Some(theirs)) =
        (read(hunk.base), read(hunk.ours), read(hunk.theirs))
    else {
        return;
    };
    if let Some(lines) = merge(&base, &ours, &theirs) {
        made.add(Rule::Entries, &lines);
    }
}

/// The entries of our side as they are merged, with what theirs added after its predecessor.
fn merge<'a>(base: &Entries<'a>, ours: &Entries<'a>, theirs: &Entries<'a>) -> Option<Vec<&'a str>> {
    let mut merged: Vec<(&str, &'a str)> = Vec::new();
    for (key, mine) in &ours.order {
        let line = match (base.lines.get(key), theirs.lines.get(key)) {
            (Some(before), None) if same(before, mine) => continue,
            // Changed by one side and removed by the other.
            (Some(_), None) => return None,
            (None, None) => mine,
            (before, Some(other)) => one(before.copied(), mine, other)?,
        };
        merged.push((key, line));
    }
    let mut previous: Option<&str> = None;
    for (key, other) in &theirs.order {
        if !ours.lines.contains_key(key) {
            match base.lines.get(key) {
                Some(before) if same(before, other) => {}
                Some(_) => return None,
                None => {
                    let place = merged
                        .iter()
                        .position(|(found, _)| Some(*found) == previous);
                    merged.insert(place.map_or(0, |place| place + 1), (key, other));
                }
            }
        }
        // What our side removed is nobody's predecessor.
        if merged.iter().any(|(found, _)| found == key) {
            previous = Some(key);
        }
    }
    Some(merged.into_iter().map(|(_, line)| line).collect())
}

/// What becomes of an entry that both sides have.
fn one<'a>(before: Option<&'a str>, mine: &'a str, other: &'a str) -> Option<&'a str> {
    if same(mine, other) || before.is_some_and(|before| same(before, other)) {
        return Some(mine);
    }
    if before.is_some_and(|before| same(before, mine)) {
        return Some(other);
    }
    let (my_rest, my_versions) = versions(mine);
    let (other_rest, other_versions) = versions(other);
    let ([mine_is], [other_is]) = (&my_versions[..], &other_versions[..]) else {
        return None;
    };
    match compare(mine_is, other_is).filter(|_| my_rest == other_rest)? {
        Ordering::Greater => Some(mine),
        Ordering::Less => Some(other),
        Ordering::Equal => None,
    }
}

/// Whether two lines are the same but for a comma at the end.
fn same(a: &str, b: &str) -> bool {
    let bare = |line: &'_ str| -> String { line.trim().trim_end_matches(',').to_owned() };
    bare(a) == bare(b)
}

impl<'a> Entries<'a> {
    /// Reads lines of which each is an entry; none where two are for the same.
    fn read(lines: &[&'a str]) -> Option<Self> {
        let written = lines.iter().filter(|line| !line.trim().is_empty());
        let order: Vec<(String, &str)> = written.map(|line| (key(line), *line)).collect();
        let lines: HashMap<String, &str> = order.iter().cloned().collect();
        (lines.len() == order.len()).then_some(Self { order, lines })
    }
}

/// What a line is an entry for: the word before its value, or the line without versions.
fn key(line: &str) -> String {
    let line = line.trim();
    match line.split_once([':', '=']) {
        Some((name, _)) => name.trim().to_owned(),
        // A line has no line end in it, so no two lines give the same by chance.
        None => versions(line).0.join("\n"),
    }
}
