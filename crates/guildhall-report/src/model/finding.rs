//! A finding: one place that should be looked at, with the measured reason.

use std::fmt;
use std::str::FromStr;

use guildhall_core::Schema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{ReportError, number};

/// How much a finding matters, least first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Schema,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; never fails a gate unless asked for.
    Info,
    /// Should be mended when the place is next touched.
    Minor,
    /// Should be planned.
    Major,
    /// Should be mended before anything is built on top.
    Critical,
}

/// A place in a file. Lines and columns count from 1; a column counts Unicode
/// scalar values, as SARIF's `unicodeCodePoints` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Schema)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in Unicode scalar values, from 1.
    pub column: u32,
}

/// Where a finding is: a file, and the range in it where that is known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Schema)]
pub struct Location {
    /// Path relative to the scanned root, `/` between its parts, written as
    /// `guildhall_core::path_text` writes paths (bytes that are not UTF-8 appear
    /// as `\xNN`).
    pub path: String,
    /// First character of the range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Position>,
    /// Position just after the last character of the range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Position>,
}

/// One place that should be looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
pub struct Finding {
    /// Id of the rule, for example `cognitive-complexity`.
    pub rule: String,
    /// How much it matters.
    pub severity: Severity,
    /// Where it is.
    pub location: Location,
    /// What the finding is about, for example the name of a function.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// One sentence without a final full stop: what was found here.
    pub message: String,
    /// Why it matters, in a sentence.
    pub reason: String,
    /// The measured value.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "number::serialize_option"
    )]
    pub value: Option<f64>,
    /// The threshold that the value is held against.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "number::serialize_option"
    )]
    pub threshold: Option<f64>,
    /// Estimated minutes to mend it; the rule's documentation has the formula.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remediation_minutes: Option<u32>,
    /// Stable identity across runs and across unrelated edits of the file:
    /// lower-case hexadecimal.
    pub fingerprint: String,
    /// Other places that belong to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<Location>,
    /// Id of the agent that says so; filled in by the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// Fields of newer versions, kept so that they survive a round trip.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Finding {
    /// The subject, unless the message begins with it and so names it already.
    pub fn unnamed_subject(&self) -> Option<&str> {
        let subject = self.subject.as_deref();
        subject.filter(|subject| !self.message.starts_with(subject))
    }
}

/// Something that was not examined, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Schema)]
pub struct Skipped {
    /// Path relative to the scanned root, written as in [`Location::path`].
    pub path: String,
    /// A stable code, for example `unparsable`, `unreadable`, `too-large`.
    pub code: String,
    /// One sentence for a person: what went wrong and, where known, where.
    pub reason: String,
    /// Id of the agent that says so; filled in by the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
}

impl Severity {
    /// Every severity, least first.
    pub const ALL: [Self; 4] = [Self::Info, Self::Minor, Self::Major, Self::Critical];

    /// The severity's name, as in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Minor => "minor",
            Self::Major => "major",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl FromStr for Severity {
    type Err = ReportError;

    fn from_str(text: &str) -> Result<Self, ReportError> {
        let named = |severity: &Self| severity.as_str() == text;
        let unknown = || ReportError::UnknownSeverity {
            given: text.to_owned(),
        };
        Self::ALL.into_iter().find(named).ok_or_else(unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_severity_is_read_by_its_name() {
        for severity in Severity::ALL {
            assert_eq!(severity.to_string().parse(), Ok(severity));
        }
        assert_eq!(
            "Blocker".parse::<Severity>().unwrap_err().to_string(),
            "unknown severity `Blocker`; use one of info, minor, major, critical"
        );
    }
}
