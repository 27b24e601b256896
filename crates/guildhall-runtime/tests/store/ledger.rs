//! The rows of tasks against the ledger of the scheduling core: for every journal that the
//! ledger takes, both say the same.

use guildhall_coordination::{Ledger, Recorded, RunEvent, RunId};
use guildhall_runtime::store::{Durability, Journal as _, MemoryStore, NewEvent};
use proptest::prelude::*;
use serde_json::{Value, json};

fn created() -> Value {
    json!({
        "event": "created", "name": "plan", "folder": "/", "plan_hash": "", "made_by": "0",
        "settings": {"name": "plan", "strategy": "graph", "limits": {"concurrency": 9}},
    })
}

fn added(number: usize) -> Value {
    json!({
        "event": "added", "key": format!("task-{number}"), "title": "", "timeout_ms": 1,
        "work": {"do": "call", "capability": "a.b@^1"},
    })
}

fn error() -> Value {
    json!({"code": "internal", "message": "m"})
}

fn receipt(started_ms: u64) -> Value {
    json!({
        "agent": "agent", "version": "1.0.0", "agent_hash": "", "input_hash": "",
        "output_hash": "", "started_ms": started_ms, "ended_ms": started_ms + 5,
    })
}

/// Something that might happen next; most of it cannot, and the ledger says so.
fn candidate(kind: u8, task: u32, attempt: u32, at: u64) -> Value {
    match kind {
        0 => json!({"event": "opened", "epoch": attempt, "process": 1}),
        1..=3 => json!({"event": "started", "task": task, "attempt": attempt, "agent": "agent"}),
        4 | 5 => json!({
            "event": "completed", "task": task, "attempt": attempt, "receipt": receipt(at),
        }),
        6 => json!({"event": "completed", "task": task}),
        7 | 8 => json!({
            "event": "attempt_failed", "task": task, "attempt": attempt, "class": "error",
            "error": error(), "duration_ms": 1,
        }),
        9 => json!({"event": "failed", "task": task, "error": error()}),
        10 => json!({"event": "cancelled", "task": task, "reason": ""}),
        11 => json!({"event": "skipped", "task": task, "reason": ""}),
        12 => json!({"event": "expanded", "task": task, "children": 0, "why": ""}),
        13 | 14 => json!({"event": "reopened", "task": task}),
        15 => json!({"event": "cancel_requested", "task": task, "reason": ""}),
        _ => json!({"event": "paused", "reason": ""}),
    }
}

fn parse(event: Value) -> RunEvent {
    serde_json::from_value(event).unwrap()
}

fn new_event(recorded: &Recorded) -> NewEvent {
    NewEvent {
        task: recorded.event.task().map(|task| task.0),
        attempt: recorded.event.attempt(),
        kind: recorded.event.kind().into(),
        epoch: recorded.epoch,
        at_ms: recorded.at_ms,
        body: serde_json::to_string(&recorded.event).unwrap(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn rows_say_what_the_ledger_says(
        candidates in prop::collection::vec((0..17_u8, 0..3_u32, 1..5_u32), 1..80),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(check(candidates));
    }
}

async fn check(candidates: Vec<(u8, u32, u32)>) {
    let (store, run, mut ledger) = (MemoryStore::new(), RunId::new(), Ledger::new());
    let beginning = [created(), added(0), added(1), added(2)];
    let rest = candidates
        .into_iter()
        .enumerate()
        .map(|(at, (kind, task, attempt))| candidate(kind, task, attempt, at as u64));
    for (at, event) in beginning.into_iter().chain(rest).enumerate() {
        let event = parse(event);
        let epoch = match &event {
            RunEvent::Opened(opened) => opened.epoch,
            _ => ledger.epoch(),
        };
        let recorded = Recorded {
            seq: ledger.last_seq() + 1,
            at_ms: at as u64,
            epoch,
            event,
        };
        if ledger.apply(&recorded).is_ok() {
            let last = recorded.seq - 1;
            let events = vec![new_event(&recorded)];
            store
                .append(run, events, last, Durability::Process)
                .await
                .unwrap();
        }
    }
    let row = &store.runs().await.unwrap()[0];
    assert_eq!(
        (row.name.as_str(), row.epoch, row.last),
        ("plan", ledger.epoch(), ledger.last_seq())
    );
    for row in store.tasks(run).await.unwrap() {
        let task = &ledger.tasks()[row.task as usize];
        assert_eq!(row.key, task.spec.key.as_str());
        assert_eq!(row.capability.as_deref(), Some("a.b"));
        assert_eq!(row.status, task.status, "{}", row.key);
        assert_eq!(row.attempts, task.attempts);
        assert_eq!(
            (row.started_ms, row.ended_ms),
            (task.started_ms, task.ended_ms)
        );
        assert_eq!(row.expanded, task.children.is_some());
        let duration_ms = task.receipt.as_ref().map(|receipt| receipt.duration_ms());
        assert_eq!(row.duration_ms, duration_ms);
    }
}
