//! Results are used again where their capability allows it, and only there.

use serde_json::json;

use crate::support::{Worker, output, run, runtime};

fn plan(capability: &str) -> String {
    format!(
        r#"
        version = 1
        name = "twice"
        [[task]]
        id = "a"
        capability = "{capability}"
        input = {{ value = 7 }}
        [[task]]
        id = "b"
        capability = "{capability}"
        input = {{ value = 7 }}
        "#
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_work_is_done_once_in_a_run_and_not_again_in_the_next() {
    let worker = Worker::new("worker", 4);
    let runtime = runtime(vec![worker.clone()]).await;
    let (_, ledger) = run(&runtime, &plan("test.pure")).await;
    assert_eq!(output(&runtime, &ledger, "a").await, json!(7));
    assert_eq!(output(&runtime, &ledger, "b").await, json!(7));
    run(&runtime, &plan("test.pure")).await;
    assert_eq!(worker.times(&json!({"value": 7})), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_declare_it_is_done_each_time() {
    let worker = Worker::new("worker", 4);
    let runtime = runtime(vec![worker.clone()]).await;
    run(&runtime, &plan("test.work")).await;
    assert_eq!(worker.times(&json!({"value": 7})), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_can_switch_it_off() {
    let worker = Worker::new("worker", 4);
    let runtime = runtime(vec![worker.clone()]).await;
    let plan = plan("test.pure").replace("name =", "cache = false\nname =");
    run(&runtime, &plan).await;
    assert_eq!(worker.times(&json!({"value": 7})), 2);
}
