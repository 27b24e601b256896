//! Figures, tables, timelines, graphs and charts.

use guildhall_core::Schema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::open::open_names;
use crate::number;

/// A key figure: one number with its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
#[non_exhaustive]
pub struct Figure {
    /// Stable id, for example `functions`.
    pub id: String,
    /// What a person reads, for example `functions measured`.
    pub label: String,
    /// The number.
    #[serde(with = "number")]
    #[schema(as = "Option<f64>")]
    pub value: f64,
    /// The number before, where it is compared with an earlier state.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "number::serialize_option"
    )]
    pub before: Option<f64>,
    /// Unit, for example `lines`, `ms`, `%`; none for a plain count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Whether a higher or a lower value is better, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub better: Option<Better>,
    /// Fields of newer versions, kept so that they survive a round trip.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

open_names! {
    /// Which direction of a number is good.
    pub enum Better {
        /// More is better.
        Higher = "higher";
        /// Less is better.
        Lower = "lower";
    }
}

/// A table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
#[non_exhaustive]
pub struct Table {
    /// Stable id within the report.
    pub id: String,
    /// Heading.
    pub title: String,
    /// Columns, in order.
    pub columns: Vec<Column>,
    /// Rows; each has one value a column (a string, a number, a boolean or null).
    pub rows: Vec<Vec<Value>>,
    /// Fields of newer versions, kept so that they survive a round trip.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A column of a [`Table`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
#[non_exhaustive]
pub struct Column {
    /// Heading.
    pub title: String,
    /// How its values are shown and sorted.
    pub kind: ColumnKind,
    /// Fields of newer versions, kept so that they survive a round trip.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

open_names! {
    /// How the values of a column are shown and sorted.
    pub enum ColumnKind {
        /// Words.
        Text = "text";
        /// Numbers, right-aligned.
        Number = "number";
        /// A path, optionally followed by `:line`.
        Path = "path";
    }
}

open_names! {
    /// What the numbers along an axis are.
    pub enum Scale {
        /// Plain numbers.
        Number = "number";
        /// Milliseconds that something lasted; said in ms, s, min, h or days.
        Duration = "duration";
        /// Milliseconds since 1970-01-01 00:00 UTC; said as dates and times.
        Date = "date";
    }
}

/// Events in time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
#[non_exhaustive]
pub struct Timeline {
    /// Stable id within the report.
    pub id: String,
    /// Heading.
    pub title: String,
    /// What the times are: `duration` where they count from an origin of the timeline's own
    /// (as where it is missing), `date` where they are moments in the world.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<Scale>,
    /// Events, in any order.
    pub events: Vec<TimelineEvent>,
    /// Fields of newer versions, kept so that they survive a round trip.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// One event of a [`Timeline`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
#[non_exhaustive]
pub struct TimelineEvent {
    /// Row in which the event is drawn, for example the name of an agent.
    pub lane: String,
    /// What happened.
    pub label: String,
    /// Start, in milliseconds; [`Timeline::scale`] says since when.
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
    /// Fields of newer versions, kept so that they survive a round trip.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Nodes and directed edges.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
#[non_exhaustive]
pub struct Graph {
    /// Stable id within the report.
    pub id: String,
    /// Heading.
    pub title: String,
    /// Nodes.
    pub nodes: Vec<Node>,
    /// Edges between nodes.
    pub edges: Vec<Edge>,
    /// Fields of newer versions, kept so that they survive a round trip.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A node of a [`Graph`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
#[non_exhaustive]
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
    /// Fields of newer versions, kept so that they survive a round trip.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// An edge of a [`Graph`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
#[non_exhaustive]
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
    /// Fields of newer versions, kept so that they survive a round trip.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Numbers to be plotted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
#[non_exhaustive]
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
    /// What `x` is; plain numbers where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x_scale: Option<Scale>,
    /// What is plotted.
    pub series: Vec<Series>,
    /// Fields of newer versions, kept so that they survive a round trip.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

open_names! {
    /// How a [`Chart`] is drawn.
    pub enum ChartKind {
        /// Horizontal bars, one a point: `x` is the length, `y` is not drawn.
        Bar = "bar";
        /// Points joined by a line.
        Line = "line";
        /// Points.
        Scatter = "scatter";
        /// Nested rectangles: labels are `/`-separated paths, `x` is the area and
        /// `y` the heat. This is the hot-spot picture.
        Treemap = "treemap";
    }
}

/// A named series of a [`Chart`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
#[non_exhaustive]
pub struct Series {
    /// Name for the legend.
    pub name: String,
    /// Points as (label, x, y).
    #[serde(with = "number::points")]
    #[schema(as = "Vec<(String, Option<f64>, Option<f64>)>")]
    pub points: Vec<(String, f64, f64)>,
    /// Fields of newer versions, kept so that they survive a round trip.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Figure {
    /// A plain count; `label` is what a person reads.
    pub fn new(id: impl Into<String>, label: impl Into<String>, value: f64) -> Self {
        Self {
            id: id.into(),
            label: label.into(),
            value,
            before: None,
            unit: None,
            better: None,
            extra: Map::new(),
        }
    }

    /// With the number before.
    #[must_use]
    pub fn with_before(mut self, before: f64) -> Self {
        self.before = Some(before);
        self
    }

    /// With its unit, for example `lines`, `ms` or `%`.
    #[must_use]
    pub fn with_unit(mut self, unit: impl Into<String>) -> Self {
        self.unit = Some(unit.into());
        self
    }

    /// With the direction that is good.
    #[must_use]
    pub fn with_better(mut self, better: Better) -> Self {
        self.better = Some(better);
        self
    }
}

impl Table {
    /// A table without rows.
    pub fn new(id: impl Into<String>, title: impl Into<String>, columns: Vec<Column>) -> Self {
        Self {
            id: id.into(),
            title: title.into(),
            columns,
            rows: Vec::new(),
            extra: Map::new(),
        }
    }

    /// With rows, each of one value a column.
    #[must_use]
    pub fn with_rows(mut self, rows: Vec<Vec<Value>>) -> Self {
        self.rows = rows;
        self
    }
}

impl Column {
    /// A column.
    pub fn new(title: impl Into<String>, kind: ColumnKind) -> Self {
        Self {
            title: title.into(),
            kind,
            extra: Map::new(),
        }
    }
}

impl Timeline {
    /// Events, in any order.
    pub fn new(
        id: impl Into<String>,
        title: impl Into<String>,
        events: Vec<TimelineEvent>,
    ) -> Self {
        Self {
            id: id.into(),
            title: title.into(),
            scale: None,
            events,
            extra: Map::new(),
        }
    }
}

impl Timeline {
    /// With what its times are.
    #[must_use]
    pub fn with_scale(mut self, scale: Scale) -> Self {
        self.scale = Some(scale);
        self
    }
}

impl TimelineEvent {
    /// An event at one moment; `lane` is the row in which it is drawn.
    pub fn new(lane: impl Into<String>, label: impl Into<String>, start_ms: f64) -> Self {
        Self {
            lane: lane.into(),
            label: label.into(),
            start_ms,
            end_ms: None,
            extra: Map::new(),
        }
    }

    /// With an end, for something that lasts.
    #[must_use]
    pub fn with_end_ms(mut self, end_ms: f64) -> Self {
        self.end_ms = Some(end_ms);
        self
    }
}

impl Graph {
    /// A graph.
    pub fn new(
        id: impl Into<String>,
        title: impl Into<String>,
        nodes: Vec<Node>,
        edges: Vec<Edge>,
    ) -> Self {
        Self {
            id: id.into(),
            title: title.into(),
            nodes,
            edges,
            extra: Map::new(),
        }
    }
}

impl Node {
    /// A node; `label` is what a person reads.
    pub fn new(id: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            label: label.into(),
            weight: None,
            extra: Map::new(),
        }
    }

    /// With its size.
    #[must_use]
    pub fn with_weight(mut self, weight: f64) -> Self {
        self.weight = Some(weight);
        self
    }
}

impl Edge {
    /// An edge between two nodes, by their ids.
    pub fn new(from: impl Into<String>, to: impl Into<String>) -> Self {
        Self {
            from: from.into(),
            to: to.into(),
            label: None,
            weight: None,
            extra: Map::new(),
        }
    }

    /// With what a person reads.
    #[must_use]
    pub fn with_label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// With its strength.
    #[must_use]
    pub fn with_weight(mut self, weight: f64) -> Self {
        self.weight = Some(weight);
        self
    }
}

impl Chart {
    /// A chart of `series`, its axes without labels.
    pub fn new(
        id: impl Into<String>,
        title: impl Into<String>,
        kind: ChartKind,
        series: Vec<Series>,
    ) -> Self {
        Self {
            id: id.into(),
            title: title.into(),
            kind,
            x_label: String::new(),
            y_label: String::new(),
            x_scale: None,
            series,
            extra: Map::new(),
        }
    }

    /// With the labels of the horizontal and the vertical axis (of the area and of the
    /// colour, for a treemap).
    #[must_use]
    pub fn with_labels(mut self, x_label: impl Into<String>, y_label: impl Into<String>) -> Self {
        self.x_label = x_label.into();
        self.y_label = y_label.into();
        self
    }
}

impl Chart {
    /// With what `x` is.
    #[must_use]
    pub fn with_x_scale(mut self, scale: Scale) -> Self {
        self.x_scale = Some(scale);
        self
    }
}

impl Series {
    /// Points as (label, x, y); `name` stands in the legend.
    pub fn new(name: impl Into<String>, points: Vec<(String, f64, f64)>) -> Self {
        Self {
            name: name.into(),
            points,
            extra: Map::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_of_a_newer_version_is_kept() {
        let read: Vec<ChartKind> = serde_json::from_str(r#"["bar","sankey"]"#).unwrap();
        assert_eq!(
            read,
            [ChartKind::Bar, ChartKind::Other("sankey".to_owned())]
        );
        assert_eq!(serde_json::to_string(&read).unwrap(), r#"["bar","sankey"]"#);
    }
}
