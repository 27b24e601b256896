//! Functions with many parameters.

use guildhall_report::{Rule, Severity};

use super::limit::{Limit, Minutes, Value, severity};

/// What is measured, from which value on it is found, and what it takes to mend.
pub(super) const LIMIT: Limit = Limit {
    id: "too-many-parameters",
    // The limit of clippy's `too_many_arguments`.
    default: 7,
    value: Value::Function(|function| function.parameters),
    minutes: Minutes {
        start: 10,
        step: 5,
        each: 1,
        unit: "parameter",
    },
    severity,
    message: |value, threshold| format!("function has {value} parameters, more than {threshold}"),
    reason: "Calls with many arguments are hard to read and easy to get wrong.",
    is_of_size: false,
};

const EXAMPLE: &str = "\
fn draw(x: f64, y: f64, width: f64, height: f64, red: u8, green: u8, blue: u8, fill: bool) {}";

const BETTER: &str = "\
fn draw(area: Rectangle, colour: Colour, style: Style) {}";

pub(super) fn rule() -> Rule {
    let rule = Rule::new(
        LIMIT.id,
        Severity::Minor,
        "Function has many parameters",
        "Reports functions with more parameters than the threshold.",
        "Arguments are told apart by their order, so with many of them a call says little \
               and two of one type are easily swapped.",
    );
    let measured = "The parameters of a function with a body, `self` and a trailing `...` included: \
               the caller has to supply them as well. In every language those in the list count: `self` \
               in Python does, a receiver in Go does not.";
    LIMIT.documented(
        rule.with_example(EXAMPLE, BETTER).with_language("rust"),
        measured,
    )
}
