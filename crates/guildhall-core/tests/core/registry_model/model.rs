//! The registry as simply as it can be put.

use std::collections::{BTreeMap, BTreeSet};

use guildhall_core::registry::Counts;
use guildhall_core::{AgentId, Lease, TaskId};

use crate::support::{id, request};

/// An agent as the model sees it.
#[derive(Debug, Clone)]
pub(crate) struct Modelled {
    pub(crate) limit: u32,
    pub(crate) priority: u32,
    pub(crate) offers: BTreeSet<&'static str>,
    pub(crate) tasks: BTreeSet<TaskId>,
    /// Tasks that have lent their places.
    pub(crate) lent: BTreeSet<TaskId>,
    /// Tasks that want theirs back, in the order in which they asked.
    pub(crate) wanted: Vec<TaskId>,
    pub(crate) leaves_at: Option<u64>,
    /// Taken out of service.
    pub(crate) out: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Model {
    pub(crate) now: u64,
    pub(crate) agents: BTreeMap<AgentId, Modelled>,
    pub(crate) totals: Counts,
}

impl Modelled {
    pub(crate) fn best(&self, wanted: &str) -> Option<semver::Version> {
        let request = request(wanted);
        let fits = |offer: &&str| {
            let (name, version) = offer.split_once('@').unwrap();
            let version: semver::Version = version.parse().unwrap();
            request
                .accepts(&name.parse().unwrap(), &version)
                .then_some(version)
        };
        self.offers.iter().filter_map(fits).max()
    }

    pub(crate) fn can_take(&self) -> bool {
        !self.out && self.leaves_at.is_none() && self.load() < self.limit as usize
    }

    /// Tasks that have a place.
    pub(crate) fn running(&self) -> usize {
        self.tasks.len() - self.lent.len() - self.wanted.len()
    }

    /// Places that nobody else may have.
    pub(crate) fn load(&self) -> usize {
        self.running() + self.wanted.len()
    }

    pub(crate) fn lend(&mut self, task: TaskId) {
        self.forget(task);
        self.lent.insert(task);
    }

    /// Whether the task has a place after it asked for one.
    pub(crate) fn resume(&mut self, task: TaskId) -> bool {
        if self.lent.remove(&task) {
            self.wanted.push(task);
        }
        let Some(ahead) = self.wanted.iter().position(|other| *other == task) else {
            return true;
        };
        let free = (self.limit as usize).saturating_sub(self.running());
        let served = ahead < free;
        if served {
            self.wanted.remove(ahead);
        }
        served
    }

    pub(crate) fn forget(&mut self, task: TaskId) {
        self.lent.remove(&task);
        self.wanted.retain(|other| *other != task);
    }

    pub(crate) fn is_terminated(&self) -> bool {
        self.leaves_at.is_some() && self.tasks.is_empty()
    }
}

impl Model {
    /// The agent of this name, where it is there and has not left.
    pub(crate) fn living(&mut self, name: &str) -> Option<&mut Modelled> {
        let agent = self.agents.get_mut(&id(name));
        agent.filter(|agent| !agent.is_terminated())
    }

    pub(crate) fn able(&self, wanted: &str) -> Vec<(&AgentId, &Modelled)> {
        let able =
            |(_, agent): &(&AgentId, &Modelled)| agent.can_take() && agent.best(wanted).is_some();
        self.agents.iter().filter(able).collect()
    }

    pub(crate) fn pass(&mut self, seconds: u64) {
        self.now += seconds;
        let now = self.now;
        let gone = self
            .agents
            .extract_if(.., |_, agent| agent.leaves_at.is_some_and(|at| at <= now));
        for (_, agent) in gone {
            self.totals.abandoned += agent.tasks.len() as u64;
        }
    }

    /// Whether the task was still in the agent's hands.
    pub(crate) fn give_back(&mut self, lease: &Lease) -> bool {
        self.agents.get_mut(lease.agent()).is_some_and(|agent| {
            agent.forget(lease.task());
            agent.tasks.remove(&lease.task())
        })
    }

    /// The agent that has the task of the lease in its hands.
    pub(crate) fn holder(&mut self, lease: &Lease) -> Option<&mut Modelled> {
        let agent = self.agents.get_mut(lease.agent())?;
        agent.tasks.contains(&lease.task()).then_some(agent)
    }
}
