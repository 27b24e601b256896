//! What the registry knows of an agent.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Counts, Health, Registration};
use crate::id::TaskId;

/// What the registry knows of an agent, at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AgentRecord {
    /// What it said of itself.
    pub registration: Registration,
    /// What can be expected of it.
    pub status: AgentStatus,
    /// When it registered, in milliseconds since the Unix epoch.
    pub registered_at: u64,
    /// When its registration last changed, in milliseconds since the Unix epoch.
    pub updated_at: u64,
    /// The tasks in its hands, first taken first. A task of which several
    /// attempts run stands in it once for each.
    #[serde(default)]
    pub assigned_tasks: Vec<TaskId>,
    /// Those of them that have lent their places while they wait for something; they do
    /// not count in its limit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting_tasks: Vec<TaskId>,
    /// What it uses of the computer, as far as that was reported.
    #[serde(default)]
    pub resource_usage: ResourceUsage,
    /// How it does.
    pub health: Health,
    /// What it has done.
    #[serde(default)]
    pub counts: Counts,
    /// Fields of newer versions, kept so that they survive a round trip.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// What can be expected of an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum AgentStatus {
    /// It can take a task.
    Available,
    /// It works on as many tasks as it can.
    Busy,
    /// It is unregistered, takes no task and ends those that it has.
    Draining,
    /// It has been silent for too long, or has not come back since a restart.
    Offline,
    /// It failed too often in a row, somebody found it failed, or it was taken out of
    /// service.
    Failed,
    /// It is unregistered and has no task any more.
    Terminated,
}

/// What an agent uses of the computer, as far as that is known.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ResourceUsage {
    /// Share of one processor, in hundredths of a percent: 1500 for 15 %.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_basis_points: Option<u64>,
    /// Memory in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
    /// Number of threads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threads: Option<u32>,
    /// Fields of newer versions, kept so that they survive a round trip.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl AgentStatus {
    /// The status as a word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Busy => "busy",
            Self::Draining => "draining",
            Self::Offline => "offline",
            Self::Failed => "failed",
            Self::Terminated => "terminated",
        }
    }

    /// Whether the agent is still registered.
    pub const fn is_active(self) -> bool {
        !matches!(self, Self::Draining | Self::Terminated)
    }
}

impl fmt::Display for AgentStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
