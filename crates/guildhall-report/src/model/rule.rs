//! What a rule checks, for `guildhall explain` and the renderers.

use guildhall_core::Schema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Severity;
use crate::number;

/// The documentation of a rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
#[non_exhaustive]
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
    /// The language of the example and its better form, as code fences name it: `rust`,
    /// `python`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
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
    /// Fields of newer versions, kept so that they survive a round trip.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Rule {
    /// A rule with what must be said of it: what it does and why that is bad, both in
    /// Markdown.
    pub fn new(
        id: impl Into<String>,
        severity: Severity,
        title: impl Into<String>,
        what: impl Into<String>,
        why: impl Into<String>,
    ) -> Self {
        Self {
            id: id.into(),
            title: title.into(),
            what: what.into(),
            why: why.into(),
            example: None,
            better: None,
            language: None,
            measured: None,
            severity,
            threshold: None,
            setting: None,
            extra: Map::new(),
        }
    }

    /// With code that the rule reports, and its better form.
    #[must_use]
    pub fn with_example(mut self, example: impl Into<String>, better: impl Into<String>) -> Self {
        self.example = Some(example.into());
        self.better = Some(better.into());
        self
    }

    /// With the language of the example, as code fences name it: `rust`, `python`.
    #[must_use]
    pub fn with_language(mut self, language: impl Into<String>) -> Self {
        self.language = Some(language.into());
        self
    }

    /// With how the value is measured and the source of the formula, in Markdown.
    #[must_use]
    pub fn with_measured(mut self, measured: impl Into<String>) -> Self {
        self.measured = Some(measured.into());
        self
    }

    /// With the default threshold and the key of the configuration that sets it.
    #[must_use]
    pub fn with_threshold(mut self, threshold: f64, setting: impl Into<String>) -> Self {
        self.threshold = Some(threshold);
        self.setting = Some(setting.into());
        self
    }
}
