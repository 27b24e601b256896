//! Runs and tasks are cancelled, whoever works on them.

use guildhall_coordination::ledger::Phase;
use guildhall_coordination::{RunStatus, TaskStatus};
use guildhall_runtime::{RuntimeError, WorkOptions};

use crate::support::{Worker, at_work, create, runtime, status};

const PLAN: &str = r#"
    version = 1
    name = "long"
    [[task]]
    id = "hangs"
    capability = "test.work"
    input = { do = "hang" }
    [[task]]
    id = "after"
    needs = ["hangs"]
    capability = "test.work"
    input = { value = 1 }
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_run_ends_with_what_is_in_flight() {
    let worker = Worker::new("worker", 4);
    let runtime = runtime(vec![worker.clone()]).await;
    let run = create(&runtime, PLAN).await;
    let working = at_work(&runtime, run, &worker, 1).await;
    runtime.cancel(run, None, "enough").await.unwrap();
    let ledger = working.ended().await;
    assert_eq!(ledger.phase(), Some(&Phase::Ended(RunStatus::Cancelled)));
    assert_eq!(status(&ledger, "hangs"), TaskStatus::Cancelled);
    assert_eq!(status(&ledger, "after"), TaskStatus::Cancelled);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_task_takes_only_what_needs_it_along() {
    let worker = Worker::new("worker", 4);
    let runtime = runtime(vec![worker.clone()]).await;
    let plan = format!(
        "{PLAN}\n[[task]]\nid = \"beside\"\ncapability = \"test.work\"\ninput = {{ value = 2 }}\n"
    );
    let run = create(&runtime, &plan).await;
    let working = at_work(&runtime, run, &worker, 2).await;
    let task = "hangs".parse().unwrap();
    runtime.cancel(run, Some(&task), "enough").await.unwrap();
    let ledger = working.ended().await;
    assert_eq!(status(&ledger, "hangs"), TaskStatus::Cancelled);
    assert_eq!(status(&ledger, "after"), TaskStatus::Skipped);
    assert_eq!(status(&ledger, "beside"), TaskStatus::Completed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_nobody_works_on_is_cancelled_at_once() {
    let runtime = runtime(vec![Worker::new("worker", 4)]).await;
    let run = create(&runtime, PLAN).await;
    runtime.cancel(run, None, "enough").await.unwrap();
    let ledger = runtime.ledger(run).await.unwrap();
    assert_eq!(ledger.phase(), Some(&Phase::Ended(RunStatus::Cancelled)));
    let again = runtime.cancel(run, None, "enough").await;
    assert!(matches!(again, Err(RuntimeError::Refused { .. })));
    let worked = runtime.work(run, WorkOptions::default()).await;
    assert!(matches!(worked, Err(RuntimeError::HasEnded { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_tasks_in_flight_end_together() {
    let worker = Worker::new("worker", 100);
    let runtime = runtime(vec![worker.clone()]).await;
    let mut plan = String::from("version = 1\nname = \"hundred\"\n[limits]\nconcurrency = 100\n");
    for number in 0..100 {
        plan.push_str(&format!(
            "[[task]]\nid = \"t{number}\"\ncapability = \"test.work\"\ninput = {{ do = \"hang\", n = {number} }}\n"
        ));
    }
    let run = create(&runtime, &plan).await;
    let working = at_work(&runtime, run, &worker, 100).await;
    runtime.cancel(run, None, "enough").await.unwrap();
    let ledger = working.ended().await;
    assert!(
        ledger
            .tasks()
            .iter()
            .all(|it| it.status == TaskStatus::Cancelled)
    );
}
