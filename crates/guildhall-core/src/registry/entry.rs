//! One agent as the registry holds it. No lock and no clock here: whoever calls
//! holds the one and has read the other.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::counts::{Counts, End};
use super::places::Places;
use super::{AgentRecord, AgentStatus, Health, Registration, ResourceUsage};
use crate::id::{CapabilityName, TaskId};

/// One agent as the registry holds it.
///
/// Invariants: a task enters only through [`Entry::take`], which refuses none;
/// [`Entry::can_take`] is asked before. `counts.in_flight()` is the length of
/// `in_flight`. Who is away in `places` is in `in_flight`.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) registration: Registration,
    pub(super) registered_at: u64,
    pub(super) updated_at: u64,
    pub(super) resource_usage: ResourceUsage,
    pub(super) health: Health,
    pub(super) counts: Counts,
    pub(super) in_flight: BTreeMap<u64, InFlight>,
    places: Places,
    pub(super) presence: Presence,
    /// From when on a failed agent may be tried; absent where it has not failed.
    pub(super) trial_from: Option<u64>,
    /// Why it was taken out of service for good, where it was.
    pub(super) out: Option<String>,
    /// Number of the lease that it was last chosen for; 0 for none.
    pub(super) last_chosen: u64,
    pub(super) extra: Map<String, Value>,
}

/// A task that an agent works on.
#[derive(Debug)]
pub(super) struct InFlight {
    pub(super) task: TaskId,
    pub(super) capability: Option<CapabilityName>,
}

/// Whether an agent is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    Here,
    /// It promised heartbeats and sends none.
    Silent,
    /// It is known from a snapshot and has not come back yet.
    Restored,
    Draining {
        until: u64,
    },
    Terminated {
        until: u64,
    },
}

impl Entry {
    pub(super) fn new(registration: Registration, now: u64) -> Self {
        Self {
            registration,
            registered_at: now,
            updated_at: now,
            resource_usage: ResourceUsage::default(),
            health: Health::new(now),
            counts: Counts::default(),
            in_flight: BTreeMap::new(),
            places: Places::default(),
            presence: Presence::Here,
            trial_from: None,
            out: None,
            last_chosen: 0,
            extra: Map::new(),
        }
    }

    /// An agent known from a snapshot. The tasks it had are nobody's any more.
    pub(super) fn restored(record: AgentRecord) -> Self {
        let mut counts = record.counts;
        counts.abandon_rest();
        let mut health = record.health;
        health.problem = Some("it has not come back since the registry was restored".to_owned());
        Self {
            registered_at: record.registered_at,
            updated_at: record.updated_at,
            resource_usage: record.resource_usage,
            health,
            counts,
            presence: Presence::Restored,
            extra: record.extra,
            ..Self::new(record.registration, 0)
        }
    }

    /// A restored agent that registered again: what it has done is kept.
    pub(super) fn come_back(&mut self, registration: Registration, now: u64) {
        self.registration = registration;
        (self.registered_at, self.updated_at) = (now, now);
        self.presence = Presence::Here;
        self.health.last_seen = now;
        self.health.consecutive_failures = 0;
        self.health.problem = None;
    }

    pub(super) fn status(&self) -> AgentStatus {
        match self.presence {
            Presence::Terminated { .. } => AgentStatus::Terminated,
            Presence::Draining { .. } => AgentStatus::Draining,
            Presence::Silent | Presence::Restored => AgentStatus::Offline,
            Presence::Here if self.is_failed() => AgentStatus::Failed,
            Presence::Here if self.is_full() => AgentStatus::Busy,
            Presence::Here => AgentStatus::Available,
        }
    }

    pub(super) fn is_failed(&self) -> bool {
        self.trial_from.is_some() || self.out.is_some()
    }

    /// Whether it may be given a task now.
    pub(super) fn can_take(&self, now: u64) -> bool {
        let fit = match self.trial_from {
            None => !self.is_full(),
            Some(from) => now >= from && self.in_flight.is_empty(),
        };
        self.presence == Presence::Here && self.out.is_none() && fit
    }

    pub(super) fn take(&mut self, lease: u64, in_flight: InFlight) {
        self.in_flight.insert(lease, in_flight);
        self.counts.begin();
        self.last_chosen = lease;
    }

    /// The task of `lease` lends its place, where it is still held. Gives whether it is.
    pub(super) fn lend(&mut self, lease: u64) -> bool {
        let held = self.in_flight.contains_key(&lease);
        if held {
            self.places.lend(lease);
        }
        held
    }

    /// The task of `lease` wants its place back. Gives whether it has it now, where the
    /// lease is still held.
    pub(super) fn resume(&mut self, lease: u64) -> Option<bool> {
        self.in_flight.get(&lease)?;
        let free = self.limit().saturating_sub(self.taken());
        Some(self.places.resume(lease, free))
    }

    /// The task of `lease` has its place back, whether or not one is free.
    pub(super) fn resume_at_once(&mut self, lease: u64) -> bool {
        self.places.forget(lease);
        self.in_flight.contains_key(&lease)
    }

    /// Ends the task of `lease`, where it is still held.
    pub(super) fn end(&mut self, lease: u64, end: End, rules: Rules) -> Option<InFlight> {
        let ended = self.in_flight.remove(&lease)?;
        self.places.forget(lease);
        self.counts.end(end);
        match end {
            End::Completed { time_ms } => self.succeeded(time_ms, rules.now),
            End::Failed | End::Abandoned => self.failed(rules),
            End::Withdrawn => {}
        }
        if let Presence::Draining { until } = self.presence
            && self.in_flight.is_empty()
        {
            self.presence = Presence::Terminated { until };
        }
        Some(ended)
    }

    /// A heartbeat: a silent agent is back, and a failed one may be tried at once.
    pub(super) fn heard_of(&mut self, now: u64) {
        self.health.last_seen = now;
        if self.presence == Presence::Silent {
            self.presence = Presence::Here;
            self.health.problem = None;
        }
        self.trial_from = self.trial_from.map(|from| from.min(now));
    }

    pub(super) fn mark_failed(&mut self, reason: String) {
        self.trial_from = Some(u64::MAX);
        self.health.problem = Some(reason);
    }

    /// Nothing that happens to the entry lifts this. The first reason counts.
    pub(super) fn take_out(&mut self, reason: String) {
        self.out.get_or_insert(reason);
    }

    pub(super) fn unregister(&mut self, until: u64) {
        self.presence = match self.presence {
            Presence::Terminated { .. } => return,
            Presence::Draining { until: before } => Presence::Draining {
                until: before.min(until),
            },
            _ if self.in_flight.is_empty() => Presence::Terminated { until },
            _ => Presence::Draining { until },
        };
    }

    /// When time alone will change this entry, where it will.
    pub(super) fn due(&self, silence: u64) -> Option<u64> {
        match self.presence {
            Presence::Draining { until } | Presence::Terminated { until } => Some(until),
            Presence::Here if self.registration.heartbeat => {
                Some(self.health.last_seen.saturating_add(silence))
            }
            _ => None,
        }
    }

    pub(super) fn fall_silent(&mut self) {
        self.presence = Presence::Silent;
        self.health.problem = Some("its heartbeats stay away".to_owned());
    }

    pub(super) fn record(&self) -> AgentRecord {
        AgentRecord {
            registration: self.registration.clone(),
            status: self.status(),
            registered_at: self.registered_at,
            updated_at: self.updated_at,
            assigned_tasks: self.in_flight.values().map(|held| held.task).collect(),
            waiting_tasks: self.waiting_tasks(),
            resource_usage: self.resource_usage.clone(),
            health: self.health_now(),
            counts: self.counts,
            extra: self.extra.clone(),
        }
    }

    fn health_now(&self) -> Health {
        let mut health = self.health.clone();
        if self.out.is_some() {
            health.problem.clone_from(&self.out);
        }
        health
    }

    /// Places that are taken, or wanted back by tasks that have lent them.
    pub(super) fn load(&self) -> usize {
        self.taken() + self.places.wanted()
    }

    fn waiting_tasks(&self) -> Vec<TaskId> {
        let waiting = self
            .in_flight
            .iter()
            .filter(|(lease, _)| self.places.is_away(**lease));
        waiting.map(|(_, held)| held.task).collect()
    }

    fn is_full(&self) -> bool {
        self.load() >= self.limit()
    }

    fn taken(&self) -> usize {
        self.in_flight.len() - self.places.away()
    }

    fn limit(&self) -> usize {
        usize::try_from(self.registration.max_concurrent_tasks).unwrap_or(usize::MAX)
    }

    fn succeeded(&mut self, time_ms: u64, now: u64) {
        self.health.succeeded(time_ms, now);
        self.trial_from = None;
        if self.presence == Presence::Silent {
            self.presence = Presence::Here;
        }
    }

    fn failed(&mut self, rules: Rules) {
        self.health.failed();
        let failures = self.health.consecutive_failures;
        let too_often = rules.failure_threshold > 0 && failures >= rules.failure_threshold;
        match self.trial_from {
            // Somebody found it failed: that waits for a heartbeat, not for time to pass.
            Some(u64::MAX) => return,
            None if !too_often => return,
            _ => self.trial_from = Some(rules.now.saturating_add(rules.trial_after)),
        }
        if too_often {
            self.health.problem = Some(format!("it failed {failures} times in a row"));
        }
    }
}

/// The settings that decide what a failure leads to, and the time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    pub(super) now: u64,
    pub(super) failure_threshold: u32,
    pub(super) trial_after: u64,
}
