//! What follows from an event: it is taken in, and what it was the last to wait for ends.

use std::collections::HashSet;

use guildhall_core::{AgentError, ErrorCode};

use super::{Ledger, Phase, Recorded, TaskRecord, TaskStatus};
use crate::event::{Completed, RunEvent};
use crate::id::TaskIndex;

impl Ledger {
    pub(super) fn record(&mut self, now_ms: u64, event: RunEvent, out: &mut Vec<Recorded>) {
        self.record_under(now_ms, self.epoch, event, out);
    }

    pub(super) fn record_under(
        &mut self,
        at_ms: u64,
        epoch: u32,
        event: RunEvent,
        out: &mut Vec<Recorded>,
    ) {
        let recorded = Recorded {
            seq: self.last_seq + 1,
            at_ms,
            epoch,
            event,
        };
        let ends = recorded.event.ends();
        let applied = self.apply(&recorded);
        debug_assert!(applied.is_ok(), "{applied:?}");
        if applied.is_err() {
            // What the checks above let through contradicts the fold: writing it would
            // damage the journal.
            return;
        }
        out.push(recorded);
        let parent = ends.and_then(|task| self.tasks[task.at()].spec.parent);
        if let Some(parent) = parent {
            self.roll_up(at_ms, parent, out);
        }
    }

    /// Ends an expanded task whose children have ended.
    pub(super) fn roll_up(&mut self, now_ms: u64, index: TaskIndex, out: &mut Vec<Recorded>) {
        let record = &self.tasks[index.at()];
        let Some(children) = &record.children else {
            return;
        };
        if record.open_children > 0 || record.status != TaskStatus::Running {
            return;
        }
        let tasks = || children.iter().map(|child| &self.tasks[child.at()]);
        let won = if tasks().any(|task| task.spec.race.is_some()) {
            self.races_won()
        } else {
            HashSet::new()
        };
        let failed = tasks().filter(|task| task.has_failed(&won)).count();
        let cancelled = tasks().filter(|task| task.status == TaskStatus::Cancelled);
        let cancelled = cancelled.count();
        let all = children.len();
        let event = if failed > 0 {
            let text = format!("{failed} of {all} children failed");
            let error = Box::new(AgentError::new(ErrorCode::Failed, text));
            RunEvent::Failed { task: index, error }
        } else if let Some(reason) = self.cancelled_because(record, cancelled == all && all > 0) {
            RunEvent::Cancelled {
                task: index,
                reason,
            }
        } else {
            RunEvent::Completed(Box::new(Completed {
                task: index,
                attempt: None,
                output: None,
                spent: None,
                receipt: None,
            }))
        };
        self.record(now_ms, event, out);
    }

    /// Why an expanded task counts as cancelled. Losers of a race among its children are
    /// cancelled as well, and then it has completed.
    pub(super) fn cancelled_because(
        &self,
        record: &TaskRecord,
        all_children: bool,
    ) -> Option<String> {
        match (&record.cancelling, &self.phase) {
            (Some(reason), _) | (None, Some(Phase::Cancelling { reason })) => Some(reason.clone()),
            _ => all_children.then(|| "its children were cancelled".to_owned()),
        }
    }

    pub(super) fn cancel_task(
        &mut self,
        now_ms: u64,
        index: TaskIndex,
        reason: &str,
        out: &mut Vec<Recorded>,
    ) {
        let record = &self.tasks[index.at()];
        if record.status.has_ended() || record.cancelling.is_some() {
            return;
        }
        let open_children: Vec<TaskIndex> = record.children.clone().unwrap_or_default();
        let reason = reason.to_owned();
        if record.in_flight.is_some() || record.open_children > 0 {
            let request = RunEvent::CancelRequested {
                task: Some(index),
                reason: reason.clone(),
            };
            self.record(now_ms, request, out);
            for child in open_children {
                self.cancel_task(now_ms, child, &reason, out);
            }
            return;
        }
        let cancelled = RunEvent::Cancelled {
            task: index,
            reason,
        };
        self.record(now_ms, cancelled, out);
    }

    /// Cancels what waits and is to be cancelled.
    pub(super) fn cancel_what_was_asked(&mut self, now_ms: u64, out: &mut Vec<Recorded>) {
        for at in 0..self.tasks.len() {
            let index = TaskIndex::of(at);
            self.cancel_if_asked(now_ms, index, out);
        }
    }

    pub(super) fn cancel_if_asked(
        &mut self,
        now_ms: u64,
        index: TaskIndex,
        out: &mut Vec<Recorded>,
    ) {
        let record = &self.tasks[index.at()];
        if record.status != TaskStatus::Pending {
            return;
        }
        let reason = match (&record.cancelling, &self.phase) {
            (Some(reason), _) | (None, Some(Phase::Cancelling { reason })) => reason.clone(),
            _ => return,
        };
        let cancelled = RunEvent::Cancelled {
            task: index,
            reason,
        };
        self.record(now_ms, cancelled, out);
    }
}
