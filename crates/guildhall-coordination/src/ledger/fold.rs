//! The fold: how each event changes what is true.

use crate::event::{AttemptFailed, Completed, Created, Opened, RunEvent, Started};
use crate::id::TaskIndex;
use crate::scheduler::{Sign, Verdict};
use crate::task::{NeedOn, Spend, TaskSpec};

use super::{InFlight, Ledger, Phase, Recorded, StageCount, TaskRecord, TaskStatus, Violation};

impl Ledger {
    /// Takes an event in.
    ///
    /// # Errors
    /// [`Violation`] where it contradicts those before it; nothing has changed then.
    pub fn apply(&mut self, recorded: &Recorded) -> Result<(), Violation> {
        let Recorded {
            seq,
            at_ms,
            epoch,
            event,
        } = recorded;
        self.check(*seq, *epoch, event)
            .map_err(|reason| Violation {
                seq: *seq,
                kind: event.kind(),
                task: event.task(),
                reason,
            })?;
        self.last_seq = *seq;
        self.take(*at_ms, event);
        self.clock.last_ms = *at_ms;
        Ok(())
    }

    /// Why the event cannot be true after those before it.
    fn check(&self, seq: u64, epoch: u32, event: &RunEvent) -> Result<(), String> {
        if seq != self.last_seq + 1 {
            return Err(format!("the last one was {}", self.last_seq));
        }
        if matches!(event, RunEvent::Created(_)) != self.created.is_none() {
            return Err("a run is created once, by its first event".into());
        }
        match event {
            RunEvent::Opened(opened) if opened.epoch <= self.epoch => {
                return Err(format!("epoch {} was opened before", self.epoch));
            }
            RunEvent::Opened(_) => {}
            _ if epoch != self.epoch => {
                return Err(format!(
                    "it was written under epoch {epoch}, and {} holds",
                    self.epoch
                ));
            }
            _ => {}
        }
        self.check_task(event)
    }

    fn check_task(&self, event: &RunEvent) -> Result<(), String> {
        if let RunEvent::Added(spec) = event {
            return self.check_added(spec);
        }
        let Some(index) = event.task() else {
            return Ok(());
        };
        let task = self
            .task(index)
            .ok_or_else(|| format!("there is no task {index}"))?;
        let ended = task.status.has_ended();
        let in_flight = task.in_flight.as_ref().map(|it| it.attempt);
        let fits = match event {
            RunEvent::Started(started) => {
                task.status == TaskStatus::Pending && started.attempt == task.attempts + 1
            }
            RunEvent::Completed(completed) => {
                !ended && completed.attempt == in_flight && task.open_children == 0
            }
            RunEvent::AttemptFailed(failed) => Some(failed.attempt) == in_flight,
            RunEvent::Failed { .. } | RunEvent::Cancelled { .. } | RunEvent::Skipped { .. } => {
                !ended && in_flight.is_none() && task.open_children == 0
            }
            RunEvent::Expanded { .. } => task.status == TaskStatus::Pending,
            RunEvent::Reopened { .. } => ended && task.status != TaskStatus::Completed,
            _ => true,
        };
        if fits {
            return Ok(());
        }
        let attempt = in_flight.map_or_else(String::new, |attempt| {
            format!(" with attempt {attempt} in flight")
        });
        Err(format!(
            "task {} is {}{attempt} after {} attempts",
            task.spec.key, task.status, task.attempts
        ))
    }

    fn check_added(&self, spec: &TaskSpec) -> Result<(), String> {
        if self.by_key.contains_key(&spec.key) {
            return Err(format!("there is a task {} already", spec.key));
        }
        let next = self.next_index();
        let unknown = spec.needs.iter().find(|need| need.task >= next);
        if let Some(need) = unknown {
            return Err(format!(
                "task {} needs {}, which comes after it",
                spec.key, need.task
            ));
        }
        match spec.parent {
            Some(parent) if parent >= next => Err(format!("its parent {parent} comes after it")),
            _ => Ok(()),
        }
    }

    fn take(&mut self, at_ms: u64, event: &RunEvent) {
        match event {
            RunEvent::Created(created) => self.take_created(created),
            RunEvent::Added(spec) => self.take_added(spec, at_ms),
            RunEvent::Opened(opened) => self.take_opened(opened, at_ms),
            RunEvent::Started(started) => self.take_started(started, at_ms),
            RunEvent::Completed(completed) => self.take_completed(completed, at_ms),
            RunEvent::AttemptFailed(failed) => {
                if let Some(sign) = Sign::of(failed.class) {
                    self.take_sign(failed.task, sign, at_ms);
                }
                self.take_attempt_failed(failed);
            }
            RunEvent::Failed { task, error } => {
                self.tasks[task.at()].error = Some(error.clone());
                self.end(*task, TaskStatus::Failed, at_ms);
            }
            RunEvent::Cancelled { task, reason } => {
                self.tasks[task.at()].reason = Some(reason.clone());
                self.end(*task, TaskStatus::Cancelled, at_ms);
            }
            RunEvent::Skipped { task, reason } => {
                self.tasks[task.at()].reason = Some(reason.clone());
                self.end(*task, TaskStatus::Skipped, at_ms);
            }
            RunEvent::Expanded { task, .. } => {
                let record = &mut self.tasks[task.at()];
                record.status = TaskStatus::Running;
                record.children.get_or_insert_default();
                record.started_ms.get_or_insert(at_ms);
            }
            RunEvent::CancelRequested { task, reason } => self.take_cancel(*task, reason),
            RunEvent::Reopened {
                task,
                input,
                prompt,
            } => {
                self.reopen(*task);
                self.adjust(*task, input.as_ref(), prompt.as_ref());
            }
            RunEvent::BudgetChanged { budget } => self.budget = *budget,
            RunEvent::LimitsChanged(change) => self.limits.set(&change.limit, change.to),
            RunEvent::Paused { reason } => {
                let reason = reason.clone();
                self.phase = Some(Phase::Paused { reason });
            }
            RunEvent::Ended { status } => {
                self.close_session(at_ms);
                self.phase = Some(Phase::Ended(*status));
            }
        }
    }

    fn take_created(&mut self, created: &Created) {
        self.budget = created.settings.budget;
        self.limits.clone_from(&created.settings.limits);
        self.stages = vec![StageCount::default(); created.settings.stages.len()];
        self.created = Some(created.clone());
        self.phase = Some(Phase::New);
    }

    fn take_added(&mut self, spec: &TaskSpec, at_ms: u64) {
        let index = self.next_index();
        self.by_key.insert(spec.key.clone(), index);
        if let Some(parent) = spec.parent {
            let parent = &mut self.tasks[parent.at()];
            parent.children.get_or_insert_default().push(index);
            parent.open_children += 1;
        }
        self.tasks.push(TaskRecord::new(spec.clone(), at_ms));
        self.open += 1;
        if let Some(stage) = self.stage_mut(index) {
            stage.open += 1;
        }
    }

    /// The attempts of the process before are interrupted: they may have had effects, but
    /// their ends cannot be told any more.
    fn take_opened(&mut self, opened: &Opened, at_ms: u64) {
        let last_ms = self.clock.last_ms;
        self.close_session(last_ms);
        self.clock.session_start_ms = Some(at_ms);
        self.clock.first_ms.get_or_insert(at_ms);
        self.epoch = opened.epoch;
        self.agents.clone_from(&opened.agents);
        if !matches!(self.phase, Some(Phase::Cancelling { .. } | Phase::Ended(_))) {
            self.phase = Some(Phase::Working);
        }
        for at in 0..self.tasks.len() {
            if self.tasks[at].in_flight.is_some() {
                let index = TaskIndex::of(at);
                self.land(index, None, Verdict::Unjudged);
                self.tasks[at].status = TaskStatus::Pending;
            }
        }
    }

    fn close_session(&mut self, at_ms: u64) {
        if let Some(start) = self.clock.session_start_ms.take() {
            self.clock.before_ms += at_ms.saturating_sub(start);
        }
    }

    fn take_started(&mut self, started: &Started, at_ms: u64) {
        let record = &mut self.tasks[started.task.at()];
        if record.counted > 0 {
            self.usage.retries += 1;
        }
        record.attempts = started.attempt;
        record.status = TaskStatus::Running;
        record.started_ms.get_or_insert(at_ms);
        record.in_flight = Some(InFlight {
            attempt: started.attempt,
            agent: started.agent.clone(),
            since_ms: at_ms,
        });
        let usage = &mut self.usage;
        usage.in_flight += 1;
        *usage.by_agent.entry(started.agent.clone()).or_default() += 1;
        for tag in &record.spec.tags {
            match usage.by_tag.get_mut(tag) {
                Some(count) => *count += 1,
                None => drop(usage.by_tag.insert(tag.clone(), 1)),
            }
        }
        usage.reserved = usage.reserved.plus(record.spec.reserve);
    }

    fn take_completed(&mut self, completed: &Completed, at_ms: u64) {
        let index = completed.task;
        if completed.attempt.is_some() {
            self.take_sign(index, Sign::Answer(completed.worked_ms()), at_ms);
            let verdict = if completed.is_reused() {
                Verdict::Reused
            } else {
                Verdict::Succeeded
            };
            self.land(index, completed.spent, verdict);
        }
        let record = &mut self.tasks[index.at()];
        record.output.clone_from(&completed.output);
        record.receipt = completed.receipt.clone().map(Box::new);
        record.error = None;
        record.busy_ms += completed.worked_ms();
        self.end(index, TaskStatus::Completed, at_ms);
    }

    /// What the end of the attempt in flight says about its agent's capacity.
    fn take_sign(&mut self, index: TaskIndex, sign: Sign, at_ms: u64) {
        let settings = self.created.as_ref().map(|created| &created.settings);
        let Some(settings) = settings.filter(|it| it.limits.adaptive_agents) else {
            return;
        };
        let record = &self.tasks[index.at()];
        let flight = record.in_flight.as_ref();
        let in_flight = flight.map_or(0, |flight| self.in_flight_at(&flight.agent));
        self.agent_limits
            .take_record(at_ms, record, sign, in_flight, settings);
    }

    fn take_attempt_failed(&mut self, failed: &AttemptFailed) {
        self.land(failed.task, failed.spent, Verdict::of(failed.class));
        let record = &mut self.tasks[failed.task.at()];
        record.status = TaskStatus::Pending;
        record.busy_ms += failed.duration_ms;
        record.error = Some(Box::new(failed.error.clone()));
        if failed.class.counts() {
            record.counted += 1;
        }
    }

    /// An attempt is not in flight any more. What it spent is what its agent says, else
    /// what was set aside for it: a budget must not be overrun for want of a figure.
    fn land(&mut self, index: TaskIndex, spent: Option<Spend>, verdict: Verdict) {
        let record = &mut self.tasks[index.at()];
        let Some(flight) = record.in_flight.take() else {
            return;
        };
        let usage = &mut self.usage;
        usage.in_flight -= 1;
        take_one(usage.by_agent.get_mut(&flight.agent));
        for tag in &record.spec.tags {
            take_one(usage.by_tag.get_mut(tag));
        }
        let spent = spent.unwrap_or(record.spec.reserve);
        usage.reserved = usage.reserved.minus(record.spec.reserve);
        usage.spent = usage.spent.plus(spent);
        record.spent = record.spent.plus(spent);
        self.outcomes
            .take(&flight.agent, &record.spec, verdict, spent);
    }

    fn take_cancel(&mut self, task: Option<TaskIndex>, reason: &str) {
        let reason = reason.to_owned();
        match task {
            Some(task) => self.tasks[task.at()].cancelling = Some(reason),
            None => self.phase = Some(Phase::Cancelling { reason }),
        }
    }

    fn end(&mut self, index: TaskIndex, status: TaskStatus, at_ms: u64) {
        let record = &mut self.tasks[index.at()];
        record.status = status;
        record.ended_ms = Some(at_ms);
        record.cancelling = None;
        let parent = record.spec.parent;
        self.open -= 1;
        if let Some(parent) = parent {
            self.tasks[parent.at()].open_children -= 1;
        }
        if let Some(stage) = self.stage_mut(index) {
            stage.open -= 1;
        }
    }

    fn reopen(&mut self, index: TaskIndex) {
        let record = &mut self.tasks[index.at()];
        record.status = if record.children.is_some() {
            TaskStatus::Running
        } else {
            TaskStatus::Pending
        };
        record.ended_ms = None;
        record.counted = 0;
        record.reason = None;
        let parent = record.spec.parent;
        self.open += 1;
        if let Some(parent) = parent {
            self.tasks[parent.at()].open_children += 1;
        }
        if let Some(stage) = self.stage_mut(index) {
            stage.open += 1;
        }
        self.phase = Some(Phase::Paused {
            reason: "tasks were reopened".into(),
        });
    }

    fn adjust(
        &mut self,
        index: TaskIndex,
        input: Option<&serde_json::Value>,
        prompt: Option<&String>,
    ) {
        if input.is_none() && prompt.is_none() {
            return;
        }
        let spec = std::sync::Arc::make_mut(&mut self.tasks[index.at()].spec);
        if let crate::task::Work::Call(call) = &mut spec.work {
            if let Some(input) = input {
                call.input = input.clone();
            }
            if let Some(prompt) = prompt {
                call.prompt = Some(prompt.clone());
            }
        }
    }

    fn stage_mut(&mut self, index: TaskIndex) -> Option<&mut StageCount> {
        let stage = self.tasks[index.at()].spec.stage?;
        self.stages.get_mut(stage as usize)
    }

    /// The first needed task that stands in the way of `task`, with what is missing.
    pub(super) fn unmet_need(&self, task: &TaskRecord) -> Option<(TaskIndex, NeedOn)> {
        let unmet = task.spec.needs.iter().find(|need| {
            let status = self.tasks[need.task.at()].status;
            match need.on {
                NeedOn::Completed => status != TaskStatus::Completed,
                NeedOn::Ended => !status.has_ended(),
            }
        });
        unmet.map(|need| (need.task, need.on))
    }
}

fn take_one(count: Option<&mut u32>) {
    if let Some(count) = count {
        *count = count.saturating_sub(1);
    }
}
