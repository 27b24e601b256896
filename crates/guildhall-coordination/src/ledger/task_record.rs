//! What is true of one task.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use guildhall_core::{AgentError, AgentId};
use serde::{Deserialize, Serialize};

use crate::event::{Output, Receipt};
use crate::id::TaskIndex;
use crate::task::{Spend, TaskSpec, Work};

/// What is true of one task.
#[derive(Debug, Clone)]
pub struct TaskRecord {
    /// What it is.
    pub spec: Arc<TaskSpec>,
    /// When it was added, in milliseconds since the Unix epoch.
    pub added_ms: u64,
    /// How far it is.
    pub status: TaskStatus,
    /// Attempts that were begun.
    pub attempts: u32,
    /// Attempts that count against its retry policy.
    pub counted: u32,
    /// The attempt that is in flight.
    pub in_flight: Option<InFlight>,
    /// Whether its cancellation was asked for while an attempt was in flight.
    pub cancelling: Option<String>,
    /// Children that it became; `None` before it did.
    pub children: Option<Vec<TaskIndex>>,
    /// Children that have not ended.
    pub open_children: u32,
    /// When its first attempt began, in milliseconds since the Unix epoch.
    pub started_ms: Option<u64>,
    /// When it ended.
    pub ended_ms: Option<u64>,
    /// Sum of the durations of its attempts, in milliseconds.
    pub busy_ms: u64,
    /// What its attempts spent.
    pub spent: Spend,
    /// What came of it.
    pub output: Option<Output>,
    /// Proof of it.
    pub receipt: Option<Box<Receipt>>,
    /// The last failure of an attempt, or why it failed for good.
    pub error: Option<Box<AgentError>>,
    /// Why it was cancelled or skipped.
    pub reason: Option<String>,
}

/// How far a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskStatus {
    /// It was not begun, or is to be tried again.
    Pending,
    /// An attempt is in flight, or its children are being done.
    Running,
    /// It has a result.
    Completed,
    /// It failed for good.
    Failed,
    /// It was cancelled.
    Cancelled,
    /// It was not needed, or what it needs did not complete.
    Skipped,
}

impl TaskStatus {
    /// Whether nothing more happens to it.
    pub const fn has_ended(self) -> bool {
        !matches!(self, Self::Pending | Self::Running)
    }

    /// Its name in machine output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Skipped => "skipped",
        }
    }
}

impl fmt::Display for TaskStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// An attempt that is in flight.
#[derive(Debug, Clone, PartialEq)]
pub struct InFlight {
    /// Its number, from 1.
    pub attempt: u32,
    /// Who does it.
    pub agent: AgentId,
    /// When it began, in milliseconds since the Unix epoch.
    pub since_ms: u64,
}

impl TaskRecord {
    pub(super) fn new(spec: TaskSpec, added_ms: u64) -> Self {
        Self {
            spec: Arc::new(spec),
            added_ms,
            status: TaskStatus::Pending,
            attempts: 0,
            counted: 0,
            in_flight: None,
            cancelling: None,
            children: None,
            open_children: 0,
            started_ms: None,
            ended_ms: None,
            busy_ms: 0,
            spent: Spend::default(),
            output: None,
            receipt: None,
            error: None,
            reason: None,
        }
    }

    /// Whether it becomes children instead of being given to an agent.
    pub fn is_expansion(&self) -> bool {
        matches!(self.spec.work, Work::Expand(_))
    }

    /// Whether it failed, and not only in a race that another one has won.
    pub(super) fn has_failed(&self, won: &HashSet<&str>) -> bool {
        let race = self.spec.race.as_deref();
        self.status == TaskStatus::Failed && !race.is_some_and(|race| won.contains(race))
    }

    /// Whether its retry policy allows an attempt more.
    pub fn has_attempts_left(&self) -> bool {
        self.counted <= self.spec.retry.max
    }
}
