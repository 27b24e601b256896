//! What a search finds.

use semver::Version;
use serde::Serialize;

use super::AgentStatus;
use super::strategy::Candidate;
use crate::id::AgentId;

/// An agent that offers what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Offer {
    /// The agent.
    pub agent: AgentId,
    /// The highest version in which it offers what was asked for.
    pub version: Version,
    /// What can be expected of it.
    pub status: AgentStatus,
    /// Whether it would be given a task now: it is available, or it has failed and
    /// may prove itself.
    pub available: bool,
    /// Its priority.
    pub priority: u32,
    /// Tasks in its hands, those included that have lent their places.
    pub in_flight: u32,
    /// Tasks that it works on at once.
    pub max_concurrent_tasks: u32,
}

impl Offer {
    pub(super) fn of(candidate: &Candidate<'_>, now: u64) -> Self {
        let entry = candidate.entry;
        Self {
            agent: candidate.id.clone(),
            version: candidate.version.clone(),
            status: entry.status(),
            available: entry.can_take(now),
            priority: entry.registration.priority,
            in_flight: u32::try_from(entry.in_flight.len()).unwrap_or(u32::MAX),
            max_concurrent_tasks: entry.registration.max_concurrent_tasks,
        }
    }
}
