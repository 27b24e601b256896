//! Calls as they should be: many at once, within limits, nested, with large payloads.

use std::collections::BTreeSet;
use std::time::Duration;

use guildhall_host::core::{Attachment, ErrorCode};
use guildhall_host::{AgentState, CancellationToken, Limits};
use serde_json::{Value, json};

use crate::support::{
    Doorman, assert_hostile_serves, assert_usable, build, call, failure, hostile, output, request,
    soon, spawn, state, strict,
};

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_at_once() {
    let host = build(hostile());
    let calls: Vec<_> = (0..200)
        .map(|number| {
            spawn(
                &host,
                request("example.greet", &json!({"name": number.to_string()})),
            )
        })
        .collect();
    let mut tasks = BTreeSet::new();
    for (number, call) in calls.into_iter().enumerate() {
        let called = call.await.unwrap().unwrap();
        assert_eq!(
            called.outcome.output::<String>().unwrap(),
            format!("Hello, {number}!")
        );
        tasks.insert(called.task);
    }
    assert_eq!(tasks.len(), 200);
}

/// The hostile plugin takes four tasks at once.
#[tokio::test]
async fn no_more_than_the_plugin_takes_at_once_and_the_others_are_served_in_the_end() {
    let (host, doorman) = (build(hostile()), Doorman::new());
    let input = json!({"door": doorman.path()});
    let calls: Vec<_> = (0..10)
        .map(|_| spawn(&host, request("hostile.enter", &input)))
        .collect();
    let mut inside = Vec::new();
    for _ in 0..4 {
        inside.push(doorman.visitor().await);
    }
    let late = host.call(request("hostile.enter", &input).timeout(Duration::from_millis(50)));
    let error = soon(late).await.unwrap_err();
    assert!(error.is(ErrorCode::Busy) && error.retryable, "{error:?}");
    for _ in 4..10 {
        inside.remove(0).let_in().await;
        inside.push(doorman.visitor().await);
    }
    drop(inside);
    let mut most = 0;
    for call in calls {
        most = most.max(
            call.await
                .unwrap()
                .unwrap()
                .outcome
                .output::<u32>()
                .unwrap(),
        );
    }
    assert_eq!(most, 4);
}

#[tokio::test]
async fn waiting_for_a_place_can_be_cancelled() {
    let (host, doorman, cancel) = (build(hostile()), Doorman::new(), CancellationToken::new());
    let input = json!({"door": doorman.path()});
    let calls: Vec<_> = (0..4)
        .map(|_| spawn(&host, request("hostile.enter", &input)))
        .collect();
    let mut inside = Vec::new();
    for _ in 0..4 {
        inside.push(doorman.visitor().await);
    }
    let waiting = spawn(
        &host,
        request("hostile.enter", &input).cancel_with(cancel.clone()),
    );
    cancel.cancel();
    assert!(waiting.await.unwrap().unwrap_err().is(ErrorCode::Cancelled));
    drop(inside);
    for call in calls {
        call.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn an_agent_that_calls_itself_is_told_of_the_cycle() {
    let host = build(hostile());
    let itself = json!({"capability": "hostile.relay", "input": {"capability": "hostile.relay"}});
    let error = failure(&host, "hostile.relay", itself, ErrorCode::Cycle).await;
    assert!(
        error.message.contains("hostile.relay -> hostile.relay"),
        "{}",
        error.message
    );
    assert_hostile_serves(&host).await;
}

#[tokio::test]
async fn a_cycle_through_others_is_found_too() {
    let host = build(hostile());
    let around = json!({"capability": "hostile.relay-on", "input": {
        "capability": "hostile.relay", "input": {"capability": "example.greet"}}});
    failure(&host, "hostile.relay", around, ErrorCode::Cycle).await;
    assert_usable(&host).await;
}

#[tokio::test]
async fn calls_go_as_deep_as_the_limit_and_no_deeper() {
    let greet = json!({"capability": "example.greet", "input": {"name": "Eve"}});
    let on = json!({"capability": "hostile.relay-further", "input": greet});
    let chain = json!({"capability": "hostile.relay-on", "input": on});
    for (depth, reaches) in [(4, true), (3, false)] {
        let limits = Limits { depth, ..strict() };
        let host = build(hostile().limits(limits));
        let called = call(&host, "hostile.relay", chain.clone()).await;
        match called {
            Ok(called) => {
                assert!(reaches);
                assert_eq!(
                    called.outcome.output::<Value>().unwrap(),
                    json!("Hello, Eve!")
                );
            }
            Err(error) => {
                assert!(!reaches && error.is(ErrorCode::TooDeep), "{error:?}");
                assert!(error.message.contains("deeper than 3"), "{}", error.message);
            }
        }
        assert_usable(&host).await;
    }
}

#[tokio::test]
async fn cancelling_a_call_cancels_what_it_called() {
    let host = build(hostile().limits(strict()));
    let (doorman, cancel) = (Doorman::new(), CancellationToken::new());
    let input = json!({"capability": "hostile.obey", "input": {"door": doorman.path()}});
    let outer = spawn(
        &host,
        request("hostile.relay", &input).cancel_with(cancel.clone()),
    );
    let inside = doorman.visitor().await;
    cancel.cancel();
    assert!(outer.await.unwrap().unwrap_err().is(ErrorCode::Cancelled));
    assert_eq!(inside.gone().await, "");
    assert_eq!(state(&host, "hostile-plugin"), AgentState::Running);
}

#[tokio::test]
async fn the_deadline_of_a_call_holds_for_what_it_called() {
    let host = build(hostile().limits(strict()));
    let doorman = Doorman::new();
    let input = json!({"capability": "hostile.obey", "input": {"door": doorman.path()}});
    let outer = request("hostile.relay", &input).timeout(Duration::from_millis(200));
    let outer = spawn(&host, outer);
    let inside = doorman.visitor().await;
    assert!(
        outer
            .await
            .unwrap()
            .unwrap_err()
            .is(ErrorCode::DeadlineExceeded)
    );
    assert_eq!(inside.gone().await, "");
}

/// The hostile plugin takes four tasks at once, and each of these needs two places.
#[tokio::test(flavor = "multi_thread")]
async fn more_calls_of_a_plugin_to_itself_than_it_has_places_come_to_an_end() {
    let host = build(hostile());
    let greet = json!({"capability": "example.greet", "input": {"name": "Bob"}});
    let input = json!({"capability": "hostile.relay-on", "input": greet});
    let calls: Vec<_> = (0..40)
        .map(|_| spawn(&host, request("hostile.relay", &input)))
        .collect();
    for call in calls {
        let called = call.await.unwrap().unwrap();
        assert_eq!(called.outcome.output::<String>().unwrap(), "Hello, Bob!");
    }
    assert_eq!(host.registry().statistics().in_flight, 0);
}

#[tokio::test]
async fn input_and_output_that_do_not_fit_are_named() {
    let host = build(hostile());
    let error = failure(
        &host,
        "example.greet",
        json!({"name": 1}),
        ErrorCode::InvalidInput,
    )
    .await;
    assert_eq!(error.labels[0].at, "/name");
    let error = failure(&host, "hostile.lie", json!(null), ErrorCode::InvalidOutput).await;
    assert!(error.message.contains("not a number"), "{}", error.message);
    assert_hostile_serves(&host).await;
}

#[tokio::test]
async fn wrong_input_is_no_fault_of_the_plugin() {
    let host = build(hostile());
    for _ in 0..10 {
        failure(&host, "example.greet", json!({}), ErrorCode::InvalidInput).await;
    }
    assert_usable(&host).await;
}

#[tokio::test]
async fn an_output_that_does_not_fit_is_a_fault_of_the_plugin() {
    let host = build(hostile());
    for _ in 0..3 {
        failure(&host, "hostile.lie", json!(null), ErrorCode::InvalidOutput).await;
    }
    failure(&host, "hostile.lie", json!(null), ErrorCode::Quarantined).await;
    assert_usable(&host).await;
}

#[tokio::test]
async fn large_attachments_cross_in_both_directions_without_a_copy() {
    const LENGTH: usize = 64 << 20;
    let host = build(hostile());
    let data = vec![7_u8; LENGTH];
    let here = data.as_ptr();
    let attachment = Attachment::new("large", "application/octet-stream", data);
    let request = request("hostile.attachments", &json!(null)).attach(attachment);
    let called = soon(host.call(request)).await.unwrap();
    let there: Vec<u64> = called.outcome.output().unwrap();
    let back = called.outcome.attachment("large").unwrap();
    assert_eq!(there, [here.addr() as u64]);
    assert_eq!(back.as_ptr(), here);
    assert_eq!((back.len(), back[0], back[LENGTH - 1]), (LENGTH, 7, 7));
}

#[tokio::test]
async fn an_attachment_outlives_the_host_that_brought_it() {
    let host = build(hostile());
    let request = request("hostile.attachments", &json!(null)).attach(Attachment::new(
        "kept",
        "text/plain",
        "kept",
    ));
    let called = soon(host.call(request)).await.unwrap();
    host.stop().await;
    drop(host);
    assert_eq!(called.outcome.attachment("kept").unwrap().as_ref(), b"kept");
}

#[tokio::test]
async fn timers_files_and_blocking_work_have_a_reactor() {
    let (host, folder) = (build(hostile()), tempfile::tempdir().unwrap());
    let path = folder.path().join("file");
    assert_eq!(
        output(&host, "hostile.reactor", json!(path)).await,
        json!("written")
    );
}

#[tokio::test]
async fn what_the_context_spawned_ends_with_the_task() {
    let (host, doorman) = (build(hostile()), Doorman::new());
    let input = json!({"how": "context", "door": doorman.path()});
    let task = spawn(&host, request("hostile.outlive", &input));
    let beside = doorman.visitor().await;
    task.await.unwrap().unwrap();
    assert_eq!(beside.gone().await, "");
}

/// What an author is told not to do: nothing in one process can prevent it.
#[tokio::test]
async fn what_tokio_spawned_runs_on_behind_the_task() {
    let (host, doorman) = (build(hostile()), Doorman::new());
    let input = json!({"how": "tokio", "door": doorman.path()});
    let task = spawn(&host, request("hostile.outlive", &input));
    let mut beside = doorman.visitor().await;
    task.await.unwrap().unwrap();
    beside.let_in().await;
    assert_eq!(beside.gone().await, "!");
    assert_hostile_serves(&host).await;
}
