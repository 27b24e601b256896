//! Tasks that want resources of the run: begun when all is granted, and given back at the end.

use guildhall_coordination::resources::Capacity;
use guildhall_coordination::{FailureClass, Limits, Priority, RunSettings, TaskSpec, TaskStatus};
use guildhall_core::AgentError;

use crate::desk::{Desk, agent, ranked, task};

fn settings() -> RunSettings {
    RunSettings {
        limits: Limits {
            resources: vec![
                ("gpu".to_owned(), Capacity::Count(1)),
                ("memory".to_owned(), Capacity::Count(10)),
                ("tokens".to_owned(), Capacity::PerMinute(60)),
            ],
            ..Limits::default()
        },
        ..RunSettings::default()
    }
}

fn wanting(spec: TaskSpec, of: &[(&str, u64)]) -> TaskSpec {
    let wants = of.iter().map(|(name, units)| ((*name).to_owned(), *units));
    TaskSpec {
        resources: wants.collect(),
        ..spec
    }
}

fn desk(tasks: Vec<TaskSpec>) -> Desk {
    Desk::new(settings(), vec![agent("ada", 8)], tasks)
}

fn no() -> AgentError {
    AgentError::new("no", "no")
}

#[test]
fn a_task_is_begun_when_all_that_it_wants_is_granted() {
    let mut desk = desk(vec![
        wanting(task("a"), &[("gpu", 1), ("memory", 4)]),
        wanting(task("b"), &[("gpu", 1)]),
        wanting(task("c"), &[("memory", 6)]),
        task("d"),
    ]);
    assert_eq!(desk.in_flight(), ["a", "c", "d"]);
    desk.complete("c");
    assert_eq!(desk.in_flight(), ["a", "d"]);
    desk.complete("a");
    assert_eq!(desk.in_flight(), ["b", "d"]);
}

#[test]
fn what_a_failed_or_cancelled_attempt_had_goes_to_the_next() {
    let gpu = [("gpu", 1)];
    let mut desk = desk(vec![
        wanting(ranked("a", Priority::Critical), &gpu),
        wanting(ranked("b", Priority::High), &gpu),
        wanting(task("c"), &gpu),
    ]);
    assert_eq!(desk.in_flight(), ["a"]);
    // An agent that dies holding it: the end of the attempt is told, whoever tells it.
    desk.fail("a", FailureClass::Crash, no());
    assert_eq!(desk.in_flight(), ["b"]);
    desk.obey("b", FailureClass::Yielded);
    assert_eq!(
        desk.in_flight(),
        ["c"],
        "it gave way, and stands behind who waited longer"
    );
    desk.complete("c");
    assert_eq!(desk.in_flight(), ["b"]);
    desk.complete("b");
    assert_eq!(desk.status("a"), TaskStatus::Failed);
}

#[test]
fn two_that_want_the_same_in_another_order_both_end() {
    let tasks = (0..20).map(|at| {
        let wants = [("gpu", 1), ("memory", 1 + at % 10)];
        let wants = if at % 3 == 0 { &wants[..1] } else { &wants[..] };
        wanting(task(&format!("t{at:02}")), wants)
    });
    let mut desk = desk(tasks.collect());
    for _ in 0..20 {
        assert_eq!(desk.in_flight().len(), 1, "there is one device");
        let one = desk.in_flight().remove(0);
        desk.complete(&one);
    }
    assert!(desk.in_flight().is_empty());
    assert_eq!(desk.ledger().open_tasks(), 0);
}

#[test]
fn tokens_are_waited_for_by_the_clock() {
    let tokens = [("tokens", 40)];
    let mut desk = desk(vec![
        wanting(task("a"), &tokens),
        wanting(task("b"), &tokens),
    ]);
    assert_eq!(desk.in_flight(), ["a"]);
    desk.complete("a");
    assert!(desk.in_flight().is_empty(), "a used them up");
    desk.wait_ms(19_999);
    assert!(desk.in_flight().is_empty());
    desk.wait_ms(1);
    assert_eq!(desk.in_flight(), ["b"]);
}

#[test]
fn what_can_never_be_granted_fails_and_holds_nothing_up() {
    let mut desk = desk(vec![
        wanting(task("a"), &[("memory", 11)]),
        wanting(task("b"), &[("disk", 1)]),
        wanting(task("c"), &[("memory", 10)]),
    ]);
    assert_eq!(desk.in_flight(), ["c"]);
    desk.complete("c");
    assert_eq!(desk.status("a"), TaskStatus::Failed);
    assert_eq!(desk.status("b"), TaskStatus::Failed);
}

#[test]
fn what_is_taken_over_is_granted_anew() {
    let gpu = [("gpu", 1)];
    let tasks = (0..3).map(|at| wanting(task(&format!("t{at}")), &gpu));
    let mut desk = desk(tasks.collect());
    desk.complete("t0");
    let mut desk = desk.taken_over_after("completed", vec![agent("ada", 8)]);
    assert_eq!(desk.in_flight(), ["t1"]);
    desk.complete("t1");
    assert_eq!(desk.in_flight(), ["t2"]);
}
