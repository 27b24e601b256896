//! Tasks are done, in order, at once, again, or not at all.

use guildhall_coordination::TaskStatus;
use serde_json::json;

use crate::support::{Worker, output, run, runtime, status};

#[tokio::test(flavor = "multi_thread")]
async fn two_agents_work_at_the_same_time_and_both_complete() {
    let runtime = runtime(vec![Worker::new("worker", 4)]).await;
    let plan = r#"
        version = 1
        name = "two at once"
        strategy = "parallel"
        [[task]]
        id = "a"
        capability = "test.work"
        input = { do = "meet", of = 2, all = 2 }
        [[task]]
        id = "b"
        capability = "test.work"
        input = { do = "meet", of = 2, all = 2 }
    "#;
    // Each waits until the other has begun.
    let (_, ledger) = run(&runtime, plan).await;
    assert_eq!(status(&ledger, "a"), TaskStatus::Completed);
    assert_eq!(status(&ledger, "b"), TaskStatus::Completed);
}

#[tokio::test(flavor = "multi_thread")]
async fn results_of_earlier_tasks_reach_later_ones() {
    let worker = Worker::new("worker", 4);
    let runtime = runtime(vec![worker]).await;
    let plan = r#"
        version = 1
        name = "hand on"
        [[task]]
        id = "find"
        capability = "test.work"
        input = { value = ["x", "y"] }
        [[task]]
        id = "each"
        for_each = "find"
        capability = "test.work"
        input = { value = "{{ item }}!" }
        [[task]]
        id = "all"
        needs = ["each"]
        capability = "test.work"
        input = { value = "{{ results.each.output }}" }
    "#;
    let (_, ledger) = run(&runtime, plan).await;
    assert_eq!(output(&runtime, &ledger, "all").await, json!(["x!", "y!"]));
}
