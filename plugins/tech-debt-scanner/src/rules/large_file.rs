//! Files that hold too much.

use guildhall_report::{Rule, Severity};

use super::limit::{Limit, Minutes, Value, severity};

/// What is measured, from which value on it is found, and what it takes to mend.
pub(super) const LIMIT: Limit = Limit {
    id: "large-file",
    // The limit that SonarSource sets by default (rule S104).
    default: 1000,
    value: Value::File(|file| file.lines.all),
    minutes: Minutes {
        start: 30,
        step: 1,
        each: 20,
        unit: "line",
    },
    severity,
    message: |value, threshold| format!("file has {value} lines, more than {threshold}"),
    reason: "A large file usually holds several things that change for different reasons.",
    is_of_size: true,
};

const EXAMPLE: &str = "\
// src/orders.rs
struct Order {}

fn read() {}     // and 700 lines on reading orders
fn price() {}    // and 600 on pricing
fn store() {}    // and 500 on storing
fn print() {}    // and 800 on printing them";

const BETTER: &str = "\
// src/orders.rs; each module has a file of its own
mod price;
mod print;
mod read;
mod store;";

pub(super) fn rule() -> Rule {
    let rule = Rule::new(
        LIMIT.id,
        Severity::Minor,
        "File is large",
        "Reports files of more lines than the threshold.",
        "A large file usually holds several things that change for different reasons; it is \
               hard to find one's way in and a common place of conflicts.",
    );
    let measured = "Lines of the file, blank lines, comments and tests included. Of tests, and of \
               lists, which have less than a quarter of the cognitive complexity for a line that \
               the tree has, it is for information.";
    LIMIT.documented(
        rule.with_example(EXAMPLE, BETTER).with_language("rust"),
        measured,
    )
}
