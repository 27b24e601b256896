//! Panics in every place: each becomes an error, and the host serves on.

use guildhall_host::CancellationToken;
use guildhall_host::core::ErrorCode;
use serde_json::{Value, json};

use crate::support::{
    Doorman, assert_hostile_serves, assert_usable, build, call, failure, hostile, id, output,
    request, spawn, strict,
};

async fn assert_contained(how: &str, text: &str) {
    let host = build(hostile());
    let error = failure(
        &host,
        "hostile.panic",
        json!({"how": how}),
        ErrorCode::Panicked,
    )
    .await;
    assert_eq!(error.message, format!("the agent panicked: {text}"));
    assert_hostile_serves(&host).await;
    assert_usable(&host).await;
}

#[tokio::test]
async fn in_the_first_poll() {
    assert_contained("before-await", "before an await").await;
}

#[tokio::test]
async fn in_a_later_poll() {
    assert_contained("after-await", "after an await").await;
}

#[tokio::test]
async fn with_a_payload_that_is_no_text() {
    assert_contained("not-text", "a payload that is not text").await;
}

#[tokio::test]
async fn with_a_payload_whose_destructor_panics() {
    assert_contained("payload-panics", "a payload that is not text").await;
}

#[tokio::test]
async fn in_a_destructor_after_the_last_await() {
    assert_contained("in-drop", "in a destructor").await;
}

#[tokio::test]
async fn in_a_task_that_the_plugin_spawned() {
    let host = build(hostile());
    let spawned = output(&host, "hostile.panic", json!({"how": "in-spawned"})).await;
    assert_eq!(spawned, Value::Null);
    assert_hostile_serves(&host).await;
}

#[tokio::test]
async fn in_a_destructor_of_a_task_that_is_abandoned() {
    let host = build(hostile().limits(strict()));
    let (doorman, cancel) = (Doorman::new(), CancellationToken::new());
    let input = json!({"how": "in-drop-of-abandoned", "door": doorman.path()});
    let task = spawn(
        &host,
        request("hostile.panic", &input).cancel_with(cancel.clone()),
    );
    let _inside = doorman.visitor().await;
    cancel.cancel();
    let error = task.await.unwrap().unwrap_err();
    assert!(error.is(ErrorCode::Cancelled), "{error:?}");
    // The destructor did run, and panicked after it said so.
    assert_eq!(doorman.visitor().await.gone().await, "!");
    assert_hostile_serves(&host).await;
    assert_usable(&host).await;
}

#[tokio::test]
async fn while_the_plugin_is_created_or_started() {
    let cases = [
        ("panic-in-create", "while it is created"),
        ("panic-in-start", "while it starts"),
    ];
    for (trouble, text) in cases {
        let host = build(hostile().config(id("hostile-plugin"), json!({"trouble": trouble})));
        let error = host.start(&id("hostile-plugin")).await.unwrap_err();
        assert!(error.is(ErrorCode::Panicked), "{error:?}");
        assert!(error.message.contains(text), "{}", error.message);
        failure(&host, "hostile.print", json!(null), ErrorCode::Panicked).await;
        assert_usable(&host).await;
    }
}

#[tokio::test]
async fn while_the_plugin_stops() {
    let config = json!({"trouble": "panic-in-stop"});
    let host = build(hostile().config(id("hostile-plugin"), config));
    assert_hostile_serves(&host).await;
    host.stop().await;
    // Another host in this process is none the worse for it.
    assert_usable(&build(hostile())).await;
}

#[tokio::test]
async fn again_and_again_bring_quarantine_and_success_in_between_does_not() {
    let host = build(hostile());
    let panic = json!({"how": "before-await"});
    for _ in 0..2 {
        failure(&host, "hostile.panic", panic.clone(), ErrorCode::Panicked).await;
    }
    assert_hostile_serves(&host).await;
    for _ in 0..3 {
        failure(&host, "hostile.panic", panic.clone(), ErrorCode::Panicked).await;
    }
    let error = call(&host, "hostile.panic", panic).await.unwrap_err();
    assert!(error.is(ErrorCode::Quarantined), "{error:?}");
    assert!(error.cause.unwrap().is(ErrorCode::Panicked));
    assert_usable(&host).await;
}
