//! What commands on runs print for machines; `guildhall schema` describes each.

use guildhall_coordination::{RunId, RunReport, TaskResult};
use guildhall_core::Schema;
use guildhall_runtime::store::RunRow;
use serde::Serialize;

/// Version of the forms below.
const VERSION: u32 = 1;

/// A run and what came of its tasks.
#[derive(Debug, Serialize, Schema)]
pub(crate) struct RunResults {
    /// Version of this record's form; 1 today.
    version: u32,
    /// The run.
    run: RunId,
    /// The plan's name.
    name: String,
    /// How it ended, or how far it is: `new`, `running`, `paused`, `cancelling`,
    /// `completed`, `failed` or `cancelled`.
    status: String,
    /// Why it is paused or being cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The results of all tasks, those without an outcome too, in the order of their keys.
    tasks: Vec<TaskResult>,
}

/// The runs there are.
#[derive(Debug, Serialize, Schema)]
pub(crate) struct RunList {
    /// Version of this record's form; 1 today.
    version: u32,
    /// The runs, the newest first.
    runs: Vec<ListedRun>,
}

/// A run of the list.
#[derive(Debug, Serialize, Schema)]
pub(crate) struct ListedRun {
    /// The run.
    pub(crate) run: RunId,
    /// The plan's name.
    pub(crate) name: String,
    /// How it ended, or how far it is: `new`, `running`, `interrupted`, `paused`,
    /// `cancelling`, `completed`, `failed` or `cancelled`. A run whose process ended without
    /// pausing it is `interrupted`.
    pub(crate) status: String,
    /// Whether a process works on it now.
    pub(crate) being_worked_on: bool,
    /// When it was made, in milliseconds since the Unix epoch.
    pub(crate) created_ms: u64,
    /// When its last event was recorded, in milliseconds since the Unix epoch.
    pub(crate) updated_ms: u64,
    /// How its tasks stand.
    pub(crate) tasks: ListedTasks,
}

/// How many tasks of a run have which status. Tasks that became others are counted, too.
#[derive(Debug, Serialize, Schema)]
pub(crate) struct ListedTasks {
    /// All of them.
    pub(crate) total: u32,
    /// Not begun, or to be tried again.
    pub(crate) pending: u32,
    /// With an attempt in flight, or with children that are being done.
    pub(crate) running: u32,
    /// With a result.
    pub(crate) completed: u32,
    /// Failed for good.
    pub(crate) failed: u32,
    /// Cancelled.
    pub(crate) cancelled: u32,
    /// Not needed, or without what they need.
    pub(crate) skipped: u32,
}

impl RunResults {
    pub(crate) fn new(report: &RunReport, tasks: Vec<TaskResult>) -> Self {
        Self {
            version: VERSION,
            run: report.run,
            name: report.name.clone(),
            status: report.status.clone(),
            reason: report.reason.clone(),
            tasks,
        }
    }
}

impl RunList {
    pub(crate) fn new(runs: Vec<ListedRun>) -> Self {
        Self {
            version: VERSION,
            runs,
        }
    }

    pub(crate) fn runs(&self) -> &[ListedRun] {
        &self.runs
    }
}

impl ListedRun {
    pub(crate) fn new(row: RunRow, being_worked_on: bool) -> Self {
        // Nobody pauses a run whose process is killed.
        let cut_short = row.status == "running" && !being_worked_on;
        let tasks = row.tasks;
        Self {
            run: row.run,
            status: if cut_short {
                "interrupted".to_owned()
            } else {
                row.status
            },
            being_worked_on,
            created_ms: row.created_ms,
            updated_ms: row.updated_ms,
            tasks: ListedTasks {
                total: tasks.total(),
                pending: tasks.pending,
                running: tasks.running,
                completed: tasks.completed,
                failed: tasks.failed,
                cancelled: tasks.cancelled,
                skipped: tasks.skipped,
            },
            name: row.name,
        }
    }
}
