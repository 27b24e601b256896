//! Texts with a title: a decision, a post-mortem.

use guildhall_core::Schema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A text with a title, for what is told rather than listed: the reasons of a decision,
/// the course of an incident.
///
/// The body is plain text, not Markdown. Empty lines part its paragraphs, and a line that
/// begins with `- ` is a point of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[non_exhaustive]
pub struct Prose {
    /// Stable id within the report.
    pub id: String,
    /// Heading.
    pub title: String,
    /// The text.
    pub body: String,
    /// Fields of newer versions, kept so that they survive a round trip.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Prose {
    /// A text under its title.
    pub fn new(id: impl Into<String>, title: impl Into<String>, body: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            title: title.into(),
            body: body.into(),
            extra: Map::new(),
        }
    }
}
