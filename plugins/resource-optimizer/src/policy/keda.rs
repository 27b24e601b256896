//! Agents by jobs, as Kubernetes' event-driven autoscaler has it.

use super::{Hold, Policy, Seen, USUAL_HOLD_S, agents};

/// As many agents as there are jobs, waiting and at work, for each agent.
#[derive(Debug, Clone)]
pub struct Keda {
    jobs: f64,
    hold: Hold,
}

impl Keda {
    /// With so many jobs for each agent, over 0.
    pub fn new(jobs: f64) -> Self {
        Self {
            jobs,
            hold: Hold::new(USUAL_HOLD_S),
        }
    }
}

impl Policy for Keda {
    fn want(&mut self, seen: &Seen<'_>) -> u32 {
        let jobs = (seen.waiting.len() + seen.busy) as f64;
        self.hold.push(seen.now_s, agents(jobs / self.jobs))
    }
}
