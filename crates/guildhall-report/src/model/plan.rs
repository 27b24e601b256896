//! Ordered plans of action.

use guildhall_core::Schema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Location;

/// An ordered list of things to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
#[non_exhaustive]
pub struct ActionPlan {
    /// Stable id within the report.
    pub id: String,
    /// What the plan achieves.
    pub title: String,
    /// Steps in the order in which they should be done.
    pub items: Vec<Action>,
    /// Fields of newer versions, kept so that they survive a round trip.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// One step of an [`ActionPlan`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
#[non_exhaustive]
pub struct Action {
    /// Stable id within the plan.
    pub id: String,
    /// What to do, as an imperative sentence without a final full stop.
    pub title: String,
    /// Why, with the evidence.
    pub reason: String,
    /// Where.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub locations: Vec<Location>,
    /// Ids of items that must be done before this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<String>,
    /// Effort in minutes as an interval: least and most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effort_minutes: Option<(u32, u32)>,
    /// What can go wrong, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub risk: Option<String>,
    /// How to undo the step: a command, or a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback: Option<String>,
    /// Command that shows that the step is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verify: Option<String>,
    /// Fields of newer versions, kept so that they survive a round trip.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl ActionPlan {
    /// A plan of `items`, in the order in which they should be done.
    pub fn new(id: impl Into<String>, title: impl Into<String>, items: Vec<Action>) -> Self {
        Self {
            id: id.into(),
            title: title.into(),
            items,
            extra: Map::new(),
        }
    }
}

impl Action {
    /// A step; `title` is an imperative sentence without a final full stop, `reason` says
    /// why, with the evidence.
    pub fn new(id: impl Into<String>, title: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            title: title.into(),
            reason: reason.into(),
            locations: Vec::new(),
            after: Vec::new(),
            effort_minutes: None,
            risk: None,
            rollback: None,
            verify: None,
            extra: Map::new(),
        }
    }

    /// With the places that it changes.
    #[must_use]
    pub fn with_locations(mut self, locations: Vec<Location>) -> Self {
        self.locations = locations;
        self
    }

    /// With the ids of the steps that must be done before.
    #[must_use]
    pub fn with_after(mut self, after: Vec<String>) -> Self {
        self.after = after;
        self
    }

    /// With the effort in minutes, the least and the most.
    #[must_use]
    pub fn with_effort_minutes(mut self, least: u32, most: u32) -> Self {
        self.effort_minutes = Some((least, most));
        self
    }

    /// With what can go wrong, in a sentence.
    #[must_use]
    pub fn with_risk(mut self, risk: impl Into<String>) -> Self {
        self.risk = Some(risk.into());
        self
    }

    /// With how to undo the step: a command, or a sentence.
    #[must_use]
    pub fn with_rollback(mut self, rollback: impl Into<String>) -> Self {
        self.rollback = Some(rollback.into());
        self
    }

    /// With the command that shows that the step is done.
    #[must_use]
    pub fn with_verify(mut self, command: impl Into<String>) -> Self {
        self.verify = Some(command.into());
        self
    }
}
