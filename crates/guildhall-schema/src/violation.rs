//! What in a value does not fit.

use std::fmt;

/// One thing in a value that does not fit the schema.
///
/// Shown, it is the message and the place: ``expected a string, found 1 at /name``.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Where in the value, as a JSON pointer; empty for the whole.
    pub instance_path: String,
    /// The keyword that is violated, as a JSON pointer into the schema.
    pub schema_path: String,
    /// What was expected and what is there.
    pub message: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.instance_path.is_empty() {
            "/"
        } else {
            &self.instance_path
        };
        write!(formatter, "{} at {place}", self.message)
    }
}
