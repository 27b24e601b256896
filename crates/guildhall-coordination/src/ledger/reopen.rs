//! Tasks that ended without a result, tried again.

use serde_json::Value;

use super::{Ledger, Recorded, Refusal, TaskStatus};
use crate::event::RunEvent;
use crate::id::TaskIndex;

/// A task that is to be tried again, possibly adjusted.
#[derive(Debug, Clone, PartialEq)]
pub struct Reopen {
    /// The task.
    pub task: TaskIndex,
    /// Its input from now on, where it is another.
    pub input: Option<Value>,
    /// Its prompt from now on, where it is another.
    pub prompt: Option<String>,
}

impl Reopen {
    /// The task as it was.
    pub const fn unchanged(task: TaskIndex) -> Self {
        Self {
            task,
            input: None,
            prompt: None,
        }
    }
}

impl Ledger {
    /// Has tasks that ended without a result tried again, and what was skipped for their
    /// sake: those named, or all that failed.
    ///
    /// # Errors
    /// [`Refusal::NoSuchTask`] where a named one is unknown, [`Refusal::HasEnded`] where it
    /// completed or has not failed; [`Refusal::Unfinished`] while somebody works on the run.
    pub fn reopen_failed(
        &mut self,
        now_ms: u64,
        named: &[Reopen],
        out: &mut Vec<Recorded>,
    ) -> Result<usize, Refusal> {
        if self.usage.in_flight > 0 {
            let open = self.open;
            return Err(Refusal::Unfinished { open });
        }
        let wanted = self.to_reopen(named)?;
        let tasks: Vec<TaskIndex> = wanted.iter().map(|reopen| reopen.task).collect();
        for reopen in wanted {
            let event = RunEvent::Reopened {
                task: reopen.task,
                input: reopen.input,
                prompt: reopen.prompt,
            };
            self.record(now_ms, event, out);
        }
        // One that became children has nothing to do itself: where none of them is open, it
        // ends again.
        for task in tasks.iter().rev() {
            self.roll_up(now_ms, *task, out);
        }
        Ok(tasks.len())
    }

    /// The tasks to reopen, each once: those wanted, the expansions above them, and what
    /// was skipped because it needs one of them.
    fn to_reopen(&self, named: &[Reopen]) -> Result<Vec<Reopen>, Refusal> {
        let mut wanted = vec![None; self.tasks.len()];
        for reopen in named {
            let task = self.task(reopen.task).ok_or(Refusal::NoSuchTask)?;
            let status = task.status;
            if !status.has_ended() || status == TaskStatus::Completed {
                return Err(Refusal::HasEnded { status });
            }
            wanted[reopen.task.at()] = Some(reopen.clone());
        }
        if named.is_empty() {
            for (at, task) in self.tasks.iter().enumerate() {
                if task.status == TaskStatus::Failed {
                    let index = TaskIndex::of(at);
                    wanted[at] = Some(Reopen::unchanged(index));
                }
            }
        }
        self.add_descendants(&mut wanted);
        self.add_ancestors(&mut wanted);
        self.add_skipped(&mut wanted);
        Ok(wanted.into_iter().flatten().collect())
    }

    /// To try again what became children is to try those again that have no result.
    fn add_descendants(&self, wanted: &mut [Option<Reopen>]) {
        for (at, task) in self.tasks.iter().enumerate() {
            let Some(parent) = task.spec.parent else {
                continue;
            };
            let has_none = matches!(task.status, TaskStatus::Failed | TaskStatus::Cancelled);
            if has_none && wanted[parent.at()].is_some() && wanted[at].is_none() {
                wanted[at] = Some(Reopen::unchanged(TaskIndex::of(at)));
            }
        }
    }

    fn add_ancestors(&self, wanted: &mut [Option<Reopen>]) {
        for at in (0..self.tasks.len()).rev() {
            let Some(parent) = self.tasks[at].spec.parent else {
                continue;
            };
            let above = &self.tasks[parent.at()];
            let again = above.status.has_ended() && above.status != TaskStatus::Completed;
            if wanted[at].is_some() && again && wanted[parent.at()].is_none() {
                wanted[parent.at()] = Some(Reopen::unchanged(parent));
            }
        }
    }

    fn add_skipped(&self, wanted: &mut [Option<Reopen>]) {
        let any = wanted.iter().any(Option::is_some);
        for (at, task) in self.tasks.iter().enumerate() {
            if task.status != TaskStatus::Skipped || wanted[at].is_some() {
                continue;
            }
            let mut needs = task.spec.needs.iter();
            let for_their_sake = needs.any(|need| wanted[need.task.at()].is_some());
            let by_stage = any && task.spec.stage.is_some_and(|stage| stage > 0);
            if for_their_sake || by_stage {
                let index = TaskIndex::of(at);
                wanted[at] = Some(Reopen::unchanged(index));
            }
        }
    }
}
