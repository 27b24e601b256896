//! What commands on runs print for machines; `guildhall schema` describes each.

use guildhall_coordination::{RunId, RunReport, TaskResult};
use guildhall_core::Schema;
use guildhall_runtime::receipts::{Envelope, PublicKey, Statement};
use guildhall_runtime::store::RunRow;
use serde::{Deserialize, Serialize};

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

/// Signed receipts of a run.
#[derive(Debug, Serialize, Deserialize, Schema)]
pub(crate) struct ReceiptList {
    /// Version of this record's form; 1 today.
    version: u32,
    /// The receipts, in the order of the tasks' ids.
    receipts: Vec<Envelope>,
}

/// What came of checking receipts.
#[derive(Debug, Serialize, Schema)]
pub(crate) struct VerificationList {
    /// Version of this record's form; 1 today.
    version: u32,
    /// A verdict for each receipt, in their order.
    verdicts: Vec<Verification>,
}

/// What came of checking one receipt.
#[derive(Debug, Serialize, Schema)]
pub(crate) struct Verification {
    /// The run; absent where the receipt cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<RunId>,
    /// The task.
    #[serde(skip_serializing_if = "Option::is_none")]
    task: Option<String>,
    /// The agent that did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<String>,
    /// The public key by which it is signed, in hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    signed_by: Option<String>,
    /// The verdict.
    verdict: Verified,
    /// Why, where there is something to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

/// The verdict on a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Schema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verified {
    /// The signature fits, and the work gave the same again.
    Same,
    /// The signature fits, and the work cannot be repeated.
    NotRepeatable,
    /// The signature fits; the work was not repeated, as asked.
    Signed,
    /// The signature fits, and the work gave something else.
    Different,
    /// The signature fits, and the agent failed when the work was repeated.
    Failed,
    /// The signature fits and is that of a key which is not trusted here.
    UnknownSigner,
    /// It is no receipt, or was changed after it was signed.
    Invalid,
}

impl ReceiptList {
    pub(crate) fn new(receipts: Vec<Envelope>) -> Self {
        Self {
            version: VERSION,
            receipts,
        }
    }

    pub(crate) fn into_receipts(self) -> Vec<Envelope> {
        self.receipts
    }
}

impl VerificationList {
    pub(crate) fn new(verdicts: Vec<Verification>) -> Self {
        Self {
            version: VERSION,
            verdicts,
        }
    }

    pub(crate) fn verdicts(&self) -> &[Verification] {
        &self.verdicts
    }
}

impl Verification {
    pub(crate) fn new(
        statement: &Statement,
        key: PublicKey,
        verdict: Verified,
        why: Option<String>,
    ) -> Self {
        Self {
            run: Some(statement.run),
            task: Some(statement.task.to_string()),
            agent: Some(statement.receipt.agent.to_string()),
            signed_by: Some(key.to_string()),
            verdict,
            why,
        }
    }

    /// Of what cannot be read.
    pub(crate) fn of_none(why: String) -> Self {
        Self {
            run: None,
            task: None,
            agent: None,
            signed_by: None,
            verdict: Verified::Invalid,
            why: Some(why),
        }
    }

    /// Whether nothing speaks against the receipt.
    pub(crate) fn holds(&self) -> bool {
        matches!(
            self.verdict,
            Verified::Same | Verified::NotRepeatable | Verified::Signed
        )
    }

    pub(crate) fn task(&self) -> Option<&str> {
        self.task.as_deref()
    }

    pub(crate) fn why(&self) -> Option<&str> {
        self.why.as_deref()
    }

    pub(crate) fn told(&self) -> &'static str {
        match self.verdict {
            Verified::Same => "signed, and the work gave the same again",
            Verified::NotRepeatable => "signed; not repeatable",
            Verified::Signed => "signed",
            Verified::Different => "signed, but the work gives something else",
            Verified::Failed => "signed, but the agent failed to repeat the work",
            Verified::UnknownSigner => "signed by somebody unknown",
            Verified::Invalid => "not valid",
        }
    }
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
