//! Waves, groups, graphs and streams of tasks made in code.

use guildhall_runtime::{RuntimeError, TaskDraft};
use serde_json::json;

use crate::support::{Worker, runtime};

fn echo(id: &str, value: u32) -> TaskDraft {
    TaskDraft::new(id)
        .capability("test.work")
        .input(json!({"value": value}))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wave_gives_the_results_of_all_its_tasks_in_order() {
    let runtime = runtime(vec![Worker::new("worker", 4)]).await;
    let tasks = vec![echo("b", 2), echo("a", 1)];
    let done = runtime.wave("pair", tasks, ".".as_ref()).await.unwrap();
    assert!(done.all_completed());
    let results: Vec<_> = done
        .results
        .iter()
        .map(|it| it.result.clone().unwrap())
        .collect();
    assert_eq!(results, [json!(1), json!(2)]);
    assert_eq!(done.report.tasks.completed, 2);
    let events = runtime.events(done.run).await.unwrap();
    let log = guildhall_coordination::session_log(done.run, &events);
    let spawned: Vec<_> = log.iter().filter(|it| it["type"] == "wave_spawn").collect();
    assert_eq!(spawned.len(), 1);
    assert_eq!(
        (&spawned[0]["wave_name"], &spawned[0]["task_count"]),
        (&json!("pair"), &json!(2))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn waves_keep_their_order_and_their_names() {
    let runtime = runtime(vec![Worker::new("worker", 4)]).await;
    let waves = vec![
        ("look".to_owned(), vec![echo("z", 1)]),
        ("act".to_owned(), vec![echo("b", 2), echo("a", 3)]),
    ];
    let done = runtime.waves("two", waves, ".".as_ref()).await.unwrap();
    let waves: Vec<Vec<&str>> = done
        .by_stage()
        .iter()
        .map(|wave| wave.iter().map(|it| it.task_id.as_str()).collect())
        .collect();
    assert_eq!(waves, [vec!["z"], vec!["a", "b"]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_beside_another_task_of_its_group_is_refused_before_anything_begins() {
    let worker = Worker::new("worker", 4);
    let runtime = runtime(vec![worker.clone()]).await;
    let tasks = vec![
        echo("write", 1).group(1),
        echo("latest", 2).group(1).kind("test-run"),
    ];
    let refused = runtime.groups("tests", tasks, ".".as_ref()).await;
    assert!(matches!(refused, Err(RuntimeError::BadTasks { .. })));
    // A word in a title is no kind.
    let tasks = vec![
        echo("write", 1).group(1),
        echo("attestation", 2).group(1).title("test the latest"),
        echo("check", 3).group(2).kind("test-run"),
    ];
    let done = runtime.groups("tests", tasks, ".".as_ref()).await.unwrap();
    assert!(done.all_completed());
    assert_eq!(worker.all_times(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn results_stream_as_they_come() {
    let runtime = runtime(vec![Worker::new("worker", 4)]).await;
    let tasks = vec![echo("a", 1), echo("b", 2).needs(["a"])];
    let mut stream = runtime
        .stream("streamed", tasks, ".".as_ref())
        .await
        .unwrap();
    let mut seen = Vec::new();
    while let Some(result) = stream.next().await.unwrap() {
        seen.push((result.task_id, result.result.unwrap()));
    }
    assert_eq!(
        seen,
        [("a".to_owned(), json!(1)), ("b".to_owned(), json!(2))]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_tasks_are_an_error() {
    let runtime = runtime(vec![Worker::new("worker", 4)]).await;
    let refused = runtime.wave("nothing", Vec::new(), ".".as_ref()).await;
    assert!(matches!(refused, Err(RuntimeError::BadTasks { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_gives_each_result_once_whatever_ends_the_task() {
    let runtime = runtime(vec![Worker::new("worker", 4)]).await;
    let hangs = TaskDraft::new("hangs")
        .capability("test.work")
        .input(json!({"do": "hang"}))
        .with("race", "one");
    let wins = echo("wins", 1).with("race", "one");
    let mut stream = runtime
        .stream("raced", vec![hangs, wins], ".".as_ref())
        .await
        .unwrap();
    let mut given = Vec::new();
    while let Some(result) = stream.next().await.unwrap() {
        given.push((result.task_id, result.status));
    }
    given.sort();
    let expected = [("hangs", "cancelled"), ("wins", "completed")];
    let expected = expected.map(|(task, status)| (task.to_owned(), status.to_owned()));
    assert_eq!(given, expected);
}
