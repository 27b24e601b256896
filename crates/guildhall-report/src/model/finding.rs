//! A finding: one place that should be looked at, with the measured reason.

use std::fmt;
use std::str::FromStr;

use guildhall_core::Schema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Fingerprint, ReportError, number};

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

/// What a finding is against a baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Schema)]
#[serde(rename_all = "lowercase")]
pub enum FindingState {
    /// It was not there before.
    New,
    /// It was there before, in the same place.
    Known,
    /// It was there before, in another file or under another name.
    Moved,
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[non_exhaustive]
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
    /// Fields of newer versions, kept so that they survive a round trip.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// One place that should be looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
#[non_exhaustive]
pub struct Finding {
    /// Id of the rule, for example `cognitive-complexity`.
    pub rule: String,
    /// How much it matters.
    pub severity: Severity,
    /// Where it is; none where it is about no file, such as a decision or a dependency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
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
    /// Stable identity across runs and across unrelated edits of the file.
    pub fingerprint: Fingerprint,
    /// Identity of what is found, without where: the same after the file was moved or
    /// renamed, so that a finding that moved is not new. See
    /// [`with_content`](Self::with_content).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_fingerprint: Option<Fingerprint>,
    /// What the finding is against a baseline. The host sets it, and what an agent says
    /// here is taken away; none where there is no baseline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<FindingState>,
    /// How sure the agent is, from 0 to 1; none where it measured.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "number::serialize_option"
    )]
    pub confidence: Option<f64>,
    /// What the finding rests on, a text each: a line of a log, a commit, a measurement.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
    /// Other places that belong to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<Location>,
    /// Fields of newer versions, kept so that they survive a round trip.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Location {
    /// A whole file; `path` is relative to the scanned root.
    pub fn file(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            start: None,
            end: None,
            extra: Map::new(),
        }
    }

    /// A place in a file; line and column count from 1.
    pub fn at(path: impl Into<String>, line: u32, column: u32) -> Self {
        Self {
            start: Some(Position { line, column }),
            ..Self::file(path)
        }
    }

    /// A range of a file; `end` is just after its last character.
    pub fn range(path: impl Into<String>, start: Position, end: Position) -> Self {
        Self {
            start: Some(start),
            end: Some(end),
            ..Self::file(path)
        }
    }
}

impl Finding {
    /// A finding of `rule` at `location`, or at none; `message` is a sentence without a
    /// final full stop. It still needs a fingerprint: see [`with_identity`](Self::with_identity).
    pub fn new(
        rule: impl Into<String>,
        severity: Severity,
        location: impl Into<Option<Location>>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            rule: rule.into(),
            severity,
            location: location.into(),
            subject: None,
            message: message.into(),
            reason: String::new(),
            value: None,
            threshold: None,
            remediation_minutes: None,
            fingerprint: Fingerprint::default(),
            content_fingerprint: None,
            state: None,
            confidence: None,
            evidence: Vec::new(),
            related: Vec::new(),
            extra: Map::new(),
        }
    }

    /// With what it is about, for example the name of a function.
    #[must_use]
    pub fn with_subject(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// With why it matters, in a sentence.
    #[must_use]
    pub fn with_reason(mut self, reason: impl Into<String>) -> Self {
        self.reason = reason.into();
        self
    }

    /// With the measured value.
    #[must_use]
    pub fn with_value(mut self, value: f64) -> Self {
        self.value = Some(value);
        self
    }

    /// With the threshold that the value is held against.
    #[must_use]
    pub fn with_threshold(mut self, threshold: f64) -> Self {
        self.threshold = Some(threshold);
        self
    }

    /// With the estimated minutes to mend it.
    #[must_use]
    pub fn with_remediation_minutes(mut self, minutes: u32) -> Self {
        self.remediation_minutes = Some(minutes);
        self
    }

    /// With the fingerprint made of the rule, the path and `parts`, which name the place
    /// there; `ordinal` tells namesakes in one file apart.
    #[must_use]
    pub fn with_identity(self, parts: &[&str], ordinal: u32) -> Self {
        let mut all = vec![self.rule.as_str(), self.path().unwrap_or_default()];
        all.extend(parts);
        let fingerprint = Fingerprint::of(&all, ordinal);
        self.with_fingerprint(fingerprint)
    }

    /// With a fingerprint made elsewhere.
    #[must_use]
    pub fn with_fingerprint(mut self, fingerprint: Fingerprint) -> Self {
        self.fingerprint = fingerprint;
        self
    }

    /// With the fingerprint of what is found, made of the rule and `parts`, which say what
    /// it is and not where: the text of a comment, a function's name and its measure's
    /// kind, the tokens of a clone. Namesakes may share it, as copies of one text do.
    ///
    /// ```
    /// use guildhall_report::{Finding, Location, Severity};
    ///
    /// let found = |path: &str| {
    ///     let place = Location::at(path, 3, 1);
    ///     let finding = Finding::new("debt-comment", Severity::Minor, place, "FIXME: soon");
    ///     finding.with_identity(&["FIXME: soon"], 0).with_content(&["FIXME: soon"])
    /// };
    /// let (before, after) = (found("src/a.rs"), found("src/parse/a.rs"));
    /// assert_ne!(before.fingerprint, after.fingerprint);
    /// assert_eq!(before.content_fingerprint, after.content_fingerprint);
    /// ```
    #[must_use]
    pub fn with_content(mut self, parts: &[&str]) -> Self {
        let mut all = vec![self.rule.as_str()];
        all.extend(parts);
        self.content_fingerprint = Some(Fingerprint::of(&all, 0));
        self
    }

    /// With how sure the agent is, from 0 to 1.
    #[must_use]
    pub fn with_confidence(mut self, confidence: f64) -> Self {
        self.confidence = Some(confidence);
        self
    }

    /// With what it rests on, a text each.
    #[must_use]
    pub fn with_evidence(mut self, evidence: Vec<String>) -> Self {
        self.evidence = evidence;
        self
    }

    /// With other places that belong to it.
    #[must_use]
    pub fn with_related(mut self, related: Vec<Location>) -> Self {
        self.related = related;
        self
    }

    /// The file that it lies in.
    pub fn path(&self) -> Option<&str> {
        self.location.as_ref().map(|at| at.path.as_str())
    }

    /// The subject, unless the message begins with it and so names it already.
    pub fn unnamed_subject(&self) -> Option<&str> {
        let subject = self.subject.as_deref();
        subject.filter(|subject| !self.message.starts_with(subject))
    }
}

/// Something that was not examined, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[non_exhaustive]
pub struct Skipped {
    /// Path relative to the scanned root, written as in [`Location::path`].
    pub path: String,
    /// A stable code, for example `unparsable`, `unreadable`, `too-large`.
    pub code: String,
    /// One sentence for a person: what went wrong and, where known, where.
    pub reason: String,
    /// Fields of newer versions, kept so that they survive a round trip.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Skipped {
    /// `path` was not examined: a stable code, and a sentence for a person.
    pub fn new(
        path: impl Into<String>,
        code: impl Into<String>,
        reason: impl Into<String>,
    ) -> Self {
        Self {
            path: path.into(),
            code: code.into(),
            reason: reason.into(),
            extra: Map::new(),
        }
    }
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

impl FindingState {
    /// The state's name, as in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Known => "known",
            Self::Moved => "moved",
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
