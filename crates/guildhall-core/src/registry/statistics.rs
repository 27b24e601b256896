//! Figures about all agents.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{AgentStatus, Counts};
use crate::id::{AgentId, CapabilityName};

/// Figures about all agents, at one moment. Rates are methods of [`Counts`], and
/// unknown where nothing happened.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Statistics {
    /// Registered agents: the sum of the next four.
    pub total: u64,
    /// Agents that can take a task.
    pub available: u64,
    /// Agents that work on as many tasks as they can.
    pub busy: u64,
    /// Agents that have been silent for too long, or have not come back.
    pub offline: u64,
    /// Agents that failed too often in a row, or were found failed.
    pub failed: u64,
    /// Agents that are unregistered and end what they have.
    pub draining: u64,
    /// Tasks in flight.
    pub in_flight: u64,
    /// What came of all tasks, those of agents that are gone included.
    pub tasks: Counts,
    /// What came of the tasks of each agent that still has a record.
    pub by_agent: BTreeMap<AgentId, Counts>,
    /// What came of the tasks that were taken for a capability.
    pub by_capability: BTreeMap<CapabilityName, Counts>,
}

impl Statistics {
    pub(super) fn count(&mut self, agent: &AgentId, status: AgentStatus, counts: &Counts) {
        let of_status = match status {
            AgentStatus::Available => Some(&mut self.available),
            AgentStatus::Busy => Some(&mut self.busy),
            AgentStatus::Offline => Some(&mut self.offline),
            AgentStatus::Failed => Some(&mut self.failed),
            AgentStatus::Draining => Some(&mut self.draining),
            AgentStatus::Terminated => None,
        };
        if let Some(number) = of_status {
            *number += 1;
        }
        self.total += u64::from(status.is_active());
        self.in_flight = self.in_flight.saturating_add(counts.in_flight());
        self.tasks.add(counts);
        self.by_agent.insert(agent.clone(), *counts);
    }
}
