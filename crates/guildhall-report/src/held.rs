//! What a document says of the baseline and of the change that it was held against.

use guildhall_core::Schema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Fingerprint;

/// What came of holding a document's findings against a baseline: each finding has its
/// [`crate::FindingState`], and this has the counts, over all findings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(default)]
pub struct Held {
    /// The baseline, for a person: a file's name, or a commit.
    pub source: String,
    /// Findings that are not in it.
    pub new: usize,
    /// Findings that are in it, in the same place.
    pub known: usize,
    /// Findings that are in it, in another file or under another name.
    pub moved: usize,
    /// Findings in it that are found no more, not counting those that are suppressed now.
    pub gone: u64,
    /// Findings in it that are suppressed in the source now.
    #[serde(skip_serializing_if = "is_zero")]
    pub suppressed: u64,
    /// Findings in it that nobody looked for this time: of agents that brought no report,
    /// and in files that were not examined.
    #[serde(skip_serializing_if = "is_zero")]
    pub unexamined: u64,
    /// What is gone, ordered by path, rule, agent and fingerprint.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub absent: Vec<Absent>,
    /// Fields of newer versions, kept so that they survive a round trip.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A finding of the baseline that is found no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct Absent {
    /// Id of the agent that found it.
    pub agent: String,
    /// Id of the rule.
    pub rule: String,
    /// Where it was; none where it was about no file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// What it was about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// By what it was known.
    pub fingerprint: Fingerprint,
    /// How many of it are gone.
    pub count: u64,
}

/// To which change a document's findings were narrowed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(default)]
pub struct Since {
    /// What was asked for, for example `main`.
    pub reference: String,
    /// The commit that the change begins at: the last one that both sides have.
    pub commit: String,
    /// Findings that the change does not touch; they are not in the document.
    pub left_out: usize,
    /// Fields of newer versions, kept so that they survive a round trip.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}
