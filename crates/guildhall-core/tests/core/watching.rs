//! Statistics and events.

use std::time::Duration;

use guildhall_core::TaskId;
use guildhall_core::registry::{AgentStatus, AgentUpdate, RegistryChange, Subscription};

use crate::support::{START, World, agent, id};

#[test]
fn an_empty_registry_has_no_rates() {
    let statistics = World::new().registry.statistics();
    assert_eq!((statistics.total, statistics.tasks.acquired), (0, 0));
    assert_eq!(statistics.tasks.success_rate(), None);
    assert_eq!(statistics.tasks.completion_rate(), None);
}

#[test]
fn statistics_count_agents_by_status_and_tasks_by_agent_and_capability() {
    let world = World::new();
    for name in [
        "available",
        "busy",
        "draining",
        "failed",
        "offline",
        "terminated",
    ] {
        let mut registration = agent(name, 1, &["x.y@1.0.0"]);
        registration.heartbeat = name == "offline";
        world.registry.register(registration).unwrap();
    }
    world.pass(60);
    let take = |name: &str| {
        world
            .registry
            .acquire_agent(&id(name), TaskId::new())
            .unwrap()
    };
    let _held = [take("busy"), take("draining")];
    world.registry.unregister(&id("draining")).unwrap();
    world.registry.unregister(&id("terminated")).unwrap();
    world.registry.mark_failed(&id("failed"), "gone").unwrap();
    world.take("x.y").release(true, 1).unwrap();
    world.take("x.y").release(false, 1).unwrap();

    let statistics = world.registry.statistics();
    let by_status = [
        statistics.available,
        statistics.busy,
        statistics.offline,
        statistics.failed,
    ];
    assert_eq!(
        (statistics.total, by_status, statistics.draining),
        (4, [1, 1, 1, 1], 1)
    );
    assert_eq!(statistics.in_flight, 2);
    let tasks = statistics.tasks;
    assert_eq!((tasks.acquired, tasks.completed, tasks.failed), (4, 1, 1));
    assert_eq!(
        (tasks.completion_rate(), tasks.success_rate()),
        (Some(0.5), Some(0.5))
    );
    assert_eq!(statistics.by_agent[&id("available")].acquired, 2);
    assert_eq!(statistics.by_agent[&id("busy")].acquired, 1);
    assert_eq!(
        statistics.by_capability[&"x.y".parse().unwrap()].acquired,
        2
    );
}

fn changes(subscription: &Subscription) -> Vec<String> {
    std::iter::from_fn(|| subscription.try_next())
        .map(|event| match event.change {
            RegistryChange::Status { from, to } => format!("{} {from}>{to}", event.agent),
            other => format!("{} {other:?}", event.agent),
        })
        .collect()
}

#[test]
fn events_tell_the_life_of_an_agent_in_order() {
    let world = World::new();
    let subscription = world.registry.subscribe(100);
    world
        .registry
        .register(agent("a", 1, &["x.y@1.0.0"]))
        .unwrap();
    world
        .registry
        .update(&id("a"), AgentUpdate::default())
        .unwrap();
    let lease = world.take("x.y");
    world.registry.unregister(&id("a")).unwrap();
    lease.release(true, 1).unwrap();
    world.pass(5);
    world.registry.expire();
    let expected = [
        "a Registered",
        "a Updated",
        "a available>busy",
        "a Unregistered",
        "a busy>draining",
        "a draining>terminated",
        "a Removed",
    ];
    assert_eq!(changes(&subscription), expected);
    assert_eq!(subscription.take_missed(), 0);
}

#[test]
fn an_event_says_when_and_about_whom() {
    let world = World::new();
    let subscription = world.registry.subscribe(1);
    world.pass(2);
    world.registry.register(agent("a", 1, &[])).unwrap();
    let event = subscription.next_within(Duration::ZERO).unwrap();
    assert_eq!((event.at, event.agent), (START + 2_000, id("a")));
}

#[test]
fn a_full_queue_holds_nobody_up_and_the_missed_are_counted() {
    let world = World::new();
    let subscription = world.registry.subscribe(2);
    for name in ["a", "b", "c", "d", "e"] {
        world.registry.register(agent(name, 1, &[])).unwrap();
    }
    assert_eq!(changes(&subscription), ["a Registered", "b Registered"]);
    assert_eq!(
        (subscription.take_missed(), subscription.take_missed()),
        (3, 0)
    );
    world.registry.mark_failed(&id("c"), "gone").unwrap();
    let event = subscription.try_next().unwrap();
    let (from, to) = (AgentStatus::Available, AgentStatus::Failed);
    assert_eq!(event.change, RegistryChange::Status { from, to });
}

#[test]
fn a_subscriber_that_left_and_an_absurd_capacity_do_no_harm() {
    let world = World::new();
    drop(world.registry.subscribe(1));
    let subscription = world.registry.subscribe(usize::MAX);
    world.registry.register(agent("a", 1, &[])).unwrap();
    assert_eq!(changes(&subscription), ["a Registered"]);
}
