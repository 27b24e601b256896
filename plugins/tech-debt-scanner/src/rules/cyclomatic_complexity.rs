//! Functions with many paths through them.

use guildhall_report::{Rule, Severity};

use super::limit::{Limit, Minutes, Value};

/// What is measured, from which value on it is found, and what it takes to mend.
pub(super) const LIMIT: Limit = Limit {
    id: "cyclomatic-complexity",
    // McCabe suggested 10 and noted that limits up to 15 work in practice; the `?` of
    // Rust counts as a path, so the higher one is right here.
    default: 15,
    value: Value::Function(|function| function.cyclomatic),
    minutes: Minutes {
        start: 10,
        step: 1,
        each: 1,
        unit: "path",
    },
    severity: severity_of,
    message: |value, threshold| format!("cyclomatic complexity is {value}, above {threshold}"),
    reason: "Every independent path needs its own test.",
    is_of_size: false,
};

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
    let rule = Rule::new(
        LIMIT.id,
        Severity::Info,
        "Function has many paths",
        "Reports functions whose cyclomatic complexity is above the threshold. \
               Such a finding is for information, and minor from twice the threshold: a flat \
               `match` with many arms has many paths and is easy to read all the same.",
        "Each independent path needs a test of its own before one can say that the function \
               was tested.",
    );
    let measured = "T. J. McCabe, \"A Complexity Measure\", IEEE Transactions on Software Engineering, 1976: \
               1, and 1 for each `if`, `while`, `for`, `loop`, `&&`, `||`, `?`, `let ... else` and \
               guard of an arm, and the arms of each `match` less one. `if`, `while`, `for`, `&&` \
               and `||` in the arguments of macros count; functions within functions do not. In other \
               languages than Rust what corresponds counts, such as the cases of a `switch` and \
               `catch`: docs/tech-debt-scanner.md has the table.";
    LIMIT.documented(
        rule.with_example(EXAMPLE, BETTER).with_language("rust"),
        measured,
    )
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
