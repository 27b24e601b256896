//! The limits of a run are changed while it is worked on, and hold from then on.

use guildhall_coordination::{LimitsChanged, RunEvent};
use guildhall_core::control::Limit;
use guildhall_runtime::{Runtime, WorkOptions};
use serde_json::Value;

use crate::support::{Worker, Working, create, runtime};

fn to(limit: Limit, from: u32, to: u32) -> LimitsChanged {
    LimitsChanged {
        limit,
        from,
        to,
        by: "a test".to_owned(),
        why: "to see what happens".to_owned(),
        evidence: Value::Null,
        undoes: None,
    }
}

/// Tasks that all wait at the same gate.
fn plan(limits: &str, tasks: u32, more: &str) -> String {
    let mut plan = format!("version = 1\nname = \"limited\"\n[limits]\n{limits}\n");
    for task in 0..tasks {
        plan += &format!(
            "[[task]]\nid = \"t{task}\"\ncapability = \"test.work\"\n{more}\n\
             input = {{ do = \"gate\", gate = \"g\", value = {task} }}\n"
        );
    }
    plan
}

fn worker_limit() -> Limit {
    Limit::Agent("worker".parse().unwrap())
}

fn is_started(event: &RunEvent) -> bool {
    matches!(event, RunEvent::Started(_))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_is_raised_in_a_running_run() {
    let tagged = "tags = [\"slow\"]";
    for (limits, more, limit) in [
        ("concurrency = 1", "", Limit::Concurrency),
        ("[limits.agents]\nworker = 1", "", worker_limit()),
        (
            "[limits.tags]\nslow = 1",
            tagged,
            Limit::Tag("slow".to_owned()),
        ),
    ] {
        let worker = Worker::new("worker", 8);
        let runtime = runtime(vec![worker.clone()]).await;
        let run = create(&runtime, &plan(limits, 4, more)).await;
        let mut working = Working::on(&runtime, run);
        worker.begun(1).await;
        assert_eq!(worker.all_times(), 1, "{limit}");
        runtime
            .change_limits(run, to(limit.clone(), 1, 3))
            .await
            .unwrap();
        // Nobody goes on before the test says so, so three are at work at once.
        worker.begun(3).await;
        working.until(3, is_started).await;
        worker.open("g");
        let ledger = working.ended().await;
        assert_eq!(ledger.limits().get(&limit), Some(3));
        assert_eq!(worker.all_times(), 4);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lower_limit_cuts_nothing_short_and_holds_afterwards() {
    let worker = Worker::new("worker", 8);
    let runtime = runtime(vec![worker.clone()]).await;
    let run = create(&runtime, &plan("concurrency = 3", 8, "")).await;
    let mut working = Working::on(&runtime, run);
    worker.begun(3).await;
    let change = to(Limit::Concurrency, 3, 1);
    runtime.change_limits(run, change).await.unwrap();
    working
        .until(1, |event| matches!(event, RunEvent::LimitsChanged(_)))
        .await;
    worker.open("g");
    let ledger = working.ended().await;
    assert_eq!(worker.all_times(), 8);
    assert_eq!(ledger.retries(), 0);
    let after = most_at_once_after_the_change(&runtime, run).await;
    assert_eq!(after, 1);
}

/// Attempts at once, of those begun after the first change.
async fn most_at_once_after_the_change(
    runtime: &Runtime,
    run: guildhall_coordination::RunId,
) -> i32 {
    let (mut now, mut most, mut is_after) = (0, 0, false);
    for recorded in runtime.events(run).await.unwrap() {
        match recorded.event {
            RunEvent::LimitsChanged(_) => is_after = true,
            RunEvent::Completed(_) => now -= 1,
            RunEvent::Started(_) => {
                now += 1;
                if is_after {
                    most = most.max(now);
                }
            }
            _ => {}
        }
    }
    most
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_limit_holds_for_whoever_goes_on_with_the_run() {
    let worker = Worker::new("worker", 8);
    let runtime = runtime(vec![worker.clone()]).await;
    let run = create(&runtime, &plan("concurrency = 1", 4, "")).await;
    let mut working = Working::on(&runtime, run);
    worker.begun(1).await;
    let change = to(Limit::Concurrency, 1, 4);
    runtime.change_limits(run, change).await.unwrap();
    working.until(4, is_started).await;
    worker.begun(4).await;
    // As if its process had been killed: the next one has the journal alone.
    working.aborted().await;
    let working = Working::on(&runtime, run);
    worker.begun(8).await;
    worker.open("g");
    let ledger = working.ended().await;
    assert_eq!(ledger.limits().concurrency, 4);
    assert_eq!(ledger.created().unwrap().settings.limits.concurrency, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_has_ended_has_no_limits_to_change() {
    let worker = Worker::new("worker", 8);
    worker.open("g");
    let runtime = runtime(vec![worker]).await;
    let run = create(&runtime, &plan("concurrency = 1", 1, "")).await;
    runtime.work(run, WorkOptions::default()).await.unwrap();
    let refused = runtime
        .change_limits(run, to(Limit::Concurrency, 1, 2))
        .await;
    assert!(refused.unwrap_err().to_string().contains("is not changed"));
}
