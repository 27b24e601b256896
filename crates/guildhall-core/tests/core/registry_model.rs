//! The registry against a simple model, over random histories.
//!
//! The model holds what each agent offers, its limit and the tasks in its hands; it
//! knows neither strategies' ties nor failures, so histories here switch those off
//! (`failure_threshold: 0`, no heartbeats); `histories_with_failures_keep_the_sums`
//! switches them on and holds the registry to what must be true in any case.

mod model;
mod steps;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use guildhall_core::registry::{
    AgentStatus, AgentUpdate, Counts, MemoryStore, RegistrySettings, RegistryStore, Snapshot,
    Strategy as Choice,
};
use guildhall_core::{AgentId, CoreError, Lease, Registry, TaskId};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::{World, agent, id, request};
use model::{Model, Modelled};
use steps::{AGENTS, REQUESTS, Step, carelessly, step};

/// The registry and the model, side by side.
struct Pair {
    world: World,
    model: Model,
    held: Vec<Lease>,
}

impl Pair {
    fn new() -> Self {
        let settings = RegistrySettings {
            failure_threshold: 0,
            ..RegistrySettings::default()
        };
        Self {
            world: World::with(settings),
            model: Model::default(),
            held: Vec::new(),
        }
    }

    fn take(&mut self, step: &Step) -> Result<(), TestCaseError> {
        match step {
            Step::Register {
                agent,
                limit,
                priority,
                offers,
                ..
            } => {
                self.register(agent, *limit, *priority, offers)?;
            }
            Step::Limit { agent, limit } => self.set_limit(agent, *limit)?,
            Step::Unregister { agent } => self.unregister(agent)?,
            Step::Acquire { wanted, choice } => self.acquire(wanted, *choice)?,
            Step::AcquireFrom { agent, wanted } => self.acquire_from(agent, wanted)?,
            Step::GiveBack { which, how } => self.give_back(*which, *how)?,
            Step::Place { which, how } => self.place(*which, *how)?,
            Step::Pass { seconds } => {
                self.world.pass(*seconds);
                self.model.pass(*seconds);
            }
            Step::TakeOut { agent } => self.take_out(agent)?,
            // A heartbeat lifts nothing that the model knows of.
            Step::Heartbeat { agent } => drop(self.world.registry.heartbeat(&id(agent))),
            // The model does not know it.
            Step::MarkFailed { .. } => {}
        }
        self.compare()
    }

    fn register(
        &mut self,
        name: &str,
        limit: u32,
        priority: u32,
        offers: &BTreeSet<&'static str>,
    ) -> Result<(), TestCaseError> {
        let offered: Vec<&str> = offers.iter().copied().collect();
        let mut registration = agent(name, limit, &offered);
        registration.priority = priority;
        let taken = self
            .model
            .agents
            .get(&id(name))
            .is_some_and(|agent| !agent.is_terminated());
        prop_assert_eq!(self.world.registry.register(registration).is_err(), taken);
        if !taken {
            let tasks = BTreeSet::new();
            let modelled = Modelled {
                limit,
                priority,
                offers: offers.clone(),
                tasks,
                lent: BTreeSet::new(),
                wanted: Vec::new(),
                leaves_at: None,
                out: false,
            };
            self.model.agents.insert(id(name), modelled);
        }
        Ok(())
    }

    fn set_limit(&mut self, name: &str, limit: u32) -> Result<(), TestCaseError> {
        let update = AgentUpdate {
            max_concurrent_tasks: Some(limit),
            ..AgentUpdate::default()
        };
        let result = self.world.registry.update(&id(name), update);
        let known = self.model.living(name);
        prop_assert_eq!(result.is_ok(), known.is_some());
        if let Some(agent) = known {
            agent.limit = limit;
        }
        Ok(())
    }

    fn unregister(&mut self, name: &str) -> Result<(), TestCaseError> {
        let result = self.world.registry.unregister(&id(name));
        let until = self.model.now + 5;
        let known = self.model.living(name);
        prop_assert_eq!(result.is_ok(), known.is_some());
        if let Some(agent) = known {
            agent.leaves_at = Some(agent.leaves_at.unwrap_or(until).min(until));
        }
        Ok(())
    }

    fn take_out(&mut self, name: &str) -> Result<(), TestCaseError> {
        let result = self.world.registry.take_out(&id(name), "taken out");
        let known = self.model.living(name);
        prop_assert_eq!(result.is_ok(), known.is_some());
        if let Some(agent) = known {
            agent.out = true;
        }
        Ok(())
    }

    fn acquire(&mut self, wanted: &str, choice: Choice) -> Result<(), TestCaseError> {
        let task = TaskId::new();
        let result = self
            .world
            .registry
            .acquire_with(&request(wanted), task, choice);
        let able = self.model.able(wanted);
        let lease = match result {
            Ok(lease) => lease,
            Err(error) => {
                prop_assert!(able.is_empty(), "{} where {:?} could take it", error, able);
                return self.check_refusal(wanted, &error);
            }
        };
        let chosen = able.iter().find(|(name, _)| *name == lease.agent());
        let Some((_, chosen)) = chosen else {
            return Err(TestCaseError::fail(format!(
                "{lease:?} of one that cannot take it"
            )));
        };
        let best = chosen.best(wanted).unwrap();
        prop_assert_eq!(lease.capability().map(|(_, version)| version), Some(&best));
        let nobody_better = match choice {
            Choice::Priority => able
                .iter()
                .all(|(_, other)| other.priority <= chosen.priority),
            Choice::CapabilityBased => able
                .iter()
                .all(|(_, other)| other.best(wanted).unwrap() <= best),
            Choice::FirstAvailable => able.iter().all(|(name, _)| *name >= lease.agent()),
            Choice::LeastLoaded => able.iter().all(|(_, other)| {
                other.load() * chosen.limit as usize >= chosen.load() * other.limit as usize
            }),
            _ => true,
        };
        prop_assert!(nobody_better, "{choice:?} chose {lease:?} of {able:?}");
        self.hold(lease);
        Ok(())
    }

    fn acquire_from(&mut self, name: &str, wanted: &str) -> Result<(), TestCaseError> {
        let result = self
            .world
            .registry
            .acquire_from(&id(name), &request(wanted), TaskId::new());
        let able = self
            .model
            .able(wanted)
            .iter()
            .any(|(able, _)| **able == id(name));
        prop_assert_eq!(result.is_ok(), able);
        if let Ok(lease) = result {
            self.hold(lease);
        }
        Ok(())
    }

    fn check_refusal(&self, wanted: &str, error: &CoreError) -> Result<(), TestCaseError> {
        let there = || {
            self.model
                .agents
                .values()
                .filter(|agent| !agent.is_terminated())
        };
        let name = wanted.split('@').next().unwrap();
        let as_expected = match error {
            CoreError::NoSuchCapability { .. } => there().all(|agent| agent.best(name).is_none()),
            CoreError::NoSuchVersion { .. } => {
                there().any(|agent| agent.best(name).is_some())
                    && there().all(|agent| agent.best(wanted).is_none())
            }
            CoreError::AllBusy { .. } => there().any(|agent| {
                agent.best(wanted).is_some() && agent.leaves_at.is_none() && !agent.out
            }),
            CoreError::AllUnhealthy { agents, .. } => agents
                .iter()
                .all(|(_, status)| matches!(status, AgentStatus::Draining | AgentStatus::Failed)),
            _ => false,
        };
        prop_assert!(as_expected, "{} for {}: {:?}", error, wanted, self.model);
        Ok(())
    }

    fn hold(&mut self, lease: Lease) {
        let agent = self.model.agents.get_mut(lease.agent()).unwrap();
        agent.tasks.insert(lease.task());
        self.model.totals.acquired += 1;
        self.held.push(lease);
    }

    fn give_back(&mut self, which: usize, how: u8) -> Result<(), TestCaseError> {
        if self.held.is_empty() {
            return Ok(());
        }
        let lease = self.held.swap_remove(which % self.held.len());
        let was_held = self.model.give_back(&lease);
        let totals = &mut self.model.totals;
        let (count, result) = match how {
            0 => (&mut totals.completed, lease.release(true, 7)),
            1 => (&mut totals.failed, lease.release(false, 7)),
            2 => (&mut totals.withdrawn, lease.withdraw()),
            _ => {
                drop(lease);
                totals.abandoned += u64::from(was_held);
                return Ok(());
            }
        };
        *count += u64::from(was_held);
        prop_assert_eq!(
            result.is_ok(),
            was_held,
            "a lease counts exactly while it is held"
        );
        Ok(())
    }

    /// A place is lent, or taken again.
    fn place(&mut self, which: usize, how: u8) -> Result<(), TestCaseError> {
        if self.held.is_empty() {
            return Ok(());
        }
        let lease = &self.held[which % self.held.len()];
        let (task, holder) = (lease.task(), self.model.holder(lease));
        let held = holder.is_some();
        let running = holder.as_ref().map(|agent| agent.running());
        match how {
            0 | 1 => {
                prop_assert_eq!(lease.lend().is_ok(), held);
                if let Some(agent) = holder {
                    agent.lend(task);
                }
            }
            2 | 3 => {
                let expected = holder.map(|agent| {
                    let (served, limit) = (agent.resume(task), agent.limit as usize);
                    // A place that the task had all along may be one too many: limits sink.
                    assert!(agent.running() <= limit.max(running.unwrap_or(0)));
                    served
                });
                prop_assert_eq!(lease.resume().ok(), expected);
            }
            _ => {
                prop_assert_eq!(lease.resume_at_once().is_ok(), held);
                if let Some(agent) = holder {
                    agent.forget(task);
                }
            }
        }
        Ok(())
    }

    fn compare(&self) -> Result<(), TestCaseError> {
        let registry = &self.world.registry;
        for name in AGENTS.map(id) {
            let (record, modelled) = (registry.agent(&name), self.model.agents.get(&name));
            prop_assert_eq!(record.is_some(), modelled.is_some());
            let (Some(record), Some(modelled)) = (record, modelled) else {
                continue;
            };
            let tasks: BTreeSet<TaskId> = record.assigned_tasks.iter().copied().collect();
            prop_assert_eq!(&tasks, &modelled.tasks);
            let running = record.assigned_tasks.len() - record.waiting_tasks.len();
            prop_assert_eq!(running, modelled.running());
            let expected = match modelled {
                agent if agent.is_terminated() => AgentStatus::Terminated,
                agent if agent.leaves_at.is_some() => AgentStatus::Draining,
                agent if agent.out => AgentStatus::Failed,
                agent if agent.can_take() => AgentStatus::Available,
                _ => AgentStatus::Busy,
            };
            prop_assert_eq!(record.status, expected);
        }
        for wanted in REQUESTS {
            let found = registry.find(&request(wanted), true);
            let found: Vec<&AgentId> = found.iter().map(|offer| &offer.agent).collect();
            let able: Vec<&AgentId> = self
                .model
                .able(wanted)
                .iter()
                .map(|(name, _)| *name)
                .collect();
            prop_assert_eq!(found, able, "found for {}", wanted);
        }
        prop_assert_eq!(registry.statistics().tasks, self.model.totals);
        sums_add_up(registry)
    }
}

/// What must be true of any registry.
fn sums_add_up(registry: &Registry) -> Result<(), TestCaseError> {
    let (statistics, snapshot) = (registry.statistics(), registry.snapshot());
    let status = [
        statistics.available,
        statistics.busy,
        statistics.offline,
        statistics.failed,
    ];
    prop_assert_eq!(status.iter().sum::<u64>(), statistics.total);
    prop_assert_eq!(statistics.tasks.in_flight(), statistics.in_flight);
    for record in &snapshot.agents {
        prop_assert_eq!(
            record.counts.in_flight(),
            record.assigned_tasks.len() as u64
        );
    }
    // Every task of these histories is taken for a capability.
    let of_capabilities =
        |count: fn(&Counts) -> u64| statistics.by_capability.values().map(count).sum::<u64>();
    prop_assert_eq!(
        of_capabilities(|counts| counts.acquired),
        statistics.tasks.acquired
    );
    prop_assert_eq!(of_capabilities(Counts::ended), statistics.tasks.ended());
    prop_assert_eq!(
        of_capabilities(|counts| counts.completed),
        statistics.tasks.completed
    );
    Ok(())
}

/// A snapshot survives JSON as it is, and a restart but for what a restart ends.
fn survives(world: &World) -> Result<(), TestCaseError> {
    let snapshot = world.registry.snapshot();
    let json = serde_json::to_vec(&snapshot).unwrap();
    prop_assert_eq!(&Snapshot::from_json(&json).unwrap(), &snapshot);

    let reopened = reopen(world, &snapshot);
    let (before, after) = (world.registry.statistics(), reopened.statistics());
    prop_assert_eq!(after.tasks.acquired, before.tasks.acquired);
    prop_assert_eq!(after.tasks.completed, before.tasks.completed);
    prop_assert_eq!(
        after.tasks.abandoned,
        before.tasks.abandoned + before.in_flight
    );
    let registrations = |registry: &Registry| -> Vec<_> {
        registry
            .active_agents(None)
            .into_iter()
            .map(|record| record.registration)
            .collect()
    };
    prop_assert_eq!(registrations(&reopened), registrations(&world.registry));
    sums_add_up(&reopened)?;
    let again = reopen(world, &reopened.snapshot());
    prop_assert_eq!(
        again.snapshot(),
        reopened.snapshot(),
        "a second restart changes nothing"
    );
    Ok(())
}

fn reopen(world: &World, snapshot: &Snapshot) -> Registry {
    let store = Arc::new(MemoryStore::default());
    store.save(snapshot).unwrap();
    Registry::open(RegistrySettings::default(), world.clock.clone(), store).unwrap()
}

proptest! {
    #[test]
    fn the_registry_does_what_the_model_does(steps in vec(step(), 1..60)) {
        let mut pair = Pair::new();
        for step in &steps {
            pair.take(step)?;
        }
        survives(&pair.world)?;
        drop(pair.held);
        prop_assert_eq!(pair.world.registry.statistics().in_flight, 0);
    }

    #[test]
    fn histories_with_failures_keep_the_sums(steps in vec(step(), 1..80)) {
        let settings = RegistrySettings {
            failure_threshold: 2,
            silence: Duration::from_secs(20),
            ..RegistrySettings::default()
        };
        let world = World::with(settings);
        let mut held = Vec::new();
        for step in steps {
            let before = world.registry.snapshot();
            carelessly(&world, step, &mut held);
            sums_add_up(&world.registry)?;
            only_the_fit_were_given_more(&before, &world.registry.snapshot())?;
        }
        survives(&world)?;
    }

    #[test]
    fn equal_histories_give_equal_bytes(steps in vec(step(), 1..60)) {
        // Task ids differ from run to run, so tasks in flight are given back first.
        let run = || {
            let (world, mut held) = (World::new(), Vec::new());
            let mut choices = Vec::new();
            for step in steps.clone() {
                carelessly(&world, step, &mut held);
                choices.push(held.last().map(|lease| lease.agent().clone()));
            }
            held.into_iter().for_each(drop);
            (choices, serde_json::to_string(&world.registry.snapshot()).unwrap())
        };
        prop_assert_eq!(run(), run());
    }
}

/// Whoever was given a task by the last step was there, had a place, and was well or
/// had nothing else to do.
fn only_the_fit_were_given_more(before: &Snapshot, after: &Snapshot) -> Result<(), TestCaseError> {
    for now in &after.agents {
        let name = &now.registration.agent;
        let Some(then) = before
            .agents
            .iter()
            .find(|then| then.registration.agent == *name)
        else {
            continue;
        };
        if now.assigned_tasks.len() <= then.assigned_tasks.len() {
            continue;
        }
        let running = now.assigned_tasks.len() - now.waiting_tasks.len();
        prop_assert!(running <= now.registration.max_concurrent_tasks as usize);
        let alone = now.assigned_tasks.len() == 1;
        let fit = matches!(now.status, AgentStatus::Available | AgentStatus::Busy)
            || (now.status == AgentStatus::Failed && alone);
        prop_assert!(fit, "{} was {} and was given a task", name, now.status);
    }
    Ok(())
}
