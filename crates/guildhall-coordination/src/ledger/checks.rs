//! What has to hold before something is begun or added.

use std::collections::HashSet;

use guildhall_core::AgentId;

use super::{Ledger, Refusal, TaskRecord, TaskStatus};
use crate::id::{TaskIndex, TaskKey};
use crate::run_settings::Budget;
use crate::task::TaskSpec;

impl Ledger {
    /// The task, where it waits to be begun in a run that is being worked on.
    pub(super) fn pending(&self, index: TaskIndex) -> Result<&TaskRecord, Refusal> {
        let task = self.idle(index)?;
        if !self.is_working() {
            return Err(Refusal::NotWorking);
        }
        Ok(task)
    }

    /// The task, where it has not ended and nothing of it is in flight.
    pub(super) fn idle(&self, index: TaskIndex) -> Result<&TaskRecord, Refusal> {
        let task = self.task(index).ok_or(Refusal::NoSuchTask)?;
        match task.status {
            TaskStatus::Pending => Ok(task),
            TaskStatus::Running => Err(Refusal::IsRunning),
            status => Err(Refusal::HasEnded { status }),
        }
    }

    pub(super) fn check_order(&self, task: &TaskRecord) -> Result<(), Refusal> {
        if let Some((needs, _)) = self.unmet_need(task) {
            return Err(Refusal::NotReady { needs });
        }
        match task.spec.stage {
            Some(stage) if !self.stage_is_open(stage) => Err(Refusal::StageClosed),
            _ => Ok(()),
        }
    }

    pub(super) fn check_attempts(&self, task: &TaskRecord) -> Result<(), Refusal> {
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
    pub(super) fn check_budget(&self, task: &TaskRecord, now_ms: u64) -> Result<(), Refusal> {
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

    pub(super) fn check_limits(&self, task: &TaskRecord, agent: &AgentId) -> Result<(), Refusal> {
        let limits = &self.limits;
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

    pub(super) fn check_parent(&self, parent: TaskIndex) -> Result<(), Refusal> {
        let task = self.pending(parent)?;
        if !task.is_expansion() {
            let reason = format!("task {} is no expansion", task.spec.key);
            return Err(Refusal::BadTasks { reason });
        }
        self.check_order(task)
    }

    pub(super) fn check_batch(
        &self,
        parent: Option<TaskIndex>,
        specs: &[TaskSpec],
    ) -> Result<(), Refusal> {
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
