//! Deadlines and cancellation hold whatever the plugin does; one that does not come
//! back is quarantined, and the host serves on.

use std::time::Duration;

use guildhall_host::core::ErrorCode;
use guildhall_host::{AgentState, CancellationToken, Limits};
use serde_json::json;

use crate::support::{
    Doorman, assert_hostile_serves, assert_usable, build, call, failure, hostile, id, request,
    soon, spawn, state, strict,
};

/// Short as times go, and what a test asserts holds however long it really takes.
const SHORT: Duration = Duration::from_millis(50);

const HOSTILE: &str = "hostile-plugin";

#[tokio::test]
async fn a_task_that_obeys_ends_when_it_is_cancelled() {
    let (host, doorman, cancel) = (build(hostile()), Doorman::new(), CancellationToken::new());
    let input = json!({"door": doorman.path()});
    let task = spawn(
        &host,
        request("hostile.obey", &input).cancel_with(cancel.clone()),
    );
    let inside = doorman.visitor().await;
    cancel.cancel();
    assert!(task.await.unwrap().unwrap_err().is(ErrorCode::Cancelled));
    assert_eq!(inside.gone().await, "");
    assert_eq!(state(&host, HOSTILE), AgentState::Running);
}

#[tokio::test]
async fn a_task_that_obeys_ends_at_its_deadline() {
    let (host, doorman) = (build(hostile()), Doorman::new());
    let input = json!({"door": doorman.path()});
    let task = spawn(&host, request("hostile.obey", &input).timeout(SHORT));
    let error = task.await.unwrap().unwrap_err();
    assert!(error.is(ErrorCode::DeadlineExceeded), "{error:?}");
    assert_eq!(state(&host, HOSTILE), AgentState::Running);
    assert_hostile_serves(&host).await;
}

#[tokio::test]
async fn a_call_that_is_dropped_is_cancelled() {
    let (host, doorman) = (build(hostile()), Doorman::new());
    let call = spawn(
        &host,
        request("hostile.obey", &json!({"door": doorman.path()})),
    );
    let inside = doorman.visitor().await;
    call.abort();
    assert_eq!(inside.gone().await, "");
    assert_hostile_serves(&host).await;
}

#[tokio::test]
async fn a_task_that_is_deaf_is_dropped_after_the_grace() {
    let host = build(hostile().limits(strict()));
    let (doorman, cancel) = (Doorman::new(), CancellationToken::new());
    let input = json!({"how": "pending", "door": doorman.path()});
    let task = spawn(
        &host,
        request("hostile.hang", &input).cancel_with(cancel.clone()),
    );
    let inside = doorman.visitor().await;
    cancel.cancel();
    assert!(task.await.unwrap().unwrap_err().is(ErrorCode::Cancelled));
    assert_eq!(inside.gone().await, "");
    // It only waited, so the plugin stays in service.
    assert_eq!(state(&host, HOSTILE), AgentState::Running);
    assert_hostile_serves(&host).await;
}

#[tokio::test]
async fn a_poll_that_blocks_is_wedged_and_its_plugin_quarantined() {
    assert_wedges("block").await;
}

#[tokio::test]
async fn a_poll_that_spins_is_wedged_and_its_plugin_quarantined() {
    assert_wedges("spin").await;
}

async fn assert_wedges(how: &str) {
    let host = build(hostile().limits(strict()));
    let (doorman, cancel) = (Doorman::new(), CancellationToken::new());
    let input = json!({"how": how, "door": doorman.path()});
    let task = spawn(
        &host,
        request("hostile.hang", &input).cancel_with(cancel.clone()),
    );
    let mut inside = doorman.visitor().await;
    cancel.cancel();
    let error = task.await.unwrap().unwrap_err();
    assert!(error.is(ErrorCode::Wedged), "{error:?}");
    assert!(error.cause.unwrap().is(ErrorCode::Cancelled));
    assert!(matches!(state(&host, HOSTILE), AgentState::Quarantined(_)));
    let refused = failure(&host, "hostile.print", json!(null), ErrorCode::Quarantined).await;
    assert!(refused.cause.unwrap().is(ErrorCode::Wedged));
    assert_usable(&host).await;
    // A stop waits for nobody who is quarantined.
    soon(host.stop()).await;
    // The poll comes back in the end, and nothing comes of it.
    inside.let_in().await;
    assert_eq!(inside.gone().await, "");
}

#[tokio::test]
async fn what_succeeds_after_a_quarantine_does_not_lift_it() {
    let host = build(hostile().limits(strict()));
    let (doorman, cancel) = (Doorman::new(), CancellationToken::new());
    let at_door = json!({"door": doorman.path()});
    let succeeds = spawn(&host, request("hostile.enter", &at_door));
    let mut succeeding = doorman.visitor().await;
    let input = json!({"how": "block", "door": doorman.path()});
    let wedges = spawn(
        &host,
        request("hostile.hang", &input).cancel_with(cancel.clone()),
    );
    let mut wedged = doorman.visitor().await;
    cancel.cancel();
    assert!(wedges.await.unwrap().unwrap_err().is(ErrorCode::Wedged));
    // It was in the plugin's hands before, so it may end.
    succeeding.let_in().await;
    succeeds.await.unwrap().unwrap();
    failure(&host, "hostile.print", json!(null), ErrorCode::Quarantined).await;
    assert!(matches!(state(&host, HOSTILE), AgentState::Quarantined(_)));
    wedged.let_in().await;
}

#[tokio::test]
async fn the_deadline_of_a_poll_that_blocks_holds_as_well() {
    let host = build(hostile().limits(strict()));
    let doorman = Doorman::new();
    let input = json!({"how": "block", "door": doorman.path()});
    let error = soon(host.call(request("hostile.hang", &input).timeout(SHORT)))
        .await
        .unwrap_err();
    assert!(error.is(ErrorCode::Wedged), "{error:?}");
    assert!(error.cause.unwrap().is(ErrorCode::DeadlineExceeded));
    assert_usable(&host).await;
    doorman.visitor().await.let_in().await;
}

#[tokio::test]
async fn a_destructor_that_blocks_keeps_nobody_waiting() {
    let host = build(hostile().limits(strict()));
    let (doorman, cancel) = (Doorman::new(), CancellationToken::new());
    let input = json!({"how": "block-in-drop", "door": doorman.path()});
    let task = spawn(
        &host,
        request("hostile.hang", &input).cancel_with(cancel.clone()),
    );
    let _inside = doorman.visitor().await;
    cancel.cancel();
    assert!(task.await.unwrap().unwrap_err().is(ErrorCode::Cancelled));
    let mut in_destructor = doorman.visitor().await;
    assert_hostile_serves(&host).await;
    in_destructor.let_in().await;
}

#[tokio::test]
async fn many_polls_that_block_leave_room_for_others() {
    let host = build(hostile());
    let doorman = Doorman::new();
    let input = json!({"how": "block", "door": doorman.path()});
    let tasks: Vec<_> = (0..4)
        .map(|_| spawn(&host, request("hostile.hang", &input)))
        .collect();
    let mut inside = Vec::new();
    for _ in 0..4 {
        inside.push(doorman.visitor().await);
    }
    assert_usable(&host).await;
    drop(inside);
    for task in tasks {
        task.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_plugin_that_cannot_start_in_time_is_unavailable() {
    let limits = Limits {
        start: SHORT,
        ..strict()
    };
    let cases = [
        ("hang-in-create", ErrorCode::Unavailable),
        ("slow-start", ErrorCode::DeadlineExceeded),
    ];
    for (trouble, code) in cases {
        let doorman = Doorman::new();
        let config = json!({"trouble": trouble, "door": doorman.path()});
        let host = build(hostile().config(id(HOSTILE), config).limits(limits.clone()));
        let error = soon(host.start(&id(HOSTILE))).await.unwrap_err();
        assert!(error.is(code), "{trouble}: {error:?}");
        failure(&host, "hostile.print", json!(null), code).await;
        assert_usable(&host).await;
    }
}

#[tokio::test]
async fn a_plugin_that_will_not_start_says_why() {
    let host = build(hostile().config(id(HOSTILE), json!({"trouble": "error-in-start"})));
    let error = call(&host, "hostile.print", json!(null)).await.unwrap_err();
    assert_eq!(
        (error.code.as_str(), error.message.as_str()),
        ("no-luck", "it will not start")
    );
    assert!(matches!(state(&host, HOSTILE), AgentState::Failed(_)));
    assert_usable(&host).await;
}

#[tokio::test]
async fn deadline_and_cancellation_hold_while_the_plugin_starts() {
    let doorman = Doorman::new();
    let config = json!({"trouble": "slow-start", "door": doorman.path()});
    let limits = Limits {
        // Only the call's own bounds can end it.
        start: Duration::from_secs(3600),
        ..strict()
    };
    let host = build(hostile().config(id(HOSTILE), config).limits(limits));
    let relay = json!({"capability": "example.greet", "input": {"name": "Bob"}});
    let late = soon(host.call(request("hostile.relay", &relay).timeout(SHORT))).await;
    assert!(late.unwrap_err().is(ErrorCode::DeadlineExceeded));
    let cancel = CancellationToken::new();
    let cancelled = spawn(
        &host,
        request("hostile.relay", &relay).cancel_with(cancel.clone()),
    );
    cancel.cancel();
    assert!(
        cancelled
            .await
            .unwrap()
            .unwrap_err()
            .is(ErrorCode::Cancelled)
    );
    // The start goes on meanwhile: one start, whoever waits for it.
    let waiting = spawn(&host, request("hostile.relay", &relay));
    doorman.visitor().await.let_in().await;
    waiting.await.unwrap().unwrap();
}
