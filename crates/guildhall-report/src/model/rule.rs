//! What a rule checks, for `guildhall explain` and the renderers.

use guildhall_core::Schema;
use serde::{Deserialize, Serialize};

use super::Severity;
use crate::number;

/// The documentation of a rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
pub struct Rule {
    /// Stable id that reads well after the word "allow", for example
    /// `cognitive-complexity`.
    pub id: String,
    /// A short title.
    pub title: String,
    /// What the rule does, in Markdown.
    pub what: String,
    /// Why that is bad, in Markdown.
    pub why: String,
    /// Code that the rule reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub example: Option<String>,
    /// The better form of the example.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub better: Option<String>,
    /// How the value is measured, with the source of the formula.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured: Option<String>,
    /// The severity of most of its findings.
    pub severity: Severity,
    /// Default threshold, where the rule has one.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "number::serialize_option"
    )]
    pub threshold: Option<f64>,
    /// Key in `guildhall.toml` that sets the threshold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setting: Option<String>,
}
