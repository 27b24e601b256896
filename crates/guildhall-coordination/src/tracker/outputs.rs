//! Outputs that are waited for: they are asked for once, and kept as long as needed.

use std::collections::HashMap;

use serde_json::Value;

use crate::id::TaskIndex;

use super::Step;
use crate::turn::Action;

/// Outputs that conditions and expansions wait for, kept only as long as they do.
#[derive(Debug, Default)]
pub(super) struct Outputs {
    known: HashMap<TaskIndex, Value>,
    waiting: HashMap<TaskIndex, Vec<TaskIndex>>,
}

impl Outputs {
    /// Has `waiter` wait for the output of `task`; gives whether it must.
    pub(super) fn ask(
        &mut self,
        task: TaskIndex,
        waiter: TaskIndex,
        steps: &mut Vec<Step>,
    ) -> bool {
        let waiting = self.waiting.entry(task).or_default();
        if waiting.is_empty() {
            steps.push(Step::Do(Action::Read { task }));
        }
        if !waiting.contains(&waiter) {
            waiting.push(waiter);
        }
        !self.known.contains_key(&task)
    }

    /// The output of `task`, where it has come.
    pub(super) fn of(&self, task: TaskIndex) -> Option<&Value> {
        self.known.get(&task)
    }

    /// Keeps an output that has come, and gives those that wait for it.
    pub(super) fn keep(&mut self, task: TaskIndex, value: Value) -> Vec<TaskIndex> {
        let waiting = self.waiting.get(&task).cloned().unwrap_or_default();
        if !waiting.is_empty() {
            self.known.insert(task, value);
        }
        waiting
    }

    pub(super) fn no_longer_wanted_by(&mut self, waiter: TaskIndex, tasks: &[TaskIndex]) {
        for task in tasks {
            let Some(waiting) = self.waiting.get_mut(task) else {
                continue;
            };
            waiting.retain(|other| *other != waiter);
            if waiting.is_empty() {
                self.waiting.remove(task);
                self.known.remove(task);
            }
        }
    }
}
