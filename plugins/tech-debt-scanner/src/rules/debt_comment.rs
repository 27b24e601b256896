//! Comments in which the authors themselves note debt.

use guildhall_report::{Finding, Location, Rule, Severity};

use super::Ordinals;
use crate::comments::Marker;
use crate::facts::{Debt, File};
use crate::settings::Settings;

const ID: &str = "debt-comment";

/// Longer texts are cut off in messages.
const MESSAGE_LENGTH: usize = 200;

pub(super) fn rule() -> Rule {
    Rule::new(
        ID,
        Severity::Info,
        "Comment notes unfinished work",
        "Reports comments that begin with `TODO`, `FIXME`, `HACK` or `XXX`, with their \
               text. The marker must lead the comment, or a line of a block comment, and stand \
               as a word of its own; a bullet, a bracket or an `@` may stand before it. In \
               another case than upper case, `TODO`, `FIXME` and `HACK` count where a colon or \
               an author in parentheses follows, after an `@`, or alone. Comments that merely \
               mention a marker are left alone, and so are comments in the code of an \
               example. Documentation comments count.",
        "The authors knew that something was missing or wrong here. Nobody is reminded by \
              a comment: what matters belongs where work is planned.",
    )
    .with_example(
        "// FIXME: loses the last record when the file has no final newline",
        "// The caller guarantees a final newline; see issue 481 for files without.",
    )
    .with_language("rust")
    .with_measured(
        "Each such comment is one finding: `FIXME`, `HACK` and `XXX` are minor, `TODO` is \
             for information.\n\nRemediation: 30 minutes for `FIXME` and `HACK`, 20 for `TODO` \
             and `XXX`. Nobody can know this from a comment; the figures only give sums a scale.",
    )
}

/// The debt comments of a file.
pub(super) fn check(file: &File, settings: &Settings) -> Vec<Finding> {
    if !settings.enabled(ID) {
        return Vec::new();
    }
    let mut ordinals = Ordinals::default();
    let debts = file.facts.debts.iter();
    let found = debts.map(|debt| {
        let text = normalised(&debt.text);
        let ordinal = ordinals.next(text.clone());
        finding(&file.name, debt, &text, ordinal)
    });
    found.collect()
}

/// `ordinal` counts those before it in the file with the same text.
fn finding(path: &str, debt: &Debt, text: &str, ordinal: u32) -> Finding {
    let (severity, reason, minutes) = weight(Marker::of(&debt.marker));
    let location = Location::range(path, debt.start, debt.end);
    Finding::new(ID, severity, location, shortened(text))
        .with_subject(debt.marker.as_str())
        .with_reason(reason)
        .with_remediation_minutes(minutes)
        .with_evidence(evidence(debt))
        .with_identity(&[text], ordinal)
        .with_content(&[text])
}

/// What the comment says of whose it is.
fn evidence(debt: &Debt) -> Vec<String> {
    let issue = debt.issue.iter().map(|issue| format!("issue {issue}"));
    let assignee = debt.assignee.iter().map(|name| format!("for {name}"));
    issue.chain(assignee).collect()
}

/// The text by which a comment is recognised again: white space does not matter.
fn normalised(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn weight(marker: Marker<'_>) -> (Severity, &'static str, u32) {
    match marker {
        Marker::Todo => (
            Severity::Info,
            "The author noted work that is left to do.",
            20,
        ),
        Marker::Fixme => (
            Severity::Minor,
            "The author noted something that is wrong.",
            30,
        ),
        Marker::Hack => (
            Severity::Minor,
            "The author noted a makeshift solution.",
            30,
        ),
        Marker::Xxx => (
            Severity::Minor,
            "The author noted something that needs attention.",
            20,
        ),
        Marker::Own(_) => (
            Severity::Info,
            "The author used a marker that this project looks for.",
            20,
        ),
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(MESSAGE_LENGTH) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.trim_end_matches('.').to_owned(),
    }
}
