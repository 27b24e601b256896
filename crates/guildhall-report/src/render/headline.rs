//! What stands on top: the titles of the reports, and what came of them.

use super::words::plural;
use crate::Document;

/// The titles of the agents' reports, in one line; none where no agent gave one.
pub(super) fn titles(document: &Document) -> Option<String> {
    let titles: Vec<&str> = document.titles.values().map(String::as_str).collect();
    (!titles.is_empty()).then(|| titles.join("; "))
}

/// `2 findings in 1 file`, or `2 findings` where they are about no file.
pub(super) fn found(document: &Document) -> String {
    let noun = match document.baseline {
        Some(_) => "new finding",
        None => "finding",
    };
    let findings = plural(document.findings.len(), noun);
    match document.summary.files_with_findings {
        0 => findings,
        files => format!("{findings} in {}", plural(files, "file")),
    }
}

/// What a report without findings says, as a sentence. Nothing was found only where
/// something was looked for: a report that applies no rules is none the better for
/// having no findings. None where its title says enough.
pub(super) fn without_findings(document: &Document) -> Option<String> {
    if all_clear(document) {
        return Some("All clear: no findings, and everything was examined.".to_owned());
    }
    let lacking = if !document.summary.failed_agents.is_empty() {
        "not every agent could do its work"
    } else if !document.skipped.is_empty() && looks_for_nothing(document) {
        return Some("Not everything was examined: see below.".to_owned());
    } else if !document.skipped.is_empty() {
        "not everything was examined"
    } else {
        return match none_of(document) {
            "No findings" => document.titles.is_empty().then(|| nameless(document)),
            none => Some(format!("{none}, and everything was examined.")),
        };
    };
    Some(format!("{}, but {lacking}: see below.", none_of(document)))
}

/// Whether the reports are about something else than findings.
fn looks_for_nothing(document: &Document) -> bool {
    document.rules.is_empty() && !document.titles.is_empty()
}

/// Whether something was looked for, nothing was found, skipped or failed, and what was asked
/// for was reached.
pub(super) fn all_clear(document: &Document) -> bool {
    let quiet = document.findings.is_empty() && document.skipped.is_empty();
    let whole = document.baseline.is_none() && document.since.is_none();
    let reached = document.unmet().next().is_none();
    quiet
        && whole
        && reached
        && document.summary.failed_agents.is_empty()
        && !document.rules.is_empty()
}

/// What there is none of, where known findings or untouched ones may be left out.
pub(super) fn none_of(document: &Document) -> &'static str {
    match (&document.baseline, &document.since) {
        (Some(_), _) => "No new findings",
        (None, Some(_)) => "No findings in what has changed",
        (None, None) => "No findings",
    }
}

fn nameless(document: &Document) -> String {
    let agents: Vec<&str> = document.agents().into_iter().collect();
    match agents.as_slice() {
        [] => "Nothing was reported.".to_owned(),
        agents => format!("Report of {}.", agents.join(", ")),
    }
}
