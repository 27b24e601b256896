//! Functions that are too long to see at once.

use guildhall_report::{Rule, Severity};

use super::limit::{Limit, Minutes, Value, severity};

/// What is measured, from which value on it is found, and what it takes to mend.
pub(super) const LIMIT: Limit = Limit {
    id: "long-function",
    // The limit of clippy's `too_many_lines`: about two screens.
    default: 100,
    value: Value::Function(|function| function.lines),
    minutes: Minutes {
        start: 20,
        step: 1,
        each: 5,
        unit: "line",
    },
    severity,
    message: |value, threshold| format!("function has {value} lines, more than {threshold}"),
    reason: "A function that does not fit on the screen is read in pieces.",
    is_of_size: true,
};

const EXAMPLE: &str = "\
fn import() -> Result<(), Error> {
    // read the file: 60 lines
    // check the records: 50 lines
    // store them: 40 lines
    Ok(())
}";

const BETTER: &str = "\
fn import() -> Result<(), Error> {
    let records = checked(read()?)?;
    store(&records)
}";

pub(super) fn rule() -> Rule {
    let rule = Rule::new(
        LIMIT.id,
        Severity::Minor,
        "Function is long",
        "Reports functions of more lines than the threshold.",
        "A function that does not fit on the screen is read in pieces, and usually does \
               several things that could each have a name and a test.",
    );
    let measured = "Lines from the first keyword of the function to its end (its closing brace in \
               most languages), both included, with blank lines and comments, without \
               attributes, annotations, decorators and documentation. Of tests, and of \
               lists, which have less than a quarter of the cognitive complexity for a line that \
               the tree has, it is for information.";
    LIMIT.documented(
        rule.with_example(EXAMPLE, BETTER).with_language("rust"),
        measured,
    )
}
