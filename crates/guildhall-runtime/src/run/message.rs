//! What reaches the loop that owns a run.

use guildhall_coordination::TaskIndex;
use guildhall_coordination::conductor::Attempt;
use guildhall_coordination::ledger::AttemptEnd;
use guildhall_coordination::turn::{TurnReply, TurnRequest};
use guildhall_core::AgentError;
use serde_json::Value;
use tokio::sync::oneshot;

use crate::RuntimeError;

use super::latest::Latest;

/// Something that reaches the session.
#[derive(Debug)]
pub(crate) enum Message {
    /// The coordinator takes a turn.
    Turn {
        generation: u32,
        request: TurnRequest,
        reply: oneshot::Sender<TurnReply>,
    },
    /// The coordinator's call has ended.
    CoordinatorEnded {
        generation: u32,
        error: Option<Box<AgentError>>,
    },
    /// An attempt has ended.
    AttemptEnded {
        attempt: Attempt,
        end: Box<AttemptEnd>,
    },
    /// An agent tells how far it is; the newest report is in the cell.
    Progress { task: TaskIndex, latest: Latest },
    /// An output was fetched.
    Output { task: TaskIndex, value: Value },
    /// What an attempt brought could not be kept.
    Unkept { error: Box<RuntimeError> },
}
