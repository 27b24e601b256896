//! Agents come, change and go.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use guildhall_core::registry::{AgentStatus, AgentUpdate, Clock, RegistrySettings, ResourceUsage};
use guildhall_core::{CoreError, Registry, TaskId, TaskKind};

use crate::support::{START, World, agent, capability, id, request};

#[test]
fn an_id_is_taken_until_its_agent_is_terminated() {
    let world = World::new();
    world
        .registry
        .register(agent("a", 1, &["x.y@1.0.0"]))
        .unwrap();
    let lease = world.take("x.y");

    let again = || world.registry.register(agent("a", 2, &["x.y@2.0.0"]));
    let error = again().unwrap_err();
    assert_eq!(
        error,
        CoreError::AlreadyRegistered {
            agent: id("a"),
            status: AgentStatus::Busy
        }
    );
    world.registry.unregister(&id("a")).unwrap();
    let error = again().unwrap_err().to_string();
    assert!(
        error.contains("agent a is registered already and is draining"),
        "{error}"
    );

    lease.release(true, 5).unwrap();
    assert_eq!(world.status("a"), Some(AgentStatus::Terminated));
    again().unwrap();
    assert_eq!(
        world.take("x.y").capability().unwrap().1.to_string(),
        "2.0.0"
    );
    let record = world.registry.agent(&id("a")).unwrap();
    assert_eq!(record.counts.completed, 0, "the new agent begins anew");
    assert_eq!(
        world.registry.statistics().tasks.completed,
        1,
        "the total keeps the old one"
    );
}

#[test]
fn a_registration_that_contradicts_itself_is_refused_by_name() {
    let world = World::new();
    let error = world
        .registry
        .register(agent("a", 0, &[]))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("agent a") && error.contains("give 1 or more"),
        "{error}"
    );
    let twice = agent("a", 1, &["x.y@1.0.0", "x.y@1.0.0"]);
    let error = world.registry.register(twice).unwrap_err().to_string();
    assert!(error.contains("x.y 1.0.0 stands in it twice"), "{error}");
    assert_eq!(world.status("a"), None);
}

#[test]
fn an_update_changes_what_it_names_and_when() {
    let world = World::new();
    let mut registration = agent("a", 1, &["x.y@1.0.0"]);
    registration.pid = Some(7);
    world.registry.register(registration.clone()).unwrap();
    world.pass(3);
    let usage = ResourceUsage {
        cpu_basis_points: Some(1_500),
        memory_bytes: Some(120 << 20),
        threads: Some(2),
        ..ResourceUsage::default()
    };
    let update = AgentUpdate {
        capabilities: Some(vec![capability("x.z", "1.0.0")]),
        priority: Some(5),
        resource_usage: Some(usage.clone()),
        ..AgentUpdate::default()
    };
    world.registry.update(&id("a"), update).unwrap();

    let record = world.registry.agent(&id("a")).unwrap();
    assert_eq!(
        (record.registered_at, record.updated_at),
        (START, START + 3_000)
    );
    registration.capabilities = vec![capability("x.z", "1.0.0")];
    registration.priority = 5;
    assert_eq!(
        (record.registration, record.resource_usage),
        (registration, usage)
    );
    assert!(world.registry.find(&request("x.y"), false).is_empty());
}

#[test]
fn an_update_that_is_refused_changes_nothing() {
    let world = World::new();
    world
        .registry
        .register(agent("a", 1, &["x.y@1.0.0"]))
        .unwrap();
    let before = world.registry.agent(&id("a"));
    let update = AgentUpdate {
        max_concurrent_tasks: Some(0),
        description: Some("changed".into()),
        ..AgentUpdate::default()
    };
    assert!(matches!(
        world.registry.update(&id("a"), update),
        Err(CoreError::BadRegistration { .. })
    ));
    assert_eq!(world.registry.agent(&id("a")), before);
}

#[test]
fn a_lower_limit_takes_nothing_away_and_keeps_new_tasks_out() {
    let world = World::new();
    world
        .registry
        .register(agent("a", 2, &["x.y@1.0.0"]))
        .unwrap();
    let (first, second) = (world.take("x.y"), world.take("x.y"));
    let update = AgentUpdate {
        max_concurrent_tasks: Some(1),
        ..AgentUpdate::default()
    };
    world.registry.update(&id("a"), update).unwrap();
    first.release(true, 1).unwrap();
    world.refusal("x.y");
    second.release(true, 1).unwrap();
    world.take("x.y").release(true, 1).unwrap();
}

#[test]
fn an_unregistered_agent_ends_what_it_has_and_takes_nothing() {
    let world = World::new();
    world
        .registry
        .register(agent("a", 2, &["x.y@1.0.0"]))
        .unwrap();
    let lease = world.take("x.y");
    world.registry.unregister(&id("a")).unwrap();
    assert_eq!(world.status("a"), Some(AgentStatus::Draining));
    assert!(world.registry.active_agents(None).is_empty());
    assert!(world.refusal("x.y").contains("a is draining"));

    world.pass(4);
    lease.release(true, 5).unwrap();
    assert_eq!(world.status("a"), Some(AgentStatus::Terminated));
    assert!(world.refusal("x.y").contains("no agent offers x.y"));
    world.pass(1);
    assert_eq!(
        world.status("a"),
        None,
        "its record is gone with the end of the grace"
    );
    assert_eq!(world.registry.statistics().tasks.completed, 1);
}

#[test]
fn what_outlasts_the_grace_counts_as_abandoned_and_its_lease_as_lost() {
    let world = World::new();
    world
        .registry
        .register(agent("a", 1, &["x.y@1.0.0"]))
        .unwrap();
    let task = TaskId::new();
    let lease = world.registry.acquire(&request("x.y"), task).unwrap();
    world.registry.unregister(&id("a")).unwrap();
    world.pass(5);
    assert_eq!(world.status("a"), None);

    world
        .registry
        .register(agent("a", 1, &["x.y@1.0.0"]))
        .unwrap();
    let successor = world.take("x.y");
    let lost = CoreError::LeaseLost {
        agent: id("a"),
        task,
    };
    assert_eq!(lease.release(true, 5), Err(lost));
    world.refusal("x.y");
    drop(successor);
    let tasks = world.registry.statistics().tasks;
    assert_eq!(
        (tasks.acquired, tasks.completed, tasks.abandoned),
        (2, 0, 2)
    );
}

#[test]
fn a_grace_can_be_made_shorter_and_not_longer() {
    let world = World::new();
    world
        .registry
        .register(agent("a", 1, &["x.y@1.0.0"]))
        .unwrap();
    let _lease = world.take("x.y");
    world.registry.unregister(&id("a")).unwrap();
    world
        .registry
        .unregister_within(&id("a"), Duration::from_secs(3600))
        .unwrap();
    world.pass(5);
    assert_eq!(world.status("a"), None);

    world
        .registry
        .register(agent("b", 1, &["x.y@1.0.0"]))
        .unwrap();
    world
        .registry
        .unregister_within(&id("b"), Duration::ZERO)
        .unwrap();
    assert_eq!(world.status("b"), None);
}

#[test]
fn operations_on_an_unknown_agent_name_it() {
    let world = World::new();
    let unknown = id("nobody");
    let registry = &world.registry;
    let refusals = [
        registry.update(&unknown, AgentUpdate::default()),
        registry.unregister(&unknown),
        registry.heartbeat(&unknown),
        registry.mark_failed(&unknown, "gone"),
        registry.acquire_agent(&unknown, TaskId::new()).map(drop),
        registry
            .acquire_from(&unknown, &request("x.y"), TaskId::new())
            .map(drop),
    ];
    for refusal in refusals {
        assert_eq!(
            refusal,
            Err(CoreError::NoSuchAgent {
                agent: unknown.clone()
            })
        );
    }
}

#[test]
fn active_agents_are_listed_by_id_and_by_kind_of_work() {
    let world = World::new();
    for (name, kind) in [("c", "review"), ("a", "review"), ("b", "analysis")] {
        let mut registration = agent(name, 1, &[]);
        registration.task_kinds.push(TaskKind(kind.into()));
        world.registry.register(registration).unwrap();
    }
    let names = |kind: Option<&TaskKind>| -> Vec<String> {
        let records = world.registry.active_agents(kind);
        records
            .iter()
            .map(|record| record.registration.agent.to_string())
            .collect()
    };
    assert_eq!(names(None), ["a", "b", "c"]);
    assert_eq!(names(Some(&TaskKind(TaskKind::REVIEW.into()))), ["a", "c"]);
    world.registry.unregister(&id("a")).unwrap();
    assert_eq!(names(None), ["b", "c"]);
}

/// A clock that goes back after it was first read.
struct Wayward(AtomicU64);

impl Clock for Wayward {
    fn now_ms(&self) -> u64 {
        START - 10_000 * self.0.fetch_add(1, Ordering::SeqCst)
    }
}

#[test]
fn a_clock_that_goes_back_takes_the_registry_nowhere() {
    let clock = Arc::new(Wayward(AtomicU64::new(0)));
    let registry = Registry::with(RegistrySettings::default(), clock);
    let subscription = registry.subscribe(10);
    registry.register(agent("a", 1, &[])).unwrap();
    registry.update(&id("a"), AgentUpdate::default()).unwrap();
    let record = registry.agent(&id("a")).unwrap();
    assert_eq!((record.registered_at, record.updated_at), (START, START));
    let times = std::iter::from_fn(|| subscription.try_next()).map(|event| event.at);
    assert_eq!(times.collect::<Vec<u64>>(), [START, START]);
}
