//! Which agent does what asks for a quality: the cheapest that has shown it.

use guildhall_coordination::turn::AgentOffer;
use guildhall_coordination::{
    FailureClass, Outcome, Outcomes, Placement, RunSettings, Spend, TaskSpec,
};
use guildhall_core::AgentError;
use serde_json::{from_value, json};

use crate::desk::{Desk, agent, placed, task};

fn asking(key: &str, quality: f64) -> TaskSpec {
    TaskSpec {
        quality: Some(quality),
        ..task(key)
    }
}

fn many(count: usize, quality: f64) -> Vec<TaskSpec> {
    let tasks = (0..count).map(|at| asking(&format!("t{at:03}"), quality));
    tasks.collect()
}

/// An agent with a place, and what it says that a call costs.
fn priced(id: &str, usd: f64) -> AgentOffer {
    let mut offer = agent(id, 1);
    offer.capabilities[0].cost.usd = Some(usd);
    offer
}

/// Settings of a run before which so many attempts succeeded and failed, at a price each.
fn after(records: &[(&str, u32, u32, f64)]) -> RunSettings {
    let entry = |(agent, succeeded, failed, usd): &(&str, u32, u32, f64)| {
        let outcome = json!({
            "succeeded": succeeded,
            "failed": failed,
            "spent": {"usd": usd * f64::from(succeeded + failed)},
        });
        ((*agent).to_owned(), json!({"test.work": outcome}))
    };
    let outcomes: serde_json::Map<_, _> = records.iter().map(entry).collect();
    RunSettings {
        outcomes: from_value::<Outcomes>(outcomes.into()).unwrap(),
        ..placed(Placement::Cheapest)
    }
}

fn two() -> Vec<AgentOffer> {
    vec![priced("dear", 1.0), priced("cheap", 0.1)]
}

/// Who did so many tasks, one after the other.
fn done_by(desk: &mut Desk) -> Vec<String> {
    while let Some(task) = desk.in_flight().first().cloned() {
        desk.complete_after(&task, 10);
    }
    desk.begun.iter().map(|(_, agent)| agent.clone()).collect()
}

#[test]
fn a_task_waits_for_an_agent_that_has_shown_the_quality_and_takes_no_other() {
    let records = [("dear", 100, 0, 1.0), ("cheap", 60, 40, 0.1)];
    let mut desk = Desk::new(after(&records), two(), many(5, 0.9));
    assert_eq!(
        desk.in_flight().len(),
        1,
        "the cheap one is free and not asked"
    );
    assert_eq!(done_by(&mut desk), ["dear"; 5]);
    // The control: what asks for less takes the cheaper one, which is asked alone.
    let mut desk = Desk::new(after(&records), two(), many(5, 0.5));
    assert!(
        done_by(&mut desk)
            .iter()
            .filter(|it| *it == "cheap")
            .count()
            >= 3
    );
}

#[test]
fn what_asks_for_nothing_goes_by_the_stated_price_as_before() {
    let records = [("dear", 100, 0, 1.0), ("cheap", 0, 100, 0.1)];
    let tasks = (0..3).map(|at| task(&format!("t{at}"))).collect();
    let desk = Desk::new(after(&records), two(), tasks);
    assert_eq!(desk.agents(), ["cheap", "dear"]);
}

#[test]
fn what_waits_for_somebody_good_holds_nothing_else_up() {
    let records = [("dear", 100, 0, 1.0), ("cheap", 0, 100, 0.1)];
    let mut tasks = many(3, 0.9);
    tasks.push(task("any"));
    let desk = Desk::new(after(&records), two(), tasks);
    assert_eq!(desk.in_flight(), ["any", "t000"]);
}

#[test]
fn without_any_record_all_are_asked_the_cheapest_first_until_one_has_shown_it() {
    let mut desk = Desk::new(placed(Placement::Cheapest), two(), many(200, 0.8));
    assert_eq!(desk.agents(), ["cheap", "dear"]);
    for at in 0.. {
        let flying = desk.in_flight();
        let Some(first) = flying.first() else { break };
        let who = desk
            .begun
            .iter()
            .find(|(key, _)| key == first)
            .unwrap()
            .1
            .clone();
        if who == "cheap" && at % 2 == 0 {
            let no = AgentError::new("no", "no");
            desk.fail(first, FailureClass::Error, no);
        } else {
            desk.complete_after(first, 10);
        }
    }
    let last: Vec<&str> = desk.agents()[150..].to_vec();
    assert!(last.iter().all(|who| *who == "dear"), "{last:?}");
}

#[test]
fn one_in_ten_goes_to_an_agent_of_which_nothing_is_known() {
    let records = [("dear", 100, 0, 1.0)];
    let mut desk = Desk::new(after(&records), two(), many(100, 0.9));
    let done = done_by(&mut desk);
    assert_eq!(done.iter().filter(|it| *it == "cheap").count(), 10);
}

#[test]
fn what_came_of_a_run_outlives_the_process_and_adds_up() {
    let mut desk = Desk::new(placed(Placement::Cheapest), two(), many(30, 0.9));
    for _ in 0..10 {
        let first = desk.in_flight().remove(0);
        desk.complete_after(&first, 10);
    }
    let sum = |desk: &Desk| {
        let outcomes = desk.ledger().outcomes();
        let sum = outcomes
            .iter()
            .map(|(_, _, it): (_, _, Outcome)| it.succeeded);
        sum.sum::<u32>()
    };
    assert_eq!(sum(&desk), 10);
    let desk = desk.taken_over_after("completed", two());
    assert_eq!(sum(&desk), 10);
    let spent = desk.ledger().outcomes().iter().map(|(_, _, it)| it.spent);
    assert_eq!(
        spent.fold(Spend::default(), Spend::plus),
        desk.ledger().spent()
    );
}
