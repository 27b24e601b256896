//! Money, tokens and time: set aside before an attempt begins, and a run stops cleanly.

use guildhall_coordination::ledger::Phase;
use guildhall_coordination::{Budget, TaskStatus};
use guildhall_runtime::WorkOptions;

use crate::support::{Worker, Working, create, run, runtime, status};

const PLAN: &str = r#"
    version = 1
    name = "dear"
    [limits]
    concurrency = 1
    [budget]
    usd = 1.0
    [defaults.reserve]
    usd = 0.6
    [[task]]
    id = "a"
    capability = "test.work"
    input = { do = "spend", usd = 0.5 }
    [[task]]
    id = "b"
    capability = "test.work"
    input = { do = "spend", usd = 0.5 }
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_run_stops_before_it_spends_too_much_and_goes_on_with_more() {
    let runtime = runtime(vec![Worker::new("worker", 4)]).await;
    let (run, ledger) = run(&runtime, PLAN).await;
    // 0.5 was spent, and 0.6 more could be.
    assert!(
        matches!(ledger.phase(), Some(Phase::Paused { .. })),
        "{:?}",
        ledger.phase()
    );
    assert_eq!(ledger.spent().usd, 0.5);
    assert_eq!(status(&ledger, "b"), TaskStatus::Pending);
    let budget = Budget {
        usd: Some(2.0),
        ..Budget::default()
    };
    runtime.change_budget(run, budget).await.unwrap();
    let ledger = runtime.work(run, WorkOptions::default()).await.unwrap();
    assert_eq!(status(&ledger, "b"), TaskStatus::Completed);
    assert_eq!(ledger.spent().usd, 1.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_sets_nothing_aside_does_not_begin_under_a_budget() {
    let runtime = runtime(vec![Worker::new("worker", 4)]).await;
    let plan = r#"
        version = 1
        name = "unknown"
        [budget]
        tokens = 1000
        [[task]]
        id = "a"
        capability = "test.work"
        input = { value = 1 }
    "#;
    let (_, ledger) = run(&runtime, plan).await;
    assert!(matches!(ledger.phase(), Some(Phase::Paused { .. })));
    assert_eq!(status(&ledger, "a"), TaskStatus::Pending);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_agent_does_not_say_counts_as_set_aside() {
    let runtime = runtime(vec![Worker::new("worker", 4)]).await;
    let plan = PLAN.replace(r#"{ do = "spend", usd = 0.5 }"#, "{ value = 1 }");
    let (_, ledger) = run(&runtime, &plan).await;
    assert_eq!(ledger.spent().usd, 0.6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_of_time_begins_nothing_more_and_cuts_nothing_short() {
    let runtime = runtime(vec![Worker::new("worker", 1)]).await;
    let plan = r#"
        version = 1
        name = "timely"
        strategy = "sequential"
        [budget]
        seconds = 0.05
        [[task]]
        id = "a"
        capability = "test.work"
        input = { do = "sleep", ms = 150 }
        [[task]]
        id = "b"
        capability = "test.work"
        input = { value = 1 }
    "#;
    let (_, ledger) = run(&runtime, plan).await;
    assert_eq!(status(&ledger, "a"), TaskStatus::Completed);
    assert_eq!(status(&ledger, "b"), TaskStatus::Pending);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_cancels_what_is_left() {
    let runtime = runtime(vec![Worker::new("worker", 4)]).await;
    let plan = r#"
        version = 1
        name = "late"
        deadline_seconds = 0.1
        [[task]]
        id = "a"
        capability = "test.work"
        input = { do = "hang" }
    "#;
    let run = create(&runtime, plan).await;
    let ledger = Working::on(&runtime, run).ended().await;
    assert_eq!(status(&ledger, "a"), TaskStatus::Cancelled);
}
