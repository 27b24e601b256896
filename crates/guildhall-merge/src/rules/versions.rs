//! Where nothing but versions differs, the side whose versions are all newer.

use std::cmp::Ordering;

use super::{HunkText, Proposals, Rule, joined};

/// A number longer than this without a full stop is a hash, not a version.
const LONGEST_WHOLE: usize = 20;

/// Words that say that a version comes before the one without them. What other words say, such as
/// the name of a variant or a letter of a hash, nobody knows.
const BEFORE: [&str; 15] = [
    "a",
    "alpha",
    "b",
    "beta",
    "c",
    "canary",
    "dev",
    "m",
    "milestone",
    "next",
    "nightly",
    "pre",
    "preview",
    "rc",
    "snapshot",
];

/// A part of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part<'a> {
    Word(&'a str),
    /// Where a version ends while the other goes on.
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
    if ours_rest != theirs_rest {
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
        // Written in other ways and still the same, neither is the newer one.
        let one = compare(mine, other).filter(|order| order.is_ne())?;
        if all.is_some_and(|all| all != one) {
            return None;
        }
        all = Some(one);
    }
    all
}

/// How two versions compare, part by part; none where words decide of which nobody knows what
/// they say.
pub(super) fn compare(a: &str, b: &str) -> Option<Ordering> {
    let (a, b) = (a.to_ascii_lowercase(), b.to_ascii_lowercase());
    let (a, b) = (parts(&a), parts(&b));
    for at in 0..a.len().max(b.len()) {
        let [part, other] = [&a, &b].map(|parts| parts.get(at).copied().unwrap_or(Part::End));
        let order = part.order(other)?;
        if order.is_ne() {
            return Some(order);
        }
    }
    Some(Ordering::Equal)
}

/// What stands before, between and after the versions of a text, one more than there are, and
/// those.
pub(super) fn versions(text: &str) -> (Vec<&str>, Vec<&str>) {
    let (mut rest, mut found) = (Vec::new(), Vec::new());
    let mut left = text;
    while let Some(at) = left.find(|c: char| c.is_ascii_digit()) {
        let (before, number) = left.split_at(at);
        let is_in = |c: char| c.is_alphanumeric() || "_.+-".contains(c);
        let end = number.find(|c| !is_in(c)).unwrap_or(number.len());
        let (number, after) = number.split_at(end);
        rest.push(before);
        found.push(number);
        left = after;
    }
    rest.push(left);
    (rest, found)
}

impl Part<'_> {
    /// How two parts at one place compare; none where nobody knows.
    fn order(self, other: Self) -> Option<Ordering> {
        let is_before = |word: &str| BEFORE.contains(&word);
        match (self, other) {
            _ if self == other => Some(Ordering::Equal),
            (Part::Number(digits, one), Part::Number(others, other)) => {
                Some((digits, one).cmp(&(others, other)))
            }
            (Part::Word(one), Part::Word(other)) => {
                (is_before(one) && is_before(other)).then(|| one.cmp(other))
            }
            (Part::Word(word), _) => is_before(word).then_some(Ordering::Less),
            (_, Part::Word(word)) => is_before(word).then_some(Ordering::Greater),
            (Part::End, _) => Some(Ordering::Less),
            (_, Part::End) => Some(Ordering::Greater),
        }
    }
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
        assert_eq!(newer("a = 2, b = 1\n", "a = 1, b = 2\n"), None);
        assert_eq!(newer("a = 2\n", "c = 1\n"), None);
        assert_eq!(newer("a = 2\n", "a = 2\n"), None);
    }

    #[test]
    fn what_comes_before_a_version_is_older_and_words_are_compared() {
        let older = [
            ("1.0.0-beta", "1.0.0"),
            ("1.0.0-alpha", "1.0.0-beta"),
            ("1.0.0-rc.2", "1.0.0-rc.10"),
            ("1.0.0-rc1", "1.0.1"),
            ("1.0", "1.0.1"),
        ];
        for (old, new) in older {
            assert_eq!(newer(old, new), Some(Ordering::Less), "{old} {new}");
            assert_eq!(newer(new, old), Some(Ordering::Greater), "{new} {old}");
        }
    }

    #[test]
    fn where_nothing_says_which_is_newer_neither_is() {
        let unknown = [
            ("1.0.0-BETA", "1.0.0-beta"),
            ("1.01", "1.1"),
            ("1.0-alpine", "1.0-slim"),
            ("1.0.2a", "1.0.2k"),
            ("1.0-alpine", "1.0"),
        ];
        for (one, other) in unknown {
            assert_eq!(newer(one, other), None, "{one} {other}");
        }
    }

    #[test]
    fn a_sign_that_stands_for_nothing_is_no_version() {
        assert_eq!(newer("a = 1", "a = \0"), None);
    }

    #[test]
    fn hashes_are_no_versions() {
        let (a, b) = ("1".repeat(40), "2".repeat(40));
        assert_eq!(newer(&a, &b), None);
        assert_eq!(
            compare("100000000000000000000000", "99"),
            Some(Ordering::Greater)
        );
    }
}
