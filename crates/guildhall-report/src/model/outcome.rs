//! Whether what a report is about came out as it was meant to.

use guildhall_core::Schema;
use serde::{Deserialize, Serialize};

/// Whether what was asked for was reached, for a report that is about something that can
/// fail without anything being wrong with the agent: a check, a search, a trial. A command
/// whose report is [`ReportOutcome::Unmet`] ends with exit code 1, and prints it all the same.
///
/// ```
/// use guildhall_report::{Report, ReportOutcome};
///
/// let report = Report {
///     outcome: Some(ReportOutcome::unmet("the tests still fail with it")),
///     ..Report::default()
/// };
/// let json = serde_json::to_value(&report)?;
/// assert_eq!(json["outcome"]["is"], "unmet");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(tag = "is", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ReportOutcome {
    /// It was reached.
    Met,
    /// It was not.
    Unmet {
        /// Why, as a sentence without its full stop: `the tests still fail with it`.
        reason: String,
    },
}

impl ReportOutcome {
    /// What was asked for was not reached.
    pub fn unmet(reason: impl Into<String>) -> Self {
        Self::Unmet {
            reason: reason.into(),
        }
    }

    /// Why it was not reached; `None` where it was.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Met => None,
            Self::Unmet { reason } => Some(reason),
        }
    }
}
