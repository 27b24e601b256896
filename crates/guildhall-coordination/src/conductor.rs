//! One run in the hands of one process: the ledger, what a coordinator is told, and what
//! has to be done outside.
//!
//! Pure like the rest of this crate. Whoever owns a conductor writes what
//! [`Conductor::take_writes`] gives, and then calls [`Conductor::written`]; only from then
//! on are the coordinator's notices and those effects handed out that depend on it, so
//! that nothing is built on a result that could still be lost.

use std::collections::{HashSet, VecDeque};

use guildhall_core::AgentId;
use serde_json::Value;

use crate::event::{AgentIdentity, RunEvent};
use crate::id::{RunId, TaskIndex};
use crate::ledger::{AttemptEnd, Ledger, Phase, Recorded, Refusal, TaskRecord, TaskStatus};
use crate::run_settings::{Placement, RunSettings};
use crate::scheduler::Outcomes;
use crate::task::{Call, TaskSpec, Work};
use crate::turn::{Action, AgentOffer, AttemptNotice, Notice, OpenedNotice, TaskNotice};

/// One run in the hands of one process.
#[derive(Debug)]
pub struct Conductor {
    run: RunId,
    ledger: Ledger,
    offers: Vec<AgentOffer>,
    /// Events that are not known to be written.
    writes: Vec<Recorded>,
    /// Notices that wait for the writes.
    unwritten: Vec<Notice>,
    notices: Vec<Notice>,
    effects: Vec<Effect>,
    /// Starts that wait for a limit, in the order in which they were asked for.
    queue: VecDeque<(TaskIndex, AgentId)>,
    queued: HashSet<TaskIndex>,
}

/// Something that has to be done outside.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Carry out an attempt and tell how it ended.
    Launch(Attempt),
    /// Ask an attempt to end: its task was cancelled.
    Withdraw {
        /// The attempt.
        attempt: Attempt,
        /// Why.
        reason: String,
    },
    /// Ask an attempt to give way.
    Yield(Attempt),
    /// Fetch the output of a task and hand it to [`Conductor::output`].
    Read(TaskIndex),
}

/// Names an attempt among all processes that ever work on the run.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Attempt {
    /// The task.
    pub task: TaskIndex,
    /// Number of the attempt.
    pub number: u32,
    /// The epoch under which it was begun.
    pub epoch: u32,
    /// The agent.
    pub agent: AgentId,
}

impl Conductor {
    /// Takes a run over: everything that its journal holds has been folded into `ledger`.
    pub fn take_over(
        run: RunId,
        ledger: Ledger,
        offers: Vec<AgentOffer>,
        now_ms: u64,
        process: u32,
        agents: Vec<AgentIdentity>,
    ) -> Self {
        let mut conductor = Self {
            run,
            ledger,
            offers,
            writes: Vec::new(),
            unwritten: Vec::new(),
            notices: Vec::new(),
            effects: Vec::new(),
            queue: VecDeque::new(),
            queued: HashSet::new(),
        };
        let mut out = Vec::new();
        conductor.ledger.open(now_ms, process, agents, &mut out);
        conductor.writes = out;
        conductor.conclude_cancellation(now_ms);
        conductor
    }

    /// What is true of the run, writes under way included.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// What is true of the run, for whoever comes after this: nothing can be decided any
    /// more.
    pub fn take_ledger(&mut self) -> Ledger {
        std::mem::take(&mut self.ledger)
    }

    /// Whether this process has nothing more to do for the run.
    pub fn is_over(&self) -> bool {
        match self.ledger.phase() {
            Some(Phase::Ended(_)) | None => true,
            Some(Phase::Paused { .. }) => self.ledger.in_flight() == 0,
            Some(Phase::New | Phase::Working | Phase::Cancelling { .. }) => false,
        }
    }

    /// Everything that a coordinator has to know that begins now; what was meant for the
    /// one before it is dropped.
    pub fn introduce(&mut self) {
        self.queue.clear();
        self.queued.clear();
        self.unwritten.clear();
        self.notices = self.introduction();
    }

    /// The agents that can be given tasks have changed.
    pub fn set_offers(&mut self, offers: Vec<AgentOffer>) {
        self.notices.push(Notice::Agents {
            agents: offers.clone(),
        });
        self.offers = offers;
    }

    /// Carries an action out, or tells the coordinator why not.
    pub fn act(&mut self, now_ms: u64, action: Action) {
        let mut out = Vec::new();
        let (task, done) = match action {
            Action::Start { task, agent } => (Some(task), self.start(now_ms, task, agent)),
            Action::Add { parent, tasks, why } => {
                let added = self.ledger.add(now_ms, parent, tasks, &why, &mut out);
                (parent, added)
            }
            Action::Fail { task, error } => {
                let done = self.ledger.give_up(now_ms, task, *error, &mut out);
                (Some(task), done)
            }
            Action::Skip { task, reason } => {
                let done = self.ledger.skip(now_ms, task, &reason, &mut out);
                (Some(task), done)
            }
            Action::Cancel { task, reason } => (task, self.cancel(now_ms, task, &reason)),
            Action::Preempt { task, .. } => (Some(task), self.preempt(task)),
            Action::Read { task } => (Some(task), self.read(task)),
            Action::Pause { reason } => (None, self.ledger.pause(now_ms, &reason, &mut out)),
            Action::Finish => (None, self.ledger.finish(now_ms, &mut out)),
            Action::Unknown => (None, Err(Refusal::Unknown)),
        };
        self.note(out);
        if let Err(why) = done {
            self.unwritten.push(Notice::Refused { task, why });
        }
    }

    /// Nothing is fetched of a task without a result: what comes of that would arrive when it
    /// has one, and be taken for it.
    fn read(&mut self, task: TaskIndex) -> Result<(), Refusal> {
        let record = self.ledger.task(task).ok_or(Refusal::NoSuchTask)?;
        if record.status == TaskStatus::Completed {
            self.effects.push(Effect::Read(task));
        }
        Ok(())
    }

    /// Takes the end of an attempt.
    ///
    /// # Errors
    /// [`Refusal::Stale`] where it is not the attempt that is in flight: its result is
    /// void.
    pub fn attempt_ended(
        &mut self,
        now_ms: u64,
        attempt: &Attempt,
        end: AttemptEnd,
    ) -> Result<(), Refusal> {
        let mut out = Vec::new();
        self.ledger.attempt_ended(
            now_ms,
            attempt.task,
            attempt.number,
            attempt.epoch,
            end,
            &mut out,
        )?;
        self.note(out);
        self.start_queued(now_ms);
        self.conclude_cancellation(now_ms);
        Ok(())
    }

    /// Takes an output that was to be fetched.
    pub fn output(&mut self, task: TaskIndex, value: Value) {
        self.notices.push(Notice::Output { task, value });
    }

    /// Cancels a task, or the run.
    ///
    /// # Errors
    /// Where it has ended.
    pub fn cancel(
        &mut self,
        now_ms: u64,
        task: Option<TaskIndex>,
        reason: &str,
    ) -> Result<(), Refusal> {
        let mut out = Vec::new();
        let done = self.ledger.cancel(now_ms, task, reason, &mut out);
        self.note(out);
        self.conclude_cancellation(now_ms);
        done
    }

    /// Begins nothing more.
    pub fn pause(&mut self, now_ms: u64, reason: &str) {
        let mut out = Vec::new();
        // Where nothing is begun any more, there is nothing to pause.
        let _ = self.ledger.pause(now_ms, reason, &mut out);
        self.note(out);
    }

    /// Ends the run where every task has ended and nobody says so.
    pub fn finish_if_done(&mut self, now_ms: u64) {
        let mut out = Vec::new();
        let _ = self.ledger.finish(now_ms, &mut out);
        self.note(out);
    }

    /// Another process has written `foreign` meanwhile: `ledger` is folded anew, with these
    /// and without `writes`. Gives the writes as they follow now; those that cannot any more
    /// are dropped.
    pub fn rebase(
        &mut self,
        now_ms: u64,
        ledger: Ledger,
        foreign: &[Recorded],
        writes: Vec<Recorded>,
    ) -> Vec<Recorded> {
        self.ledger = ledger;
        for recorded in foreign {
            self.consequences(recorded);
        }
        let mut rebased = Vec::new();
        for mut recorded in writes {
            recorded.seq = self.ledger.last_seq() + 1;
            if self.ledger.apply(&recorded).is_ok() {
                rebased.push(recorded);
            } else if let RunEvent::Started(started) = &recorded.event {
                // It may have been launched already, and its result would be void.
                self.effects.push(Effect::Withdraw {
                    attempt: Attempt {
                        task: started.task,
                        number: started.attempt,
                        epoch: recorded.epoch,
                        agent: started.agent.clone(),
                    },
                    reason: "its start did not come to stand in the journal".to_owned(),
                });
            }
        }
        // A limit may have been raised.
        self.start_queued(now_ms);
        self.conclude_cancellation(now_ms);
        rebased.append(&mut self.writes);
        rebased
    }

    /// The events that are to be written now, in one append after those before.
    pub fn take_writes(&mut self) -> Vec<Recorded> {
        std::mem::take(&mut self.writes)
    }

    /// Everything that was taken has been written.
    pub fn written(&mut self) {
        self.notices.append(&mut self.unwritten);
    }

    /// What the coordinator has not been told yet and may be.
    pub fn take_notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }

    /// Whether the coordinator is to be woken: what only confirms what it did can wait.
    pub fn has_news(&self) -> bool {
        self.is_over()
            || self
                .notices
                .iter()
                .any(|notice| !matches!(notice, Notice::Started { .. }))
    }

    /// What has to be done outside. Launches may be done before the writes: an attempt
    /// whose start is lost is one that was in flight.
    pub fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    fn note(&mut self, events: Vec<Recorded>) {
        for recorded in &events {
            self.consequences(recorded);
        }
        self.writes.extend(events);
    }

    /// What the coordinator is told of an event, and what has to be done for it.
    fn consequences(&mut self, recorded: &Recorded) {
        let notice = match &recorded.event {
            RunEvent::Added(spec) => self.ledger.find(&spec.key).and_then(|index| {
                let record = self.ledger.task(index)?;
                Some(Notice::Task(Box::new(task_notice(index, record))))
            }),
            RunEvent::Started(started) => {
                self.effects.push(Effect::Launch(Attempt {
                    task: started.task,
                    number: started.attempt,
                    epoch: recorded.epoch,
                    agent: started.agent.clone(),
                }));
                Some(Notice::Started {
                    task: started.task,
                    agent: started.agent.clone(),
                })
            }
            RunEvent::Completed(completed) => Some(Notice::Completed {
                task: completed.task,
                duration_ms: completed.worked_ms(),
                spent: completed.spent.unwrap_or_default(),
                reused: completed.is_reused(),
            }),
            RunEvent::AttemptFailed(failed) => Some(Notice::AttemptFailed(AttemptNotice {
                task: failed.task,
                class: failed.class,
                error: Box::new(failed.error.clone()),
                duration_ms: failed.duration_ms,
                spent: failed.spent.unwrap_or_default(),
            })),
            RunEvent::Failed { task, .. }
            | RunEvent::Cancelled { task, .. }
            | RunEvent::Skipped { task, .. } => self.ledger.task(*task).map(|record| {
                let (task, status) = (*task, record.status);
                Notice::Ended { task, status }
            }),
            RunEvent::Expanded { task, children, .. } => Some(Notice::Expanded {
                task: *task,
                children: *children,
            }),
            RunEvent::CancelRequested { task, reason } => {
                self.withdraw(*task, reason);
                Some(Notice::CancelRequested { task: *task })
            }
            RunEvent::BudgetChanged { budget } => Some(Notice::BudgetChanged { budget: *budget }),
            RunEvent::LimitsChanged(_) => Some(Notice::LimitsChanged {
                limits: self.ledger.limits().clone(),
            }),
            RunEvent::Created(_)
            | RunEvent::Opened(_)
            | RunEvent::Reopened { .. }
            | RunEvent::Paused { .. }
            | RunEvent::Ended { .. } => None,
        };
        self.unwritten.extend(notice);
    }

    fn withdraw(&mut self, task: Option<TaskIndex>, reason: &str) {
        let tasks: Vec<TaskIndex> = match task {
            Some(task) => vec![task],
            None => TaskIndex::first(self.ledger.tasks().len()).collect(),
        };
        for task in tasks {
            if let Some(attempt) = self.attempt_of(task) {
                let reason = reason.to_owned();
                self.effects.push(Effect::Withdraw { attempt, reason });
            }
        }
    }

    fn attempt_of(&self, task: TaskIndex) -> Option<Attempt> {
        let flight = self.ledger.task(task)?.in_flight.as_ref()?;
        Some(Attempt {
            task,
            number: flight.attempt,
            epoch: self.ledger.epoch(),
            agent: flight.agent.clone(),
        })
    }

    fn preempt(&mut self, task: TaskIndex) -> Result<(), Refusal> {
        let attempt = self.attempt_of(task).ok_or(Refusal::Stale)?;
        self.effects.push(Effect::Yield(attempt));
        Ok(())
    }

    fn start(
        &mut self,
        now_ms: u64,
        task: TaskIndex,
        agent: Option<AgentId>,
    ) -> Result<(), Refusal> {
        if self.queued.contains(&task) {
            return Err(Refusal::IsRunning);
        }
        let agent = self.agent_for(task, agent)?;
        let mut out = Vec::new();
        let started = self.ledger.start(now_ms, task, &agent, &mut out);
        self.note(out);
        match started {
            Ok(_) => Ok(()),
            Err(Refusal::AtLimit { .. }) => {
                self.queued.insert(task);
                self.queue.push_back((task, agent));
                Ok(())
            }
            Err(refusal) => Err(refusal),
        }
    }

    /// Begins what waits for a limit. A task whose own limit is still reached holds no
    /// other back.
    fn start_queued(&mut self, now_ms: u64) {
        for _ in 0..self.queue.len() {
            let Some((task, agent)) = self.queue.pop_front() else {
                return;
            };
            let mut out = Vec::new();
            let started = self.ledger.start(now_ms, task, &agent, &mut out);
            self.note(out);
            match started {
                Ok(_) => drop(self.queued.remove(&task)),
                Err(Refusal::AtLimit { .. }) => self.queue.push_back((task, agent)),
                Err(why) => {
                    self.queued.remove(&task);
                    let task = Some(task);
                    self.unwritten.push(Notice::Refused { task, why });
                }
            }
        }
    }

    /// The agent that was asked for where it can do the task, else one that can, with the
    /// fewest attempts in flight.
    fn agent_for(&self, task: TaskIndex, asked: Option<AgentId>) -> Result<AgentId, Refusal> {
        let record = self.ledger.task(task).ok_or(Refusal::NoSuchTask)?;
        let Work::Call(call) = &record.spec.work else {
            return Err(Refusal::IsRunning);
        };
        let able = self.offers.iter().filter(|offer| offer.can(call));
        let chosen = match &asked {
            Some(agent) => able.clone().find(|offer| offer.agent == *agent),
            None => able.min_by_key(|offer| self.ledger.in_flight_at(&offer.agent)),
        };
        chosen.map(|offer| offer.agent.clone()).ok_or_else(|| {
            let who = asked.map_or_else(|| "no agent".to_owned(), |agent| agent.to_string());
            Refusal::NoAgent {
                reason: format!("{who} offers what task {} needs", record.spec.key),
            }
        })
    }

    /// Ends a cancelled run once nothing is in flight any more.
    fn conclude_cancellation(&mut self, now_ms: u64) {
        let cancelling = matches!(self.ledger.phase(), Some(Phase::Cancelling { .. }));
        if cancelling && self.ledger.open_tasks() == 0 {
            self.finish_if_done(now_ms);
        }
    }

    fn introduction(&self) -> Vec<Notice> {
        let Some(created) = self.ledger.created() else {
            return Vec::new();
        };
        let opened = OpenedNotice {
            run: self.run,
            settings: RunSettings {
                limits: self.ledger.limits().clone(),
                ..created.settings.clone()
            },
            budget: self.ledger.budget(),
            spent: self.ledger.spent(),
            epoch: self.ledger.epoch(),
            retries: self.ledger.retries(),
            first_opened_ms: self.ledger.first_opened_ms().unwrap_or_default(),
            agent_limits: self.ledger.agent_limits().clone(),
            outcomes: match created.settings.placement {
                Placement::Cheapest => self.ledger.outcomes().clone(),
                _ => Outcomes::default(),
            },
        };
        let agents = self.offers.clone();
        let mut notices = vec![Notice::Opened(Box::new(opened)), Notice::Agents { agents }];
        let tasks = self
            .ledger
            .tasks()
            .iter()
            .zip(TaskIndex::first(self.ledger.tasks().len()));
        notices.extend(
            tasks.map(|(record, index)| Notice::Task(Box::new(task_notice(index, record)))),
        );
        notices.push(Notice::Loaded);
        notices
    }
}

impl AgentOffer {
    /// Whether the agent can take a call.
    pub fn can(&self, call: &Call) -> bool {
        let named = call.agent.as_ref().is_none_or(|agent| *agent == self.agent);
        let offered = call.capability.as_ref().is_none_or(|wanted| {
            let mut own = self.capabilities.iter();
            own.any(|capability| wanted.accepts(&capability.name, &capability.version))
        });
        named && offered && (call.agent.is_some() || call.capability.is_some())
    }
}

fn task_notice(index: TaskIndex, record: &TaskRecord) -> TaskNotice {
    TaskNotice {
        index,
        spec: for_scheduling(&record.spec),
        added_ms: record.added_ms,
        status: record.status,
        counted: record.counted,
        attempts: record.attempts,
        started_ms: record.started_ms,
        running_at: record.in_flight.as_ref().map(|flight| flight.agent.clone()),
        expanded: record.children.is_some(),
        error: record.error.clone(),
    }
}

/// The task without what does not matter for when and where it is done.
fn for_scheduling(spec: &TaskSpec) -> TaskSpec {
    let work = match &spec.work {
        Work::Call(call) => Work::Call(Call {
            capability: call.capability.clone(),
            agent: call.agent.clone(),
            item: call.item.clone().filter(|_| spec.when.is_some()),
            ..Call::default()
        }),
        Work::Expand(expansion) => Work::Expand(expansion.clone()),
    };
    TaskSpec {
        work,
        description: String::new(),
        accept: None,
        ..spec.clone()
    }
}
