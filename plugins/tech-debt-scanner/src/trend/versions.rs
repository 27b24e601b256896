//! Releases: tags that are versions.

use std::collections::{BTreeMap, HashSet};
use std::ops::ControlFlow;

use guildhall_source::SourceError;
use guildhall_source::git::refs::{Refs, TAGS};
use guildhall_source::git::{ObjectId, ObjectKind};
use guildhall_source::repository::{Head, Repository, Watch};

use super::TrendError;
use super::points::{HEAD, Point, Points, lines, times};
use crate::ScanError;

/// A tag that is a version.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Release {
    tag: String,
    version: Vec<u64>,
    commit: ObjectId,
}

/// The `newest` releases in the history of `head`, and `head` itself.
pub(super) fn find(
    repository: &Repository,
    head: Head,
    newest: u32,
    prefix: Option<&str>,
    watch: &Watch<'_>,
) -> Result<Points, ScanError> {
    let mut notes = Vec::new();
    let releases = releases(repository, prefix, watch, &mut notes)?;
    let mut chosen = chosen(
        repository,
        head,
        releases,
        newest as usize,
        watch,
        &mut notes,
    )?;
    if chosen.is_empty() {
        let of = prefix.map(|prefix| format!(" with the prefix `{prefix}`"));
        let of = of.unwrap_or_default();
        return Err(TrendError::NoReleases { of }.into());
    }
    if chosen.last().is_none_or(|(commit, _)| *commit != head.id) {
        chosen.push((head.id, HEAD.to_owned()));
    }
    let commits: Vec<ObjectId> = chosen.iter().map(|(commit, _)| *commit).collect();
    let times = times(repository, &commits, watch)?;
    let point = |(commit, name): (ObjectId, String)| {
        let time = times.iter().find(|(id, _)| *id == commit);
        let time = time.map_or(0, |(_, time)| *time);
        Point { commit, time, name }
    };
    let points = chosen.into_iter().map(point).collect();
    Ok(Points { points, notes })
}

/// The releases with one prefix, highest first.
fn releases(
    repository: &Repository,
    prefix: Option<&str>,
    watch: &Watch<'_>,
    notes: &mut Vec<String>,
) -> Result<Vec<Release>, ScanError> {
    let mut by_prefix: BTreeMap<String, Vec<Release>> = BTreeMap::new();
    let _ = repository.records(Refs::default(), [TAGS], &[], watch, |found| {
        if let (commit, ObjectKind::Commit) = found.peeled()
            && let Some(tag) = found.name.strip_prefix(b"refs/tags/")
            && let Ok(tag) = str::from_utf8(tag)
            && let Some((prefix, version)) = version_of(tag)
        {
            let release = Release {
                tag: tag.to_owned(),
                version,
                commit,
            };
            by_prefix
                .entry(prefix.to_owned())
                .or_default()
                .push(release);
        }
        ControlFlow::Continue(())
    })?;
    let most = || {
        // Of prefixes that are equally common, the first in the alphabet.
        let all = by_prefix.iter().rev();
        all.max_by_key(|(_, releases)| releases.len())
            .map(|(prefix, _)| prefix.clone())
    };
    let Some(taken) = prefix.map(str::to_owned).or_else(most) else {
        return Ok(Vec::new());
    };
    let mut releases = by_prefix.remove(&taken).unwrap_or_default();
    releases.sort_by(|a, b| (&b.version, &b.tag).cmp(&(&a.version, &a.tag)));
    if prefix.is_none() && !by_prefix.is_empty() {
        notes.push(other_prefixes(&taken, &by_prefix));
    }
    Ok(releases)
}

/// Which tags were passed over.
fn other_prefixes(taken: &str, others: &BTreeMap<String, Vec<Release>>) -> String {
    const NAMED: usize = 5;
    let named = others.iter().take(NAMED);
    let named = named.map(|(prefix, releases)| format!("`{prefix}` ({})", releases.len()));
    let named = named.collect::<Vec<_>>().join(", ");
    let more = match others.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let taken = match taken {
        "" => "without a prefix".to_owned(),
        taken => format!("with the prefix `{taken}`"),
    };
    format!(
        "Releases are the tags {taken}; those with {named}{more} are left out, \
         unless --tag-prefix names one."
    )
}

/// The commits that stand for the releases, lowest first. Of several that stand at one
/// commit the lowest names it.
fn chosen(
    repository: &Repository,
    head: Head,
    releases: Vec<Release>,
    newest: usize,
    watch: &Watch<'_>,
    notes: &mut Vec<String>,
) -> Result<Vec<(ObjectId, String)>, ScanError> {
    let merged = merged(repository, head, watch)?;
    let mut chosen: Vec<(ObjectId, String)> = Vec::new();
    let mut branched = Vec::new();
    for release in releases {
        let commit = if merged.contains(&release.commit) {
            release.commit
        } else {
            let Some(base) = merge_base(repository, &head.id, &release.commit, watch)? else {
                continue;
            };
            branched.push(release.tag.clone());
            base
        };
        if let Some(same) = chosen.iter_mut().find(|(other, _)| *other == commit) {
            same.1 = release.tag;
            continue;
        }
        if chosen.len() == newest {
            break;
        }
        chosen.push((commit, release.tag));
    }
    chosen.reverse();
    branched.retain(|tag| chosen.iter().any(|(_, name)| name == tag));
    if !branched.is_empty() {
        branched.reverse();
        notes.push(format!(
            "On branches of their own are {}: the commit at which each branch began is measured.",
            branched.join(", ")
        ));
    }
    Ok(chosen)
}

/// The commits of tags that are in the history of `head`.
fn merged(
    repository: &Repository,
    head: Head,
    watch: &Watch<'_>,
) -> Result<HashSet<ObjectId>, ScanError> {
    let mut merged = HashSet::new();
    let arguments = [format!("--merged={}", head.id), TAGS.to_owned()];
    let _ = repository.records(Refs::default(), arguments, &[], watch, |found| {
        merged.insert(found.peeled().0);
        ControlFlow::Continue(())
    })?;
    Ok(merged)
}

/// The last commit that both have in their histories, if there is one.
fn merge_base(
    repository: &Repository,
    head: &ObjectId,
    commit: &ObjectId,
    watch: &Watch<'_>,
) -> Result<Option<ObjectId>, ScanError> {
    let arguments = [
        "merge-base".to_owned(),
        head.to_string(),
        commit.to_string(),
    ];
    match lines(repository, &arguments, watch) {
        Ok(lines) => Ok(lines
            .first()
            .and_then(|line| ObjectId::from_hex(line.as_bytes()))),
        // That is how git says that there is none.
        Err(ScanError::Source(SourceError::Command { .. })) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The prefix and the version of a tag: two to four numbers with dots between them, or a
/// date. A tag with more behind the version is a pre-release, or something else.
fn version_of(tag: &str) -> Option<(&str, Vec<u64>)> {
    let is_part = |byte: u8| byte.is_ascii_digit() || byte == b'.';
    let length = tag.bytes().rev().take_while(|byte| is_part(*byte)).count();
    let dotted = split(tag, tag.len() - length, '.');
    if let Some((prefix, version)) = dotted
        && (2..=4).contains(&version.len())
    {
        return Some((prefix, version));
    }
    let (prefix, version) = split(tag, tag.len().checked_sub(10)?, '-')?;
    let is_date = matches!(version[..], [1_970..=9_999, 1..=12, 1..=31]);
    is_date.then_some((prefix, version))
}

fn split(tag: &str, at: usize, between: char) -> Option<(&str, Vec<u64>)> {
    let (prefix, version) = tag.split_at_checked(at)?;
    // What begins with a digit is a date or a version itself, with something behind it.
    let begins_with_digit = prefix.starts_with(|first: char| first.is_ascii_digit());
    let ends_with_digit = prefix.ends_with(|last: char| last.is_ascii_digit());
    let holds_version = prefix
        .split(|letter: char| !letter.is_ascii_digit() && letter != '.')
        .any(|part| part.contains('.'));
    if begins_with_digit || ends_with_digit || holds_version {
        return None;
    }
    let numbers = version.split(between).map(|part| part.parse().ok());
    Some((prefix, numbers.collect::<Option<Vec<u64>>>()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tags_that_are_versions_are_told_from_others() {
        for (tag, expected) in [
            ("v1.2.3", Some(("v", vec![1, 2, 3]))),
            ("1.20", Some(("", vec![1, 20]))),
            ("tokio-util-0.7.10", Some(("tokio-util-", vec![0, 7, 10]))),
            ("name@1.2.3", Some(("name@", vec![1, 2, 3]))),
            ("2024-11-25", Some(("", vec![2024, 11, 25]))),
            ("utf8-v1.2.3", Some(("utf8-v", vec![1, 2, 3]))),
            ("nightly", None),
            ("v1", None),
            ("v1.2.3-rc.1", None),
            ("v1.2.3-rc1", None),
            ("v1.2.3-0.4", None),
            ("2024-13-25", None),
            ("2026-08-17.4", None),
            ("v1..2", None),
            ("v1.2.", None),
            ("v1.99999999999999999999", None),
            ("v1.2.3.4.5", None),
            ("", None),
        ] {
            assert_eq!(version_of(tag), expected, "{tag}");
        }
    }

    proptest! {
        #[test]
        fn any_tag_is_survived_and_its_parts_are_its_own(tag in any::<String>()) {
            if let Some((prefix, version)) = version_of(&tag) {
                prop_assert!(tag.starts_with(prefix));
                prop_assert!(version.len() >= 2);
            }
        }
    }
}
