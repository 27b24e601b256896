//! The loop that owns a run while this process works on it.
//!
//! One turn of the loop takes every message that has come, lets the conductor decide,
//! writes what follows in one append, and then tells the coordinator. Attempts are begun
//! beside the append: one whose start is lost is one that was in flight.

mod attempts;
mod coordinating;
mod writing;

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use guildhall_coordination::conductor::Effect;
use guildhall_coordination::ledger::Phase;
use guildhall_coordination::{Conductor, FailureClass, Ledger, Recorded, TaskIndex};
use guildhall_core::AgentId;
use guildhall_host::CancellationToken;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::Instant;

use crate::RuntimeError;

use super::attempt::Workshop;
use super::clock::now_ms;
use super::message::Message;
use super::silence::SilenceWatch;
use super::update::{OnUpdate, RunUpdate};

use super::log;
use super::orphans;
use attempts::UnderWay;
use coordinating::Coordinator;

/// How often another process's writes are looked for: a cancellation is heard so soon. A look
/// takes a few microseconds.
const LOOK_ABROAD: Duration = Duration::from_millis(50);

/// Messages that are taken at once.
const BATCH: usize = 1024;

/// What a session is made of.
pub(crate) struct SessionParts {
    pub(crate) conductor: Conductor,
    pub(crate) workshop: Arc<Workshop>,
    pub(crate) messages: UnboundedReceiver<Message>,
    pub(crate) coordinator: Option<AgentId>,
    pub(crate) interrupt: CancellationToken,
    pub(crate) on_update: Option<OnUpdate>,
    pub(crate) lease: Duration,
}

/// A run while this process works on it.
pub(crate) struct Session {
    conductor: Conductor,
    workshop: Arc<Workshop>,
    messages: UnboundedReceiver<Message>,
    settings: Arc<guildhall_coordination::RunSettings>,
    coordinator: Coordinator,
    attempts: HashMap<TaskIndex, UnderWay>,
    lease: Duration,
    interrupt: CancellationToken,
    interrupted: bool,
    on_update: Option<OnUpdate>,
    /// The last event that the store is known to hold.
    stored: u64,
    /// What the store said when it was last asked whether something changed.
    store_mark: Option<u64>,
    /// When it was last asked.
    looked: Instant,
    deadline: Option<Instant>,
}

impl Session {
    pub(crate) fn new(parts: SessionParts) -> Self {
        let ledger = parts.conductor.ledger();
        let settings = ledger
            .created()
            .map(|created| created.settings.clone())
            .unwrap_or_default();
        let deadline = deadline(ledger, settings.deadline_ms);
        Self {
            stored: ledger.last_seq(),
            conductor: parts.conductor,
            workshop: parts.workshop,
            messages: parts.messages,
            settings: Arc::new(settings),
            coordinator: Coordinator {
                agent: parts.coordinator,
                generation: 0,
                failures: 0,
                cancel: None,
                lease: SilenceWatch::new(parts.lease),
                waiting: None,
                error: None,
            },
            attempts: HashMap::new(),
            lease: parts.lease,
            interrupt: parts.interrupt,
            interrupted: false,
            on_update: parts.on_update,
            store_mark: None,
            looked: Instant::now(),
            deadline,
        }
    }

    /// Works on the run until it has ended, is paused, or cannot go on here.
    ///
    /// # Errors
    /// [`RuntimeError::TakenOver`] where another process has it now,
    /// [`RuntimeError::CoordinatorFailed`], and whatever the store gives.
    ///
    /// # Cancel safety
    /// Where it is dropped, attempts in flight are withdrawn and count as interrupted by
    /// the next process that works on the run.
    pub(crate) async fn work(mut self, writes: Vec<Recorded>) -> Result<Ledger, RuntimeError> {
        self.stored -= writes.len() as u64;
        self.store(writes).await?;
        // Only now: a process that still works on the run has lost it, and ends its own.
        let run = self.workshop.run;
        let state_folder = self.workshop.state_folder.clone();
        tokio::select! {
            gone = self.clear_away(state_folder.as_deref()) => gone?,
            () = self.interrupt.cancelled() => {}
        }
        let worked = self.turn_until_over().await;
        self.stop_everything();
        if let Some(Phase::Ended(_)) = self.conductor.ledger().phase() {
            orphans::forget(state_folder.as_deref(), run);
        }
        worked.map(|()| self.conductor.take_ledger())
    }

    /// Sees to it that nothing of earlier processes is in the way: their programs have
    /// ended, and what they left in workspaces is saved.
    async fn clear_away(&self, state_folder: Option<&Path>) -> Result<(), RuntimeError> {
        orphans::wait(state_folder, self.workshop.run).await?;
        self.workshop.services.sweep().await;
        Ok(())
    }

    async fn turn_until_over(&mut self) -> Result<(), RuntimeError> {
        self.call_coordinator();
        loop {
            self.commit().await?;
            self.answer_turn();
            if self.conductor.is_over() {
                return Ok(());
            }
            if let Some(error) = self.hopeless() {
                return Err(error);
            }
            self.receive().await?;
        }
    }

    /// Waits for messages, time, an interrupt, or writes of another process.
    async fn receive(&mut self) -> Result<(), RuntimeError> {
        let mut batch = Vec::new();
        let wake = self.wake_at();
        tokio::select! {
            biased;
            () = self.interrupt.cancelled(), if !self.interrupted => {
                self.interrupt();
                return Ok(());
            }
            count = self.messages.recv_many(&mut batch, BATCH) => {
                // The workshop holds a sender, so the channel is never closed.
                debug_assert!(count > 0);
            }
            () = tokio::time::sleep_until(wake) => {}
        }
        for message in batch {
            self.take(message)?;
        }
        self.take_deadline();
        self.look_abroad().await
    }

    fn take(&mut self, message: Message) -> Result<(), RuntimeError> {
        let now_ms = now_ms();
        match message {
            Message::Turn {
                generation,
                request,
                reply,
            } => self.take_turn(now_ms, generation, request, reply),
            Message::CoordinatorEnded { generation, error } => {
                self.coordinator_ended(now_ms, generation, error);
            }
            Message::AttemptEnded { attempt, end } => self.attempt_ended(now_ms, &attempt, *end),
            Message::Progress { task, latest } => {
                if let Some(it) = self.attempts.get_mut(&task) {
                    it.lease.heard();
                }
                if let Some(progress) = latest.take() {
                    self.tell(&RunUpdate::Progress {
                        task,
                        progress: &progress,
                        ledger: self.conductor.ledger(),
                    });
                }
            }
            Message::Output { task, value } => self.conductor.output(task, value),
            Message::Unkept { error } => return Err(*error),
        }
        Ok(())
    }

    /// Does what has to be done outside and writes what follows from the last messages.
    async fn commit(&mut self) -> Result<(), RuntimeError> {
        for effect in self.conductor.take_effects() {
            self.carry_out(effect);
        }
        let writes = self.conductor.take_writes();
        if !writes.is_empty() {
            self.store(writes).await?;
        }
        self.conductor.written();
        // A conflict brings effects of its own.
        for effect in self.conductor.take_effects() {
            self.carry_out(effect);
        }
        Ok(())
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Launch(attempt) => self.launch(attempt),
            Effect::Withdraw { attempt, .. } => self.end(&attempt, FailureClass::Cancelled),
            Effect::Yield(attempt) => self.end(&attempt, FailureClass::Yielded),
            Effect::Read(task) => self.read(task),
        }
    }

    fn wake_at(&self) -> Instant {
        let until = self.coordinator.waiting.as_ref().and_then(|it| it.until);
        let abroad = Instant::now() + LOOK_ABROAD;
        [until, self.deadline]
            .into_iter()
            .flatten()
            .fold(abroad, Instant::min)
    }

    /// Somebody asked this process to stop: what is in flight ends as interrupted, and the
    /// run can be resumed.
    fn interrupt(&mut self) {
        self.interrupted = true;
        self.conductor.pause(now_ms(), "interrupted");
        for it in self.attempts.values() {
            it.handle.end(FailureClass::Interrupted);
        }
    }

    fn take_deadline(&mut self) {
        if self
            .deadline
            .is_some_and(|deadline| deadline <= Instant::now())
        {
            self.deadline = None;
            let seconds = self.settings.deadline_ms.unwrap_or_default() as f64 / 1000.0;
            let reason = format!("the run exceeded its deadline of {seconds} s");
            // Where it has ended meanwhile, there is nothing to cancel.
            let _ = self.conductor.cancel(now_ms(), None, &reason);
        }
    }

    /// Leaves nothing behind that still runs for this session.
    fn stop_everything(&mut self) {
        self.answer_turn();
        for it in self.attempts.values() {
            it.handle.end(FailureClass::Interrupted);
        }
        if let Some(cancel) = self.coordinator.cancel.take()
            && !self.conductor.is_over()
        {
            cancel.cancel();
        }
    }

    fn tell(&self, update: &RunUpdate<'_>) {
        if let RunUpdate::Event { recorded, ledger } = update {
            log::event(self.workshop.run, recorded, ledger);
        }
        if let Some(on_update) = &self.on_update {
            // Watching must never end a run.
            let told = catch_unwind(AssertUnwindSafe(|| on_update(update)));
            if told.is_err() {
                tracing::error!(run = %self.workshop.run, "whoever watches the run panicked");
            }
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.stop_everything();
    }
}

/// When the run must have ended, counted from when somebody first worked on it.
fn deadline(ledger: &Ledger, after_ms: Option<u64>) -> Option<Instant> {
    let ends_ms = ledger.first_opened_ms()?.saturating_add(after_ms?);
    let left = Duration::from_millis(ends_ms.saturating_sub(now_ms()));
    Instant::now().checked_add(left)
}
