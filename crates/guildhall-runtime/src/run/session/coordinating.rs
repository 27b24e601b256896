//! The coordinator, as the session sees it: its turns, and its being called anew.

use std::time::Duration;

use guildhall_coordination::ledger::Phase;
use guildhall_coordination::turn::{TurnReply, TurnRequest};
use guildhall_core::{AgentError, AgentId};
use guildhall_host::CancellationToken;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::RuntimeError;
use crate::run::clock::now_ms;
use crate::run::coordinator::{self, RESTARTS};
use crate::run::silence::SilenceWatch;

use super::Session;

/// The coordinator, as the session sees it.
pub(super) struct Coordinator {
    pub(super) agent: Option<AgentId>,
    pub(super) generation: u32,
    pub(super) failures: u32,
    pub(super) cancel: Option<CancellationToken>,
    /// Renewed with each turn; counts only while no turn waits.
    pub(super) lease: SilenceWatch,
    /// A turn that waits for something to happen.
    pub(super) waiting: Option<Waiting>,
    pub(super) error: Option<Box<AgentError>>,
}

pub(super) struct Waiting {
    pub(super) reply: oneshot::Sender<TurnReply>,
    pub(super) until: Option<Instant>,
}

impl Session {
    pub(super) fn take_turn(
        &mut self,
        now_ms: u64,
        generation: u32,
        request: TurnRequest,
        reply: oneshot::Sender<TurnReply>,
    ) {
        if generation != self.coordinator.generation {
            let over = TurnReply {
                now_ms,
                notices: Vec::new(),
                over: true,
            };
            let _ = reply.send(over);
            return;
        }
        self.coordinator.lease.heard();
        for action in request.actions {
            self.conductor.act(now_ms, action);
        }
        let until = request
            .wait_until_ms
            .map(|until| Instant::now() + Duration::from_millis(until.saturating_sub(now_ms)));
        self.coordinator.waiting = Some(Waiting { reply, until });
    }

    /// The coordinator came back though the run is not over.
    pub(super) fn coordinator_ended(
        &mut self,
        now_ms: u64,
        generation: u32,
        error: Option<Box<AgentError>>,
    ) {
        if generation != self.coordinator.generation || self.conductor.is_over() {
            return;
        }
        self.coordinator.waiting = None;
        if error.is_none() && self.conductor.ledger().open_tasks() == 0 {
            self.conductor.finish_if_done(now_ms);
            return;
        }
        self.coordinator.failures += 1;
        tracing::warn!(
            failures = self.coordinator.failures,
            error = error.as_ref().map(tracing::field::display),
            "the coordinator left the run before it was over"
        );
        self.coordinator.error = error;
        if self.coordinator.failures <= RESTARTS {
            self.call_coordinator();
        }
    }

    /// Why nobody can bring the run on.
    pub(super) fn hopeless(&self) -> Option<RuntimeError> {
        let given_up = self.coordinator.failures > RESTARTS;
        let cancelling = matches!(
            self.conductor.ledger().phase(),
            Some(Phase::Cancelling { .. })
        );
        (given_up && !cancelling && self.attempts.is_empty()).then(|| {
            RuntimeError::CoordinatorFailed {
                times: self.coordinator.failures,
                error: self.coordinator.error.clone(),
            }
        })
    }

    pub(super) fn call_coordinator(&mut self) {
        self.coordinator.generation += 1;
        self.conductor.introduce();
        let cancel = coordinator::call(
            &self.workshop.host,
            self.workshop.run,
            self.coordinator.agent.as_ref(),
            self.coordinator.generation,
            &self.workshop.messages,
        );
        self.coordinator.cancel = Some(cancel);
        self.coordinator.lease.heard();
    }

    /// Answers the coordinator where there is something to tell, or its time has come.
    pub(super) fn answer_turn(&mut self) {
        let Some(waiting) = &self.coordinator.waiting else {
            return;
        };
        let due = waiting.until.is_some_and(|until| until <= Instant::now());
        if !due && !self.conductor.has_news() {
            return;
        }
        if let Some(waiting) = self.coordinator.waiting.take() {
            self.coordinator.lease.heard();
            let reply = TurnReply {
                now_ms: now_ms(),
                notices: self.conductor.take_notices(),
                over: self.conductor.is_over(),
            };
            // Where it is gone, its end is told by itself.
            let _ = waiting.reply.send(reply);
        }
    }
}
