//! Functions with many parameters.

use guildhall_report::{Finding, Rule, Severity};

use super::measured::{Excess, Site, severity};
use crate::settings::Settings;

pub(crate) const ID: &str = "too-many-parameters";

/// The limit of clippy's `too_many_arguments`.
const DEFAULT_THRESHOLD: f64 = 7.0;

const EXAMPLE: &str = "\
fn draw(x: f64, y: f64, width: f64, height: f64, red: u8, green: u8, blue: u8, fill: bool) {}";

const BETTER: &str = "\
fn draw(area: Rectangle, colour: Colour, style: Style) {}";

pub(super) fn rule() -> Rule {
    Rule {
        id: ID.to_owned(),
        title: "Function has many parameters".to_owned(),
        what: "Reports functions with more parameters than the threshold.".to_owned(),
        why: "Arguments are told apart by their order, so with many of them a call says little \
               and two of one type are easily swapped."
            .to_owned(),
        example: Some(EXAMPLE.to_owned()),
        better: Some(BETTER.to_owned()),
        measured: Some(
            "The parameters of a function with a body, `self` and a trailing `...` included: \
               the caller has to supply them as well.\n\n\
               Remediation: 10 minutes and 5 for each parameter above the threshold."
                .to_owned(),
        ),
        severity: Severity::Minor,
        threshold: Some(DEFAULT_THRESHOLD),
        setting: Some("scan.rules.too-many-parameters.threshold".to_owned()),
    }
}

pub(super) fn check(site: &Site<'_>, settings: &Settings) -> Option<Finding> {
    let value = site.function.parameters;
    let threshold = settings
        .threshold(ID)
        .filter(|threshold| value > *threshold)?;
    let excess = Excess {
        rule: ID,
        value,
        threshold,
        severity: severity(value, threshold),
        message: format!("function has {value} parameters, more than {threshold}"),
        reason: "Calls with many arguments are hard to read and easy to get wrong.",
        minutes: minutes(value - threshold),
    };
    Some(excess.at(site))
}

/// Ten minutes to begin with and five for each parameter above the threshold.
fn minutes(over: u32) -> u32 {
    over.saturating_mul(5).saturating_add(10)
}
