//! Events that cannot have happened.

use crate::id::TaskIndex;

/// An event that contradicts those before it. In a journal it means that the store is
/// damaged or was written by something else.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("event {seq} ({kind}) contradicts those before it: {reason}")]
pub struct Violation {
    /// Number of the event.
    pub seq: u64,
    /// Name of its kind.
    pub kind: &'static str,
    /// The task that it is about.
    pub task: Option<TaskIndex>,
    /// What is wrong.
    pub reason: String,
}
