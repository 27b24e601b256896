//! Sets of records with known figures.

use guildhall_sdk::core::records::{Records, WaitingRecord};
use resource_optimizer::Settings;
use resource_optimizer::observe::Observed;
use resource_optimizer::status::{RecommendRequest, Told};
use serde_json::{Value, json};

/// An attempt, in seconds.
pub(crate) fn attempt(capability: &str, ready: f64, started: f64, ended: f64) -> Value {
    let ms = |seconds: f64| (seconds * 1000.0) as u64;
    json!({
        "run": "one", "task": format!("{capability}-{ready}"), "capability": capability,
        "agent": "worker", "ready_ms": ms(ready), "started_ms": ms(started), "ended_ms": ms(ended),
    })
}

/// The same, served first come first served by so many places: `every` seconds one of
/// `service` seconds, from the moment 0 on.
pub(crate) fn served(
    capability: &str,
    tasks: u32,
    every: f64,
    service: f64,
    places: usize,
) -> Vec<Value> {
    let mut free = vec![0.0_f64; places];
    let task = |number| {
        let ready = f64::from(number) * every;
        let next = free
            .iter_mut()
            .min_by(|one, other| one.total_cmp(other))
            .unwrap();
        let started = next.max(ready);
        *next = started + service;
        attempt(capability, ready, started, started + service)
    };
    (0..tasks).map(task).collect()
}

/// A run of so many places that went on until a moment, in seconds.
pub(crate) fn run(places: u32, until: f64) -> Value {
    json!({
        "run": "one", "name": "made", "status": "completed", "created_ms": 0,
        "updated_ms": (until * 1000.0) as u64, "concurrency": places,
    })
}

/// One of so many places that is worked on.
pub(crate) fn running(places: u32) -> Value {
    let mut run = run(places, 0.0);
    run["status"] = json!("running");
    run
}

/// A task that could begin at a moment and has not.
pub(crate) fn waiting(capability: &str, ready: f64) -> WaitingRecord {
    WaitingRecord {
        run: "one".to_owned(),
        task: "some".to_owned(),
        capability: Some(capability.to_owned()),
        agent: None,
        ready_ms: (ready * 1000.0) as u64,
    }
}

/// Records of these attempts, read at a moment.
pub(crate) fn records(attempts: &[Value], runs: &[Value], now: f64) -> Records {
    let now_ms = (now * 1000.0) as u64;
    let records = json!({"now_ms": now_ms, "attempts": attempts, "runs": runs});
    serde_json::from_value(records).unwrap()
}

/// The same as they stand at that moment: what has not begun waits, and what has is being done.
pub(crate) fn midway(attempts: Vec<Value>, runs: &[Value], now: f64) -> Records {
    let now_ms = (now * 1000.0) as u64;
    let begins = |attempt: &Value| attempt["started_ms"].as_u64() <= Some(now_ms);
    let (mut begun, mut waiting): (Vec<Value>, Vec<Value>) = attempts.into_iter().partition(begins);
    for attempt in &mut begun {
        if attempt["ended_ms"].as_u64() > Some(now_ms) {
            attempt["ended_ms"] = Value::Null;
            attempt["end"] = json!("in-flight");
        }
    }
    waiting.retain(|attempt| attempt["ready_ms"].as_u64() <= Some(now_ms));
    let mut records = records(&begun, runs, now);
    records.waiting = serde_json::from_value(json!(waiting)).unwrap();
    records
}

/// What is said of them, where tasks may wait five seconds.
pub(crate) fn told(records: Records, settings: &Settings) -> Told<'_> {
    told_for(records, settings, None)
}

/// The same for a goal.
pub(crate) fn told_for<'a>(
    records: Records,
    settings: &'a Settings,
    goal: Option<resource_optimizer::recommend::Goal>,
) -> Told<'a> {
    let request = RecommendRequest {
        goal,
        wait: Some(5.0),
        // Of a file all is looked at.
        records: Some("made".to_owned()),
        ..RecommendRequest::default()
    };
    let asked = request.asked(settings).unwrap();
    asked.told(Observed::of(records)).unwrap()
}
