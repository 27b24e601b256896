//! The report model: what an agent says, in a form that every renderer understands.
//!
//! An agent fills a [`Report`] and never formats for itself. The host merges the
//! reports of all agents (see [`crate::merge`]) and renders the result.

mod finding;
mod open;
mod outcome;
mod plan;
mod prose;
mod rule;
mod suppressed;
mod visual;

pub use finding::{Finding, FindingState, Location, Position, Severity, Skipped};
pub use outcome::ReportOutcome;
pub use plan::{Action, ActionPlan};
pub use prose::Prose;
pub use rule::Rule;
pub use suppressed::{Suppressed, UnusedSuppression};
pub use visual::{
    Better, Chart, ChartKind, Column, ColumnKind, Edge, Figure, Graph, Node, Scale, Series, Table,
    Timeline, TimelineEvent,
};

use guildhall_core::Schema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What one agent reports about one subject.
///
/// All parts are optional; an empty report is a valid report.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Schema)]
#[serde(default)]
pub struct Report {
    /// What the report is, in a few words, for example `Migration to axum 0.8`. It stands
    /// above a report that applies no rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Whether what was asked for was reached; none where that is no question. A command
    /// whose report says that it was not ends with exit code 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<ReportOutcome>,
    /// The rules that the findings refer to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
    /// Places where something should be looked at.
    pub findings: Vec<Finding>,
    /// What the code's author has suppressed in the source, with the reason: these count
    /// in no summary and fail no gate, and do not stand among the findings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub suppressed: Vec<Suppressed>,
    /// Suppressions that suppress nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unused_suppressions: Vec<UnusedSuppression>,
    /// What was not examined, and why.
    pub skipped: Vec<Skipped>,
    /// Texts with a title, most important first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub texts: Vec<Prose>,
    /// Key figures, most important first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub figures: Vec<Figure>,
    /// Tables, most important first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<Table>,
    /// Sequences of events in time.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub timelines: Vec<Timeline>,
    /// Nodes and edges, for example modules and their imports.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub graphs: Vec<Graph>,
    /// Numbers to be plotted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub charts: Vec<Chart>,
    /// Ordered plans of action.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub plans: Vec<ActionPlan>,
    /// Facts about this execution that differ from run to run (durations,
    /// thread counts). They are kept apart so that everything else is
    /// byte-identical between two runs on the same input.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub run: Map<String, Value>,
    /// Fields of newer versions, kept so that they survive a round trip.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}
