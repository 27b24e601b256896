//! Versions: in the words of a reporter, and in the names of tags.

use guildhall_source::repository::Tag;

use crate::ReleaseHint;

/// What stands before a version that is said to work.
const GOOD: [&str; 16] = [
    "works in",
    "works with",
    "works on",
    "worked in",
    "worked with",
    "worked on",
    "fine in",
    "fine with",
    "fine on",
    "not reproduced in",
    "not reproduced on",
    "downgrading to",
    "downgraded to",
    "rolling back to",
    "last worked",
    "last good",
];

/// What stands before a version that is said to be the first that does not.
const BAD: [&str; 14] = [
    "since",
    "after upgrading to",
    "after updating to",
    "upgraded to",
    "updated to",
    "broken in",
    "broken since",
    "regression in",
    "started in",
    "started with",
    "began with",
    "introduced in",
    "first seen in",
    "first bad",
];

/// Words that may stand between such a phrase and its version.
const BETWEEN: [&str; 6] = ["version", "release", "is", "was", "the", "at"];

/// Names of releases that were tried out before the release.
const BEFORE_A_RELEASE: [&str; 9] = [
    "rc", "alpha", "beta", "pre", "dev", "nightly", "canary", "next", "preview",
];

/// What a text says of releases, as it writes them: the first version after a phrase of
/// each kind.
pub(crate) fn told(text: &str) -> ReleaseHint {
    let lower = text.to_ascii_lowercase();
    ReleaseHint {
        last_good: after_any(&lower, &GOOD),
        first_bad: after_any(&lower, &BAD),
    }
}

/// The numbers at the end of a tag's name, `[0, 2, 13]` of `tokio-0.2.13`; `None` where it
/// names no release, or one that was only tried out.
pub(crate) fn of_tag(name: &str) -> Option<Vec<u64>> {
    let lower = name.to_ascii_lowercase();
    let is_tried = lower
        .split(|c: char| !c.is_ascii_alphabetic())
        .any(|word| BEFORE_A_RELEASE.contains(&word));
    if is_tried {
        return None;
    }
    let is_number = |c: char| c.is_ascii_digit() || c == '.';
    let end = name.trim_end_matches(is_number).len();
    numbers(name[end..].trim_start_matches('.'))
}

/// The tag that a version, or a tag's own name, stands for: of several the one with the
/// shortest name, which is the project's own and not a part's.
pub(crate) fn tag<'a>(tags: &'a [Tag], told: &str) -> Option<&'a Tag> {
    if let Some(same) = tags.iter().find(|tag| tag.name == told) {
        return Some(same);
    }
    let wanted = of_tag(told)?;
    let same = tags
        .iter()
        .filter(|tag| of_tag(&tag.name).as_ref() == Some(&wanted));
    same.min_by_key(|tag| (tag.name.len(), &tag.name))
}

/// The newest release before a tag: of those that are named alike, the one with the
/// greatest numbers below its own.
pub(crate) fn before<'a>(tags: &'a [Tag], bad: &Tag) -> Option<&'a Tag> {
    let numbers = of_tag(&bad.name)?;
    let stem = stem(&bad.name);
    let lower = tags.iter().filter_map(|tag| {
        let own = of_tag(&tag.name)?;
        (own < numbers && self::stem(&tag.name) == stem).then_some((own, tag))
    });
    lower.max_by(|a, b| a.0.cmp(&b.0)).map(|(_, tag)| tag)
}

fn stem(name: &str) -> &str {
    name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.')
}

fn after_any(text: &str, phrases: &[&str]) -> Option<String> {
    let found = phrases.iter().filter_map(|phrase| after(text, phrase));
    let first = found.min_by_key(|(at, _)| *at);
    first.map(|(_, version)| version.to_owned())
}

/// The first version right behind a phrase, and where the phrase stands.
fn after<'a>(text: &'a str, phrase: &str) -> Option<(usize, &'a str)> {
    let is_letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.match_indices(phrase).find_map(|(at, _)| {
        let is_word = !text[..at].ends_with(is_letter);
        let mut rest = &text[at + phrase.len()..];
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_whitespace() || ":`=*".contains(c));
            let between = BETWEEN.iter().find_map(|word| rest.strip_prefix(word));
            match between {
                Some(behind) if behind.starts_with(char::is_whitespace) => rest = behind,
                _ => break,
            }
        }
        version(rest)
            .filter(|_| is_word)
            .map(|version| (at, version))
    })
}

/// The version that a text begins with: at least two numbers, perhaps behind a `v`.
fn version(text: &str) -> Option<&str> {
    let text = text.strip_prefix('v').unwrap_or(text);
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.');
    let version = text[..end.unwrap_or(text.len())].trim_end_matches('.');
    numbers(version).map(|_| version)
}

fn numbers(text: &str) -> Option<Vec<u64>> {
    let numbers: Option<Vec<u64>> = text.split('.').map(|part| part.parse().ok()).collect();
    numbers.filter(|numbers| numbers.len() >= 2)
}

#[cfg(test)]
mod tests {
    use guildhall_source::git::ObjectId;

    use super::*;

    fn tags(names: &[&str]) -> Vec<Tag> {
        let commit = ObjectId::from_hex(&[b'1'; 40]).unwrap();
        let tag = |name: &&str| Tag {
            name: (*name).to_owned(),
            commit,
            time: 0,
        };
        names.iter().map(tag).collect()
    }

    #[test]
    fn versions_are_read_in_the_words_of_a_reporter() {
        for (text, good, bad) in [
            (
                "It works in 1.2.3 but not since v1.3.0.",
                Some("1.2.3"),
                Some("1.3.0"),
            ),
            ("After upgrading to 0.10.3 locks hang", None, Some("0.10.3")),
            ("Downgrading to version 2.0 helps", Some("2.0"), None),
            ("Last good: `4.5.6`", Some("4.5.6"), None),
            (
                "I use 1.2.3 since yesterday, it networks in 1.2",
                None,
                None,
            ),
            ("works in 5 minutes", None, None),
        ] {
            let found = told(text);
            assert_eq!(found.last_good.as_deref(), good, "{text}");
            assert_eq!(found.first_bad.as_deref(), bad, "{text}");
        }
    }

    #[test]
    fn a_version_is_matched_to_the_projects_own_tag() {
        let tags = tags(&[
            "tokio-util-0.2.13",
            "tokio-0.2.13",
            "v0.1.11",
            "v0.1.11-rc.1",
            "x",
        ]);
        let found = |told| tag(&tags, told).map(|tag| tag.name.as_str());
        assert_eq!(found("0.2.13"), Some("tokio-0.2.13"));
        assert_eq!(found("0.1.11"), Some("v0.1.11"));
        assert_eq!(found("tokio-util-0.2.13"), Some("tokio-util-0.2.13"));
        assert_eq!(found("x"), Some("x"));
        assert_eq!(found("0.1.12"), None);
    }

    #[test]
    fn the_release_before_is_of_the_same_name() {
        let tags = tags(&[
            "v1.9.0",
            "v1.10.0",
            "v1.10.1",
            "other-1.10.0",
            "v1.10.1-beta.2",
        ]);
        let found = before(&tags, &tags[2]).map(|tag| tag.name.as_str());
        assert_eq!(found, Some("v1.10.0"));
        assert_eq!(before(&tags, &tags[0]), None);
    }
}
