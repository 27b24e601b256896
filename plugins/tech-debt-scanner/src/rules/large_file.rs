//! Files that hold too much.

use guildhall_report::{Finding, Rule, Severity};

use super::measured::{Excess, severity};
use crate::settings::Settings;

pub(crate) const ID: &str = "large-file";

/// The limit that SonarSource sets by default (rule S104).
const DEFAULT_THRESHOLD: f64 = 1000.0;

const EXAMPLE: &str = "\
src/orders.rs: 2,600 lines on reading, pricing, storing and printing orders";

const BETTER: &str = "\
src/orders/{read,price,store,print}.rs, one of them a file";

pub(super) fn rule() -> Rule {
    Rule {
        id: ID.to_owned(),
        title: "File is large".to_owned(),
        what: "Reports files of more lines than the threshold.".to_owned(),
        why: "A large file usually holds several things that change for different reasons; it is \
               hard to find one's way in and a common place of conflicts."
            .to_owned(),
        example: Some(EXAMPLE.to_owned()),
        better: Some(BETTER.to_owned()),
        measured: Some(
            "Lines of the file, blank lines, comments and tests included.\n\n\
               Remediation: 30 minutes and 1 for each 20 lines above the threshold."
                .to_owned(),
        ),
        severity: Severity::Minor,
        threshold: Some(DEFAULT_THRESHOLD),
        setting: Some("scan.rules.large-file.threshold".to_owned()),
    }
}

/// A file of so many lines.
pub(crate) fn check(path: &str, value: u32, settings: &Settings) -> Option<Finding> {
    let threshold = settings
        .threshold(ID)
        .filter(|threshold| value > *threshold)?;
    let excess = Excess {
        rule: ID,
        value,
        threshold,
        severity: severity(value, threshold),
        message: format!("file has {value} lines, more than {threshold}"),
        reason: "A large file usually holds several things that change for different reasons.",
        minutes: minutes(value - threshold),
    };
    Some(excess.in_file(path))
}

/// Half an hour to begin with and a minute for each twenty lines above the threshold.
fn minutes(over: u32) -> u32 {
    30 + over / 20
}
