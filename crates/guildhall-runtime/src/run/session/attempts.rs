//! The attempts under way: they are begun, asked to end, and heard of.

use std::sync::Arc;

use guildhall_coordination::conductor::Attempt;
use guildhall_coordination::ledger::AttemptEnd;
use guildhall_coordination::{FailureClass, TaskIndex};
use serde_json::Value;

use crate::run::RunUpdate;
use crate::run::attempt::{self, Handle, Job};
use crate::run::input::results_for;
use crate::run::message::Message;
use crate::run::outputs::ResultSource;
use crate::run::silence::SilenceWatch;

use super::Session;

/// An attempt under way.
pub(super) struct UnderWay {
    pub(super) attempt: Attempt,
    pub(super) handle: Handle,
    pub(super) lease: SilenceWatch,
}

impl Session {
    pub(super) fn attempt_ended(&mut self, now_ms: u64, attempt: &Attempt, end: AttemptEnd) {
        if self
            .attempts
            .get(&attempt.task)
            .is_some_and(|it| it.attempt == *attempt)
        {
            self.attempts.remove(&attempt.task);
        }
        let agent_is_gone = match &end {
            AttemptEnd::Failed { class, .. } => *class == FailureClass::Crash,
            AttemptEnd::Completed { .. } => false,
        };
        if let Err(refusal) = self.conductor.attempt_ended(now_ms, attempt, end) {
            tracing::debug!(task = %attempt.task, %refusal, "the end of an attempt is void");
        }
        if agent_is_gone {
            // It may have been taken out of service.
            self.conductor.set_offers(self.workshop.agents.offers());
        }
    }

    pub(super) fn launch(&mut self, attempt: Attempt) {
        let ledger = self.conductor.ledger();
        let Some(record) = ledger.task(attempt.task) else {
            return;
        };
        let parent = record.spec.parent.and_then(|parent| ledger.task(parent));
        let job = Job {
            attempt: attempt.clone(),
            spec: Arc::clone(&record.spec),
            parent: parent.map(|parent| Arc::clone(&parent.spec)),
            results: results_for(ledger, &record.spec),
            settings: Arc::clone(&self.settings),
            state: record.error.as_ref().and_then(|error| error.state.clone()),
            handle: Handle::new(),
        };
        let handle = job.handle.clone();
        if self.interrupted {
            handle.end(FailureClass::Interrupted);
        }
        let lease = SilenceWatch::new(self.lease);
        let under_way = UnderWay {
            attempt,
            handle,
            lease,
        };
        self.attempts.insert(under_way.attempt.task, under_way);
        tokio::spawn(attempt::carry_out(Arc::clone(&self.workshop), job));
    }

    pub(super) fn end(&self, attempt: &Attempt, why: FailureClass) {
        if let Some(it) = self.attempts.get(&attempt.task)
            && it.attempt == *attempt
        {
            it.handle.end(why);
        }
    }

    pub(super) fn read(&self, task: TaskIndex) {
        let source = ResultSource::of(self.conductor.ledger(), task);
        let workshop = Arc::clone(&self.workshop);
        tokio::spawn(async move {
            let value = match source {
                Some(source) => workshop.outputs.of_task(&source).await,
                None => Ok(None),
            };
            let value = value.unwrap_or_else(|error| {
                tracing::error!(%task, %error, "an output cannot be read");
                None
            });
            let value = value.unwrap_or(Value::Null);
            let _ = workshop.messages.send(Message::Output { task, value });
        });
    }

    /// Tells of attempts that give no sign of life, and ends the call of a coordinator that
    /// takes no turn: another one is called then.
    pub(super) fn look_for_silence(&mut self) {
        let mut silent = Vec::new();
        for (task, it) in &mut self.attempts {
            if let Some(silence) = it.lease.expired() {
                silent.push((*task, silence));
            }
        }
        for (task, silence) in silent {
            let ledger = self.conductor.ledger();
            let seconds = silence.as_secs();
            let key = ledger
                .task(task)
                .map(|it| tracing::field::display(&it.spec.key));
            tracing::warn!(run = %self.workshop.run, task = key, seconds, "an attempt gives no sign of life");
            self.tell(&RunUpdate::Silent {
                task,
                silence,
                ledger,
            });
        }
        if self.coordinator.waiting.is_some() {
            return;
        }
        if let Some(silence) = self.coordinator.lease.expired()
            && let Some(cancel) = &self.coordinator.cancel
        {
            let seconds = silence.as_secs();
            tracing::warn!(run = %self.workshop.run, seconds, "the coordinator takes no turn, and is called anew");
            cancel.cancel();
        }
    }
}
