//! Figures, tables, timelines, graphs and charts.

use guildhall_core::Schema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::number;

/// A key figure: one number with its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
pub struct Figure {
    /// Stable id, for example `functions`.
    pub id: String,
    /// What a person reads, for example `functions measured`.
    pub label: String,
    /// The number.
    #[serde(with = "number")]
    #[schema(as = "Option<f64>")]
    pub value: f64,
    /// Unit, for example `lines`, `ms`, `%`; none for a plain count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Whether a higher or a lower value is better, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub better: Option<Better>,
}

/// Which direction of a number is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(rename_all = "lowercase")]
pub enum Better {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
pub struct Table {
    /// Stable id within the report.
    pub id: String,
    /// Heading.
    pub title: String,
    /// Columns, in order.
    pub columns: Vec<Column>,
    /// Rows; each has one value a column (a string, a number, a boolean or null).
    pub rows: Vec<Vec<Value>>,
}

/// A column of a [`Table`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
pub struct Column {
    /// Heading.
    pub title: String,
    /// How its values are shown and sorted.
    pub kind: ColumnKind,
}

/// How the values of a column are shown and sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(rename_all = "lowercase")]
pub enum ColumnKind {
    /// Words.
    Text,
    /// Numbers, right-aligned.
    Number,
    /// A path, optionally followed by `:line`.
    Path,
}

/// Events in time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
pub struct Timeline {
    /// Stable id within the report.
    pub id: String,
    /// Heading.
    pub title: String,
    /// Events, in any order.
    pub events: Vec<TimelineEvent>,
}

/// One event of a [`Timeline`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
pub struct TimelineEvent {
    /// Row in which the event is drawn, for example the name of an agent.
    pub lane: String,
    /// What happened.
    pub label: String,
    /// Start, in milliseconds since the timeline's origin or since the epoch.
    #[serde(with = "number")]
    #[schema(as = "Option<f64>")]
    pub start_ms: f64,
    /// End, for something that lasts.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "number::serialize_option"
    )]
    pub end_ms: Option<f64>,
}

/// Nodes and directed edges.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
pub struct Graph {
    /// Stable id within the report.
    pub id: String,
    /// Heading.
    pub title: String,
    /// Nodes.
    pub nodes: Vec<Node>,
    /// Edges between nodes.
    pub edges: Vec<Edge>,
}

/// A node of a [`Graph`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
pub struct Node {
    /// Id that edges refer to.
    pub id: String,
    /// What a person reads.
    pub label: String,
    /// Size, where one is known.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "number::serialize_option"
    )]
    pub weight: Option<f64>,
}

/// An edge of a [`Graph`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
pub struct Edge {
    /// Id of the node it leaves.
    pub from: String,
    /// Id of the node it reaches.
    pub to: String,
    /// What a person reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Strength, where one is known.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "number::serialize_option"
    )]
    pub weight: Option<f64>,
}

/// Numbers to be plotted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
pub struct Chart {
    /// Stable id within the report.
    pub id: String,
    /// Heading.
    pub title: String,
    /// How it is drawn.
    pub kind: ChartKind,
    /// Label of the horizontal axis (of the area, for a treemap).
    pub x_label: String,
    /// Label of the vertical axis (of the colour, for a treemap).
    pub y_label: String,
    /// What is plotted.
    pub series: Vec<Series>,
}

/// How a [`Chart`] is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(rename_all = "lowercase")]
pub enum ChartKind {
    /// Horizontal bars, one a point: `x` is the length, `y` is not drawn.
    Bar,
    /// Points joined by a line.
    Line,
    /// Points.
    Scatter,
    /// Nested rectangles: labels are `/`-separated paths, `x` is the area and
    /// `y` the heat. This is the hot-spot picture.
    Treemap,
}

/// A named series of a [`Chart`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
pub struct Series {
    /// Name for the legend.
    pub name: String,
    /// Points as (label, x, y).
    #[serde(with = "number::points")]
    #[schema(as = "Vec<(String, Option<f64>, Option<f64>)>")]
    pub points: Vec<(String, f64, f64)>,
}
