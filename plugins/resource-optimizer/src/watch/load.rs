//! What is recorded of a run, as jobs of each agent.

use std::collections::{BTreeMap, HashMap, HashSet};

use guildhall_sdk::core::AgentId;
use guildhall_sdk::core::control::{Limit, RunLimits};
use guildhall_sdk::core::records::{AttemptEnd, AttemptRecord, Records};

/// An attempt, or a task that waits for its next one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// The task and the number of the attempt.
    pub key: (String, u32),
    /// When it could begin, in milliseconds since 1970.
    pub ready_ms: u64,
    /// When it began; none while it waits.
    pub started_ms: Option<u64>,
    /// When it ended; none while it is being done.
    pub ended_ms: Option<u64>,
    /// Whether it failed, and somebody was to blame.
    pub has_failed: bool,
}

impl Job {
    /// Seconds that it waited until a moment.
    pub fn waited_s(&self, now_ms: u64) -> f64 {
        let until = self.started_ms.unwrap_or(now_ms).min(now_ms);
        until.saturating_sub(self.ready_ms) as f64 / 1000.0
    }

    /// Seconds that it took; none where it has not ended.
    pub fn service_s(&self) -> Option<f64> {
        let (started, ended) = (self.started_ms?, self.ended_ms?);
        Some(ended.saturating_sub(started) as f64 / 1000.0)
    }
}

/// The jobs of each agent that the run limits, the earliest first. A task that waits for any agent
/// with a capability counts for the one that did most of that capability, or for the only agent
/// there is.
pub fn jobs_by_agent(records: &Records, limits: &RunLimits) -> BTreeMap<AgentId, Vec<Job>> {
    let agents = limits.limits.iter().filter_map(|state| match &state.limit {
        Limit::Agent(agent) => Some(agent.clone()),
        _ => None,
    });
    let mut jobs: BTreeMap<AgentId, Vec<Job>> = agents.map(|agent| (agent, Vec::new())).collect();
    let mut numbers: HashMap<&str, u32> = HashMap::new();
    let mut seen: HashSet<(&str, u32)> = HashSet::new();
    for attempt in &records.attempts {
        let number = numbers.entry(&attempt.task).or_default();
        *number = attempt.attempt.max(*number);
        let is_new = seen.insert((&attempt.task, attempt.attempt));
        if let Some(jobs) = jobs.get_mut(&attempt.agent)
            && is_new
            && attempt.end != AttemptEnd::Cached
        {
            jobs.push(job_of(attempt));
        }
    }
    let usual = usual_agents(&records.attempts);
    let only = (jobs.len() == 1)
        .then(|| jobs.keys().next().cloned())
        .flatten();
    for waiting in &records.waiting {
        let usual = || usual.get(waiting.capability.as_deref()?).cloned();
        let agent = waiting
            .agent
            .clone()
            .or_else(usual)
            .or_else(|| only.clone());
        let Some(jobs) = agent.and_then(|agent| jobs.get_mut(&agent)) else {
            continue;
        };
        let begun = numbers.get(waiting.task.as_str()).copied().unwrap_or(0);
        let key = (waiting.task.clone(), begun.saturating_add(1));
        if seen.insert((&waiting.task, key.1)) {
            jobs.push(Job {
                key,
                ready_ms: waiting.ready_ms,
                started_ms: None,
                ended_ms: None,
                has_failed: false,
            });
        }
    }
    for jobs in jobs.values_mut() {
        jobs.sort_by(|one, other| (one.ready_ms, &one.key).cmp(&(other.ready_ms, &other.key)));
    }
    jobs
}

fn job_of(attempt: &AttemptRecord) -> Job {
    Job {
        key: (attempt.task.clone(), attempt.attempt),
        ready_ms: attempt.ready_ms,
        started_ms: Some(attempt.started_ms),
        ended_ms: attempt.ended_ms,
        has_failed: attempt.end.is_failure(),
    }
}

/// By capability, who did most of it; of several the first by name.
fn usual_agents(attempts: &[AttemptRecord]) -> HashMap<&str, AgentId> {
    let mut counts: BTreeMap<(&str, &AgentId), usize> = BTreeMap::new();
    for attempt in attempts {
        if let Some(capability) = &attempt.capability {
            *counts.entry((capability, &attempt.agent)).or_default() += 1;
        }
    }
    let mut usual: HashMap<&str, (usize, &AgentId)> = HashMap::new();
    for ((capability, agent), count) in counts {
        let most = usual.entry(capability).or_insert((0, agent));
        if count > most.0 {
            *most = (count, agent);
        }
    }
    let usual = usual.into_iter();
    usual
        .map(|(name, (_, agent))| (name, agent.clone()))
        .collect()
}
