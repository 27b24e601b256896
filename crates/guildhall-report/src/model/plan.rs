//! Ordered plans of action.

use guildhall_core::Schema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Location;

/// An ordered list of things to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
pub struct Plan {
    /// Stable id within the report.
    pub id: String,
    /// What the plan achieves.
    pub title: String,
    /// Steps in the order in which they should be done.
    pub items: Vec<PlanItem>,
}

/// One step of a [`Plan`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
pub struct PlanItem {
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
    /// Command that shows that the step is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verify: Option<String>,
    /// Id of the agent that says so; filled in by the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// Fields of newer versions, kept so that they survive a round trip.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}
