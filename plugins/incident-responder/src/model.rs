//! What is known of an incident, in the form in which it is kept and handed on.

use std::fmt;

use guildhall_sdk::Schema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::Moment;

/// An excerpt has no more bytes.
const MOST_EXCERPT: usize = 500;

/// How bad an incident is. The order is that of the numbers: `Sev1` is the least value and
/// the worst incident. Where nothing is known it is `None` of an `Option`, which every guard
/// takes for the worst.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Schema,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Everybody stops working on something else.
    Sev1,
    /// A response begins at once.
    Sev2,
    /// Somebody looks at it today.
    Sev3,
    /// It is mended with the ordinary work.
    Sev4,
}

/// What is wrong, as far as somebody or something has told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Symptom {
    /// One line.
    pub title: String,
    /// Everything that was told, as plain text.
    pub text: String,
    /// Where in the code it was seen, innermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub frames: Vec<Frame>,
    /// Services, hosts and the like that are affected, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub systems: Vec<String>,
    /// What was told of releases.
    #[serde(default, skip_serializing_if = "ReleaseHint::is_empty")]
    pub release: ReleaseHint,
    /// When it was seen first.
    #[serde(default, rename = "since_ms", skip_serializing_if = "Option::is_none")]
    pub since: Option<Moment>,
}

/// A place in source code that a stack trace names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Frame {
    /// The file, as the trace writes it, with `/` between its parts.
    pub path: String,
    /// The line, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The function, as the trace writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
}

/// Releases between which it broke, each as a tag, a version or a commit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseHint {
    /// The newest that is known to work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_good: Option<String>,
    /// The oldest that is known not to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_bad: Option<String>,
}

/// The number of a piece of evidence within its incident, written `E7`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EvidenceId(pub u32);

/// Something that anybody can look up again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Its number.
    pub id: EvidenceId,
    /// What sort of thing it is.
    pub kind: EvidenceKind,
    /// The file, the repository or the command that it is from.
    pub source: String,
    /// Where in the source: a line number, a JSON pointer, a commit.
    pub locator: String,
    /// What stands there, at most 500 bytes.
    pub excerpt: String,
    /// SHA-256 of all that stands there, in lower-case hexadecimal.
    pub sha256: String,
    /// When it happened.
    #[serde(default, rename = "at_ms", skip_serializing_if = "Option::is_none")]
    pub at: Option<Moment>,
}

/// What sort of thing a piece of evidence is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EvidenceKind {
    /// A line of a log or of a program's output.
    LogLine,
    /// A field of an alert.
    AlertField,
    /// A commit.
    Commit,
    /// What a command answered.
    Command,
    /// A line of a source file.
    FileLine,
    /// What a person said.
    Person,
    /// What this agent wrote down when it happened.
    Record,
}

impl Severity {
    /// All of them, the worst first.
    pub const ALL: [Self; 4] = [Self::Sev1, Self::Sev2, Self::Sev3, Self::Sev4];

    /// The name, for example `sev1`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sev1 => "sev1",
            Self::Sev2 => "sev2",
            Self::Sev3 => "sev3",
            Self::Sev4 => "sev4",
        }
    }
}

impl EvidenceKind {
    /// The name, for example `log-line`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LogLine => "log-line",
            Self::AlertField => "alert-field",
            Self::Commit => "commit",
            Self::Command => "command",
            Self::FileLine => "file-line",
            Self::Person => "person",
            Self::Record => "record",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl fmt::Display for EvidenceId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "E{}", self.0)
    }
}

impl ReleaseHint {
    /// Whether nothing was told.
    pub fn is_empty(&self) -> bool {
        self.last_good.is_none() && self.first_bad.is_none()
    }
}

impl Evidence {
    /// What stands at a place; `whole` is cut for the excerpt and hashed as it is.
    ///
    /// ```
    /// use incident_responder::{Evidence, EvidenceId, EvidenceKind};
    ///
    /// let line = "error: disk is full";
    /// let evidence = Evidence::new(EvidenceId(1), EvidenceKind::LogLine, "app.log", "12", line);
    /// assert_eq!(evidence.id.to_string(), "E1");
    /// assert_eq!(evidence.excerpt, line);
    /// assert_eq!(evidence.sha256.len(), 64);
    /// ```
    pub fn new(
        id: EvidenceId,
        kind: EvidenceKind,
        source: impl Into<String>,
        locator: impl Into<String>,
        whole: &str,
    ) -> Self {
        Self {
            id,
            kind,
            source: source.into(),
            locator: locator.into(),
            excerpt: whole[..whole.floor_char_boundary(MOST_EXCERPT)].to_owned(),
            sha256: hexadecimal(&Sha256::digest(whole)),
            at: None,
        }
    }

    /// With when it happened.
    #[must_use]
    pub fn with_at(mut self, at: Moment) -> Self {
        self.at = Some(at);
        self
    }
}

/// Bytes as lower-case hexadecimal.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    use fmt::Write as _;

    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_excerpt_is_cut_between_characters_and_its_hash_is_of_the_whole() {
        let evidence =
            |text: &str| Evidence::new(EvidenceId(1), EvidenceKind::Person, "someone", "", text);
        let (long, longer) = ("\u{e9}".repeat(300), "\u{e9}".repeat(301));
        let (one, other) = (evidence(&long), evidence(&longer));
        assert_eq!(one.excerpt, other.excerpt);
        assert_eq!(one.excerpt.len(), 500);
        assert_ne!(one.sha256, other.sha256);
    }

    #[test]
    fn json_leaves_out_what_is_not_known() {
        let symptom = Symptom {
            title: "it broke".to_owned(),
            ..Symptom::default()
        };
        let json = serde_json::to_string(&symptom).unwrap();
        assert_eq!(json, r#"{"title":"it broke","text":""}"#);
        assert_eq!(serde_json::from_str::<Symptom>(&json).unwrap(), symptom);
    }

    #[test]
    fn the_worst_comes_first() {
        assert!(Severity::ALL.is_sorted());
        assert_eq!(Severity::ALL[0].to_string(), "sev1");
    }
}
