//! The registry without its lock and its clock: every operation takes what it needs
//! and either changes nothing or is done in full.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Bound;

use serde_json::{Map, Value};

use super::clock::milliseconds;
use super::counts::{Counts, End};
use super::entry::{Entry, InFlight, Presence, Rules};
use super::events::{RegistryChange, Subscribers};
use super::lease::Held;
use super::strategy::Candidate;
use super::{AgentRecord, AgentStatus, AgentUpdate, Offer, Registration, RegistrySettings};
use super::{Snapshot, Statistics, Strategy};
use crate::capability::{CapabilityRequest, TaskKind};
use crate::error::{CoreError, first_version};
use crate::id::{AgentId, CapabilityName, TaskId};

/// All that the registry knows.
///
/// Invariants: time does not run backwards; what came of all tasks is `retired` and
/// the counts of the entries; a lease's number is never used again.
#[derive(Debug)]
pub(super) struct State {
    pub(super) settings: RegistrySettings,
    pub(super) events: Subscribers,
    /// Grows with every change that a snapshot would show.
    pub(super) revision: u64,
    agents: BTreeMap<AgentId, Entry>,
    retired: Counts,
    capabilities: BTreeMap<CapabilityName, Counts>,
    extra: Map<String, Value>,
    now: u64,
    /// No entry changes by time alone before this.
    due: u64,
    last_lease: u64,
}

/// What is wanted: an agent, or one that offers something, or both.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) agent: Option<&'a AgentId>,
    pub(super) request: Option<&'a CapabilityRequest>,
}

/// Making a state, and keeping it.
impl State {
    pub(super) fn new(settings: RegistrySettings) -> Self {
        Self {
            settings,
            events: Subscribers::default(),
            revision: 0,
            agents: BTreeMap::new(),
            retired: Counts::default(),
            capabilities: BTreeMap::new(),
            extra: Map::new(),
            now: 0,
            due: u64::MAX,
            last_lease: 0,
        }
    }

    pub(super) fn restored(
        settings: RegistrySettings,
        snapshot: Snapshot,
    ) -> Result<Self, CoreError> {
        snapshot.check()?;
        let mut state = Self::new(settings);
        state.retired = snapshot.retired;
        state.capabilities = snapshot.capabilities;
        state
            .capabilities
            .values_mut()
            .for_each(Counts::abandon_rest);
        state.extra = snapshot.extra;
        for record in snapshot.agents {
            let (agent, status) = (record.registration.agent.clone(), record.status);
            let entry = Entry::restored(record);
            if status.is_active() {
                state.agents.insert(agent, entry);
            } else {
                state.retired.add(&entry.counts);
            }
        }
        Ok(state)
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        Snapshot {
            version: first_version(),
            taken_at: self.now,
            agents: self.agents.values().map(Entry::record).collect(),
            retired: self.retired,
            capabilities: self.capabilities.clone(),
            extra: self.extra.clone(),
        }
    }
}

/// What time alone does.
impl State {
    /// Lets time pass: heartbeats that stay away and graces that end take effect.
    /// Gives the agents that fell silent by it.
    pub(super) fn advance(&mut self, now: u64) -> Vec<AgentId> {
        self.now = self.now.max(now);
        if self.now < self.due {
            return Vec::new();
        }
        let (silence, now) = (milliseconds(self.settings.silence), self.now);
        let is_due = |entry: &&Entry| entry.due(silence).is_some_and(|due| due <= now);
        let due = self.agents.values().filter(is_due);
        let (silent, over): (Vec<_>, Vec<_>) = due
            .map(|entry| (entry.registration.agent.clone(), entry.presence))
            .partition(|(_, presence)| *presence == Presence::Here);
        let silent: Vec<AgentId> = silent.into_iter().map(|(agent, _)| agent).collect();
        for agent in &silent {
            self.change(agent, |entry, _| entry.fall_silent());
        }
        for (agent, _) in &over {
            self.remove(agent);
        }
        self.due = self
            .agents
            .values()
            .filter_map(|entry| entry.due(silence))
            .min()
            .unwrap_or(u64::MAX);
        silent
    }

    fn remove(&mut self, agent: &AgentId) {
        let Some(mut entry) = self.agents.remove(agent) else {
            return;
        };
        let before = entry.status();
        for name in entry
            .in_flight
            .values()
            .filter_map(|held| held.capability.as_ref())
        {
            self.capabilities
                .entry(name.clone())
                .or_default()
                .end(End::Abandoned);
        }
        entry.counts.abandon_rest();
        self.retired.add(&entry.counts);
        self.revision += 1;
        self.tell_status(agent, before, AgentStatus::Terminated);
        self.events.tell(self.now, agent, RegistryChange::Removed);
    }
}

/// Agents come, change and go.
impl State {
    pub(super) fn register(&mut self, registration: Registration) -> Result<(), CoreError> {
        registration.check()?;
        let agent = registration.agent.clone();
        match self
            .agents
            .get(&agent)
            .map(|entry| (entry.presence, entry.status()))
        {
            None => self.insert(registration),
            Some((Presence::Terminated { .. }, _)) => {
                self.remove(&agent);
                self.insert(registration);
            }
            Some((Presence::Restored, _)) => {
                self.change(&agent, |entry, now| entry.come_back(registration, now));
            }
            Some((_, status)) => return Err(CoreError::AlreadyRegistered { agent, status }),
        }
        self.events
            .tell(self.now, &agent, RegistryChange::Registered);
        Ok(())
    }

    pub(super) fn update(&mut self, agent: &AgentId, update: AgentUpdate) -> Result<(), CoreError> {
        let resource_usage = update.resource_usage.clone();
        let registration = self.here(agent)?.registration.updated(update);
        registration.check()?;
        self.change(agent, |entry, now| {
            entry.registration = registration;
            entry.updated_at = now;
            if let Some(usage) = resource_usage {
                entry.resource_usage = usage;
            }
        });
        self.events.tell(self.now, agent, RegistryChange::Updated);
        Ok(())
    }

    pub(super) fn unregister(&mut self, agent: &AgentId, grace_ms: u64) -> Result<(), CoreError> {
        if self.agents.get(agent).is_none_or(is_terminated) {
            return Err(CoreError::NoSuchAgent {
                agent: agent.clone(),
            });
        }
        let until = self.now.saturating_add(grace_ms);
        self.events
            .tell(self.now, agent, RegistryChange::Unregistered);
        self.change(agent, |entry, _| entry.unregister(until));
        Ok(())
    }

    pub(super) fn heartbeat(&mut self, agent: &AgentId) -> Result<(), CoreError> {
        self.here(agent)?;
        self.change(agent, Entry::heard_of);
        Ok(())
    }

    pub(super) fn mark_failed(&mut self, agent: &AgentId, reason: String) -> Result<(), CoreError> {
        self.here(agent)?;
        self.change(agent, |entry, _| entry.mark_failed(reason));
        Ok(())
    }

    pub(super) fn take_out(&mut self, agent: &AgentId, reason: String) -> Result<(), CoreError> {
        self.here(agent)?;
        self.change(agent, |entry, _| entry.take_out(reason));
        Ok(())
    }

    fn insert(&mut self, registration: Registration) {
        let entry = Entry::new(registration, self.now);
        self.note_due(&entry);
        self.revision += 1;
        self.agents.insert(entry.registration.agent.clone(), entry);
    }

    /// An agent that is registered with this process.
    fn here(&self, agent: &AgentId) -> Result<&Entry, CoreError> {
        let here = |entry: &&Entry| !is_terminated(entry) && entry.presence != Presence::Restored;
        let entry = self.agents.get(agent).filter(here);
        entry.ok_or_else(|| CoreError::NoSuchAgent {
            agent: agent.clone(),
        })
    }

    /// Changes an entry and sees to all that follows from any change.
    fn change<T>(
        &mut self,
        agent: &AgentId,
        change: impl FnOnce(&mut Entry, u64) -> T,
    ) -> Option<T> {
        let entry = self.agents.get_mut(agent)?;
        let before = entry.status();
        let result = change(entry, self.now);
        let after = entry.status();
        if let Some(due) = entry.due(milliseconds(self.settings.silence)) {
            self.due = self.due.min(due);
        }
        self.revision += 1;
        self.tell_status(agent, before, after);
        Some(result)
    }

    fn note_due(&mut self, entry: &Entry) {
        let due = entry.due(milliseconds(self.settings.silence));
        self.due = self.due.min(due.unwrap_or(u64::MAX));
    }

    fn tell_status(&mut self, agent: &AgentId, from: AgentStatus, to: AgentStatus) {
        if from != to {
            self.events
                .tell(self.now, agent, RegistryChange::Status { from, to });
        }
    }
}

/// Tasks come and go.
impl State {
    pub(super) fn acquire(
        &mut self,
        wanted: Wanted<'_>,
        task: TaskId,
        strategy: Strategy,
    ) -> Result<Held, CoreError> {
        let able = self
            .candidates(wanted)
            .filter(|candidate| candidate.entry.can_take(self.now));
        let Some(chosen) = strategy.choose(able) else {
            return Err(self.refusal(wanted));
        };
        let agent = chosen.id.clone();
        let name = wanted.request.map(|request| request.name.clone());
        let capability = name.clone().map(|name| (name, chosen.version.clone()));
        self.last_lease += 1;
        let number = self.last_lease;
        if let Some(name) = &name {
            self.capabilities.entry(name.clone()).or_default().begin();
        }
        self.change(&agent, |entry, _| {
            entry.take(
                number,
                InFlight {
                    task,
                    capability: name,
                },
            );
        });
        Ok(Held {
            number,
            agent,
            task,
            capability,
        })
    }

    /// See [`super::Lease::lend`].
    pub(super) fn lend(&mut self, held: &Held) -> Result<(), CoreError> {
        self.on_held(held, |entry| entry.lend(held.number).then_some(()))
    }

    /// See [`super::Lease::resume`].
    pub(super) fn resume(&mut self, held: &Held) -> Result<bool, CoreError> {
        self.on_held(held, |entry| entry.resume(held.number))
    }

    /// See [`super::Lease::resume_at_once`].
    pub(super) fn resume_at_once(&mut self, held: &Held) -> Result<(), CoreError> {
        self.on_held(held, |entry| {
            entry.resume_at_once(held.number).then_some(())
        })
    }

    /// Does something with the agent of a lease that is still held.
    fn on_held<T>(
        &mut self,
        held: &Held,
        act: impl FnOnce(&mut Entry) -> Option<T>,
    ) -> Result<T, CoreError> {
        let done = self.change(&held.agent, |entry, _| act(entry)).flatten();
        done.ok_or_else(|| lost(held))
    }

    pub(super) fn end(&mut self, held: &Held, end: End) -> Result<(), CoreError> {
        let rules = Rules {
            now: self.now,
            failure_threshold: self.settings.failure_threshold,
            trial_after: milliseconds(self.settings.trial_after),
        };
        let ended = self
            .change(&held.agent, |entry, _| entry.end(held.number, end, rules))
            .flatten();
        let Some(ended) = ended else {
            return Err(lost(held));
        };
        if let Some(name) = ended.capability {
            self.capabilities.entry(name).or_default().end(end);
        }
        Ok(())
    }

    /// The agents with a record that would do, by id, whether or not they can take a
    /// task now.
    pub(super) fn candidates<'a>(
        &'a self,
        wanted: Wanted<'a>,
    ) -> impl Iterator<Item = Candidate<'a>> {
        let bound = |open| wanted.agent.map_or(open, Bound::Included);
        let range = (bound(Bound::Unbounded), bound(Bound::Unbounded));
        let known = self
            .agents
            .range::<AgentId, _>(range)
            .filter(|(_, entry)| !is_terminated(entry));
        known.filter_map(move |(id, entry)| {
            let version = match wanted.request {
                Some(request) => entry.registration.best_version(request)?,
                None => &entry.registration.version,
            };
            Some(Candidate { id, entry, version })
        })
    }
}

/// Looking.
impl State {
    pub(super) fn find(&self, request: &CapabilityRequest, only_available: bool) -> Vec<Offer> {
        self.candidates(Wanted {
            agent: None,
            request: Some(request),
        })
        .map(|candidate| Offer::of(&candidate, self.now))
        .filter(|offer| offer.available || !only_available)
        .collect()
    }

    pub(super) fn record(&self, agent: &AgentId) -> Option<AgentRecord> {
        self.agents.get(agent).map(Entry::record)
    }

    pub(super) fn active(&self, kind: Option<&TaskKind>) -> Vec<AgentRecord> {
        let does =
            |entry: &&Entry| kind.is_none_or(|kind| entry.registration.task_kinds.contains(kind));
        let active = self
            .agents
            .values()
            .filter(|entry| entry.status().is_active());
        active.filter(does).map(Entry::record).collect()
    }

    pub(super) fn statistics(&self) -> Statistics {
        let mut statistics = Statistics {
            tasks: self.retired,
            by_capability: self.capabilities.clone(),
            ..Statistics::default()
        };
        for (agent, entry) in &self.agents {
            statistics.count(agent, entry.status(), &entry.counts);
        }
        statistics
    }

    pub(super) fn len(&self) -> usize {
        self.agents.len()
    }
}

impl fmt::Display for Wanted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.agent, self.request) {
            (Some(agent), Some(request)) => write!(f, "{request} of agent {agent}"),
            (Some(agent), None) => write!(f, "agent {agent}"),
            (None, Some(request)) => write!(f, "{request}"),
            (None, None) => f.write_str("any agent"),
        }
    }
}

fn lost(held: &Held) -> CoreError {
    CoreError::LeaseLost {
        agent: held.agent.clone(),
        task: held.task,
    }
}

fn is_terminated(entry: &Entry) -> bool {
    matches!(entry.presence, Presence::Terminated { .. })
}
