//! What the author of the code has decided to keep, and says so there.

use guildhall_core::Schema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Finding, Location};

/// A finding that the code's author has suppressed in the source, with the reason given.
///
/// It counts in no summary and fails no gate. [`crate::suppression`] has the form of the
/// comment that suppresses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
#[non_exhaustive]
pub struct Suppressed {
    /// What would have been reported.
    pub finding: Finding,
    /// The reason that the author gives.
    pub reason: String,
    /// Where the suppression stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// The day on which it was written, as `2026-08-31`, where history tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Who wrote it, where history tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Fields of newer versions, kept so that they survive a round trip.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A suppression that suppresses nothing: what it was for is gone, or it stands in the
/// wrong place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
#[non_exhaustive]
pub struct UnusedSuppression {
    /// The rules that it names and that found nothing where it applies.
    pub rules: Vec<String>,
    /// The reason that the author gives.
    pub reason: String,
    /// Where it stands.
    pub location: Location,
    /// The day on which it was written, as `2026-08-31`, where history tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Who wrote it, where history tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Fields of newer versions, kept so that they survive a round trip.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Suppressed {
    /// `finding` is suppressed for this reason.
    pub fn new(finding: Finding, reason: impl Into<String>) -> Self {
        Self {
            finding,
            reason: reason.into(),
            location: None,
            since: None,
            author: None,
            extra: Map::new(),
        }
    }

    /// With the place of the suppression.
    #[must_use]
    pub fn with_location(mut self, location: Location) -> Self {
        self.location = Some(location);
        self
    }

    /// With the day on which it was written, as `2026-08-31`.
    #[must_use]
    pub fn with_since(mut self, day: impl Into<String>) -> Self {
        self.since = Some(day.into());
        self
    }

    /// With who wrote it.
    #[must_use]
    pub fn with_author(mut self, author: impl Into<String>) -> Self {
        self.author = Some(author.into());
        self
    }
}

impl UnusedSuppression {
    /// A suppression of `rules` that suppresses nothing.
    pub fn new(rules: Vec<String>, reason: impl Into<String>, location: Location) -> Self {
        Self {
            rules,
            reason: reason.into(),
            location,
            since: None,
            author: None,
            extra: Map::new(),
        }
    }

    /// With the day on which it was written, as `2026-08-31`.
    #[must_use]
    pub fn with_since(mut self, day: impl Into<String>) -> Self {
        self.since = Some(day.into());
        self
    }

    /// With who wrote it.
    #[must_use]
    pub fn with_author(mut self, author: impl Into<String>) -> Self {
        self.author = Some(author.into());
        self
    }
}
