//! Functions with many paths through them.

use guildhall_report::{Finding, Rule, Severity};

use super::measured::{Excess, Site};
use crate::settings::Settings;

pub(crate) const ID: &str = "cyclomatic-complexity";

/// McCabe suggested 10 and noted that limits up to 15 work in practice; the `?` of
/// Rust counts as a path, so the higher one is right here.
const DEFAULT_THRESHOLD: f64 = 15.0;

const EXAMPLE: &str = "\
fn grade(points: u32) -> char {
    if points >= 90 { 'A' }
    else if points >= 80 { 'B' }
    else if points >= 70 { 'C' }
    else { 'F' }
}";

const BETTER: &str = "\
const GRADES: [(u32, char); 3] = [(90, 'A'), (80, 'B'), (70, 'C')];

fn grade(points: u32) -> char {
    let reached = GRADES.iter().find(|(least, _)| points >= *least);
    reached.map_or('F', |(_, grade)| *grade)
}";

pub(super) fn rule() -> Rule {
    Rule {
        id: ID.to_owned(),
        title: "Function has many paths".to_owned(),
        what: "Reports functions whose cyclomatic complexity is above the threshold. \
               Such a finding is for information, and minor from twice the threshold: a flat \
               `match` with many arms has many paths and is easy to read all the same."
            .to_owned(),
        why: "Each independent path needs a test of its own before one can say that the function \
               was tested."
            .to_owned(),
        example: Some(EXAMPLE.to_owned()),
        better: Some(BETTER.to_owned()),
        measured: Some(
            "T. J. McCabe, \"A Complexity Measure\", IEEE Transactions on Software Engineering, 1976: \
               1, and 1 for each `if`, `while`, `for`, `loop`, `&&`, `||`, `?`, `let ... else` and \
               guard of an arm, and the arms of each `match` less one. `if`, `while`, `for`, `&&` \
               and `||` in the arguments of macros count; functions within functions do not.\n\n\
               Remediation: 10 minutes and 1 for each path above the threshold."
                .to_owned(),
        ),
        severity: Severity::Info,
        threshold: Some(DEFAULT_THRESHOLD),
        setting: Some("scan.rules.cyclomatic-complexity.threshold".to_owned()),
    }
}

pub(super) fn check(site: &Site<'_>, settings: &Settings) -> Option<Finding> {
    let value = site.function.cyclomatic;
    let threshold = settings
        .threshold(ID)
        .filter(|threshold| value > *threshold)?;
    let excess = Excess {
        rule: ID,
        value,
        threshold,
        severity: severity_of(value, threshold),
        message: format!("cyclomatic complexity is {value}, above {threshold}"),
        reason: "Every independent path needs its own test.",
        minutes: minutes(value - threshold),
    };
    Some(excess.at(site))
}

/// Ten minutes to begin with and one for each path above the threshold.
fn minutes(over: u32) -> u32 {
    over.saturating_add(10)
}

/// Never more than minor: the measure counts every arm of a flat `match`, which is
/// easy to read however many arms there are.
fn severity_of(value: u32, threshold: u32) -> Severity {
    if value >= threshold.saturating_mul(2) {
        Severity::Minor
    } else {
        Severity::Info
    }
}
