//! What a task of these runs is asked to do, and what comes of it.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The input of a task.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Work {
    /// Milliseconds that it takes.
    pub ms: u64,
    /// Whether it goes on after that until the suite lets it end.
    #[serde(default)]
    pub is_held: bool,
    /// Whether the first attempt fails.
    #[serde(default)]
    pub fails_first: bool,
    /// Whether a child of the program does it, in a session of its own.
    #[serde(default)]
    pub deep: bool,
    /// Bytes that fill the output up; above 16 KiB it is kept as a file of its own.
    #[serde(default)]
    pub padding: usize,
    /// How many items it lists.
    #[serde(default)]
    pub items: u32,
    /// What it is given of earlier results, if anything; it only has to be there.
    #[serde(default)]
    pub given: Value,
}

impl Work {
    /// What the task gives. It follows from the input, so that it can be checked.
    pub fn output(&self, task: &str) -> Value {
        let items: Vec<u32> = (0..self.items).collect();
        json!({ "task": task, "items": items, "padding": "x".repeat(self.padding) })
    }
}
