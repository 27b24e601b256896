//! Where nothing but versions differs, the side whose versions are all newer.

use std::cmp::Ordering;

use super::{HunkText, Proposals, Rule, joined};

/// A number longer than this without a full stop is a hash, not a version.
const LONGEST_WHOLE: usize = 20;

/// A part of a version, in the order of what is older: `1.0-alpha`, `1.0-beta`, `1.0`, `1.0.0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part<'a> {
    /// A word such as `beta`: what has one more of these is not released yet.
    Word(&'a str),
    /// Nothing more.
    End,
    /// A number without zeros before it: longer is larger.
    Number(usize, &'a str),
}

pub(super) fn propose(hunk: &HunkText<'_>, made: &mut Proposals) {
    match newer(&joined(hunk.ours), &joined(hunk.theirs)) {
        Some(Ordering::Greater) => made.add(Rule::Versions, hunk.ours),
        Some(Ordering::Less) => made.add(Rule::Versions, hunk.theirs),
        _ => {}
    }
}

/// How all versions that differ compare; none where other things differ, or they disagree.
fn newer(ours: &str, theirs: &str) -> Option<Ordering> {
    let (ours_rest, ours_found) = versions(ours);
    let (theirs_rest, theirs_found) = versions(theirs);
    if ours_rest != theirs_rest || ours_found.len() != theirs_found.len() {
        return None;
    }
    let mut all = None;
    for (mine, other) in ours_found.iter().zip(&theirs_found) {
        if mine == other {
            continue;
        }
        let has_stop = mine.contains('.') || other.contains('.');
        if !has_stop && mine.len() > LONGEST_WHOLE {
            return None;
        }
        let one = compare(mine, other);
        if one == Ordering::Equal {
            return None;
        }
        if all.is_some_and(|all| all != one) {
            return None;
        }
        all = Some(one);
    }
    all
}

/// How two versions compare, part by part.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.to_ascii_lowercase(), b.to_ascii_lowercase());
    let (a, b) = (parts(&a), parts(&b));
    for place in 0..a.len().max(b.len()) {
        let part = a.get(place).unwrap_or(&Part::End);
        let other = b.get(place).unwrap_or(&Part::End);
        match part.cmp(other) {
            Ordering::Equal => {}
            differs => return differs,
        }
    }
    Ordering::Equal
}

/// The text with its versions taken out, and those.
pub(super) fn versions(text: &str) -> (String, Vec<&str>) {
    let (mut rest, mut found) = (String::new(), Vec::new());
    let mut left = text;
    while let Some(at) = left.find(|c: char| c.is_ascii_digit()) {
        let (before, number) = left.split_at(at);
        let is_in = |c: char| c.is_alphanumeric() || "_.+-".contains(c);
        let end = number.find(|c| !is_in(c)).unwrap_or(number.len());
        let (number, after) = number.split_at(end);
        rest.push_str(before);
        rest.push('\0');
        found.push(number);
        left = after;
    }
    rest.push_str(left);
    (rest, found)
}

fn parts(version: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = version;
    while let Some(at) = rest.find(|c: char| c.is_ascii_alphanumeric()) {
        rest = &rest[at..];
        let is_number = rest.starts_with(|c: char| c.is_ascii_digit());
        let is_in = |c: char| {
            if is_number {
                c.is_ascii_digit()
            } else {
                c.is_ascii_lowercase()
            }
        };
        let end = rest.find(|c| !is_in(c)).unwrap_or(rest.len()).max(1);
        let (part, after) = rest.split_at(end);
        let digits = part.trim_start_matches('0');
        parts.push(if is_number {
            Part::Number(digits.len(), digits)
        } else {
            Part::Word(part)
        });
        rest = after;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_side_whose_versions_are_all_newer_is_taken() {
        assert_eq!(newer("a = 1.10\n", "a = 1.9\n"), Some(Ordering::Greater));
        assert_eq!(newer("a = 2\0, 1\n", "a = \0, \0\n"), None);
        assert_eq!(newer("a = 2, b = 1\n", "a = 1, b = 2\n"), None);
        assert_eq!(newer("a = 2\n", "c = 1\n"), None);
        assert_eq!(newer("a = 2\n", "a = 2\n"), None);
    }

    #[test]
    fn what_is_not_released_yet_is_older_and_what_cannot_be_compared_is_left() {
        let in_order = [
            "1.0.0-alpha",
            "1.0.0-beta",
            "1.0.0-beta.2",
            "1.0.0",
            "1.0.1-rc1",
            "1.1",
        ];
        for (at, older) in in_order.iter().enumerate() {
            for newer in &in_order[at + 1..] {
                assert_eq!(compare(older, newer), Ordering::Less, "{older} {newer}");
                assert_eq!(compare(newer, older), Ordering::Greater, "{newer} {older}");
            }
        }
        assert_eq!(newer("a = 1.0-rc\n", "a = 1.0-RC\n"), None);
    }

    #[test]
    fn hashes_are_no_versions() {
        let (a, b) = ("1".repeat(40), "2".repeat(40));
        assert_eq!(newer(&a, &b), None);
        assert_eq!(compare("100000000000000000000000", "99"), Ordering::Greater);
    }
}
