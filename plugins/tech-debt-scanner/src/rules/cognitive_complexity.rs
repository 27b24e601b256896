//! Functions whose flow of control is hard to follow.

use guildhall_report::{Finding, Rule, Severity};

use super::measured::{Excess, Site, severity};
use crate::settings::Settings;

pub(crate) const ID: &str = "cognitive-complexity";

/// The limit that SonarSource sets by default (rule S3776): enough for a handful of
/// branches on two levels.
const DEFAULT_THRESHOLD: f64 = 15.0;

const EXAMPLE: &str = "\
fn ship(orders: &[Order]) {
    for order in orders {              // +1
        if order.paid {                // +2
            match order.address {      // +3
                Some(address) => send(order, address),
                None if order.urgent => call(order),
                None => {}
            }
        }
    }
}";

const BETTER: &str = "\
fn ship(orders: &[Order]) {
    orders.iter().filter(|order| order.paid).for_each(dispatch);
}

fn dispatch(order: &Order) {
    match order.address {              // +1
        Some(address) => send(order, address),
        None if order.urgent => call(order),
        None => {}
    }
}";

pub(super) fn rule() -> Rule {
    Rule {
        id: ID.to_owned(),
        title: "Function is hard to follow".to_owned(),
        what: "Reports functions whose cognitive complexity is above the threshold.".to_owned(),
        why:
            "A reader must keep in mind every condition that holds at the line that is being read. \
               Branches within branches therefore cost more than branches side by side, \
               and such functions are changed slowly and wrongly."
                .to_owned(),
        example: Some(EXAMPLE.to_owned()),
        better: Some(BETTER.to_owned()),
        measured: Some(
            "As the SonarSource white paper \"Cognitive Complexity\" (version 1.5) defines it. \
               `if`, `match` and loops cost 1 and 1 more for each level of nesting; `else` and \
               `else if` cost 1; each run of like `&&` or `||` costs 1; `break` and `continue` \
               with a label cost 1; closures and inner functions nest. \
               Macros are not expanded. Test code is measured like any other.\n\n\
               Remediation: 5 minutes and 1 for each point above the threshold."
                .to_owned(),
        ),
        severity: Severity::Minor,
        threshold: Some(DEFAULT_THRESHOLD),
        setting: Some("scan.rules.cognitive-complexity.threshold".to_owned()),
    }
}

pub(super) fn check(site: &Site<'_>, settings: &Settings) -> Option<Finding> {
    let value = site.function.cognitive;
    let threshold = settings
        .threshold(ID)
        .filter(|threshold| value > *threshold)?;
    let excess = Excess {
        rule: ID,
        value,
        threshold,
        severity: severity(value, threshold),
        message: format!("cognitive complexity is {value}, above {threshold}"),
        reason: "Deeply nested branches are slow to understand and easy to break.",
        minutes: minutes(value - threshold),
    };
    Some(excess.at(site))
}

/// Five minutes to begin with and one for each point above the threshold.
fn minutes(over: u32) -> u32 {
    over.saturating_add(5)
}
