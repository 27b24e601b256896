//! Several ways to one answer: the first that is valid wins.

use guildhall_coordination::ledger::Phase;
use guildhall_coordination::{RunEvent, RunStatus, TaskResult, TaskStatus};
use serde_json::json;

use crate::support::{Worker, Working, create, output, run, runtime, status};

/// One way gives an answer at once, one when the test lets it, and one never.
fn plan(accept: &str) -> String {
    format!(
        r#"
        version = 1
        name = "race"
        strategy = "scatter-gather"
        [defaults]
        capability = "test.work"
        retry = {{ max = 0 }}
        [[task]]
        id = "early"
        {accept}
        input = {{ value = "early" }}
        [[task]]
        id = "late"
        {accept}
        input = {{ do = "gate", gate = "late", value = "right" }}
        [[task]]
        id = "never"
        input = {{ do = "hang" }}
        "#
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_valid_result_wins_and_the_others_are_cancelled() {
    let worker = Worker::new("worker", 4);
    let runtime = runtime(vec![worker.clone()]).await;
    let run = create(&runtime, &plan(r#"accept = "output == 'right'""#)).await;
    let mut working = Working::on(&runtime, run);
    // The first answer is there, and whatever follows from it has been decided.
    let failed = |event: &RunEvent| matches!(event, RunEvent::Failed { .. });
    working.until(1, failed).await;
    worker.open("late");
    let ledger = working.ended().await;
    assert_eq!(status(&ledger, "early"), TaskStatus::Failed);
    assert_eq!(status(&ledger, "late"), TaskStatus::Completed);
    assert_eq!(status(&ledger, "never"), TaskStatus::Cancelled);
    assert_eq!(output(&runtime, &ledger, "late").await, json!("right"));
    let results = TaskResult::all(&ledger);
    let errors: Vec<Option<&str>> = results.iter().map(|it| it.error.as_deref()).collect();
    let expected = [
        Some("the output is not accepted: output == 'right'"),
        None,
        Some("late won the race"),
    ];
    assert_eq!(errors, expected);
}

/// The control: where every answer is valid, the same one wins that was refused above.
#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_is_refused_the_first_result_wins() {
    let runtime = runtime(vec![Worker::new("worker", 4)]).await;
    let (_, ledger) = run(&runtime, &plan("")).await;
    assert_eq!(status(&ledger, "early"), TaskStatus::Completed);
    assert_eq!(status(&ledger, "late"), TaskStatus::Cancelled);
    assert_eq!(status(&ledger, "never"), TaskStatus::Cancelled);
    assert_eq!(ledger.phase(), Some(&Phase::Ended(RunStatus::Completed)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_race_without_a_valid_result_has_failed_and_each_way_says_why() {
    let runtime = runtime(vec![Worker::new("worker", 4)]).await;
    let plan = r#"
        version = 1
        name = "nobody"
        strategy = "scatter-gather"
        [defaults]
        capability = "test.work"
        retry = { max = 0 }
        [[task]]
        id = "broken"
        input = { do = "fail" }
        [[task]]
        id = "wrong"
        accept = "output == 'right'"
        input = { value = "wrong" }
    "#;
    let (_, ledger) = run(&runtime, plan).await;
    assert_eq!(ledger.phase(), Some(&Phase::Ended(RunStatus::Failed)));
    let results = TaskResult::all(&ledger);
    let told: Vec<(&str, Option<&str>)> = results
        .iter()
        .map(|it| (it.status.as_str(), it.error.as_deref()))
        .collect();
    let expected = [
        ("failed", Some("it is broken")),
        (
            "failed",
            Some("the output is not accepted: output == 'right'"),
        ),
    ];
    assert_eq!(told, expected);
}

/// They were not to have a result.
#[tokio::test(flavor = "multi_thread")]
async fn who_lost_a_race_holds_no_wave_back_that_wants_everything_before_it() {
    let runtime = runtime(vec![Worker::new("worker", 4)]).await;
    let plan = r#"
        version = 1
        name = "after a race"
        strategy = "waves"
        [defaults]
        capability = "test.work"
        retry = { max = 0 }
        [[wave]]
        name = "race"
        [[wave]]
        name = "then"
        when = "all-completed"
        [[task]]
        id = "loses"
        wave = "race"
        race = "one"
        input = { do = "hang" }
        [[task]]
        id = "fails"
        wave = "race"
        race = "one"
        input = { do = "fail" }
        [[task]]
        id = "wins"
        wave = "race"
        race = "one"
        input = { value = 1 }
        [[task]]
        id = "next"
        wave = "then"
        input = { value = 2 }
    "#;
    let (_, ledger) = run(&runtime, plan).await;
    assert_eq!(status(&ledger, "loses"), TaskStatus::Cancelled);
    assert_eq!(status(&ledger, "next"), TaskStatus::Completed);
}
