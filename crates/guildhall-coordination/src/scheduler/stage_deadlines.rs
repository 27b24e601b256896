//! Deadlines of stages: counted from the start of the first task.

use crate::id::TaskIndex;
use crate::run_settings::Stage;
use crate::tracker::Tracker;
use crate::turn::Action;

use super::retries::Timers;

/// The deadlines of a run's stages.
#[derive(Debug, Default)]
pub(super) struct StageDeadlines {
    stages: Vec<Deadline>,
}

#[derive(Debug)]
struct Deadline {
    name: String,
    after_ms: Option<u64>,
    /// When its first task was begun, as far as is known.
    began_ms: Option<u64>,
}

impl StageDeadlines {
    pub(super) fn new(stages: &[Stage]) -> Self {
        let stages = stages.iter().map(|stage| Deadline {
            name: stage.name.clone(),
            after_ms: stage.deadline_ms,
            began_ms: None,
        });
        Self {
            stages: stages.collect(),
        }
    }

    /// A task of the stage was begun.
    pub(super) fn began(&mut self, stage: Option<u32>, now_ms: u64, timers: &mut Timers) {
        let Some(number) = stage else {
            return;
        };
        let Some(stage) = self.stages.get_mut(number as usize) else {
            return;
        };
        // Of a run that was taken over, tasks are not told in the order of their starts.
        let is_first = stage.began_ms.is_none_or(|began_ms| now_ms < began_ms);
        if let Some(after_ms) = stage.after_ms
            && is_first
        {
            stage.began_ms = Some(now_ms);
            timers.stage_ends_at(now_ms.saturating_add(after_ms), number);
        }
    }

    /// The deadline has passed: what has not ended is cancelled.
    pub(super) fn passed(&self, stage: u32, tracker: &Tracker, actions: &mut Vec<Action>) {
        let Some(deadline) = self.stages.get(stage as usize) else {
            return;
        };
        let seconds = deadline.after_ms.unwrap_or_default() as f64 / 1000.0;
        let reason = format!("{} exceeded its deadline of {seconds} s", deadline.name);
        for task in TaskIndex::first(tracker.len()) {
            let of_stage = tracker
                .spec(task)
                .is_some_and(|spec| spec.stage == Some(stage) && spec.parent.is_none());
            let open = tracker.status(task).is_some_and(|it| !it.has_ended());
            if of_stage && open {
                let (task, reason) = (Some(task), reason.clone());
                actions.push(Action::Cancel { task, reason });
            }
        }
    }
}
