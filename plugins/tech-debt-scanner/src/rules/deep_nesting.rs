//! Functions with deeply nested control structures.

use guildhall_report::{Finding, Rule, Severity};

use super::measured::{Excess, Site, severity};
use crate::settings::Settings;

pub(crate) const ID: &str = "deep-nesting";

/// A loop, a branch, a `match` and a closure may stand in each other; one more level
/// is more than most readers keep apart, and leaves little of a line of 100 columns.
const DEFAULT_THRESHOLD: f64 = 4.0;

const EXAMPLE: &str = "\
fn first(list: &[Item]) -> Option<&Item> {
    for item in list {
        if item.ready {
            if let Some(owner) = &item.owner {
                if owner.active {
                    if !owner.away {
                        return Some(item);
                    }
                }
            }
        }
    }
    None
}";

const BETTER: &str = "\
fn first(list: &[Item]) -> Option<&Item> {
    list.iter().find(|item| item.ready && has_present_owner(item))
}";

pub(super) fn rule() -> Rule {
    Rule {
        id: ID.to_owned(),
        title: "Code is deeply nested".to_owned(),
        what: "Reports functions in which `if`, `match`, loops and closures stand in each other \
               deeper than the threshold."
            .to_owned(),
        why: "What happens in the innermost level depends on every condition around it, and the \
               code for the ordinary case is hard to tell from that for the exceptions."
            .to_owned(),
        example: Some(EXAMPLE.to_owned()),
        better: Some(BETTER.to_owned()),
        measured: Some(
            "The largest number of `if`, `match`, `while`, `for`, `loop` and closures that stand \
               in each other; an `else if` is on the level of its `if`, and a function within a \
               function begins from nought.\n\n\
               Remediation: 15 minutes for each level above the threshold."
                .to_owned(),
        ),
        severity: Severity::Minor,
        threshold: Some(DEFAULT_THRESHOLD),
        setting: Some("scan.rules.deep-nesting.threshold".to_owned()),
    }
}

pub(super) fn check(site: &Site<'_>, settings: &Settings) -> Option<Finding> {
    let value = site.function.nesting;
    let threshold = settings
        .threshold(ID)
        .filter(|threshold| value > *threshold)?;
    let excess = Excess {
        rule: ID,
        value,
        threshold,
        severity: severity(value, threshold),
        message: format!("control structures are nested {value} deep, above {threshold}"),
        reason: "What happens in the innermost level depends on every condition around it.",
        minutes: minutes(value - threshold),
    };
    Some(excess.at(site))
}

/// A quarter of an hour for each level above the threshold.
fn minutes(over: u32) -> u32 {
    over.saturating_mul(15)
}
