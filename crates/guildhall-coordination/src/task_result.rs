//! The result of a task, as exports and machine output have it.

use guildhall_core::Schema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::TaskIndex;
use crate::ledger::{Ledger, TaskRecord, TaskStatus};

/// The result of a task. Every task of a run has one, those without an outcome too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
pub struct TaskResult {
    /// The task's key.
    pub task_id: String,
    /// `pending`, `running`, `completed`, `failed`, `timeout`, `cancelled` or `skipped`. A
    /// task that failed because its last attempt ran over its time is `timeout`.
    pub status: String,
    /// What came of it; null where nothing did, and in lists.
    #[serde(default)]
    pub result: Option<Value>,
    /// Why nothing came of it.
    #[serde(default)]
    pub error: Option<String>,
    /// How long its attempts took together, in milliseconds.
    pub duration_ms: u64,
    /// What else is known.
    pub agent_context: AgentContext,
}

/// What else is known of a task's result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
pub struct AgentContext {
    /// Its title.
    pub title: String,
    /// The stage it belongs to: its wave or group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// The task that it is a part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Who did it last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// Attempts that were begun.
    pub attempts: u32,
    /// Who did what from what, and when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Value>,
}

impl TaskResult {
    /// What the ledger knows of the result of `task`, without its output.
    pub fn of(ledger: &Ledger, task: TaskIndex) -> Option<Self> {
        let record = ledger.task(task)?;
        let key_of = |task: TaskIndex| ledger.task(task).map(|it| it.spec.key.to_string());
        let stages = ledger.created().map(|created| &created.settings.stages);
        let stage = record.spec.stage.and_then(|at| stages?.get(at as usize));
        let receipt = record.receipt.as_ref();
        let flight = record.in_flight.as_ref();
        let agent = receipt
            .map(|receipt| receipt.agent.to_string())
            .or_else(|| flight.map(|flight| flight.agent.to_string()));
        Some(Self {
            task_id: record.spec.key.to_string(),
            status: status_of(record).to_owned(),
            result: None,
            error: error_of(record),
            duration_ms: record.busy_ms,
            agent_context: AgentContext {
                title: record.spec.title.clone(),
                stage: stage.map(|stage| stage.name.clone()),
                parent: record.spec.parent.and_then(key_of),
                agent,
                attempts: record.attempts,
                receipt: receipt.and_then(|receipt| serde_json::to_value(receipt).ok()),
            },
        })
    }

    /// The results of all tasks, in the order of their keys.
    pub fn all(ledger: &Ledger) -> Vec<Self> {
        let tasks = TaskIndex::first(ledger.tasks().len());
        let mut results: Vec<Self> = tasks.filter_map(|task| Self::of(ledger, task)).collect();
        results.sort_by(|a, b| a.task_id.cmp(&b.task_id));
        results
    }
}

fn status_of(record: &TaskRecord) -> &'static str {
    let error = record.error.as_ref();
    let timed_out =
        error.is_some_and(|error| error.is(guildhall_core::ErrorCode::DeadlineExceeded));
    match record.status {
        TaskStatus::Failed if timed_out => "timeout",
        status => status.as_str(),
    }
}

/// Why a task has no result; a task that has ended without one always has a reason.
fn error_of(record: &TaskRecord) -> Option<String> {
    match record.status {
        TaskStatus::Completed => None,
        TaskStatus::Cancelled | TaskStatus::Skipped => record.reason.clone(),
        TaskStatus::Failed | TaskStatus::Pending | TaskStatus::Running => {
            record.error.as_ref().map(|error| error.message.clone())
        }
    }
}
