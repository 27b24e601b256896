//! The judge: what is asked for becomes events, or is refused.
//!
//! Every function takes its events into the ledger at once and adds them to `out`. They
//! are to be written in one append; where that fails the ledger is ahead of the journal
//! and must be folded anew.

use guildhall_core::{AgentError, AgentId};

use crate::event::{
    AgentIdentity, AttemptFailed, Completed, Created, FailureClass, LimitsChanged, Opened, Output,
    Receipt, RunEvent, Started,
};
use crate::id::TaskIndex;
use crate::run_settings::Budget;
use crate::task::{Spend, TaskSpec};

use super::{Ledger, Phase, Recorded, Refusal};

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq)]
pub enum AttemptEnd {
    /// With a result.
    Completed {
        /// What came of it.
        output: Output,
        /// What was spent, as far as the agent says.
        spent: Option<Spend>,
        /// Proof.
        receipt: Box<Receipt>,
    },
    /// Without one.
    Failed {
        /// How.
        class: FailureClass,
        /// What the agent or the host says.
        error: Box<AgentError>,
        /// How long it took, in milliseconds.
        duration_ms: u64,
        /// What was spent, as far as the agent says.
        spent: Option<Spend>,
    },
}

/// What a process does with a run.
impl Ledger {
    /// A new run of these tasks, as the plan has them.
    ///
    /// # Errors
    /// [`Refusal::BadTasks`] where they cannot be added as they are.
    pub fn create(
        now_ms: u64,
        created: Created,
        tasks: Vec<TaskSpec>,
        out: &mut Vec<Recorded>,
    ) -> Result<Self, Refusal> {
        let mut ledger = Self::new();
        ledger.record(now_ms, RunEvent::Created(Box::new(created)), out);
        ledger.add(now_ms, None, tasks, "the plan", out)?;
        Ok(ledger)
    }

    /// Takes the run over with a new epoch; what was in flight is pending again.
    pub fn open(
        &mut self,
        now_ms: u64,
        process: u32,
        agents: Vec<AgentIdentity>,
        out: &mut Vec<Recorded>,
    ) {
        let epoch = self.epoch + 1;
        let opened = Opened {
            epoch,
            process,
            agents,
        };
        self.record_under(now_ms, epoch, RunEvent::Opened(opened), out);
        self.cancel_what_was_asked(now_ms, out);
    }

    /// Begins an attempt.
    ///
    /// # Errors
    /// A [`Refusal`]; [`Refusal::AtLimit`] means that it may be asked again later.
    pub fn start(
        &mut self,
        now_ms: u64,
        index: TaskIndex,
        agent: &AgentId,
        out: &mut Vec<Recorded>,
    ) -> Result<u32, Refusal> {
        let task = self.pending(index)?;
        if task.is_expansion() {
            return Err(Refusal::IsRunning);
        }
        self.check_order(task)?;
        self.check_attempts(task)?;
        self.check_budget(task, now_ms)?;
        self.check_limits(task, agent)?;
        let attempt = task.attempts + 1;
        let started = Started {
            task: index,
            attempt,
            agent: agent.clone(),
        };
        self.record(now_ms, RunEvent::Started(started), out);
        Ok(attempt)
    }

    /// Takes the end of an attempt.
    ///
    /// # Errors
    /// [`Refusal::Stale`] where it is not the attempt in flight, or was begun under
    /// another epoch.
    pub fn attempt_ended(
        &mut self,
        now_ms: u64,
        index: TaskIndex,
        attempt: u32,
        epoch: u32,
        end: AttemptEnd,
        out: &mut Vec<Recorded>,
    ) -> Result<(), Refusal> {
        let task = self.task(index).ok_or(Refusal::NoSuchTask)?;
        let in_flight = task.in_flight.as_ref().map(|it| it.attempt);
        if epoch != self.epoch || in_flight != Some(attempt) {
            return Err(Refusal::Stale);
        }
        let event = match end {
            AttemptEnd::Completed {
                output,
                spent,
                receipt,
            } => RunEvent::Completed(Box::new(Completed {
                task: index,
                attempt: Some(attempt),
                output: Some(output),
                spent,
                receipt: Some(*receipt),
            })),
            AttemptEnd::Failed {
                class,
                error,
                duration_ms,
                spent,
            } => RunEvent::AttemptFailed(Box::new(AttemptFailed {
                task: index,
                attempt,
                class,
                error: *error,
                duration_ms,
                spent,
            })),
        };
        self.record(now_ms, event, out);
        self.cancel_if_asked(now_ms, index, out);
        Ok(())
    }

    /// Ends the run as it stands.
    ///
    /// # Errors
    /// [`Refusal::Unfinished`] where a task has not ended; [`Refusal::NotWorking`] where
    /// the run has ended already.
    pub fn finish(&mut self, now_ms: u64, out: &mut Vec<Recorded>) -> Result<(), Refusal> {
        if matches!(self.phase, None | Some(Phase::Ended(_))) {
            return Err(Refusal::NotWorking);
        }
        if self.open > 0 {
            return Err(Refusal::Unfinished { open: self.open });
        }
        let status = self.outcome();
        self.record(now_ms, RunEvent::Ended { status }, out);
        Ok(())
    }

    /// Begins nothing more until the run is opened again.
    ///
    /// # Errors
    /// [`Refusal::NotWorking`] where nothing is begun already.
    pub fn pause(
        &mut self,
        now_ms: u64,
        reason: &str,
        out: &mut Vec<Recorded>,
    ) -> Result<(), Refusal> {
        if !self.is_working() {
            return Err(Refusal::NotWorking);
        }
        let reason = reason.to_owned();
        self.record(now_ms, RunEvent::Paused { reason }, out);
        Ok(())
    }

    /// Sets another budget.
    pub fn change_budget(&mut self, now_ms: u64, budget: Budget, out: &mut Vec<Recorded>) {
        self.record(now_ms, RunEvent::BudgetChanged { budget }, out);
    }

    /// Changes a limit. What is in flight over a lower one is not cut short.
    ///
    /// # Errors
    /// [`Refusal::NotWorking`] where the run has ended or is being cancelled.
    pub fn change_limits(
        &mut self,
        now_ms: u64,
        change: LimitsChanged,
        out: &mut Vec<Recorded>,
    ) -> Result<(), Refusal> {
        let over = matches!(
            self.phase,
            None | Some(Phase::Ended(_) | Phase::Cancelling { .. })
        );
        if over {
            return Err(Refusal::NotWorking);
        }
        self.record(now_ms, RunEvent::LimitsChanged(Box::new(change)), out);
        Ok(())
    }
}

/// What a coordinator, or a user, does with tasks.
impl Ledger {
    /// Adds tasks: the children of an expansion, or more tasks without a parent.
    ///
    /// # Errors
    /// [`Refusal::BadTasks`] with what is wrong, [`Refusal::NotReady`] and others where
    /// the parent is not to be expanded now.
    pub fn add(
        &mut self,
        now_ms: u64,
        parent: Option<TaskIndex>,
        specs: Vec<TaskSpec>,
        why: &str,
        out: &mut Vec<Recorded>,
    ) -> Result<(), Refusal> {
        match parent {
            Some(parent) => self.check_parent(parent)?,
            None if self.is_working() || matches!(self.phase, Some(Phase::New)) => {}
            None => return Err(Refusal::NotWorking),
        }
        self.check_batch(parent, &specs)?;
        let children = u32::try_from(specs.len()).unwrap_or(u32::MAX);
        for spec in specs {
            self.record(now_ms, RunEvent::Added(Box::new(spec)), out);
        }
        if let Some(task) = parent {
            let why = why.to_owned();
            let expanded = RunEvent::Expanded {
                task,
                children,
                why,
            };
            self.record(now_ms, expanded, out);
            self.roll_up(now_ms, task, out);
        }
        Ok(())
    }

    /// Gives a task up.
    ///
    /// # Errors
    /// Where it has ended or is being done.
    pub fn give_up(
        &mut self,
        now_ms: u64,
        task: TaskIndex,
        error: AgentError,
        out: &mut Vec<Recorded>,
    ) -> Result<(), Refusal> {
        self.idle(task)?;
        let error = Box::new(error);
        self.record(now_ms, RunEvent::Failed { task, error }, out);
        Ok(())
    }

    /// Says that a task is not needed, or cannot be begun.
    ///
    /// # Errors
    /// Where it has ended or is being done.
    pub fn skip(
        &mut self,
        now_ms: u64,
        task: TaskIndex,
        reason: &str,
        out: &mut Vec<Recorded>,
    ) -> Result<(), Refusal> {
        self.idle(task)?;
        let reason = reason.to_owned();
        self.record(now_ms, RunEvent::Skipped { task, reason }, out);
        Ok(())
    }

    /// Cancels a task with its children, or the whole run. What is in flight is asked to
    /// end and counts as cancelled when it has, unless it completes first.
    ///
    /// # Errors
    /// Where the task or the run has ended.
    pub fn cancel(
        &mut self,
        now_ms: u64,
        task: Option<TaskIndex>,
        reason: &str,
        out: &mut Vec<Recorded>,
    ) -> Result<(), Refusal> {
        match task {
            Some(index) => {
                let record = self.task(index).ok_or(Refusal::NoSuchTask)?;
                if record.status.has_ended() {
                    let status = record.status;
                    return Err(Refusal::HasEnded { status });
                }
                self.cancel_task(now_ms, index, reason, out);
            }
            None => {
                let over = matches!(
                    self.phase,
                    None | Some(Phase::Ended(_) | Phase::Cancelling { .. })
                );
                if over {
                    return Err(Refusal::NotWorking);
                }
                let reason = reason.to_owned();
                let request = RunEvent::CancelRequested { task: None, reason };
                self.record(now_ms, request, out);
                self.cancel_what_was_asked(now_ms, out);
            }
        }
        Ok(())
    }
}
