//! For each promise a history in which it is broken: the judge must see it.

use guildhall_coordination::ledger::AttemptEnd;
use guildhall_coordination::{
    Call, Created, Ledger, Need, Output, Receipt, Recorded, RunSettings, Work,
};
use serde_json::json;

use super::*;
use crate::history::Session;

/// Two tasks, the second of which needs the first. The first session was killed while the
/// first task was at work; the second one has brought the run to its end.
fn good() -> History {
    let created = Created {
        name: "good".into(),
        settings: RunSettings::default(),
        folder: "/".into(),
        plan_hash: String::new(),
        made_by: String::new(),
    };
    let need = Need {
        task: TaskIndex(0),
        on: NeedOn::Completed,
    };
    let tasks = vec![task("a", vec![]), task("b", vec![need])];
    let mut events = Vec::new();
    let mut ledger = Ledger::create(1, created, tasks, &mut events).unwrap();
    ledger.open(2, 11, Vec::new(), &mut events);
    start(&mut ledger, 0, &mut events);
    ledger.open(3, 12, Vec::new(), &mut events);
    for task in [0, 1] {
        start(&mut ledger, task, &mut events);
        complete(&mut ledger, task, &mut events);
    }
    ledger.finish(9, &mut events).unwrap();
    let session = |process, killed| Session {
        process: Some(process),
        killed,
    };
    History {
        events,
        effects: vec![
            effect(Did::Begin, "a", 1, 1),
            effect(Did::Begin, "a", 2, 2),
            effect(Did::End, "a", 2, 2),
            effect(Did::Begin, "b", 1, 2),
            effect(Did::End, "b", 1, 2),
        ],
        sessions: [(1, session(11, true)), (2, session(12, false))].into(),
        survivors: Vec::new(),
        outputs: [
            ("a".to_owned(), json!({ "task": "a" })),
            ("b".to_owned(), json!({ "task": "b" })),
        ]
        .into(),
    }
}

fn task(key: &str, needs: Vec<Need>) -> TaskSpec {
    TaskSpec {
        needs,
        ..TaskSpec::new(key.parse().unwrap(), Work::Call(Call::default()))
    }
}

fn start(ledger: &mut Ledger, task: u32, events: &mut Vec<Recorded>) {
    let agent = "worker".parse().unwrap();
    ledger.start(4, TaskIndex(task), &agent, events).unwrap();
}

fn complete(ledger: &mut Ledger, task: u32, events: &mut Vec<Recorded>) {
    let task = TaskIndex(task);
    let record = ledger.task(task).unwrap();
    let (attempt, epoch) = (record.attempts, ledger.epoch());
    let end = AttemptEnd::Completed {
        output: Output::Inline(json!({ "task": record.spec.key })),
        spent: None,
        receipt: Box::new(Receipt {
            agent: "worker".parse().unwrap(),
            version: "1.0.0".parse().unwrap(),
            agent_hash: String::new(),
            capability: None,
            capability_version: None,
            input_hash: String::new(),
            output_hash: String::new(),
            started_ms: 4,
            ended_ms: 5,
            exit: None,
            cached_from: None,
            details: serde_json::Map::new(),
        }),
    };
    ledger
        .attempt_ended(5, task, attempt, epoch, end, events)
        .unwrap();
}

fn effect(did: Did, task: &str, attempt: u32, session: u32) -> Effect {
    Effect {
        did,
        task: task.to_owned(),
        attempt,
        session,
        pid: 100 * session + attempt,
    }
}

/// Where the event of this kind stands that comes last.
fn last(history: &History, kind: &str) -> usize {
    let mut events = history.events.iter();
    events.rposition(|it| it.event.kind() == kind).unwrap()
}

/// Two tasks that race. The first session was killed when the first task had won; the
/// second one has called the other off.
fn raced() -> History {
    let mut history = good();
    let mut ledger = Ledger::new();
    let mut events = Vec::new();
    let mut first = history.events[0].clone();
    if let RunEvent::Created(created) = &mut first.event {
        created.settings.strategy = Strategy::ScatterGather;
    }
    ledger.apply(&first).unwrap();
    let race = |key| TaskSpec {
        race: Some("race".into()),
        ..task(key, vec![])
    };
    let tasks = vec![race("a"), race("b")];
    ledger.add(1, None, tasks, "", &mut events).unwrap();
    ledger.open(2, 11, Vec::new(), &mut events);
    start(&mut ledger, 0, &mut events);
    start(&mut ledger, 1, &mut events);
    complete(&mut ledger, 0, &mut events);
    ledger.open(3, 12, Vec::new(), &mut events);
    let loser = Some(TaskIndex(1));
    ledger.cancel(4, loser, "a has won", &mut events).unwrap();
    ledger.finish(9, &mut events).unwrap();
    history.events = [vec![first], events].concat();
    history.effects = vec![
        effect(Did::Begin, "a", 1, 1),
        effect(Did::Begin, "b", 1, 1),
        effect(Did::End, "a", 1, 1),
    ];
    history
}

/// That the history breaks this promise, and breaks nothing as it was before.
fn check(promise: Promise, spoil: impl FnOnce(&mut History)) {
    check_of(good(), promise, spoil);
}

/// The same of this history.
fn check_of(mut history: History, promise: Promise, spoil: impl FnOnce(&mut History)) {
    assert_eq!(broken(&history), []);
    spoil(&mut history);
    let found = broken(&history);
    assert!(found.iter().any(|it| it.promise == promise), "{found:?}");
}

#[test]
fn a_task_that_never_ended_is_found() {
    check(Promise::NothingIsLost, |history| {
        let at = last(history, "completed");
        history.events.remove(at);
    });
}

#[test]
fn a_run_that_never_ended_is_found() {
    check(Promise::NothingIsLost, |history| {
        history.events.pop();
    });
}

#[test]
fn a_second_completion_is_found() {
    check(Promise::CompletedOnce, |history| {
        let at = last(history, "completed");
        let again = history.events[at].clone();
        history.events.insert(at, again);
    });
}

#[test]
fn a_completion_of_what_never_came_to_its_end_is_found() {
    check(Promise::CompletedWasDone, |history| {
        history.effects.pop();
    });
}

#[test]
fn a_repetition_of_what_was_not_in_flight_is_found() {
    check(Promise::RepeatedOnlyInFlight, |history| {
        history.effects.push(effect(Did::Begin, "b", 2, 2));
    });
}

#[test]
fn an_attempt_that_one_process_begins_twice_is_found() {
    check(Promise::RepeatedOnlyInFlight, |history| {
        history.effects.insert(0, effect(Did::Begin, "a", 1, 1));
    });
}

/// Only a kill is an excuse.
#[test]
fn a_repetition_after_an_end_in_good_order_is_found() {
    check(Promise::RepeatedOnlyInFlight, |history| {
        history.sessions.get_mut(&1).unwrap().killed = false;
    });
}

#[test]
fn an_attempt_that_goes_on_beside_its_successor_is_found() {
    check(Promise::NeverTwiceAtOnce, |history| {
        history.effects.insert(2, effect(Did::Work, "a", 1, 1));
    });
    check(Promise::NeverTwiceAtOnce, |history| {
        history.effects.insert(2, effect(Did::Overlap, "a", 2, 2));
    });
}

#[test]
fn a_race_that_nobody_has_won_is_found() {
    check_of(raced(), Promise::OneWins, |history| {
        let at = last(history, "completed");
        history.events.remove(at);
    });
}

#[test]
fn a_second_winner_is_found() {
    check_of(raced(), Promise::OneWins, |history| {
        let mut again = history.events[last(history, "completed")].clone();
        let at = last(history, "cancelled");
        if let RunEvent::Completed(completed) = &mut again.event {
            completed.task = TaskIndex(1);
        }
        history.events[at] = again;
    });
}

#[test]
fn a_loser_that_is_begun_after_its_race_was_won_is_found() {
    check_of(raced(), Promise::OneWins, |history| {
        let mut again = history.events[last(history, "started")].clone();
        let at = last(history, "cancelled");
        again.epoch = 2;
        history.events.insert(at, again);
    });
}

#[test]
fn an_event_of_a_process_that_has_lost_the_run_is_found() {
    check(Promise::StaleIsVoid, |history| {
        let at = last(history, "completed");
        history.events[at].epoch = 1;
    });
}

#[test]
fn a_completion_of_an_attempt_of_another_epoch_is_found() {
    check(Promise::StaleIsVoid, |history| {
        let completed = history
            .events
            .iter_mut()
            .find_map(|it| match &mut it.event {
                RunEvent::Completed(completed) => Some(completed),
                _ => None,
            });
        completed.unwrap().attempt = Some(1);
    });
}

#[test]
fn a_task_that_begins_before_what_it_needs_is_found() {
    check(Promise::InOrder, |history| {
        let at = last(history, "started");
        let started = history.events.remove(at);
        history.events.insert(at - 1, started);
    });
}

#[test]
fn an_output_that_is_not_the_tasks_own_is_found() {
    check(Promise::OutputsAreWhole, |history| {
        let b = history.outputs["b"].clone();
        history.outputs.insert("a".to_owned(), b);
    });
}

#[test]
fn a_process_that_outlives_its_run_is_found() {
    check(Promise::NothingSurvives, |history| {
        history.survivors.push("4711: effect".to_owned());
    });
}

/// What was begun and lost its start with the kill was in flight as well.
#[test]
fn an_attempt_whose_start_was_lost_counts_as_in_flight() {
    let mut history = good();
    let at = history
        .events
        .iter()
        .position(|it| it.event.kind() == "started");
    history.events.remove(at.unwrap());
    assert_eq!(broken(&history), []);
    assert_eq!(history.in_flight_at_kills()[&1].len(), 1);
    assert_eq!(executed_again(&history), 1);
}
