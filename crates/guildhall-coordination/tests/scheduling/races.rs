//! Who wins a race, and what becomes of the others.

use guildhall_coordination::{
    Expansion, FailureClass, Items, Limits, RunSettings, RunStatus, SingleRules, Source,
    TaskResult, TaskSpec, TaskStatus, Work,
};
use guildhall_core::AgentError;
use serde_json::json;

use crate::desk::{Desk, agent, task};

fn racing(key: &str) -> TaskSpec {
    TaskSpec {
        race: Some("race".into()),
        ..task(key)
    }
}

/// Three that race and one beside them, as many at once as told.
fn race(at_once: u32) -> Desk {
    let settings = RunSettings {
        limits: Limits {
            concurrency: at_once,
            ..Limits::default()
        },
        ..RunSettings::default()
    };
    let tasks = vec![racing("a"), racing("b"), racing("c"), task("beside")];
    Desk::new(settings, vec![agent("ada", 10)], tasks)
}

/// As the runtime tells of an output that `accept` refuses.
fn refuse(desk: &mut Desk, key: &str) {
    let error = AgentError::new(
        "not-accepted",
        format!("the output of {key} is not accepted"),
    );
    desk.fail(key, FailureClass::Invalid, error);
}

#[test]
fn the_first_that_completes_wins_and_only_those_that_race_are_withdrawn() {
    let mut desk = race(4);
    desk.complete("b");
    assert_eq!(desk.withdrawn, ["a", "c"]);
    desk.obey("a", FailureClass::Cancelled);
    desk.obey("c", FailureClass::Cancelled);
    desk.complete("beside");
    let statuses = ["a", "b", "c", "beside"].map(|key| desk.status(key));
    use TaskStatus::{Cancelled, Completed};
    assert_eq!(statuses, [Cancelled, Completed, Cancelled, Completed]);
    let results = TaskResult::all(desk.ledger());
    assert_eq!(results[0].error.as_deref(), Some("b won the race"));
    assert_eq!(desk.ledger().outcome(), RunStatus::Completed);
}

#[test]
fn what_has_not_begun_when_a_race_is_won_never_does() {
    let mut desk = race(1);
    desk.complete("a");
    assert_eq!(desk.order(), ["a", "beside"]);
    assert_eq!(desk.status("b"), TaskStatus::Cancelled);
}

#[test]
fn an_answer_that_is_not_accepted_wins_nothing_and_stops_nobody() {
    let mut desk = race(4);
    refuse(&mut desk, "b");
    assert_eq!(desk.withdrawn, [""; 0]);
    assert_eq!(desk.status("b"), TaskStatus::Failed);
    desk.complete("c");
    assert_eq!(desk.withdrawn, ["a"]);
    assert_eq!(desk.status("c"), TaskStatus::Completed);
}

/// One way has led to an answer; that the others have not is no failure.
#[test]
fn what_fails_in_a_race_that_is_won_fails_neither_the_run_nor_what_it_is_a_part_of() {
    let mut whole = task("whole");
    whole.work = Work::Expand(Expansion {
        source: Source::Items {
            items: Items::Given(vec![json!(0), json!(1)]),
            template: Box::new(racing("part")),
            then: Vec::new(),
            batch: 1,
        },
        most: 2,
        single: SingleRules::default(),
        refused_kinds: Vec::new(),
    });
    let agents = vec![agent("ada", 10)];
    let mut desk = Desk::new(RunSettings::default(), agents, vec![whole]);
    refuse(&mut desk, "whole/0");
    desk.complete("whole/1");
    assert_eq!(desk.status("whole/0"), TaskStatus::Failed);
    assert_eq!(desk.status("whole"), TaskStatus::Completed);
    assert_eq!(desk.ledger().outcome(), RunStatus::Completed);
}

#[test]
fn the_first_failure_ends_a_run_that_asks_for_it_only_when_nobody_can_win_any_more() {
    let settings = RunSettings {
        fail_fast: true,
        ..RunSettings::default()
    };
    let tasks = vec![racing("a"), racing("b"), task("beside")];
    let mut desk = Desk::new(settings, vec![agent("ada", 10)], tasks);
    refuse(&mut desk, "a");
    assert_eq!(desk.withdrawn, [""; 0]);
    refuse(&mut desk, "b");
    assert_eq!(desk.withdrawn, ["beside"]);
}

/// Nor does one that is to be tried again, while it waits for that.
#[test]
fn one_that_is_tried_again_can_still_win() {
    let mut again = racing("again");
    again.retry.max = 1;
    let tasks = vec![again, racing("other")];
    let mut desk = Desk::new(RunSettings::default(), vec![agent("ada", 10)], tasks);
    let error = AgentError::new("not-accepted", "not that").retryable();
    desk.fail("again", FailureClass::Invalid, error);
    assert_eq!(desk.withdrawn, [""; 0]);
    desk.wait_ms(60_000);
    desk.complete("again");
    assert_eq!(desk.withdrawn, ["other"]);
}

#[test]
fn a_race_that_nobody_wins_has_failed_and_each_says_why() {
    let mut desk = race(4);
    desk.complete("beside");
    for key in ["a", "b", "c"] {
        refuse(&mut desk, key);
    }
    assert_eq!(desk.withdrawn, [""; 0]);
    assert_eq!(desk.ledger().outcome(), RunStatus::Failed);
    let results = TaskResult::all(desk.ledger());
    let failed = results.iter().filter(|it| it.status == "failed");
    let told: Vec<&str> = failed.filter_map(|it| it.error.as_deref()).collect();
    let expected = ["a", "b", "c"].map(|key| format!("the output of {key} is not accepted"));
    assert_eq!(told, expected);
}

/// Whoever completes although it was asked to end has completed: nothing is thrown away.
#[test]
fn one_that_is_done_before_it_could_end_has_completed_too() {
    let mut desk = race(4);
    desk.complete("a");
    desk.complete("b");
    assert_eq!(desk.status("b"), TaskStatus::Completed);
    assert_eq!(desk.withdrawn, ["b", "c"]);
}

#[test]
fn a_race_that_was_won_is_called_off_by_whoever_takes_the_run_over() {
    let mut desk = race(4);
    desk.complete("b");
    // Nothing but the result was written, not even that the others were to be cancelled.
    let desk = desk.taken_over_after("completed", vec![agent("ada", 10)]);
    assert_eq!(desk.order(), ["beside"]);
    for key in ["a", "c"] {
        assert_eq!(desk.status(key), TaskStatus::Cancelled);
    }
    // The control: a race that nobody has won goes on.
    let desk = race(4).taken_over_after("started", vec![agent("ada", 10)]);
    assert_eq!(desk.order(), ["a", "b", "c", "beside"]);
}
