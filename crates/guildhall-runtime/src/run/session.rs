//! The loop that owns a run while this process works on it.
//!
//! One turn of the loop takes every message that has come, lets the conductor decide,
//! writes what follows in one append, and then tells the coordinator. Attempts are begun
//! beside the append: one whose start is lost is one that was in flight.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use guildhall_coordination::conductor::{Attempt, Effect};
use guildhall_coordination::ledger::{AttemptEnd, Phase};
use guildhall_coordination::turn::{TurnReply, TurnRequest};
use guildhall_coordination::{Conductor, FailureClass, Ledger, Recorded, RunEvent, TaskIndex};
use guildhall_core::{AgentError, AgentId, Progress};
use guildhall_host::CancellationToken;
use serde_json::Value;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::RuntimeError;
use crate::store::Durability;

use super::attempt::{self, Handle, Job, Workshop};
use super::clock::now_ms;
use super::coordinator::{self, RESTARTS};
use super::input::results_for;
use super::latest::Latest;
use super::lease::Lease;
use super::log;
use super::orphans;
use super::outputs::ResultSource;
use super::record;

/// How often another process's writes are looked for.
const LOOK_ABROAD: Duration = Duration::from_millis(200);

/// Messages that are taken at once.
const BATCH: usize = 1024;

/// How often an append is tried again after another process was first.
const CONFLICTS: u32 = 16;

/// What a run tells whoever watches it.
#[derive(Debug)]
#[non_exhaustive]
pub enum RunUpdate<'a> {
    /// An event was written.
    Event {
        /// The event.
        recorded: &'a Recorded,
        /// What is true of the run, this event and those written with it included.
        ledger: &'a Ledger,
    },
    /// An attempt has given no sign of life for a lease: no progress, and where it is a
    /// program no output. It goes on until its time is up; it may only be thinking.
    Silent {
        /// The task.
        task: TaskIndex,
        /// For how long.
        silence: Duration,
        /// What is true of the run.
        ledger: &'a Ledger,
    },
    /// An agent tells how far it is.
    Progress {
        /// The task.
        task: TaskIndex,
        /// How far.
        progress: &'a Progress,
        /// What is true of the run.
        ledger: &'a Ledger,
    },
}

/// Watches a run. It is called between writes, so it must not wait. A panic in it is logged
/// and changes nothing for the run.
pub type OnUpdate = Arc<dyn Fn(&RunUpdate<'_>) + Send + Sync>;

/// Something that reaches the session.
#[derive(Debug)]
pub(crate) enum Message {
    /// The coordinator takes a turn.
    Turn {
        generation: u32,
        request: TurnRequest,
        reply: oneshot::Sender<TurnReply>,
    },
    /// The coordinator's call has ended.
    CoordinatorEnded {
        generation: u32,
        error: Option<Box<AgentError>>,
    },
    /// An attempt has ended.
    AttemptEnded {
        attempt: Attempt,
        end: Box<AttemptEnd>,
    },
    /// An agent tells how far it is; the newest report is in the cell.
    Progress { task: TaskIndex, latest: Latest },
    /// An output was fetched.
    Output { task: TaskIndex, value: Value },
    /// What an attempt brought could not be kept.
    Unkept { error: Box<RuntimeError> },
}

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

/// An attempt under way.
struct UnderWay {
    attempt: Attempt,
    handle: Handle,
    lease: Lease,
}

/// The coordinator, as the session sees it.
struct Coordinator {
    agent: Option<AgentId>,
    generation: u32,
    failures: u32,
    cancel: Option<CancellationToken>,
    /// Renewed with each turn; counts only while no turn waits.
    lease: Lease,
    /// A turn that waits for something to happen.
    waiting: Option<Waiting>,
    error: Option<Box<AgentError>>,
}

struct Waiting {
    reply: oneshot::Sender<TurnReply>,
    until: Option<Instant>,
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
                lease: Lease::new(parts.lease),
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
            waited = orphans::wait(state_folder.as_deref(), run) => waited?,
            () = self.interrupt.cancelled() => {}
        }
        let worked = self.turn_until_over().await;
        self.stop_everything();
        if let Some(Phase::Ended(_)) = self.conductor.ledger().phase() {
            orphans::forget(state_folder.as_deref(), run);
        }
        worked.map(|()| self.conductor.take_ledger())
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
                    it.lease.renew();
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

    fn take_turn(
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
        self.coordinator.lease.renew();
        for action in request.actions {
            self.conductor.act(now_ms, action);
        }
        let until = request
            .wait_until_ms
            .map(|until| Instant::now() + Duration::from_millis(until.saturating_sub(now_ms)));
        self.coordinator.waiting = Some(Waiting { reply, until });
    }

    fn attempt_ended(&mut self, now_ms: u64, attempt: &Attempt, end: AttemptEnd) {
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

    /// The coordinator came back though the run is not over.
    fn coordinator_ended(&mut self, now_ms: u64, generation: u32, error: Option<Box<AgentError>>) {
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
    fn hopeless(&self) -> Option<RuntimeError> {
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

    fn call_coordinator(&mut self) {
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
        self.coordinator.lease.renew();
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

    fn launch(&mut self, attempt: Attempt) {
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
        let lease = Lease::new(self.lease);
        let under_way = UnderWay {
            attempt,
            handle,
            lease,
        };
        self.attempts.insert(under_way.attempt.task, under_way);
        tokio::spawn(attempt::carry_out(Arc::clone(&self.workshop), job));
    }

    fn end(&self, attempt: &Attempt, why: FailureClass) {
        if let Some(it) = self.attempts.get(&attempt.task)
            && it.attempt == *attempt
        {
            it.handle.end(why);
        }
    }

    fn read(&self, task: TaskIndex) {
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

    /// Writes events. Where another process was first, its events are taken in and ours
    /// follow them, as far as they still can.
    async fn store(&mut self, mut writes: Vec<Recorded>) -> Result<(), RuntimeError> {
        for _ in 0..CONFLICTS {
            let Some(first) = writes.first() else {
                return Ok(());
            };
            let expected = first.seq - 1;
            let events = record::to_new_events(&writes, self.conductor.ledger());
            let durability = self.durability_of(&writes);
            let journal = &self.workshop.journal;
            let run = self.workshop.run;
            match journal.append(run, events, expected, durability).await {
                Ok(last) => {
                    self.stored = last;
                    for recorded in &writes {
                        let ledger = self.conductor.ledger();
                        self.tell(&RunUpdate::Event { recorded, ledger });
                    }
                    return Ok(());
                }
                Err(RuntimeError::Conflict { .. }) => writes = self.rebase(writes).await?,
                Err(error) => return Err(error),
            }
        }
        Err(RuntimeError::Conflict {
            run: self.workshop.run,
            expected: self.stored,
            found: self.stored,
        })
    }

    /// Starts are never synced: one that is lost is one that was in flight.
    fn durability_of(&self, writes: &[Recorded]) -> Durability {
        let starts_only = writes
            .iter()
            .all(|recorded| matches!(recorded.event, RunEvent::Started(_)));
        if starts_only {
            return Durability::Process;
        }
        self.workshop.durability
    }

    async fn rebase(&mut self, writes: Vec<Recorded>) -> Result<Vec<Recorded>, RuntimeError> {
        let (run, stored) = (self.workshop.run, self.stored);
        // One look: what comes between two would be in the ledger and never noticed.
        let events = record::events_after(&*self.workshop.journal, run, 0).await?;
        let ledger = record::fold_events(run, &events)?;
        let known = events.partition_point(|recorded| recorded.seq <= stored);
        let foreign = &events[known..];
        self.check_epoch(foreign)?;
        self.stored = ledger.last_seq();
        Ok(self.conductor.rebase(now_ms(), ledger, foreign, writes))
    }

    /// Looks whether another process has written: a cancellation, or that it has the run.
    async fn look_abroad(&mut self) -> Result<(), RuntimeError> {
        if self.looked.elapsed() < LOOK_ABROAD {
            return Ok(());
        }
        self.looked = Instant::now();
        self.look_for_silence();
        let journal = Arc::clone(&self.workshop.journal);
        let mark = journal.changed().await?;
        if self.store_mark.replace(mark) == Some(mark) {
            return Ok(());
        }
        let run = self.workshop.run;
        if journal.last(run).await? == self.stored {
            return Ok(());
        }
        let foreign = record::events_after(&*journal, run, self.stored).await?;
        self.check_epoch(&foreign)?;
        let writes = self.conductor.take_writes();
        let writes = self.rebase(writes).await?;
        self.store(writes).await
    }

    fn check_epoch(&self, foreign: &[Recorded]) -> Result<(), RuntimeError> {
        let taken = foreign
            .iter()
            .any(|recorded| matches!(recorded.event, RunEvent::Opened(_)));
        if taken {
            let run = self.workshop.run;
            return Err(RuntimeError::TakenOver { run });
        }
        Ok(())
    }

    /// Answers the coordinator where there is something to tell, or its time has come.
    fn answer_turn(&mut self) {
        let Some(waiting) = &self.coordinator.waiting else {
            return;
        };
        let due = waiting.until.is_some_and(|until| until <= Instant::now());
        if !due && !self.conductor.has_news() {
            return;
        }
        if let Some(waiting) = self.coordinator.waiting.take() {
            self.coordinator.lease.renew();
            let reply = TurnReply {
                now_ms: now_ms(),
                notices: self.conductor.take_notices(),
                over: self.conductor.is_over(),
            };
            // Where it is gone, its end is told by itself.
            let _ = waiting.reply.send(reply);
        }
    }

    /// Tells of attempts that give no sign of life, and ends the call of a coordinator that
    /// takes no turn: another one is called then.
    fn look_for_silence(&mut self) {
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
