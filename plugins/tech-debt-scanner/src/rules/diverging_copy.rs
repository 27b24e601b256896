//! One copy was mended, the other was not.

use std::ops::Range;

use guildhall_report::{Finding, Fingerprint, Location, Rule, Severity};
use guildhall_source::git::ObjectId;

pub(crate) const ID: &str = "diverging-copy";

/// As for exact copies.
const DEFAULT: u32 = 50;

/// To read both places and the commit, and to mend one.
const MINUTES: u32 = 20;

/// The share of findings that were worth reading where it was measured.
const CONFIDENCE: f64 = 0.8;

/// A copy that a fix forgot.
#[derive(Debug)]
pub(crate) struct Divergence {
    /// What still stands as before the fix.
    pub(crate) place: Location,
    /// What the fix changed.
    pub(crate) mended: Location,
    /// The file of the former, and its lines.
    pub(crate) file: usize,
    pub(crate) lines: Range<u32>,
    /// Tokens that both had in common.
    pub(crate) tokens: u32,
    /// Stretches that the fix changed there.
    pub(crate) edits: u32,
    pub(crate) commit: ObjectId,
    pub(crate) subject: String,
    /// Days before the commit that is checked out.
    pub(crate) age: f64,
    pub(crate) taken: Vec<String>,
    pub(crate) given: Vec<String>,
    /// What it is known by.
    pub(crate) essence: String,
}

const EXAMPLE: &str = "\
fn bill(order: &Order) -> u32 {
    let count = order.items.len();
    let sum: u32 = order.items.iter().map(Item::total).sum();
    // Came with the commit `fix: an order without items divides by zero`.
    if count == 0 {
        return 0;
    }
    let mean = sum / count;
    round(mean, order.currency)
}

fn offer(order: &Order) -> u32 {
    let count = order.items.len();
    let sum: u32 = order.items.iter().map(Item::total).sum();
    let mean = sum / count;
    round(mean, order.currency)
}";

const BETTER: &str = "\
fn bill(order: &Order) -> u32 {
    round(mean(&order.items), order.currency)
}

fn offer(order: &Order) -> u32 {
    round(mean(&order.items), order.currency)
}

fn mean(items: &[Item]) -> u32 {
    let sum: u32 = items.iter().map(Item::total).sum();
    sum.checked_div(items.len()).unwrap_or(0)
}";

pub(super) fn rule() -> Rule {
    Rule::new(
        ID,
        Severity::Minor,
        "A fix forgot a copy",
        "Reports code that stands as it stood in another place before a commit fixed it there: \
         copies of which one was changed and the other was not (an inconsistent change of \
         clones). Needs the history of a year.",
        "What was wrong in one copy is often wrong in the other. Where it is not, the copies \
         have become different things, and should not look as if they were one.",
    )
    .with_example(EXAMPLE, BETTER)
    .with_measured(
        "Of the newest 600 files that fixes of the last year changed, each edit of up to 20 \
         lines is looked for in today's code by the lines that it took away and at least 12 \
         tokens of lines on each side, after J. Jang, A. Agrawal and D. Brumley, *ReDeBug* (IEEE \
         Symposium on Security and Privacy, 2012). A commit is a fix by the words of its \
         subject; one that changes more than 12 source files is left out. It is a finding where \
         another place that ships has these lines today and had them before the fix, where the \
         lines that both had in common come to the threshold in tokens, and where the mended \
         place still stands as the fix left it. Lines are compared without indentation, blank \
         lines and lines of comments; names have to be equal. Lines that stand in more than two \
         other places are a turn of phrase, and imports, names in lists and prose no change of \
         code.\n\nWhat is not seen: copies with other names on these lines, files that were moved \
         since the fix, fixes whose subject does not say so, and what is wanted: a copy that \
         must differ.\n\nRemediation: 20 minutes.",
    )
    .with_threshold(f64::from(DEFAULT), format!("scan.rules.{ID}.threshold"))
}

/// The finding on a copy. What it is known by is the text that was forgotten and the commit, so
/// that it stays the same wherever the copy is moved.
pub(crate) fn finding(divergence: &Divergence, threshold: u32) -> Finding {
    let commit = divergence.commit.to_string();
    let commit = &commit[..commit.len().min(12)];
    let mended = match divergence.mended.start {
        Some(start) => format!("{}:{}", divergence.mended.path, start.line),
        None => divergence.mended.path.clone(),
    };
    let lines = divergence.lines.end - divergence.lines.start + 1;
    let message = format!(
        "{lines} lines stand as they stood at {mended} before {commit} changed it there: {}",
        divergence.subject
    );
    let days = divergence.age as u64;
    let mut evidence = vec![format!(
        "{commit}, {days} days before the commit that is checked out"
    )];
    evidence.extend(
        divergence
            .taken
            .iter()
            .map(|line| format!("still here: {line}")),
    );
    evidence.extend(
        divergence
            .given
            .iter()
            .map(|line| format!("there now: {line}")),
    );
    Finding::new(ID, Severity::Minor, divergence.place.clone(), message)
        .with_reason(
            "What was wrong where it was mended may be wrong here too; if not, the copies are \
             different things by now.",
        )
        .with_value(f64::from(divergence.tokens))
        .with_threshold(f64::from(threshold))
        .with_remediation_minutes(MINUTES)
        .with_confidence(CONFIDENCE)
        .with_related(vec![divergence.mended.clone()])
        .with_evidence(evidence)
        .with_fingerprint(Fingerprint::of(&[ID, commit, &divergence.essence], 0))
}
