//! From wanted places to changes of a run's limits, within everybody's bounds.

use guildhall_sdk::core::AgentId;
use guildhall_sdk::core::control::{Change, Limit, RunLimits};
use serde_json::Value;

use crate::Settings;

/// What the user lets actions do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The fewest places of an agent.
    pub min: u32,
    /// The most.
    pub max: u32,
    /// Places that one action gives or takes at the most.
    pub max_step: u32,
    /// Actions within an hour at the most.
    pub actions_per_hour: u32,
}

/// The places of an agent in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Places {
    /// The agent's own limit.
    pub limit: u32,
    /// How many it can really have at once: the run's concurrency holds for all.
    pub at_once: u32,
    /// What the host allows it, the run's concurrency included.
    pub most: u32,
}

impl Bounds {
    /// Those of the settings.
    pub fn of(settings: &Settings) -> Self {
        Self {
            min: settings.min,
            max: settings.max,
            max_step: settings.max_step,
            actions_per_hour: settings.actions_per_hour,
        }
    }

    /// Where one action leads that is to lead to `wanted`.
    pub fn step(&self, places: Places, wanted: u32) -> u32 {
        let wanted = wanted.clamp(self.min, self.max).min(places.most).max(1);
        let now = places.at_once;
        wanted.clamp(
            now.saturating_sub(self.max_step).max(1),
            now.saturating_add(self.max_step),
        )
    }
}

/// The places of an agent; none where the run has no such agent.
pub fn places_of(limits: &RunLimits, agent: &AgentId) -> Option<Places> {
    let own = limits.of(&Limit::Agent(agent.clone()))?;
    let all = limits.of(&Limit::Concurrency)?;
    Some(Places {
        limit: own.now,
        at_once: own.now.min(all.now),
        most: own.most.min(all.most.max(all.now)),
    })
}

/// The change of an agent's own limit that gives it `to` places at once, where one is needed: it
/// is not where only the run's concurrency is in the way.
pub fn change_of_agent(limits: &RunLimits, agent: &AgentId, to: u32) -> Option<Change> {
    let places = places_of(limits, agent)?;
    let needed = to > places.limit || to < places.at_once;
    needed.then(|| {
        let limit = Limit::Agent(agent.clone());
        Change::new(&limits.run, limit, places.limit, to, "")
    })
}

/// The change of the run's concurrency that makes room for so many places, as far as it is allowed;
/// never below what its plan says.
pub fn change_of_concurrency(limits: &RunLimits, total: u32) -> Option<Change> {
    let all = limits.of(&Limit::Concurrency)?;
    let to = total.max(all.planned).min(all.most.max(all.planned));
    (to != all.now).then(|| Change::new(&limits.run, Limit::Concurrency, all.now, to, ""))
}

/// The same change with its reason.
pub fn because(change: Change, why: impl Into<String>, evidence: Value) -> Change {
    Change {
        why: why.into(),
        evidence,
        ..change
    }
}

#[cfg(test)]
mod tests {
    use guildhall_sdk::core::control::LimitState;

    use super::*;

    fn writer() -> AgentId {
        AgentId::new("writer").unwrap()
    }

    /// A run's concurrency and an agent's places: what holds, what was planned, what is allowed.
    fn limits(all: [u32; 3], own: [u32; 3]) -> RunLimits {
        let state = |limit, [now, planned, most]: [u32; 3]| LimitState {
            limit,
            now,
            planned,
            most,
        };
        RunLimits {
            run: "r".to_owned(),
            name: "r".to_owned(),
            status: "running".to_owned(),
            is_worked_on: true,
            limits: vec![
                state(Limit::Concurrency, all),
                state(Limit::Agent(writer()), own),
            ],
            extra: serde_json::Map::new(),
        }
    }

    #[test]
    fn an_agents_limit_is_changed_where_it_is_in_the_way_and_the_runs_where_that_is() {
        let ours = limits([8, 8, 8], [2, 2, 8]);
        let change = change_of_agent(&ours, &writer(), 5).unwrap();
        assert_eq!((change.from, change.to), (2, 5));
        assert_eq!(change_of_concurrency(&ours, 5), None);
        let runs = limits([2, 2, 16], [8, 8, 8]);
        assert_eq!(change_of_agent(&runs, &writer(), 5), None);
        let change = change_of_concurrency(&runs, 5).unwrap();
        assert_eq!((change.limit, change.to), (Limit::Concurrency, 5));
        // Back to what was planned, and not below it.
        let widened = limits([5, 2, 16], [8, 8, 8]);
        assert_eq!(change_of_concurrency(&widened, 1).unwrap().to, 2);
        let fewer = change_of_agent(&widened, &writer(), 1).unwrap();
        assert_eq!((fewer.from, fewer.to), (8, 1));
    }

    #[test]
    fn a_step_is_within_the_users_bounds_the_hosts_and_its_own_size() {
        let bounds = Bounds {
            min: 2,
            max: 12,
            max_step: 3,
            actions_per_hour: 9,
        };
        let places = places_of(&limits([9, 9, 9], [4, 4, 20]), &writer()).unwrap();
        assert_eq!((places.at_once, places.most), (4, 9));
        let to = [0, 1, 3, 5, 100].map(|wanted| bounds.step(places, wanted));
        assert_eq!(to, [2, 2, 3, 5, 7]);
        let high = Places {
            at_once: 8,
            ..places
        };
        assert_eq!(bounds.step(high, 100), 9);
    }
}
