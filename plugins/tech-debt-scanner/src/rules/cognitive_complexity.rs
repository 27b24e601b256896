//! Functions whose flow of control is hard to follow.

use guildhall_report::{Rule, Severity};

use super::limit::{Limit, Minutes, Value, severity};

/// What is measured, from which value on it is found, and what it takes to mend.
pub(super) const LIMIT: Limit = Limit {
    id: "cognitive-complexity",
    // The limit that SonarSource sets by default (rule S3776): enough for a handful of
    // branches on two levels.
    default: 15,
    value: Value::Function(|function| function.cognitive),
    minutes: Minutes {
        start: 5,
        step: 1,
        each: 1,
        unit: "point",
    },
    severity,
    message: |value, threshold| format!("cognitive complexity is {value}, above {threshold}"),
    reason: "Deeply nested branches are slow to understand and easy to break.",
    is_of_size: false,
};

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
    let rule = Rule::new(
        LIMIT.id,
        Severity::Minor,
        "Function is hard to follow",
        "Reports functions whose cognitive complexity is above the threshold.",
        "A reader must keep in mind every condition that holds at the line that is being read. \
               Branches within branches therefore cost more than branches side by side, \
               and such functions are changed slowly and wrongly.",
    );
    let measured = "As the SonarSource white paper \"Cognitive Complexity\" (version 1.5) defines it. \
               `if`, `match` and loops cost 1 and 1 more for each level of nesting; `else` and \
               `else if` cost 1; each run of like `&&` or `||` costs 1; `break` and `continue` \
               with a label cost 1; closures and inner functions nest. \
               Macros are not expanded. \
               Test code is measured like any other. In other languages than Rust what \
               corresponds counts: docs/tech-debt-scanner.md has the table.";
    LIMIT.documented(
        rule.with_example(EXAMPLE, BETTER).with_language("rust"),
        measured,
    )
}
