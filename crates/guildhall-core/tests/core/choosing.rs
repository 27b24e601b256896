//! Finding and taking agents.

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use guildhall_core::registry::{RegistrySettings, Strategy};
use guildhall_core::{CoreError, Lease, TaskId};

use crate::support::{World, agent, id, request};

#[test]
fn only_versions_that_will_do_are_found_and_the_best_of_each_agent() {
    let world = World::new();
    world
        .registry
        .register(agent("new", 1, &["x.y@2.0.0"]))
        .unwrap();
    world
        .registry
        .register(agent("both", 1, &["x.y@1.1.0", "x.y@1.4.0", "x.y@2.0.0"]))
        .unwrap();
    world
        .registry
        .register(agent("old", 1, &["x.y@1.2.0"]))
        .unwrap();
    let found = |only_available| -> Vec<String> {
        let offers = world.registry.find(&request("x.y@^1"), only_available);
        offers
            .iter()
            .map(|offer| format!("{} {}", offer.agent, offer.version))
            .collect()
    };
    assert_eq!(found(true), ["both 1.4.0", "old 1.2.0"]);
    let _lease = world
        .registry
        .acquire_agent(&id("both"), TaskId::new())
        .unwrap();
    assert_eq!(found(true), ["old 1.2.0"]);
    assert_eq!(found(false), ["both 1.4.0", "old 1.2.0"]);
}

#[test]
fn each_refusal_says_what_is_the_matter() {
    let world = World::new();
    assert!(
        world
            .refusal("x.y")
            .contains("no agent offers x.y: load a plugin")
    );
    world
        .registry
        .register(agent("a", 1, &["x.y@1.0.0", "x.z@1.0.0"]))
        .unwrap();
    world
        .registry
        .register(agent("b", 1, &["x.y@1.3.0", "x.y@1.0.0"]))
        .unwrap();
    let error = world.refusal("x.y@^2");
    assert!(
        error.contains("no agent offers x.y@^2, only 1.0.0, 1.3.0:"),
        "{error}"
    );

    let leases = [world.take("x.y"), world.take("x.y")];
    let error = world.refusal("x.y");
    assert!(error.contains("at its limit (2 of them)"), "{error}");
    drop(leases);

    world
        .registry
        .mark_failed(&id("a"), "process gone")
        .unwrap();
    world
        .registry
        .mark_failed(&id("b"), "process gone")
        .unwrap();
    let error = world.refusal("x.y");
    assert!(
        error.contains("for x.y: a is failed, b is failed"),
        "{error}"
    );

    let from = |agent: &str, wanted: &str| {
        let refusal = world
            .registry
            .acquire_from(&id(agent), &request(wanted), TaskId::new());
        refusal.unwrap_err().to_string()
    };
    assert_eq!(
        from("b", "x.z"),
        "agent b does not offer x.z, in no version"
    );
    assert_eq!(
        from("b", "x.y@^2"),
        "agent b does not offer x.y@^2, only 1.0.0, 1.3.0"
    );
    assert!(from("a", "x.y").contains("x.y of agent a: a is failed"));
}

#[test]
fn where_one_is_busy_and_one_unwell_waiting_is_the_advice() {
    let world = World::new();
    world
        .registry
        .register(agent("a", 1, &["x.y@1.0.0"]))
        .unwrap();
    world
        .registry
        .register(agent("b", 1, &["x.y@1.0.0"]))
        .unwrap();
    let _lease = world
        .registry
        .acquire_agent(&id("a"), TaskId::new())
        .unwrap();
    world
        .registry
        .mark_failed(&id("b"), "process gone")
        .unwrap();
    let error = world
        .registry
        .acquire(&request("x.y"), TaskId::new())
        .unwrap_err();
    assert_eq!(
        error,
        CoreError::AllBusy {
            wanted: "x.y".into(),
            agents: 1
        }
    );
}

#[test]
fn a_lease_says_what_it_is_for() {
    let world = World::new();
    world
        .registry
        .register(agent("a", 2, &["x.y@1.0.0", "x.y@1.5.0"]))
        .unwrap();
    let task = TaskId::new();
    let lease = world.registry.acquire(&request("x.y@^1"), task).unwrap();
    let (name, version) = lease.capability().unwrap();
    assert_eq!((lease.agent(), lease.task()), (&id("a"), task));
    assert_eq!(
        (name.as_str(), version.to_string().as_str()),
        ("x.y", "1.5.0")
    );
    assert_eq!(
        world.registry.agent(&id("a")).unwrap().assigned_tasks,
        [task]
    );
    let other = world.registry.acquire_agent(&id("a"), task).unwrap();
    assert!(other.capability().is_none());
}

#[test]
fn a_dropped_lease_frees_its_place_and_counts_against_the_agent() {
    let world = World::new();
    world
        .registry
        .register(agent("a", 1, &["x.y@1.0.0"]))
        .unwrap();
    drop(world.take("x.y"));
    world.take("x.y").withdraw().unwrap();
    world.take("x.y").release(false, 3).unwrap();
    world.take("x.y").release(true, 3).unwrap();
    let counts = world.registry.agent(&id("a")).unwrap().counts;
    assert_eq!(
        (counts.acquired, counts.completed, counts.failed),
        (4, 1, 1)
    );
    assert_eq!(
        (counts.abandoned, counts.withdrawn, counts.in_flight()),
        (1, 1, 0)
    );
    assert_eq!(counts.success_rate(), Some(1.0 / 3.0));
}

/// Takes `number` agents in turn with `strategy`, all of them held, and names them.
fn chosen(world: &World, strategy: Strategy, number: usize) -> String {
    let take = |_| {
        world
            .registry
            .acquire_with(&request("x.y"), TaskId::new(), strategy)
            .unwrap()
    };
    let leases: Vec<Lease> = (0..number).map(take).collect();
    let names: Vec<&str> = leases.iter().map(|lease| lease.agent().as_str()).collect();
    names.join(" ")
}

/// Agents of which each is the best by another measure.
fn rivals() -> World {
    let world = World::new();
    let mut urgent = agent("urgent", 2, &["x.y@1.1.0"]);
    urgent.priority = 900;
    for registration in [
        agent("big", 8, &["x.y@1.0.0"]),
        urgent,
        agent("newest", 2, &["x.y@1.2.0"]),
    ] {
        world.registry.register(registration).unwrap();
    }
    world
}

#[test]
fn by_priority_the_highest_is_filled_first_and_then_the_least_load() {
    assert_eq!(
        chosen(&rivals(), Strategy::Priority, 6),
        "urgent urgent big newest big big"
    );
}

#[test]
fn by_capability_the_highest_version_is_filled_first() {
    let order = "newest newest urgent urgent big big";
    assert_eq!(chosen(&rivals(), Strategy::CapabilityBased, 6), order);
}

#[test]
fn in_turn_each_comes_once_a_round_while_it_has_a_place() {
    let order = "big newest urgent big newest urgent big big";
    assert_eq!(chosen(&rivals(), Strategy::RoundRobin, 8), order);
}

#[test]
fn by_load_places_are_filled_evenly_in_proportion_to_the_limits() {
    let order = "big newest urgent big big big newest urgent";
    assert_eq!(chosen(&rivals(), Strategy::LeastLoaded, 8), order);
}

#[test]
fn the_first_is_the_lowest_id_until_it_is_full() {
    let order = "big big big big big big big big newest";
    assert_eq!(chosen(&rivals(), Strategy::FirstAvailable, 9), order);
}

#[test]
fn equals_take_turns_whatever_the_strategy_but_the_first() {
    let fair = [
        Strategy::Priority,
        Strategy::RoundRobin,
        Strategy::LeastLoaded,
        Strategy::CapabilityBased,
    ];
    for strategy in fair {
        let world = World::with(RegistrySettings {
            strategy,
            ..RegistrySettings::default()
        });
        for name in ["a", "b", "c"] {
            world
                .registry
                .register(agent(name, 5, &["x.y@1.0.0"]))
                .unwrap();
        }
        let mut order = Vec::new();
        for _ in 0..6 {
            let lease = world.take("x.y");
            order.push(lease.agent().to_string());
            lease.release(true, 1).unwrap();
        }
        assert_eq!(order, ["a", "b", "c", "a", "b", "c"], "{strategy:?}");
    }
}

#[test]
fn threads_together_never_exceed_a_limit_and_lose_no_task() {
    const THREADS: u32 = 8;
    const ROUNDS: u32 = 300;
    const LIMIT: u32 = 3;
    let world = World::new();
    world
        .registry
        .register(agent("a", LIMIT, &["x.y@1.0.0"]))
        .unwrap();
    let (inside, done) = (AtomicU32::new(0), AtomicU32::new(0));
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for _ in 0..ROUNDS {
                    let lease = loop {
                        match world.registry.acquire(&request("x.y"), TaskId::new()) {
                            Ok(lease) => break lease,
                            Err(_) => thread::yield_now(),
                        }
                    };
                    assert!(inside.fetch_add(1, Ordering::SeqCst) < LIMIT);
                    done.fetch_add(1, Ordering::SeqCst);
                    inside.fetch_sub(1, Ordering::SeqCst);
                    lease.release(true, 1).unwrap();
                }
            });
        }
    });
    let tasks = world.registry.statistics().tasks;
    assert_eq!(done.into_inner(), THREADS * ROUNDS);
    assert_eq!((tasks.acquired, tasks.completed), (2_400, 2_400));
}
