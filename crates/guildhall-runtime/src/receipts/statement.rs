//! What is signed: the receipt, whose it is, and what it takes to repeat the work.

use guildhall_coordination::{Ledger, Receipt, RunId, TaskIndex, TaskKey, Work};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The version of the form.
pub(super) const VERSION: u32 = 1;

/// What a signed receipt says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Statement {
    /// Version of this form; 1 today.
    pub version: u32,
    /// The run.
    pub run: RunId,
    /// The plan's name.
    pub name: String,
    /// The task.
    pub task: TaskKey,
    /// The number of the attempt that completed it.
    pub attempt: u32,
    /// The version of the host that signed.
    pub host_version: String,
    /// Who did what from what, and when.
    pub receipt: Receipt,
    /// What the agent was asked; absent where it is not known any more, holds a secret, or
    /// was left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Value>,
    /// The folder of the run, where the task declares files that it reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// The patterns of these files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reads: Vec<String>,
}

impl Statement {
    /// What is known of a task, without its input; `None` where no agent completed it.
    pub(super) fn of(run: RunId, ledger: &Ledger, task: TaskIndex) -> Option<Self> {
        let created = ledger.created()?;
        let record = ledger.task(task)?;
        let receipt = record.receipt.as_deref()?.clone();
        let reads = match &record.spec.work {
            Work::Call(call) => call.reads.clone(),
            Work::Expand(_) => Vec::new(),
        };
        Some(Self {
            version: VERSION,
            run,
            name: created.name.clone(),
            task: record.spec.key.clone(),
            attempt: record.attempts,
            host_version: env!("CARGO_PKG_VERSION").to_owned(),
            receipt,
            input: None,
            folder: (!reads.is_empty()).then(|| created.folder.clone()),
            reads,
        })
    }
}
