//! Facts about one execution: all that may differ from run to run stands here.

use std::collections::BTreeMap;

use guildhall_core::Schema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What is true of one run only. The host fills it and gives it to [`crate::merge`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Schema)]
#[serde(default)]
pub struct RunInfo {
    /// Version of the host.
    pub host_version: String,
    /// The scanned folder, written as `guildhall_core::path_text` writes paths.
    pub root: String,
    /// When the run began, as RFC 3339 text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<String>,
    /// How long it took.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "crate::number::serialize_option"
    )]
    pub duration_ms: Option<f64>,
    /// Worker threads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threads: Option<u32>,
    /// The agents that took part, by id. [`crate::merge`] adds the version and
    /// the facts that each report brought; the host may fill in durations before.
    pub agents: BTreeMap<String, AgentRun>,
    /// The agents that failed. [`crate::merge`] moves them: the stable part to
    /// [`crate::Summary::failed_agents`], the duration to `agents`; so this is
    /// empty in a [`crate::Document`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<AgentFailure>,
    /// How the findings differ from those of the scan of the same folder before; none where
    /// there was none. What a baseline or a change leaves out is counted here all the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since_last_scan: Option<SinceLastScan>,
    /// Fields of newer versions, kept so that they survive a round trip.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// What has changed since a scan.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Schema)]
#[serde(default)]
pub struct SinceLastScan {
    /// When that scan was made, as RFC 3339 text. Of scans in a row that have found the
    /// same it is the first.
    pub scanned_at: String,
    /// The commit that was checked out then, where there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Findings that were not there, by rule.
    pub new: BTreeMap<String, u64>,
    /// Findings that are there no more, by rule.
    pub gone: BTreeMap<String, u64>,
    /// Findings that are in another place.
    pub moved: u64,
    /// What the figures that have changed were then, by agent and id.
    pub figures: BTreeMap<String, f64>,
    /// Fields of newer versions, kept so that they survive a round trip.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// One agent's part in a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Schema)]
#[serde(default)]
pub struct AgentRun {
    /// Version of the agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// How long its call took.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "crate::number::serialize_option"
    )]
    pub duration_ms: Option<f64>,
    /// What the agent itself says about this run ([`crate::Report::run`]).
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub facts: Map<String, Value>,
    /// Fields of newer versions, kept so that they survive a round trip.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// An agent that was called and brought no report.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Schema)]
pub struct AgentFailure {
    /// Which agent, and what went wrong.
    #[serde(flatten)]
    pub failed: FailedAgent,
    /// How long the call took before it failed.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "crate::number::serialize_option"
    )]
    pub duration_ms: Option<f64>,
}

/// The part of a failure that is the same in every run on the same input.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Schema)]
pub struct FailedAgent {
    /// Id of the agent.
    pub agent: String,
    /// The capability that was called.
    pub capability: String,
    /// A stable code, for example `panicked` or `deadline-exceeded`.
    pub code: String,
    /// What went wrong, for a person. The host keeps durations and addresses out
    /// of it.
    pub message: String,
}
