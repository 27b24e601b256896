//! Lines as a set: imports, lists of names, changelogs.

use std::collections::HashSet;

use super::{HunkText, Proposals, Rule, keys};

pub(super) fn propose(hunk: &HunkText<'_>, made: &mut Proposals) {
    let Some(merged) = merge(hunk.base, hunk.ours, hunk.theirs) else {
        return;
    };
    made.add(Rule::Set, &merged);
    if is_sorted(hunk.ours) && is_sorted(hunk.theirs) {
        let mut sorted = merged;
        sorted.sort_by_key(|line| line.trim().to_lowercase());
        made.add(Rule::Sorted, &sorted);
    }
    if let Some(reversed) = merge(hunk.base, hunk.theirs, hunk.ours) {
        made.add(Rule::SetReversed, &reversed);
    }
}

/// The lines of the first side without what the second removed, and with what it added after
/// its predecessor; none where a version repeats a line.
fn merge<'a>(base: &[&'a str], first: &[&'a str], second: &[&'a str]) -> Option<Vec<&'a str>> {
    let [base, firsts, seconds] = [base, first, second].map(distinct);
    let (base, firsts, seconds) = (base?, firsts?, seconds?);
    let is_gone = |line: &str| base.contains(line) && !seconds.contains(line);
    let is_new = |line: &str| !base.contains(line) && !firsts.contains(line);
    let mut merged: Vec<&str> = first
        .iter()
        .copied()
        .filter(|l| !is_gone(l.trim()))
        .collect();
    let mut previous: Option<&str> = None;
    for line in second.iter().copied() {
        let key = line.trim();
        if !key.is_empty() && is_new(key) {
            let after = |previous| merged.iter().rposition(|line| line.trim() == previous);
            let place = match previous {
                None => 0,
                Some(previous) => after(previous).map_or(merged.len(), |place| place + 1),
            };
            merged.insert(place, line);
        }
        if !key.is_empty() {
            previous = Some(key);
        }
    }
    Some(merged)
}

/// The lines as a set; none where one is there twice.
fn distinct<'a>(lines: &[&'a str]) -> Option<HashSet<&'a str>> {
    let keys = keys(lines);
    let set: HashSet<&str> = keys.iter().copied().collect();
    (set.len() == keys.len()).then_some(set)
}

fn is_sorted(lines: &[&str]) -> bool {
    let keys: Vec<String> = keys(lines).iter().map(|line| line.to_lowercase()).collect();
    keys.len() > 2 && keys.is_sorted()
}
