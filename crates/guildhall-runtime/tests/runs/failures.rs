//! What happens when attempts fail: again, or no more, and never to the others.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use guildhall_coordination::{TaskResult, TaskStatus};
use guildhall_runtime::{RunUpdate, WorkOptions};
use serde_json::json;

use crate::support::{Worker, create, run, runtime, status};

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_task_does_not_hold_its_wave_or_the_next_one_back() {
    let runtime = runtime(vec![Worker::new("worker", 4)]).await;
    let plan = r#"
        version = 1
        name = "isolated"
        strategy = "waves"
        task = [
            { id = "good", wave = "one", capability = "test.work", input = { value = 1 } },
            { id = "bad", wave = "one", capability = "test.work", input = { do = "fail" } },
            { id = "next", wave = "two", capability = "test.work", input = { value = 2 } },
        ]
    "#;
    let (_, ledger) = run(&runtime, plan).await;
    assert_eq!(status(&ledger, "good"), TaskStatus::Completed);
    assert_eq!(status(&ledger, "bad"), TaskStatus::Failed);
    assert_eq!(status(&ledger, "next"), TaskStatus::Completed);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_succeed_is_tried_again_and_what_cannot_is_not() {
    let worker = Worker::new("worker", 4);
    let runtime = runtime(vec![worker.clone()]).await;
    let plan = r#"
        version = 1
        name = "again"
        [defaults.retry]
        max = 3
        base_seconds = 0.001
        [[task]]
        id = "flaky"
        capability = "test.work"
        input = { do = "fail-first", times = 2 }
        [[task]]
        id = "broken"
        capability = "test.work"
        input = { do = "fail" }
        [[task]]
        id = "hopeless"
        capability = "test.work"
        input = { do = "fail-first", times = 99 }
    "#;
    let (_, ledger) = run(&runtime, plan).await;
    assert_eq!(status(&ledger, "flaky"), TaskStatus::Completed);
    assert_eq!(worker.times(&json!({"do": "fail-first", "times": 2})), 3);
    assert_eq!(status(&ledger, "broken"), TaskStatus::Failed);
    assert_eq!(worker.times(&json!({"do": "fail"})), 1);
    assert_eq!(status(&ledger, "hopeless"), TaskStatus::Failed);
    assert_eq!(worker.times(&json!({"do": "fail-first", "times": 99})), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_ends_at_its_timeout_counted_from_its_start() {
    // One place: the second waits for longer than its own timeout before it begins.
    let runtime = runtime(vec![Worker::new("worker", 1)]).await;
    let plan = r#"
        version = 1
        name = "in time"
        [[task]]
        id = "first"
        priority = "high"
        capability = "test.work"
        input = { do = "sleep", ms = 400 }
        [[task]]
        id = "second"
        timeout_seconds = 0.3
        capability = "test.work"
        input = { do = "sleep", ms = 1 }
        [[task]]
        id = "slow"
        timeout_seconds = 0.05
        priority = "low"
        retry = { max = 0 }
        capability = "test.work"
        input = { do = "hang" }
    "#;
    let (_, ledger) = run(&runtime, plan).await;
    assert_eq!(status(&ledger, "second"), TaskStatus::Completed);
    let results = TaskResult::all(&ledger);
    let slow = results.iter().find(|it| it.task_id == "slow").unwrap();
    assert_eq!(slow.status, "timeout");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_in_an_agent_is_a_failed_attempt_and_nothing_more() {
    let runtime = runtime(vec![Worker::new("worker", 4)]).await;
    let plan = r#"
        version = 1
        name = "panic"
        [defaults.retry]
        max = 1
        base_seconds = 0.001
        [[task]]
        id = "panics"
        capability = "test.work"
        input = { do = "panic" }
        [[task]]
        id = "beside"
        capability = "test.work"
        input = { value = 1 }
    "#;
    let (_, ledger) = run(&runtime, plan).await;
    assert_eq!(status(&ledger, "panics"), TaskStatus::Failed);
    assert_eq!(status(&ledger, "beside"), TaskStatus::Completed);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_output_that_is_not_accepted_is_tried_again() {
    let worker = Worker::new("worker", 1);
    let runtime = runtime(vec![worker.clone()]).await;
    let plan = r#"
        version = 1
        name = "accept"
        [[task]]
        id = "counted"
        accept = "output >= 3"
        retry = { max = 5, base_seconds = 0.001 }
        capability = "test.work"
        input = { do = "count" }
    "#;
    let (_, ledger) = run(&runtime, plan).await;
    assert_eq!(status(&ledger, "counted"), TaskStatus::Completed);
    assert_eq!(worker.times(&json!({"do": "count"})), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_failure_ends_a_run_that_asks_for_it() {
    let runtime = runtime(vec![Worker::new("worker", 1)]).await;
    let plan = r#"
        version = 1
        name = "fail fast"
        fail_fast = true
        [[task]]
        id = "bad"
        priority = "high"
        capability = "test.work"
        input = { do = "fail" }
        [[task]]
        id = "later"
        capability = "test.work"
        input = { value = 1 }
    "#;
    let (_, ledger) = run(&runtime, plan).await;
    assert_eq!(status(&ledger, "bad"), TaskStatus::Failed);
    assert_eq!(status(&ledger, "later"), TaskStatus::Cancelled);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_task_has_an_entry_with_a_reason_where_it_has_no_result() {
    let runtime = runtime(vec![Worker::new("worker", 4)]).await;
    let plan = r#"
        version = 1
        name = "complete"
        [[task]]
        id = "c"
        needs = ["b"]
        capability = "test.work"
        input = { value = 1 }
        [[task]]
        id = "b"
        capability = "test.work"
        input = { do = "fail" }
        [[task]]
        id = "a"
        capability = "test.work"
        input = { value = 1 }
    "#;
    let (_, ledger) = run(&runtime, plan).await;
    let results = TaskResult::all(&ledger);
    let seen: Vec<(&str, &str, Option<&str>)> = results
        .iter()
        .map(|it| (it.task_id.as_str(), it.status.as_str(), it.error.as_deref()))
        .collect();
    let expected = [
        ("a", "completed", None),
        ("b", "failed", Some("it is broken")),
        ("c", "skipped", Some("b, which it needs, is failed")),
    ];
    assert_eq!(seen, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_that_gives_no_sign_of_life_is_told_of_within_its_lease() {
    let runtime = runtime(vec![Worker::new("worker", 4)]).await;
    let plan = r#"
        version = 1
        name = "silent"
        [[task]]
        id = "hangs"
        timeout_seconds = 2
        retry = { max = 0 }
        capability = "test.work"
        input = { do = "hang" }
    "#;
    let run = create(&runtime, plan).await;
    let told = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&told);
    let options = WorkOptions {
        lease: Some(Duration::from_millis(100)),
        on_update: Some(Arc::new(move |update| {
            if matches!(update, RunUpdate::Silent { .. }) {
                counter.fetch_add(1, Ordering::SeqCst);
            }
        })),
        ..WorkOptions::default()
    };
    runtime.work(run, options).await.unwrap();
    assert_eq!(told.load(Ordering::SeqCst), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_watches_a_run_cannot_end_it() {
    let runtime = runtime(vec![Worker::new("worker", 4)]).await;
    let plan = r#"
        version = 1
        name = "watched"
        [[task]]
        id = "a"
        capability = "test.work"
        input = { value = 1 }
    "#;
    let run = create(&runtime, plan).await;
    let options = WorkOptions {
        on_update: Some(Arc::new(|_| panic!("as asked"))),
        ..WorkOptions::default()
    };
    let ledger = runtime.work(run, options).await.unwrap();
    assert_eq!(status(&ledger, "a"), TaskStatus::Completed);
}

/// Nobody withdrew it and nobody asked it to give way: it would be tried again without end,
/// or waited for.
#[tokio::test(flavor = "multi_thread")]
async fn an_agent_cannot_call_its_failure_a_withdrawal() {
    let worker = Worker::new("worker", 4);
    let runtime = runtime(vec![Arc::<Worker>::clone(&worker)]).await;
    for code in ["cancelled", "yielded"] {
        let plan = format!(
            r#"
            version = 1
            name = "{code}"
            [[task]]
            id = "a"
            capability = "test.work"
            retry = {{ max = 1, base_seconds = 0.001 }}
            input = {{ do = "say", code = "{code}" }}
            "#
        );
        let (_, ledger) = run(&runtime, &plan).await;
        assert_eq!(status(&ledger, "a"), TaskStatus::Failed, "{code}");
        let times = worker.times(&json!({"do": "say", "code": code}));
        assert_eq!(times, 2, "{code}");
    }
}

/// The limit that was reached is named, whoever set it.
#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_takes_too_long_is_told_with_the_limit_that_ended_it() {
    let runtime = runtime(vec![Worker::new("worker", 4)]).await;
    let plan = r#"
        version = 1
        name = "limits"
        [defaults]
        capability = "test.work"
        retry = { max = 0 }
        [[task]]
        id = "plan"
        timeout_seconds = 0.05
        input = { do = "hang" }
        [[task]]
        id = "agent"
        input = { do = "say", code = "deadline-exceeded" }
    "#;
    let (_, ledger) = run(&runtime, plan).await;
    let error_of = |key: &str| {
        let task = ledger.find(&key.parse().unwrap()).unwrap();
        ledger.task(task).unwrap().error.clone().unwrap().message
    };
    assert_eq!(error_of("plan"), "Task exceeded 0.05s timeout");
    assert_eq!(error_of("agent"), "so it says");
}
