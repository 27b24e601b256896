//! Functions with deeply nested control structures.

use guildhall_report::{Rule, Severity};

use super::limit::{Limit, Minutes, Value, severity};

/// What is measured, from which value on it is found, and what it takes to mend.
pub(super) const LIMIT: Limit = Limit {
    id: "deep-nesting",
    // A loop, a branch, a `match` and a closure may stand in each other; one more level
    // is more than most readers keep apart, and leaves little of a line of 100 columns.
    default: 4,
    value: Value::Function(|function| function.nesting),
    minutes: Minutes {
        start: 0,
        step: 15,
        each: 1,
        unit: "level",
    },
    severity,
    message: |value, threshold| {
        format!("control structures are nested {value} deep, above {threshold}")
    },
    reason: "What happens in the innermost level depends on every condition around it.",
    is_of_size: false,
};

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
    let rule = Rule::new(
        LIMIT.id,
        Severity::Minor,
        "Code is deeply nested",
        "Reports functions in which `if`, `match`, loops and closures stand in each other \
               deeper than the threshold.",
        "What happens in the innermost level depends on every condition around it, and the \
               code for the ordinary case is hard to tell from that for the exceptions.",
    );
    let measured = "The largest number of `if`, `match`, `while`, `for`, `loop` and closures that stand \
               in each other; an `else if` is on the level of its `if`, and a function within a \
               function begins from nought. In other languages than Rust `switch`, `catch`, lambdas and \
               what else corresponds nest as well.";
    LIMIT.documented(
        rule.with_example(EXAMPLE, BETTER).with_language("rust"),
        measured,
    )
}
