//! The payload of a message that hands over a task.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::MessagePriority;
use crate::id::TaskId;

/// The payload of a message that hands over a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskPayload {
    /// Id of the task.
    pub task_id: TaskId,
    /// How urgent the task is.
    #[serde(default)]
    pub priority: MessagePriority,
    /// What is to be done.
    #[serde(default)]
    pub data: Value,
    /// Fields of newer versions, kept so that they survive a round trip.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl TaskPayload {
    /// A task of normal priority.
    pub fn new(task_id: TaskId, data: Value) -> Self {
        Self {
            task_id,
            priority: MessagePriority::default(),
            data,
            extra: Map::new(),
        }
    }
}
