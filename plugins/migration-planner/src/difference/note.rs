//! What the note of a deprecation says is to be used instead.

use crate::api::{Name, Paths};

/// What stands before the name of a successor, where it is not marked as code.
const LEADS: [&str; 8] = [
    "use",
    "renamed to",
    "replaced by",
    "replaced with",
    "moved to",
    "in favor of",
    "in favour of",
    "prefer",
];

/// The public path that a note names, for the item of `path`.
pub(super) fn successor(note: &str, path: &[Name], new: &Paths) -> Option<Vec<Name>> {
    let around = &path[..path.len().saturating_sub(1)];
    candidates(note).into_iter().find_map(|candidate| {
        let names: Vec<Name> = candidate.split("::").map(str::to_owned).collect();
        let is_own = names
            .first()
            .is_some_and(|first| first == "crate" || *first == new.api.package.library);
        let from_root = if is_own {
            names[1..].to_vec()
        } else {
            names.clone()
        };
        let beside = [around, names.as_slice()].concat();
        let fits = |at: &Vec<Name>| !at.is_empty() && at.as_slice() != path && new.has(at);
        [beside, from_root].into_iter().find(fits)
    })
}

/// The name that a note gives to a member, of those for which `is_member` holds.
pub(super) fn named(note: &str, is_member: impl Fn(&str) -> bool) -> Option<String> {
    let candidates = candidates(note).into_iter();
    let mut last =
        candidates.filter_map(|candidate| Some(candidate.rsplit("::").next()?.to_owned()));
    last.find(|name| is_member(name))
}

/// Paths in a note: those that are marked as code, then those behind words that lead to one.
fn candidates(note: &str) -> Vec<String> {
    let marked = note.split('`').skip(1).step_by(2);
    let plain = LEADS.iter().filter_map(|lead| {
        let (_, behind) = split_at_word(note, lead)?;
        behind.split_whitespace().next()
    });
    let all = marked.chain(plain).filter_map(path);
    all.collect()
}

fn split_at_word<'a>(text: &'a str, word: &str) -> Option<(&'a str, &'a str)> {
    let mut starts = text.char_indices().map(|(at, _)| at);
    let at = starts.find(|at| {
        let rest = &text[*at..];
        let is_start = *at == 0 || text[..*at].ends_with(|before: char| !before.is_alphanumeric());
        is_start
            && rest
                .get(..word.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(word))
            && rest[word.len()..].starts_with(' ')
    })?;
    Some((&text[..at], &text[at + word.len()..]))
}

/// A word as a path, without what calls and generics add; `None` where it is none.
fn path(word: &str) -> Option<String> {
    let word = word.trim_matches(|letter: char| "[]()<>&*,.;:!\"'".contains(letter));
    let end = word.find(['(', '<', '!', ' ']).unwrap_or(word.len());
    let word = &word[..end];
    let is_part = |part: &str| {
        let is_letter = |letter: char| letter.is_alphanumeric() || letter == '_';
        !part.is_empty() && part.chars().all(is_letter)
    };
    word.split("::").all(is_part).then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_marked_or_behind_a_word_that_leads_to_it() {
        for (note, expected) in [
            ("Renamed to `random` to avoid conflict", "random"),
            ("use `Engine::encode` instead", "encode"),
            ("please use random_range() instead", "random_range"),
            ("in favor of a::random", "random"),
            ("`gone`, see [`other`] and `random()`", "random"),
        ] {
            let is_member = |name: &str| ["random", "encode", "random_range"].contains(&name);
            assert_eq!(named(note, is_member).as_deref(), Some(expected), "{note}");
        }
        assert_eq!(named("no reason was given", |_| true), None);
        assert_eq!(named("because of a bug", |_| true), None);
    }
}
