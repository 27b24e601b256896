//! What the tests share.

use std::time::{Duration, Instant};

use guildhall_coordination::RunEvent;
use kill_suite::history;
use kill_suite::moment;
use kill_suite::promises::broken;
use kill_suite::sandbox::{LOOK, Sandbox, Started};
use serde_json::{Value, json};

/// Time in which something must have happened.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until something is so.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "{what} never came true");
        std::thread::sleep(LOOK);
    }
}

/// A plan of tasks that need nothing and take as long as told.
pub(crate) fn parallel(tasks: u32, ms: u64) -> Value {
    let tasks: Vec<Value> = (0..tasks)
        .map(|at| json!({ "id": format!("t{at}"), "input": { "ms": ms } }))
        .collect();
    json!({
        "name": "parallel",
        "strategy": "parallel",
        "limits": { "concurrency": tasks.len() },
        "defaults": { "capability": "effect.program" },
        "task": tasks,
    })
}

/// The same, of tasks that go on until [`Sandbox::release`] lets them end.
pub(crate) fn held(tasks: u32) -> Value {
    let mut plan = parallel(tasks, 0);
    for task in plan["task"].as_array_mut().into_iter().flatten() {
        task["input"]["is_held"] = json!(true);
    }
    plan
}

/// Starts the plan and waits until so many attempts are at work and in the journal; gives
/// the process that works, too.
pub(crate) fn at_work(sandbox: &mut Sandbox, coordinator: &str, tasks: usize) -> (Started, u32) {
    let mut started = sandbox.begin_or_resume(coordinator).unwrap();
    let worker = started.worker().unwrap().unwrap();
    sandbox.worker_is(started.session, worker);
    let session = started.session;
    wait_until("all attempts are at work", || {
        assert!(
            started.parent.try_wait().unwrap().is_none(),
            "{}",
            sandbox.said(session)
        );
        moment::in_flight(sandbox, session).unwrap() == tasks
    });
    let run = sandbox.run().unwrap().unwrap();
    wait_until("all starts are in the journal", || {
        let events = history::journal(&sandbox.state(), run).unwrap();
        let starts = events
            .iter()
            .filter(|it| matches!(it.event, RunEvent::Started(_)));
        starts.count() == tasks
    });
    (started, worker)
}

/// Resumes and waits for the end; gives the exit code and what was said.
pub(crate) fn resume(sandbox: &mut Sandbox, coordinator: &str) -> (Option<i32>, String) {
    let mut started = sandbox.begin_or_resume(coordinator).unwrap();
    if let Some(worker) = started.worker().unwrap() {
        sandbox.worker_is(started.session, worker);
    }
    let status = started.end().unwrap();
    (status.code(), sandbox.said(started.session))
}

/// That the run has ended and every promise is kept.
#[track_caller]
pub(crate) fn assert_kept(mut sandbox: Sandbox) {
    let broken = broken(&sandbox.history().unwrap());
    if !broken.is_empty() {
        let lines: Vec<String> = broken.iter().map(ToString::to_string).collect();
        panic!("{}\n{}", sandbox.keep().display(), lines.join("\n"));
    }
}
