//! Limits of agents that follow how long their answers take.

use guildhall_coordination::{FailureClass, Limits, RunSettings, TaskSpec};
use guildhall_core::AgentError;

use crate::desk::{Desk, agent, task};

/// Milliseconds that a task usually takes.
const USUAL_MS: u64 = 100;

fn settings(adaptive_agents: bool) -> RunSettings {
    RunSettings {
        limits: Limits {
            adaptive_agents,
            ..Limits::default()
        },
        ..RunSettings::default()
    }
}

/// So many tasks for one agent with eight places.
fn crowded(adaptive_agents: bool) -> Desk {
    let tasks: Vec<TaskSpec> = (0..400).map(|at| task(&format!("t{at:03}"))).collect();
    Desk::new(settings(adaptive_agents), vec![agent("ada", 8)], tasks)
}

/// So many tasks end, the first ones first, each after so long.
fn answers(desk: &mut Desk, count: usize, ms: u64) {
    for _ in 0..count {
        let first = desk.in_flight().remove(0);
        desk.complete_after(&first, ms);
    }
}

#[test]
fn an_agent_that_becomes_slow_is_given_less_at_once_and_more_when_it_recovers() {
    let mut desk = crowded(true);
    answers(&mut desk, 30, USUAL_MS);
    assert_eq!(desk.in_flight().len(), 8);
    answers(&mut desk, 30, 4 * USUAL_MS);
    assert_eq!(desk.in_flight().len(), 1);
    answers(&mut desk, 60, USUAL_MS);
    assert_eq!(desk.in_flight().len(), 8);
}

/// The control.
#[test]
fn where_the_plan_does_not_ask_for_it_a_slow_agent_is_given_as_much_as_ever() {
    let mut desk = crowded(false);
    answers(&mut desk, 30, USUAL_MS);
    answers(&mut desk, 30, 4 * USUAL_MS);
    assert_eq!(desk.in_flight().len(), 8);
    assert!(desk.ledger().agent_limits().is_empty());
}

#[test]
fn a_limit_outlives_the_process_that_came_to_it() {
    let mut desk = crowded(true);
    answers(&mut desk, 30, USUAL_MS);
    answers(&mut desk, 8, 4 * USUAL_MS);
    let before = desk.in_flight().len();
    assert!((2..8).contains(&before), "{before}");
    let ada = "ada".parse().unwrap();
    let limit = desk.ledger().agent_limits().of(&ada);
    assert_eq!(limit, u32::try_from(before).ok());
    let again = desk.taken_over_after("completed", vec![agent("ada", 8)]);
    assert_eq!(again.ledger().agent_limits().of(&ada), limit);
    assert_eq!(again.in_flight().len(), before);
}

#[test]
fn a_refusal_lowers_the_limit_of_the_agent_that_refused_and_not_that_of_the_run() {
    let in_flight_of = |adaptive_agents| {
        let tasks: Vec<TaskSpec> = (0..40).map(|at| task(&format!("t{at:03}"))).collect();
        let agents = vec![agent("ada", 4), agent("bob", 4)];
        let mut desk = Desk::new(settings(adaptive_agents), agents, tasks);
        let busy = AgentError::new("busy", "no capacity");
        desk.fail("t000", FailureClass::Busy, busy);
        // What was begun before the refusal ends.
        for task in ["t001", "t002", "t003", "t004", "t005", "t006", "t007"] {
            desk.complete(task);
        }
        let begun = desk.begun.iter();
        let of = |id: &str| {
            let own = begun.clone().filter(|(_, agent)| agent == id);
            own.filter(|(key, _)| desk.in_flight().contains(key))
                .count()
        };
        (of("ada"), of("bob"))
    };
    assert_eq!(in_flight_of(true), (2, 4));
    // The control: the limit of the run is halved, whoever refused.
    let (ada, bob) = in_flight_of(false);
    assert_eq!(ada + bob, 6);
}
