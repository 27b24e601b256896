//! Random histories of a registry.

use std::collections::BTreeSet;

use guildhall_core::registry::{AgentUpdate, Strategy as Choice};
use guildhall_core::{CoreError, Lease, TaskId};
use proptest::prelude::*;
use proptest::sample::select;

use crate::support::{World, agent, id, request};

pub(crate) const AGENTS: [&str; 4] = ["a", "b", "c", "d"];
pub(crate) const OFFERS: [&str; 4] = ["x.y@1.0.0", "x.y@1.2.0", "x.y@2.0.0", "x.z@1.0.0"];
pub(crate) const REQUESTS: [&str; 5] = ["x.y", "x.y@^1", "x.y@^1.1", "x.z", "x.none"];
pub(crate) const CHOICES: [Choice; 5] = [
    Choice::Priority,
    Choice::RoundRobin,
    Choice::LeastLoaded,
    Choice::CapabilityBased,
    Choice::FirstAvailable,
];

/// One thing that happens to a registry.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Register {
        agent: &'static str,
        limit: u32,
        priority: u32,
        offers: BTreeSet<&'static str>,
        heartbeat: bool,
    },
    Limit {
        agent: &'static str,
        limit: u32,
    },
    Unregister {
        agent: &'static str,
    },
    Acquire {
        wanted: &'static str,
        choice: Choice,
    },
    AcquireFrom {
        agent: &'static str,
        wanted: &'static str,
    },
    /// Gives back one of the leases that are held, in one of the four ways.
    GiveBack {
        which: usize,
        how: u8,
    },
    /// Lends the place of one of the leases, or takes it again in one of the two ways.
    Place {
        which: usize,
        how: u8,
    },
    Heartbeat {
        agent: &'static str,
    },
    MarkFailed {
        agent: &'static str,
    },
    TakeOut {
        agent: &'static str,
    },
    Pass {
        seconds: u64,
    },
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let offers = || proptest::collection::btree_set(select(&OFFERS[..]), 0..4);
    let register = (
        select(&AGENTS[..]),
        1_u32..4,
        1_u32..3,
        offers(),
        any::<bool>(),
    );
    prop_oneof![
        3 => register.prop_map(|(agent, limit, priority, offers, heartbeat)| Step::Register {
            agent, limit, priority, offers, heartbeat,
        }),
        1 => (select(&AGENTS[..]), 1_u32..4).prop_map(|(agent, limit)| Step::Limit { agent, limit }),
        1 => select(&AGENTS[..]).prop_map(|agent| Step::Unregister { agent }),
        6 => (select(&REQUESTS[..]), select(&CHOICES[..]))
            .prop_map(|(wanted, choice)| Step::Acquire { wanted, choice }),
        2 => (select(&AGENTS[..]), select(&REQUESTS[..]))
            .prop_map(|(agent, wanted)| Step::AcquireFrom { agent, wanted }),
        6 => (any::<usize>(), 0_u8..4).prop_map(|(which, how)| Step::GiveBack { which, how }),
        8 => (any::<usize>(), 0_u8..5).prop_map(|(which, how)| Step::Place { which, how }),
        1 => select(&AGENTS[..]).prop_map(|agent| Step::Heartbeat { agent }),
        1 => select(&AGENTS[..]).prop_map(|agent| Step::MarkFailed { agent }),
        1 => select(&AGENTS[..]).prop_map(|agent| Step::TakeOut { agent }),
        2 => (0_u64..40).prop_map(|seconds| Step::Pass { seconds }),
    ]
}

/// Takes a step and leaves the judgement to the caller.
pub(crate) fn carelessly(world: &World, step: Step, held: &mut Vec<Lease>) {
    let registry = &world.registry;
    let mut keep = |result: Result<Lease, CoreError>| held.extend(result);
    match step {
        Step::Register {
            agent: name,
            limit,
            offers,
            heartbeat,
            ..
        } => {
            let offers: Vec<&str> = offers.into_iter().collect();
            let mut registration = agent(name, limit, &offers);
            registration.heartbeat = heartbeat;
            let _ = registry.register(registration);
        }
        Step::Limit { agent, limit } => {
            let update = AgentUpdate {
                max_concurrent_tasks: Some(limit),
                ..AgentUpdate::default()
            };
            let _ = registry.update(&id(agent), update);
        }
        Step::Unregister { agent } => drop(registry.unregister(&id(agent))),
        Step::Acquire { wanted, choice } => {
            keep(registry.acquire_with(&request(wanted), TaskId::new(), choice));
        }
        Step::AcquireFrom { agent, wanted } => {
            keep(registry.acquire_from(&id(agent), &request(wanted), TaskId::new()));
        }
        Step::GiveBack { which, how } if !held.is_empty() => {
            let lease = held.swap_remove(which % held.len());
            match how {
                0 | 1 => drop(lease.release(how == 0, 7)),
                2 => drop(lease.withdraw()),
                _ => drop(lease),
            }
        }
        Step::Place { which, how } if !held.is_empty() => {
            let lease = &held[which % held.len()];
            match how {
                0 | 1 => drop(lease.lend()),
                2 | 3 => drop(lease.resume()),
                _ => drop(lease.resume_at_once()),
            }
        }
        Step::GiveBack { .. } | Step::Place { .. } => {}
        Step::Heartbeat { agent } => drop(registry.heartbeat(&id(agent))),
        Step::MarkFailed { agent } => drop(registry.mark_failed(&id(agent), "found failed")),
        Step::TakeOut { agent } => drop(registry.take_out(&id(agent), "taken out")),
        Step::Pass { seconds } => world.pass(seconds),
    }
}
