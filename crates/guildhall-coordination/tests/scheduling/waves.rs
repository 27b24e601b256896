//! Waves that are let go in portions.

use std::collections::HashMap;

use guildhall_coordination::{
    FailureClass, Limits, Priority, Random, RunSettings, Stage, TaskSpec, TaskStatus, WaveSize,
};
use guildhall_core::AgentError;

use crate::desk::{Desk, agent, ranked, task};

fn settings(size: Option<WaveSize>) -> RunSettings {
    let wave = |name: &str| Stage {
        name: name.to_owned(),
        size,
        ..Stage::default()
    };
    RunSettings {
        stages: vec![wave("first"), wave("second")],
        limits: Limits {
            concurrency: 8,
            ..Limits::default()
        },
        ..RunSettings::default()
    }
}

fn of_wave(stage: u32, spec: TaskSpec) -> TaskSpec {
    TaskSpec {
        stage: Some(stage),
        ..spec
    }
}

fn many(count: usize) -> Vec<TaskSpec> {
    let tasks = (0..count).map(|at| of_wave(0, task(&format!("t{at:04}"))));
    tasks.collect()
}

#[test]
fn a_wave_is_let_go_in_portions_of_the_size_that_is_given() {
    let mut tasks = many(5);
    tasks.push(of_wave(0, ranked("urgent", Priority::High)));
    tasks.push(of_wave(1, task("later")));
    let agents = vec![agent("ada", 8)];
    let mut desk = Desk::new(settings(Some(WaveSize::Fixed(2))), agents, tasks);
    assert_eq!(desk.in_flight(), ["t0000", "urgent"]);
    desk.complete("urgent");
    assert_eq!(desk.in_flight(), ["t0000"]);
    // What is tried again belongs to the portion that it was let go with.
    desk.fail(
        "t0000",
        FailureClass::Yielded,
        AgentError::new("yielded", "gave way"),
    );
    assert_eq!(desk.in_flight(), ["t0000"]);
    desk.complete("t0000");
    assert_eq!(desk.in_flight(), ["t0001", "t0002"]);
    desk.complete("t0001");
    desk.fail("t0002", FailureClass::Error, AgentError::new("no", "no"));
    assert_eq!(desk.in_flight(), ["t0003", "t0004"]);
    desk.complete("t0003");
    desk.complete("t0004");
    assert_eq!(desk.in_flight(), ["later"]);
}

/// The control.
#[test]
fn a_wave_without_a_size_is_let_go_at_once() {
    let desk = Desk::new(settings(None), vec![agent("ada", 8)], many(6));
    assert_eq!(desk.in_flight().len(), 6);
}

#[test]
fn a_wave_whose_tasks_fail_is_let_go_in_ever_smaller_portions() {
    let auto = WaveSize::Auto { target_ms: 60_000 };
    let mut desk = Desk::new(settings(Some(auto)), vec![agent("ada", 8)], many(60));
    let mut portions = Vec::new();
    while !desk.in_flight().is_empty() {
        let portion = desk.in_flight();
        portions.push(portion.len());
        for task in portion {
            desk.fail(&task, FailureClass::Error, AgentError::new("no", "no"));
        }
    }
    assert_eq!(portions[..6], [8, 4, 2, 1, 1, 1]);
}

#[test]
fn what_is_taken_over_is_let_go_in_portions_again() {
    let fixed = settings(Some(WaveSize::Fixed(3)));
    let mut desk = Desk::new(fixed, vec![agent("ada", 8)], many(10));
    desk.complete("t0000");
    let mut desk = desk.taken_over_after("completed", vec![agent("ada", 8)]);
    assert_eq!(desk.in_flight().len(), 3);
    while let Some(task) = desk.in_flight().first().cloned() {
        desk.complete(&task);
    }
    let ended = |key: &str| desk.status(key) == TaskStatus::Completed;
    assert!((0..10).all(|at| ended(&format!("t{at:04}"))));
}

/// Milliseconds until the last task has ended, each of a length of its own.
fn makespan_ms(size: Option<WaveSize>) -> u64 {
    let mut random = Random::new(7);
    let tasks = many(1_000);
    let lengths = tasks
        .iter()
        .map(|task| (task.key.to_string(), 200 + random.up_to(1_600)));
    let lengths: HashMap<String, u64> = lengths.collect();
    let mut desk = Desk::new(settings(size), vec![agent("ada", 8)], tasks);
    let mut ends: HashMap<String, u64> = HashMap::new();
    loop {
        let now_ms = desk.now_ms();
        for key in desk.in_flight() {
            ends.entry(key.clone()).or_insert(now_ms + lengths[&key]);
        }
        let next = ends.iter().map(|(key, end)| (*end, key.clone())).min();
        let Some((end, key)) = next else {
            return now_ms;
        };
        ends.remove(&key);
        desk.complete_after(&key, end - now_ms);
    }
}

#[test]
fn portions_that_follow_throughput_take_hardly_longer_than_all_at_once() {
    let at_once = makespan_ms(None);
    let in_portions = makespan_ms(Some(WaveSize::Auto { target_ms: 60_000 }));
    assert!(
        in_portions * 10 <= at_once * 11,
        "{in_portions} against {at_once}"
    );
    // The control: portions that do not grow leave places idle again and again.
    let fixed = makespan_ms(Some(WaveSize::Fixed(8)));
    assert!(fixed * 10 > at_once * 11, "{fixed} against {at_once}");
}
