//! What has changed since a run was last worked on. Going on regardless would mix results
//! of different agents or different files, so somebody is asked.

use std::collections::BTreeSet;
use std::fmt;

use guildhall_coordination::{AgentIdentity, Ledger, RunId, TaskKey, TaskStatus, Work};
use guildhall_core::AgentId;

use crate::RuntimeError;
use crate::run::{Roster, content_of};

use super::folder_of;

/// Something that is not as it was when the run was last worked on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// An agent whose results the run has is another one now.
    Agent {
        /// The agent as it was.
        was: AgentIdentity,
        /// As it is; `None` where it is gone.
        is: Option<AgentIdentity>,
    },
    /// Files that a completed task read are others now.
    Files {
        /// The task.
        task: TaskKey,
    },
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Agent { was, is: None } => {
                write!(
                    f,
                    "agent {} {} is not there any more",
                    was.agent, was.version
                )
            }
            Self::Agent { was, is: Some(is) } if was.version != is.version => {
                write!(
                    f,
                    "agent {} was {} and is {}",
                    was.agent, was.version, is.version
                )
            }
            Self::Agent { was, .. } => {
                let (agent, version) = (&was.agent, &was.version);
                write!(
                    f,
                    "agent {agent} {version} has other content or configuration"
                )
            }
            Self::Files { task } => {
                write!(
                    f,
                    "files that task {task} read have changed since it completed"
                )
            }
        }
    }
}

/// Looks for changes since `ledger`'s run was last worked on.
///
/// # Errors
/// [`RuntimeError::Changed`] with all of them.
pub(super) async fn check_changes(
    run: RunId,
    ledger: &Ledger,
    agents: &Roster,
) -> Result<(), RuntimeError> {
    let mut changes = changed_agents(ledger, agents);
    changes.extend(changed_files(ledger).await?);
    if changes.is_empty() {
        return Ok(());
    }
    Err(RuntimeError::Changed { run, changes })
}

/// Agents that did something for the run and are others now than for the process that
/// worked on it last.
fn changed_agents(ledger: &Ledger, agents: &Roster) -> Vec<Change> {
    let receipts = ledger.tasks().iter().filter_map(|it| it.receipt.as_ref());
    let used: BTreeSet<&AgentId> = receipts.map(|receipt| &receipt.agent).collect();
    let was = ledger.agents().iter();
    let was = was.filter(|it| used.contains(&it.agent));
    let changed = was.filter_map(|was| {
        let is = agents.identity(&was.agent);
        (is != Some(was)).then(|| Change::Agent {
            was: was.clone(),
            is: is.cloned(),
        })
    });
    changed.collect()
}

/// Completed tasks whose declared files are others now.
async fn changed_files(ledger: &Ledger) -> Result<Vec<Change>, RuntimeError> {
    let Some(created) = ledger.created() else {
        return Ok(Vec::new());
    };
    let mut changes = Vec::new();
    for task in ledger.tasks() {
        let Work::Call(call) = &task.spec.work else {
            continue;
        };
        let receipt = task.receipt.as_ref();
        let was = receipt.and_then(|it| it.details.get("reads")?.as_str());
        if task.status != TaskStatus::Completed || was.is_none() {
            continue;
        }
        let is = content_of(folder_of(created), call.reads.clone()).await?;
        if is.as_deref() != was {
            let task = task.spec.key.clone();
            changes.push(Change::Files { task });
        }
    }
    Ok(changes)
}
