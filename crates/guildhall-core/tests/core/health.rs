//! How agents do, and what follows from it.

use guildhall_core::registry::{AgentStatus, RegistrySettings};
use guildhall_core::{CoreError, TaskId};

use crate::support::{START, World, agent, id, request};

fn fail(world: &World, times: usize) {
    for _ in 0..times {
        world.take("x.y").release(false, 1).unwrap();
    }
}

fn one_agent() -> World {
    let world = World::new();
    world
        .registry
        .register(agent("a", 4, &["x.y@1.0.0"]))
        .unwrap();
    world
}

#[test]
fn latency_and_successes_are_known_once_there_are_any() {
    let world = one_agent();
    let record = world.registry.agent(&id("a")).unwrap();
    assert_eq!(
        (record.health.mean_latency_us, record.counts.success_rate()),
        (None, None)
    );
    for time in [80, 160] {
        world.take("x.y").release(true, time).unwrap();
    }
    world.take("x.y").release(false, 90_000).unwrap();
    let record = world.registry.agent(&id("a")).unwrap();
    assert_eq!(record.health.mean_latency_us, Some(90_000));
    assert_eq!(record.health.max_latency_ms, Some(160));
    assert_eq!(record.counts.success_rate(), Some(2.0 / 3.0));
}

#[test]
fn failures_in_a_row_make_an_agent_failed_and_a_success_between_them_does_not() {
    let world = one_agent();
    fail(&world, 2);
    world.take("x.y").release(true, 1).unwrap();
    fail(&world, 2);
    assert_eq!(world.status("a"), Some(AgentStatus::Available));
    fail(&world, 1);
    assert_eq!(world.status("a"), Some(AgentStatus::Failed));
    let problem = world.registry.agent(&id("a")).unwrap().health.problem;
    assert_eq!(problem.as_deref(), Some("it failed 3 times in a row"));
    assert!(world.refusal("x.y").contains("a is failed"));
}

#[test]
fn tasks_that_the_caller_took_back_do_no_harm() {
    let world = one_agent();
    for _ in 0..10 {
        world.take("x.y").withdraw().unwrap();
    }
    assert_eq!(world.status("a"), Some(AgentStatus::Available));
}

#[test]
fn dropped_leases_count_as_failures() {
    let world = one_agent();
    for _ in 0..3 {
        drop(world.take("x.y"));
    }
    assert_eq!(world.status("a"), Some(AgentStatus::Failed));
}

#[test]
fn a_failed_agent_proves_itself_with_one_task_at_a_time() {
    let world = one_agent();
    fail(&world, 3);
    world.pass(29);
    assert!(world.registry.find(&request("x.y"), true).is_empty());
    world.pass(1);
    assert!(world.registry.find(&request("x.y"), true)[0].available);
    let trial = world.take("x.y");
    assert!(
        world.refusal("x.y").contains("a is failed"),
        "one trial at a time"
    );
    trial.release(false, 1).unwrap();
    assert!(
        world.refusal("x.y").contains("a is failed"),
        "left alone again"
    );
    world.pass(30);
    world.take("x.y").release(true, 1).unwrap();
    assert_eq!(world.status("a"), Some(AgentStatus::Available));
    assert_eq!(world.registry.agent(&id("a")).unwrap().health.problem, None);
}

#[test]
fn a_healthy_agent_goes_before_one_on_trial_whatever_its_priority() {
    let world = World::new();
    let mut first = agent("a", 4, &["x.y@1.0.0"]);
    first.priority = 999;
    world.registry.register(first).unwrap();
    fail(&world, 3);
    world
        .registry
        .register(agent("b", 1, &["x.y@1.0.0"]))
        .unwrap();
    world.pass(30);
    let healthy = world.take("x.y");
    assert_eq!(healthy.agent(), &id("b"));
    assert_eq!(
        world.take("x.y").agent(),
        &id("a"),
        "better a trial than nobody"
    );
}

#[test]
fn a_heartbeat_allows_a_trial_at_once() {
    let world = one_agent();
    fail(&world, 3);
    world.registry.heartbeat(&id("a")).unwrap();
    assert_eq!(
        world.status("a"),
        Some(AgentStatus::Failed),
        "alive is not yet well"
    );
    world.take("x.y").release(true, 1).unwrap();
    assert_eq!(world.status("a"), Some(AgentStatus::Available));
}

#[test]
fn an_agent_found_failed_waits_for_a_sign_of_life() {
    let world = one_agent();
    let running = [world.take("x.y"), world.take("x.y"), world.take("x.y")];
    world
        .registry
        .mark_failed(&id("a"), "process 7 is gone")
        .unwrap();
    for lease in running {
        lease.release(false, 1).unwrap();
    }
    world.pass(100_000);
    assert!(world.refusal("x.y").contains("a is failed"));
    let problem = world.registry.agent(&id("a")).unwrap().health.problem;
    assert_eq!(problem.as_deref(), Some("process 7 is gone"));
    world.registry.heartbeat(&id("a")).unwrap();
    world.take("x.y").release(true, 1).unwrap();
    assert_eq!(world.status("a"), Some(AgentStatus::Available));
}

#[test]
fn a_trial_that_fails_is_followed_by_a_rest_however_few_failures_there_were() {
    let world = one_agent();
    world.registry.mark_failed(&id("a"), "gone").unwrap();
    world.registry.heartbeat(&id("a")).unwrap();
    fail(&world, 1);
    world.pass(29);
    assert!(world.refusal("x.y").contains("a is failed"));
    world.pass(1);
    world.take("x.y").release(true, 1).unwrap();
    assert_eq!(world.status("a"), Some(AgentStatus::Available));
}

#[test]
fn a_threshold_of_nothing_means_never() {
    let world = World::with(RegistrySettings {
        failure_threshold: 0,
        ..Default::default()
    });
    world
        .registry
        .register(agent("a", 1, &["x.y@1.0.0"]))
        .unwrap();
    fail(&world, 50);
    assert_eq!(world.status("a"), Some(AgentStatus::Available));
}

fn with_heartbeats() -> World {
    let world = World::new();
    for name in ["quiet", "talker"] {
        let mut registration = agent(name, 1, &["x.y@1.0.0"]);
        registration.heartbeat = name == "talker";
        world.registry.register(registration).unwrap();
    }
    world
}

#[test]
fn only_agents_that_promised_heartbeats_fall_silent() {
    let world = with_heartbeats();
    world.pass(59);
    world.registry.heartbeat(&id("talker")).unwrap();
    world.pass(59);
    assert!(world.registry.expire().is_empty());
    assert_eq!(world.status("talker"), Some(AgentStatus::Available));
    world.pass(1);
    assert_eq!(world.registry.expire(), [id("talker")]);
    assert!(world.registry.expire().is_empty(), "it is told once");
    assert_eq!(world.status("talker"), Some(AgentStatus::Offline));
    assert_eq!(world.status("quiet"), Some(AgentStatus::Available));
    let record = world.registry.agent(&id("talker")).unwrap();
    assert_eq!(record.health.last_seen, START + 59_000);
}

#[test]
fn a_silent_agent_is_given_nothing_even_where_nobody_called_expire() {
    let world = with_heartbeats();
    world.pass(60);
    let refusal = world
        .registry
        .acquire_agent(&id("talker"), TaskId::new())
        .unwrap_err();
    let agents = vec![(id("talker"), AgentStatus::Offline)];
    assert_eq!(
        refusal,
        CoreError::AllUnhealthy {
            wanted: "agent talker".into(),
            agents
        }
    );
}

#[test]
fn a_heartbeat_or_a_success_brings_a_silent_agent_back_and_its_silence_counts_anew() {
    let world = with_heartbeats();
    let running = world
        .registry
        .acquire_agent(&id("talker"), TaskId::new())
        .unwrap();
    world.pass(60);
    assert_eq!(world.status("talker"), Some(AgentStatus::Offline));
    running.release(true, 60_000).unwrap();
    assert_eq!(world.status("talker"), Some(AgentStatus::Available));
    world.pass(60);
    assert_eq!(world.registry.expire(), [id("talker")]);
    world.registry.heartbeat(&id("talker")).unwrap();
    let record = world.registry.agent(&id("talker")).unwrap();
    assert_eq!(
        (record.status, record.health.problem),
        (AgentStatus::Available, None)
    );
    world.pass(60);
    assert_eq!(world.registry.expire(), [id("talker")]);
}

#[test]
fn an_agent_that_was_taken_out_is_given_nothing_whatever_it_does() {
    let world = one_agent();
    let (succeeds, fails) = (world.take("x.y"), world.take("x.y"));
    let registry = &world.registry;
    registry
        .take_out(&id("a"), "it does not come back")
        .unwrap();
    registry.take_out(&id("a"), "a second reason").unwrap();
    succeeds.release(true, 1).unwrap();
    fails.release(false, 1).unwrap();
    registry.heartbeat(&id("a")).unwrap();
    registry.mark_failed(&id("a"), "found failed").unwrap();
    registry.heartbeat(&id("a")).unwrap();
    world.pass(100_000);
    assert!(world.refusal("x.y").contains("a is failed"));
    assert_eq!(world.status("a"), Some(AgentStatus::Failed));
    let problem = registry.agent(&id("a")).unwrap().health.problem;
    assert_eq!(problem.as_deref(), Some("it does not come back"));
    // A new registration is a new agent.
    registry.unregister(&id("a")).unwrap();
    registry.register(agent("a", 4, &["x.y@1.0.0"])).unwrap();
    world.take("x.y").release(true, 1).unwrap();
}
