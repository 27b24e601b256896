//! What is said before the list of findings: whether what was asked for was reached, and
//! what does not stand in the list: known findings, those that a change does not touch,
//! suppressed ones.

use std::collections::BTreeMap;

use super::words::{place, plural};
use crate::{Document, Suppressed, UnusedSuppression};

/// The code of an outcome that was not reached, where a format has codes.
pub(super) const UNMET: &str = "unmet";

/// A sentence each, for formats that people read.
pub(super) fn notes(document: &Document) -> Vec<String> {
    let all = [against(document), narrowed(document), suppressed(document)];
    reached(document).chain(all.into_iter().flatten()).collect()
}

/// Whether what was asked for was reached: `Not met: the tests still fail with it.`
fn reached(document: &Document) -> impl Iterator<Item = String> {
    let several = document.outcomes.len() > 1;
    document.outcomes.iter().map(move |(agent, outcome)| {
        let by = match several {
            true => format!(" ({agent})"),
            false => String::new(),
        };
        match outcome.reason() {
            None => format!("Met{by}."),
            Some(reason) => format!("Not met{by}: {}.", reason.trim_end_matches('.')),
        }
    })
}

fn against(document: &Document) -> Option<String> {
    let held = document.baseline.as_ref()?;
    let mut counts = vec![
        format!("{} new", held.new),
        format!("{} known", held.known),
        format!("{} moved", held.moved),
        format!("{} gone", held.gone),
    ];
    if held.suppressed > 0 {
        counts.push(format!("{} suppressed since", held.suppressed));
    }
    if held.unexamined > 0 {
        let count = held.unexamined;
        counts.push(format!("{count} not looked for"));
    }
    Some(format!("Against {}: {}.", held.source, counts.join(", ")))
}

/// What has changed since the last scan: `Since the scan of 2026-11-20 (abc1234): 3 new,
/// 5 gone.` It is not the same from run to run, so only what is read once says it, and
/// nothing is said where nothing has changed.
pub(super) fn since_last_scan(document: &Document) -> Option<String> {
    let since = document.run.since_last_scan.as_ref()?;
    let total = |counts: &BTreeMap<String, u64>| {
        counts
            .values()
            .fold(0, |sum: u64, it| sum.saturating_add(*it))
    };
    let (new, gone) = (total(&since.new), total(&since.gone));
    if new == 0 && gone == 0 {
        return None;
    }
    let commit = since.commit.as_deref().map(|commit| {
        let short: String = commit.chars().take(7).collect();
        format!(" ({short})")
    });
    let day = since.scanned_at.split('T').next().unwrap_or_default();
    Some(format!(
        "Since the scan of {day}{}: {new} new, {gone} gone.",
        commit.unwrap_or_default(),
    ))
}

fn narrowed(document: &Document) -> Option<String> {
    let since = document.since.as_ref()?;
    let mut commit = since.commit.clone();
    commit.truncate(
        since
            .commit
            .char_indices()
            .nth(10)
            .map_or(commit.len(), |it| it.0),
    );
    let left_out = plural(since.left_out, "finding");
    Some(format!(
        "Changed since {} ({commit}): {left_out} elsewhere left out.",
        since.reference
    ))
}

fn suppressed(document: &Document) -> Option<String> {
    let findings = document.suppressed.len();
    let unused = document.unused_suppressions.len();
    let found = plural(findings, "finding");
    let without = plural(unused, "suppression");
    match (findings, unused) {
        (0, 0) => None,
        (_, 0) => Some(format!("{found} suppressed in the source.")),
        (0, _) => Some(format!("{without} in the source without use.")),
        _ => Some(format!(
            "{found} suppressed in the source, {without} without use."
        )),
    }
}

/// Why, since when and by whom: `generated code (since 2026-01-31, by Ada)`.
pub(super) fn because(suppressed: &Suppressed) -> String {
    let written = written(suppressed.since.as_deref(), suppressed.author.as_deref());
    format!("{}{written}", suppressed.reason)
}

/// The rules, why, since when and by whom.
pub(super) fn unused(suppression: &UnusedSuppression) -> String {
    let rules = suppression.rules.join(", ");
    let written = written(suppression.since.as_deref(), suppression.author.as_deref());
    format!("allow({rules}) {}{written}", suppression.reason)
}

/// Where the suppression stands, or else what it suppresses.
pub(super) fn place_of(suppressed: &Suppressed) -> String {
    let at = suppressed.location.as_ref();
    let at = at.or(suppressed.finding.location.as_ref());
    at.map(place).unwrap_or_default()
}

fn written(since: Option<&str>, author: Option<&str>) -> String {
    match (since, author) {
        (Some(since), Some(author)) => format!(" (since {since}, by {author})"),
        (Some(since), None) => format!(" (since {since})"),
        (None, Some(author)) => format!(" (by {author})"),
        (None, None) => String::new(),
    }
}
