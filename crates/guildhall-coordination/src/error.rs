//! What this crate refuses.

use crate::source_text::{Problem, list};

/// What this crate refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CoordinationError {
    /// A name or id that is not well formed.
    #[error("{text:?} is not a well-formed {what}: expected {form}")]
    BadName {
        /// What kind of name it should be.
        what: &'static str,
        /// The text given.
        text: String,
        /// The form expected.
        form: &'static str,
    },
    /// A plan with mistakes.
    #[error("{}", list(problems, *more))]
    BadPlan {
        /// The first ones, in the order of the text.
        problems: Vec<Problem>,
        /// How many more there are.
        more: usize,
    },
    /// A plan that is too long to be read.
    #[error(
        "{file} has {bytes} bytes, more than the {most} that a plan may have: give long lists to a task as the output of another"
    )]
    PlanTooLong {
        /// The file as it is shown.
        file: String,
        /// Its length.
        bytes: usize,
        /// The longest that is read.
        most: usize,
    },
    /// Values for parameters that do not fit the plan.
    #[error("{reason}")]
    BadParameters {
        /// Which, and why.
        reason: String,
    },
    /// A template or a condition that is not one.
    #[error("it is not a {what}: {reason}")]
    BadExpression {
        /// What it should be.
        what: &'static str,
        /// Why it is not.
        reason: String,
    },
}
