//! Functions that are too long to see at once.

use guildhall_report::{Finding, Rule, Severity};

use super::measured::{Excess, Site, severity};
use crate::settings::Settings;

pub(crate) const ID: &str = "long-function";

/// The limit of clippy's `too_many_lines`: about two screens.
const DEFAULT_THRESHOLD: f64 = 100.0;

const EXAMPLE: &str = "\
fn import() {
    // read the file: 60 lines
    // check the records: 50 lines
    // store them: 40 lines
}";

const BETTER: &str = "\
fn import() -> Result<(), Error> {
    let records = read()?;
    check(&records)?;
    store(&records)
}";

pub(super) fn rule() -> Rule {
    Rule {
        id: ID.to_owned(),
        title: "Function is long".to_owned(),
        what: "Reports functions of more lines than the threshold.".to_owned(),
        why: "A function that does not fit on the screen is read in pieces, and usually does \
               several things that could each have a name and a test."
            .to_owned(),
        example: Some(EXAMPLE.to_owned()),
        better: Some(BETTER.to_owned()),
        measured: Some(
            "Lines from the first keyword of the function to its closing brace, both included, \
               with blank lines and comments, without attributes and documentation.\n\n\
               Remediation: 20 minutes and 1 for each 5 lines above the threshold."
                .to_owned(),
        ),
        severity: Severity::Minor,
        threshold: Some(DEFAULT_THRESHOLD),
        setting: Some("scan.rules.long-function.threshold".to_owned()),
    }
}

pub(super) fn check(site: &Site<'_>, settings: &Settings) -> Option<Finding> {
    let value = site.function.lines;
    let threshold = settings
        .threshold(ID)
        .filter(|threshold| value > *threshold)?;
    let excess = Excess {
        rule: ID,
        value,
        threshold,
        severity: severity(value, threshold),
        message: format!("function has {value} lines, more than {threshold}"),
        reason: "A function that does not fit on the screen is read in pieces.",
        minutes: minutes(value - threshold),
    };
    Some(excess.at(site))
}

/// Twenty minutes to begin with and one for each five lines above the threshold.
fn minutes(over: u32) -> u32 {
    20 + over / 5
}
