//! The events of a run: what its journal holds, in the order in which it happened.

use guildhall_core::control::Limit;
use guildhall_core::{AgentError, AgentId, CapabilityName, Schema};
use semver::Version;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::TaskIndex;
use crate::run_settings::{Budget, RunSettings};
use crate::task::{Spend, TaskSpec};

/// Something that happened in a run. Everything that is known of a run is a fold over
/// its events: see [`crate::Ledger`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum RunEvent {
    /// The run was made of a plan.
    Created(Box<Created>),
    /// A task was added; its index is the number of tasks before it.
    Added(Box<TaskSpec>),
    /// A process took the run over, under the record's epoch. Attempts that were in
    /// flight before are interrupted by it.
    Opened(Opened),
    /// An attempt was begun.
    Started(Started),
    /// The task completed: the one such record it can have.
    Completed(Box<Completed>),
    /// An attempt ended without a result.
    AttemptFailed(Box<AttemptFailed>),
    /// The task failed for good.
    Failed {
        /// The task.
        task: TaskIndex,
        /// Why.
        error: Box<AgentError>,
    },
    /// The task was cancelled.
    Cancelled {
        /// The task.
        task: TaskIndex,
        /// Why.
        reason: String,
    },
    /// The task was not needed, or could not be begun for want of what it needs.
    Skipped {
        /// The task.
        task: TaskIndex,
        /// Why.
        reason: String,
    },
    /// The task became children, which were added just before.
    Expanded {
        /// The task.
        task: TaskIndex,
        /// How many children.
        children: u32,
        /// Why so many, and why it was divided or not.
        why: String,
    },
    /// Somebody asked for a cancellation.
    CancelRequested {
        /// The task; the whole run where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        task: Option<TaskIndex>,
        /// Why.
        reason: String,
    },
    /// A task that had ended without a result is to be tried again.
    Reopened {
        /// The task.
        task: TaskIndex,
        /// Its input from now on, where it is another.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        input: Option<Value>,
        /// Its prompt from now on, where it is another.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        prompt: Option<String>,
    },
    /// The budget was changed.
    BudgetChanged {
        /// The budget from now on.
        budget: Budget,
    },
    /// A limit was changed.
    LimitsChanged(Box<LimitsChanged>),
    /// Nothing more is started until the run is resumed.
    Paused {
        /// Why.
        reason: String,
    },
    /// Every task has ended.
    Ended {
        /// What came of the run.
        status: RunStatus,
    },
}

impl RunEvent {
    /// The name of its kind, as it stands in the store.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Created(_) => "created",
            Self::Added(_) => "added",
            Self::Opened(_) => "opened",
            Self::Started(_) => "started",
            Self::Completed(_) => "completed",
            Self::AttemptFailed(_) => "attempt_failed",
            Self::Failed { .. } => "failed",
            Self::Cancelled { .. } => "cancelled",
            Self::Skipped { .. } => "skipped",
            Self::Expanded { .. } => "expanded",
            Self::CancelRequested { .. } => "cancel_requested",
            Self::Reopened { .. } => "reopened",
            Self::BudgetChanged { .. } => "budget_changed",
            Self::LimitsChanged(_) => "limits_changed",
            Self::Paused { .. } => "paused",
            Self::Ended { .. } => "ended",
        }
    }

    /// The task that it is about. [`RunEvent::Added`] names none: its index follows from
    /// its place.
    pub fn task(&self) -> Option<TaskIndex> {
        match self {
            Self::Started(Started { task, .. })
            | Self::Failed { task, .. }
            | Self::Cancelled { task, .. }
            | Self::Skipped { task, .. }
            | Self::Expanded { task, .. }
            | Self::Reopened { task, .. } => Some(*task),
            Self::Completed(completed) => Some(completed.task),
            Self::AttemptFailed(failed) => Some(failed.task),
            Self::CancelRequested { task, .. } => *task,
            Self::Created(_)
            | Self::Added(_)
            | Self::Opened(_)
            | Self::BudgetChanged { .. }
            | Self::LimitsChanged(_)
            | Self::Paused { .. }
            | Self::Ended { .. } => None,
        }
    }

    /// The attempt that it is about.
    pub fn attempt(&self) -> Option<u32> {
        match self {
            Self::Started(started) => Some(started.attempt),
            Self::Completed(completed) => completed.attempt,
            Self::AttemptFailed(failed) => Some(failed.attempt),
            _ => None,
        }
    }
}

/// The run was made of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Created {
    /// The plan's name; also within the settings, where tools look for it first.
    pub name: String,
    /// What holds for the run as a whole.
    pub settings: RunSettings,
    /// The folder that the run works on, encoded by `guildhall_core::path_text`.
    pub folder: String,
    /// SHA-256 of the tasks as they were planned, in hexadecimal.
    pub plan_hash: String,
    /// The version of Guildhall that made it.
    pub made_by: String,
}

/// A process took the run over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    /// Its number, greater than every one before it: a fencing token.
    pub epoch: u32,
    /// The process.
    pub process: u32,
    /// Versions and content hashes of the agents that it has.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub agents: Vec<AgentIdentity>,
}

/// Exactly which agent it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentIdentity {
    /// Its id.
    pub agent: AgentId,
    /// Its version.
    pub version: Version,
    /// SHA-256 of its library, or of its configuration where it is a program.
    pub hash: String,
}

/// An attempt was begun.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Started {
    /// The task.
    pub task: TaskIndex,
    /// Number of the attempt, from 1.
    pub attempt: u32,
    /// The agent that was chosen.
    pub agent: AgentId,
}

/// The task completed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Completed {
    /// The task.
    pub task: TaskIndex,
    /// The attempt that did it; absent for a task whose children have ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// What came of it; absent for a task whose children have ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Output>,
    /// What was spent, as far as the agent says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spent: Option<Spend>,
    /// Proof of who did what from what, and when; absent for a task whose children have
    /// ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Receipt>,
}

impl Completed {
    /// Whether nobody worked on it: the result of an earlier task was used again.
    pub(crate) fn is_reused(&self) -> bool {
        let receipt = self.receipt.as_ref();
        receipt.is_some_and(|receipt| receipt.cached_from.is_some())
    }

    /// How long somebody worked on it, in milliseconds; 0 where nobody did.
    pub(crate) fn worked_ms(&self) -> u64 {
        let receipt = self.receipt.as_ref().filter(|_| !self.is_reused());
        receipt.map_or(0, Receipt::duration_ms)
    }
}

/// An output: in the record where it is small, else a content-addressed file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Output {
    /// The JSON itself.
    Inline(Value),
    /// SHA-256 of the JSON text, in hexadecimal, under which the store keeps it.
    Stored(String),
}

/// Proof of who did what from what, and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    /// The agent.
    pub agent: AgentId,
    /// Its version.
    pub version: Version,
    /// SHA-256 of its library, or of its configuration where it is a program.
    pub agent_hash: String,
    /// What it was asked for; absent in receipts of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capability: Option<CapabilityName>,
    /// The version of the capability.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capability_version: Option<Version>,
    /// SHA-256 of the input as the agent got it.
    pub input_hash: String,
    /// SHA-256 of the output's JSON text.
    pub output_hash: String,
    /// When the attempt began, in milliseconds since the Unix epoch.
    pub started_ms: u64,
    /// When it ended.
    pub ended_ms: u64,
    /// How the program ended, where the agent is one: an exit code or a signal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<String>,
    /// The run and task whose result was reused, where it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_from: Option<String>,
    /// What else the agent reports: its workspace's commit, which limits the system
    /// enforced.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub details: serde_json::Map<String, Value>,
}

impl Receipt {
    /// How long the attempt took, in milliseconds.
    pub fn duration_ms(&self) -> u64 {
        self.ended_ms.saturating_sub(self.started_ms)
    }
}

/// An attempt ended without a result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttemptFailed {
    /// The task.
    pub task: TaskIndex,
    /// Number of the attempt.
    pub attempt: u32,
    /// How it failed.
    pub class: FailureClass,
    /// What the agent or the host says.
    pub error: AgentError,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// What was spent, as far as the agent says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spent: Option<Spend>,
}

/// A limit was changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LimitsChanged {
    /// Which.
    pub limit: Limit,
    /// What held before.
    pub from: u32,
    /// What holds from now on.
    pub to: u32,
    /// Who changed it.
    pub by: String,
    /// Why, for people.
    pub why: String,
    /// The figures it rests on.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub evidence: Value,
    /// The number of the event that it undoes, where it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<u64>,
}

/// How an attempt failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    /// The agent answered with an error.
    Error,
    /// It ran over its time.
    Timeout,
    /// The agent broke down: a panic, a crash, a signal.
    Crash,
    /// The output does not fit, or is not accepted.
    Invalid,
    /// The agent, or what is behind it, has no capacity for the moment.
    Busy,
    /// The process that ran it ended. Does not count as an attempt of the task.
    Interrupted,
    /// It gave way to something more important. Does not count as an attempt of the task.
    Yielded,
    /// It was cancelled.
    Cancelled,
}

impl RunEvent {
    /// The task that it ends.
    pub fn ends(&self) -> Option<TaskIndex> {
        match self {
            Self::Completed(completed) => Some(completed.task),
            Self::Failed { task, .. }
            | Self::Cancelled { task, .. }
            | Self::Skipped { task, .. } => Some(*task),
            _ => None,
        }
    }
}

impl FailureClass {
    /// Whether it uses up one of the task's attempts.
    pub const fn counts(self) -> bool {
        !matches!(self, Self::Interrupted | Self::Yielded | Self::Cancelled)
    }
}

/// What came of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Schema)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// Every task completed, or was skipped by its own condition or lost a race.
    Completed,
    /// At least one task failed.
    Failed,
    /// It was cancelled.
    Cancelled,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_that_has_a_kind_is_read_again() {
        let text = r#"{"event":"added","key":"a","title":"a","timeout_ms":1,
            "work":{"do":"call","agent":"x"},"kind":"test-run"}"#;
        let event: RunEvent = serde_json::from_str(text).unwrap();
        let written = serde_json::to_string(&event).unwrap();
        assert_eq!(serde_json::from_str::<RunEvent>(&written).unwrap(), event);
        let RunEvent::Added(spec) = event else {
            panic!("{written}");
        };
        assert_eq!(spec.kind.as_deref(), Some("test-run"));
    }
}
