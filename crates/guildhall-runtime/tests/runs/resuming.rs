//! Runs go on where they were cut short, and ask where something has changed.

use std::sync::Arc;

use guildhall_coordination::ledger::Phase;
use guildhall_coordination::{RunStatus, TaskStatus};
use guildhall_host::Host;
use guildhall_runtime::{Change, Retry, Runtime, RuntimeError, WorkOptions};
use serde_json::json;
use tempfile::TempDir;

use crate::support::{
    Coordinator, Worker, at_work, create, in_flight, output, run, runtime, status,
};

const PLAN: &str = r#"
    version = 1
    name = "in two parts"
    strategy = "sequential"
    [[task]]
    id = "first"
    capability = "test.work"
    input = { value = 1 }
    [[task]]
    id = "second"
    capability = "test.work"
    input = { do = "hang-first" }
"#;

async fn kept(folder: &TempDir, worker: Arc<Worker>) -> Runtime {
    let host = Host::builder().agent(Coordinator::new()).agent(worker);
    let builder = Runtime::builder(host.build().unwrap());
    builder.state_folder(folder.path()).open().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_run_goes_on_without_repeating_what_completed() {
    let folder = TempDir::new().unwrap();
    let worker = Worker::new("worker", 1);
    let runtime = kept(&folder, worker.clone()).await;
    let run = create(&runtime, PLAN).await;
    let working = at_work(&runtime, run, &worker, 2).await;
    assert!(runtime.is_being_worked_on(run));
    let busy = runtime.work(run, WorkOptions::default()).await;
    assert!(matches!(busy, Err(RuntimeError::RunIsBusy { .. })));
    let ledger = working.interrupted().await;
    assert!(matches!(ledger.phase(), Some(Phase::Paused { .. })));
    drop(runtime);
    let runtime = kept(&folder, worker.clone()).await;
    let ledger = runtime.work(run, WorkOptions::default()).await.unwrap();
    assert_eq!(status(&ledger, "second"), TaskStatus::Completed);
    assert_eq!(worker.times(&json!({"value": 1})), 1);
    assert_eq!(worker.times(&json!({"do": "hang-first"})), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_version_of_an_agent_is_asked_about() {
    let folder = TempDir::new().unwrap();
    let worker = Worker::new("worker", 1);
    let runtime = kept(&folder, worker.clone()).await;
    let run = create(&runtime, PLAN).await;
    let working = at_work(&runtime, run, &worker, 2).await;
    working.interrupted().await;
    drop(runtime);
    let newer = Worker::with_version("worker", 1, "1.1.0");
    newer.remember(&json!({"do": "hang-first"}));
    let runtime = kept(&folder, newer).await;
    let refused = runtime.work(run, WorkOptions::default()).await;
    let Err(RuntimeError::Changed { changes, .. }) = refused else {
        panic!("{refused:?}");
    };
    assert!(matches!(changes.as_slice(), [Change::Agent { .. }]));
    assert_eq!(
        changes[0].to_string(),
        "agent worker was 1.0.0 and is 1.1.0"
    );
    let options = WorkOptions {
        accept_changes: true,
        ..WorkOptions::default()
    };
    let ledger = runtime.work(run, options).await.unwrap();
    assert!(matches!(
        ledger.phase(),
        Some(Phase::Ended(_) | Phase::Paused { .. })
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_task_is_tried_again_on_request_with_another_input() {
    let worker = Worker::new("worker", 1);
    let runtime = runtime(vec![worker.clone()]).await;
    let plan = r#"
        version = 1
        name = "mended"
        [[task]]
        id = "good"
        capability = "test.work"
        input = { value = 1 }
        [[task]]
        id = "bad"
        capability = "test.work"
        input = { do = "fail" }
        [[task]]
        id = "after"
        needs = ["bad"]
        capability = "test.work"
        input = { value = "{{ results.bad.output }}" }
    "#;
    let (run, ledger) = run(&runtime, plan).await;
    assert_eq!(status(&ledger, "after"), TaskStatus::Skipped);
    let retry = Retry {
        task: "bad".parse().unwrap(),
        input: Some(json!({"value": "mended"})),
        prompt: None,
    };
    assert_eq!(runtime.reopen(run, &[retry]).await.unwrap(), 2);
    let ledger = runtime.work(run, WorkOptions::default()).await.unwrap();
    assert_eq!(output(&runtime, &ledger, "after").await, json!("mended"));
    assert_eq!(worker.times(&json!({"value": 1})), 1);
    let good = Retry {
        task: "good".parse().unwrap(),
        input: None,
        prompt: None,
    };
    let refused = runtime.reopen(run, &[good]).await;
    assert!(matches!(refused, Err(RuntimeError::Refused { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_a_completed_task_read_are_watched() {
    let (folder, state) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    std::fs::write(folder.path().join("a.txt"), "one").unwrap();
    let worker = Worker::new("worker", 1);
    let runtime = kept(&state, worker.clone()).await;
    let plan = PLAN.replacen(
        "input = { value = 1 }",
        "reads = [\"*.txt\"]\ninput = { value = 1 }",
        1,
    );
    let plan = guildhall_coordination::Plan::parse(
        &plan,
        guildhall_coordination::PlanFormat::Toml,
        "plan.toml",
    );
    let run = runtime
        .create(plan.unwrap().compile(), folder.path())
        .await
        .unwrap();
    let working = at_work(&runtime, run, &worker, 2).await;
    working.interrupted().await;
    std::fs::write(folder.path().join("a.txt"), "two").unwrap();
    let refused = runtime.work(run, WorkOptions::default()).await;
    assert!(
        matches!(refused, Err(RuntimeError::Changed { .. })),
        "{refused:?}"
    );
    std::fs::write(folder.path().join("a.txt"), "one").unwrap();
    let ledger = runtime.work(run, WorkOptions::default()).await.unwrap();
    assert_eq!(status(&ledger, "second"), TaskStatus::Completed);
}

/// What became several has nothing to do itself.
#[tokio::test(flavor = "multi_thread")]
async fn to_try_what_became_several_again_is_to_try_those_again_that_failed() {
    let worker = Worker::new("worker", 4);
    let runtime = runtime(vec![Arc::<Worker>::clone(&worker)]).await;
    let plan = r#"
        version = 1
        name = "parts"
        [defaults]
        capability = "test.work"
        retry = { max = 0 }
        [[task]]
        id = "whole"
        for_each = [0, 1, 2]
        input = { do = "fail-first", times = 1, n = "{{ item }}" }
        [[task]]
        id = "sound"
        for_each = [0, 1]
        input = { value = "{{ item }}" }
    "#;
    let (run, ledger) = run(&runtime, plan).await;
    assert_eq!(status(&ledger, "whole"), TaskStatus::Failed);
    let whole = Retry {
        task: "whole".parse().unwrap(),
        input: None,
        prompt: None,
    };
    let count = runtime.reopen(run, &[whole]).await.unwrap();
    assert_eq!(count, 4, "it and its three parts");
    let ledger = runtime.work(run, WorkOptions::default()).await.unwrap();
    assert_eq!(ledger.phase(), Some(&Phase::Ended(RunStatus::Completed)));
    assert_eq!(status(&ledger, "whole/2"), TaskStatus::Completed);
    assert_eq!(worker.all_times(), 8, "three twice, two once");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_is_tried_again_though_the_process_died_with_other_work_in_flight() {
    let folder = TempDir::new().unwrap();
    let worker = Worker::new("worker", 2);
    let runtime = kept(&folder, worker.clone()).await;
    let plan = r#"
        version = 1
        name = "cut short"
        [defaults]
        capability = "test.work"
        retry = { max = 0 }
        [[task]]
        id = "broken"
        input = { do = "fail-first", times = 1 }
        [[task]]
        id = "hangs"
        needs = [{ task = "broken", on = "ended" }]
        input = { do = "hang-first" }
    "#;
    let run = create(&runtime, plan).await;
    let working = at_work(&runtime, run, &worker, 2).await;
    // That an attempt has begun may be written after its agent was asked.
    in_flight(&runtime, run, 1).await;
    // As a process that is killed: nothing of the end is written.
    working.aborted().await;
    assert_eq!(runtime.reopen(run, &[]).await.unwrap(), 1);
    let ledger = runtime.work(run, WorkOptions::default()).await.unwrap();
    assert_eq!(ledger.phase(), Some(&Phase::Ended(RunStatus::Completed)));
}
