//! Choosing one agent among several that would do.

use std::cmp::{Ordering, Reverse};

use semver::Version;

use super::entry::Entry;
use crate::id::AgentId;

/// How an agent is chosen among several that would do.
///
/// Load is the share of an agent's places that is taken. Ties go to the agent that
/// was chosen longest ago and then to the lower id, so that equals take turns and the
/// same history always gives the same choice. Whatever the strategy, a failed agent
/// on trial is chosen only where no other will do.
///
/// A queue by priority that takes running work away again is not a way to choose an
/// agent; it belongs to whoever holds the queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Strategy {
    /// The highest priority, then the least load.
    #[default]
    Priority,
    /// Each in turn: the one chosen longest ago.
    RoundRobin,
    /// The least load.
    LeastLoaded,
    /// The highest version of the capability, then the highest priority, then the
    /// least load.
    CapabilityBased,
    /// The lowest id. The only strategy that is not fair, and the most predictable.
    FirstAvailable,
}

/// An agent that would do, and the version in which it would.
pub(super) struct Candidate<'a> {
    pub(super) id: &'a AgentId,
    pub(super) entry: &'a Entry,
    pub(super) version: &'a Version,
}

impl Strategy {
    /// The best of `candidates`, which come in the order of their ids.
    pub(super) fn choose<'a>(
        self,
        candidates: impl Iterator<Item = Candidate<'a>>,
    ) -> Option<Candidate<'a>> {
        // Of equals the first is taken, which is the one of the lower id.
        candidates.min_by(|a, b| {
            let on_trial = a.entry.is_failed().cmp(&b.entry.is_failed());
            on_trial.then_with(|| self.compare(a, b))
        })
    }

    fn compare(self, a: &Candidate<'_>, b: &Candidate<'_>) -> Ordering {
        let turn = |candidate: &Candidate<'_>| candidate.entry.last_chosen;
        let priority = |candidate: &Candidate<'_>| Reverse(candidate.entry.registration.priority);
        let by_turn = turn(a).cmp(&turn(b));
        let by_load = compare_load(a.entry, b.entry);
        let by_priority = priority(a).cmp(&priority(b));
        match self {
            Self::Priority => by_priority.then(by_load).then(by_turn),
            Self::RoundRobin => by_turn,
            Self::LeastLoaded => by_load.then(by_turn),
            Self::CapabilityBased => b
                .version
                .cmp(a.version)
                .then(by_priority)
                .then(by_load)
                .then(by_turn),
            Self::FirstAvailable => Ordering::Equal,
        }
    }
}

/// Compares `taken / limit` without dividing.
fn compare_load(a: &Entry, b: &Entry) -> Ordering {
    let product = |one: &Entry, other: &Entry| {
        one.load() as u128 * u128::from(other.registration.max_concurrent_tasks)
    };
    product(a, b).cmp(&product(b, a))
}
