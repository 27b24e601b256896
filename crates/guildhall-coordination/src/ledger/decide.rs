//! The judge: what is asked for becomes events, or is refused.
//!
//! Every function takes its events into the ledger at once and adds them to `out`. They
//! are to be written in one append; where that fails the ledger is ahead of the journal
//! and must be folded anew.

use std::collections::HashSet;
use std::fmt;

use guildhall_core::{AgentError, AgentId, ErrorCode};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::event::{
    AgentIdentity, AttemptFailed, Completed, FailureClass, Opened, Output, Receipt, RunEvent,
    Started,
};
use crate::id::{TaskIndex, TaskKey};
use crate::task::{Budget, Spend, TaskSpec};

use super::{Ledger, Phase, Recorded, TaskRecord, TaskStatus};

/// Why something that was asked for is not done. Nothing has changed then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "refusal", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Refusal {
    /// There is no such task.
    NoSuchTask,
    /// The task has ended.
    HasEnded {
        /// How.
        status: TaskStatus,
    },
    /// An attempt is in flight already, or its children are being done.
    IsRunning,
    /// A task that it needs has not ended as it must have.
    NotReady {
        /// That task.
        needs: TaskIndex,
    },
    /// A stage before its own has not ended.
    StageClosed,
    /// Its retry policy allows no further attempt.
    AttemptsUsedUp,
    /// The run's retries are used up.
    RetriesUsedUp,
    /// A limit is reached; it can be begun when something else has ended.
    AtLimit {
        /// Which.
        limit: String,
    },
    /// The budget does not cover it.
    Budget {
        /// What is missing.
        reason: String,
    },
    /// Nothing is begun: the run is paused, cancelled or has ended.
    NotWorking,
    /// The attempt is not the one in flight: it was interrupted, or belongs to a process
    /// that lost the run.
    Stale,
    /// No agent that can be used offers what the task needs.
    NoAgent {
        /// What is missing.
        reason: String,
    },
    /// Tasks that cannot be added as they are.
    BadTasks {
        /// What is wrong.
        reason: String,
    },
    /// Tasks remain that have not ended.
    Unfinished {
        /// How many.
        open: usize,
    },
    /// It is not known to the version that says so, or that hears it.
    #[serde(other)]
    Unknown,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchTask => f.write_str("there is no such task"),
            Self::HasEnded { status } => write!(f, "the task is {status}"),
            Self::IsRunning => f.write_str("the task is being done already"),
            Self::NotReady { needs } => write!(f, "the task needs {needs} first"),
            Self::StageClosed => f.write_str("a stage before the task's own has not ended"),
            Self::AttemptsUsedUp => f.write_str("the task's attempts are used up"),
            Self::RetriesUsedUp => f.write_str("the run's retries are used up"),
            Self::AtLimit { limit } => write!(f, "the limit of {limit} is reached"),
            Self::Budget { reason } => f.write_str(reason),
            Self::NotWorking => f.write_str("the run is paused, cancelled or has ended"),
            Self::Stale => f.write_str("the attempt is not in flight any more"),
            Self::NoAgent { reason } | Self::BadTasks { reason } => f.write_str(reason),
            Self::Unfinished { open } => write!(f, "{open} tasks have not ended"),
            Self::Unknown => f.write_str("it is not known to this version of Guildhall"),
        }
    }
}

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
}

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

/// Checks.
impl Ledger {
    /// The task, where it waits to be begun in a run that is being worked on.
    fn pending(&self, index: TaskIndex) -> Result<&TaskRecord, Refusal> {
        let task = self.idle(index)?;
        if !self.is_working() {
            return Err(Refusal::NotWorking);
        }
        Ok(task)
    }

    /// The task, where it has not ended and nothing of it is in flight.
    fn idle(&self, index: TaskIndex) -> Result<&TaskRecord, Refusal> {
        let task = self.task(index).ok_or(Refusal::NoSuchTask)?;
        match task.status {
            TaskStatus::Pending => Ok(task),
            TaskStatus::Running => Err(Refusal::IsRunning),
            status => Err(Refusal::HasEnded { status }),
        }
    }

    fn check_order(&self, task: &TaskRecord) -> Result<(), Refusal> {
        if let Some((needs, _)) = self.unmet_need(task) {
            return Err(Refusal::NotReady { needs });
        }
        match task.spec.stage {
            Some(stage) if !self.stage_is_open(stage) => Err(Refusal::StageClosed),
            _ => Ok(()),
        }
    }

    fn check_attempts(&self, task: &TaskRecord) -> Result<(), Refusal> {
        if !task.has_attempts_left() {
            return Err(Refusal::AttemptsUsedUp);
        }
        let most = self.created.as_ref().and_then(|it| it.settings.retries);
        match most {
            Some(most) if task.counted > 0 && self.usage.retries >= most => {
                Err(Refusal::RetriesUsedUp)
            }
            _ => Ok(()),
        }
    }

    /// Fails closed: where there is a budget, an attempt that sets nothing aside could
    /// spend anything.
    fn check_budget(&self, task: &TaskRecord, now_ms: u64) -> Result<(), Refusal> {
        let Budget {
            usd,
            tokens,
            time_ms,
            ..
        } = self.budget;
        let after = self
            .usage
            .spent
            .plus(self.usage.reserved)
            .plus(task.spec.reserve);
        let short = |what: &str, has: String, wants: String| {
            Err(Refusal::Budget {
                reason: format!(
                    "the budget of {has} {what} does not cover the attempt: {wants} would be spent or set aside"
                ),
            })
        };
        if let Some(usd) = usd
            && (after.usd > usd || task.spec.reserve.usd <= 0.0)
        {
            return short(
                "US dollars",
                format!("{usd:.2}"),
                format!("{:.2}", after.usd),
            );
        }
        if let Some(tokens) = tokens
            && (after.tokens > tokens || task.spec.reserve.tokens == 0)
        {
            return short("tokens", tokens.to_string(), after.tokens.to_string());
        }
        if let Some(time_ms) = time_ms
            && self.worked_ms(now_ms) >= time_ms
        {
            return Err(Refusal::Budget {
                reason: format!("the budget of {} s is used up", time_ms / 1000),
            });
        }
        Ok(())
    }

    fn check_limits(&self, task: &TaskRecord, agent: &AgentId) -> Result<(), Refusal> {
        let Some(created) = &self.created else {
            return Err(Refusal::NotWorking);
        };
        let limits = &created.settings.limits;
        let at = |limit: String| Err(Refusal::AtLimit { limit });
        if self.usage.in_flight >= limits.concurrency {
            return at(format!("{} attempts at once", limits.concurrency));
        }
        let own = limits.agents.iter().find(|(id, _)| id == agent);
        if let Some((_, most)) = own
            && self.usage.by_agent.get(agent).copied().unwrap_or(0) >= *most
        {
            return at(format!("{most} attempts of {agent} at once"));
        }
        for (tag, most) in &limits.tags {
            let taken = self.usage.by_tag.get(tag).copied().unwrap_or(0);
            if taken >= *most && task.spec.tags.contains(tag) {
                return at(format!("{most} attempts with the tag {tag} at once"));
            }
        }
        Ok(())
    }

    fn check_parent(&self, parent: TaskIndex) -> Result<(), Refusal> {
        let task = self.pending(parent)?;
        if !task.is_expansion() {
            let reason = format!("task {} is no expansion", task.spec.key);
            return Err(Refusal::BadTasks { reason });
        }
        self.check_order(task)
    }

    fn check_batch(&self, parent: Option<TaskIndex>, specs: &[TaskSpec]) -> Result<(), Refusal> {
        let bad = |reason: String| Err(Refusal::BadTasks { reason });
        let mut keys: HashSet<&TaskKey> = HashSet::new();
        for (at, spec) in specs.iter().enumerate() {
            let index = self.next_index().at() + at;
            if self.by_key.contains_key(&spec.key) || !keys.insert(&spec.key) {
                return bad(format!("there is a task {} already", spec.key));
            }
            if let Some(need) = spec.needs.iter().find(|need| need.task.at() >= index) {
                let (key, task) = (&spec.key, need.task);
                return bad(format!("task {key} needs {task}, which comes after it"));
            }
            if spec.parent != parent {
                return bad(format!("task {} has another parent", spec.key));
            }
            let deepest = self.budget.depth.unwrap_or(u32::MAX);
            if spec.depth > deepest {
                let (key, depth) = (&spec.key, spec.depth);
                return bad(format!(
                    "task {key} lies {depth} expansions deep, and the budget allows {deepest}"
                ));
            }
        }
        Ok(())
    }
}

/// Consequences.
impl Ledger {
    fn record(&mut self, now_ms: u64, event: RunEvent, out: &mut Vec<Recorded>) {
        self.record_under(now_ms, self.epoch, event, out);
    }

    fn record_under(&mut self, at_ms: u64, epoch: u32, event: RunEvent, out: &mut Vec<Recorded>) {
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
    fn roll_up(&mut self, now_ms: u64, index: TaskIndex, out: &mut Vec<Recorded>) {
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
    fn cancelled_because(&self, record: &TaskRecord, all_children: bool) -> Option<String> {
        match (&record.cancelling, &self.phase) {
            (Some(reason), _) | (None, Some(Phase::Cancelling { reason })) => Some(reason.clone()),
            _ => all_children.then(|| "its children were cancelled".to_owned()),
        }
    }

    fn cancel_task(
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
    fn cancel_what_was_asked(&mut self, now_ms: u64, out: &mut Vec<Recorded>) {
        for at in 0..self.tasks.len() {
            let index = TaskIndex::of(at);
            self.cancel_if_asked(now_ms, index, out);
        }
    }

    fn cancel_if_asked(&mut self, now_ms: u64, index: TaskIndex, out: &mut Vec<Recorded>) {
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
