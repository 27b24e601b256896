//! The life of plugins and hosts: configuration, start, stop, and many in one process.

use guildhall_host::core::ErrorCode;
use guildhall_host::{AgentState, Host, HostError};
use serde_json::{Value, json};

use crate::support::{
    Doorman, Visitor, assert_hostile_serves, assert_usable, build, c_plugin, failure, hostile, id,
    output, request, soon, spawn, state, strict,
};

const HOSTILE: &str = "hostile-plugin";

#[tokio::test]
async fn a_configuration_that_fits_reaches_the_plugin() {
    let host = build(hostile().config(id(HOSTILE), json!({"trouble": "error-in-start"})));
    let error = host.start(&id(HOSTILE)).await.unwrap_err();
    assert_eq!(error.code, "no-luck");
}

#[test]
fn a_configuration_that_does_not_fit_is_refused_before_anything_runs() {
    let refused =
        |plugin: &str, config: Value| hostile().config(id(plugin), config).build().unwrap_err();
    let error = refused(HOSTILE, json!({"trouble": "no-such-trouble"}));
    assert!(matches!(error, HostError::BadConfig { .. }), "{error:?}");
    let error = refused(HOSTILE, json!({"unknown": 1}));
    assert!(matches!(error, HostError::BadConfig { .. }), "{error:?}");
    let error = refused("example-hello", json!({"any": 1})).to_string();
    assert!(error.contains("takes no configuration"), "{error}");
    let error = refused("nobody", json!({})).to_string();
    assert!(error.contains("no such plugin was found"), "{error}");
}

#[tokio::test]
async fn a_configuration_that_is_missing_is_told_at_the_first_call() {
    let plugin = c_plugin("good.c", &[]);
    let host = build(Host::builder().plugin(&plugin.path));
    let error = failure(&host, "c.greet", json!(null), ErrorCode::InvalidInput).await;
    assert!(
        error.message.contains("configuration is missing"),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_plugin_is_loaded_by_its_first_call_or_by_a_start() {
    let host = build(hostile());
    assert_eq!(state(&host, HOSTILE), AgentState::Found);
    assert_hostile_serves(&host).await;
    assert_eq!(state(&host, HOSTILE), AgentState::Running);
    let host = build(hostile());
    host.start(&id("example-hello")).await.unwrap();
    assert_eq!(state(&host, "example-hello"), AgentState::Running);
    assert_eq!(state(&host, HOSTILE), AgentState::Found);
}

#[tokio::test]
async fn calls_that_come_while_a_plugin_starts_share_the_start() {
    let doorman = Doorman::new();
    let config = json!({"trouble": "slow-start", "door": doorman.path()});
    let host = build(hostile().config(id(HOSTILE), config));
    let relay = json!({"capability": "example.greet", "input": {"name": "Bob"}});
    let calls: Vec<_> = (0..4)
        .map(|_| spawn(&host, request("hostile.relay", &relay)))
        .collect();
    // There is one visitor only; a second start would wait at the door for ever.
    doorman.visitor().await.let_in().await;
    for call in calls {
        call.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_stop_reaches_the_plugins_that_run_and_ends_the_calls() {
    let doorman = Doorman::new();
    let config = json!({"trouble": "tell-stop", "door": doorman.path()});
    let host = build(hostile().config(id(HOSTILE), config));
    assert_hostile_serves(&host).await;
    soon(host.stop()).await;
    assert_eq!(doorman.visitor().await.gone().await, "!");
    let greet = json!({"name": "Ada"});
    failure(&host, "example.greet", greet, ErrorCode::Unavailable).await;
    // Nothing is stopped twice.
    soon(host.stop()).await;
}

#[tokio::test]
async fn an_instance_that_hangs_in_its_destructor_holds_nobody_up() {
    let doorman = Doorman::new();
    let config = json!({"trouble": "hang-in-drop", "door": doorman.path()});
    let host = build(hostile().config(id(HOSTILE), config));
    assert_hostile_serves(&host).await;
    // This runtime has one thread: were the destructor run here, nobody could come
    // to the door.
    drop(host);
    doorman.visitor().await.let_in().await;
    assert_usable(&build(hostile())).await;
}

#[tokio::test]
async fn a_stop_ends_the_calls_that_are_under_way_first() {
    let doorman = Doorman::new();
    let config = json!({"trouble": "tell-stop", "door": doorman.path()});
    let host = build(hostile().config(id(HOSTILE), config));
    let task = spawn(
        &host,
        request("hostile.obey", &json!({"door": doorman.path()})),
    );
    let inside = doorman.visitor().await;
    soon(host.stop()).await;
    assert!(task.await.unwrap().unwrap_err().is(ErrorCode::Cancelled));
    assert_eq!(inside.gone().await, "");
    assert_eq!(doorman.visitor().await.gone().await, "!");
}

#[tokio::test]
async fn a_start_that_is_under_way_is_ended_by_the_stop() {
    let doorman = Doorman::new();
    let config = json!({"trouble": "slow-start", "door": doorman.path()});
    let host = build(hostile().config(id(HOSTILE), config).limits(strict()));
    let starting = host.clone();
    let started = tokio::spawn(async move { starting.start(&id(HOSTILE)).await });
    let inside = doorman.visitor().await;
    soon(host.stop()).await;
    assert_eq!(inside.gone().await, "", "the start was to be dropped");
    assert!(started.await.unwrap().is_err());
    assert_ne!(state(&host, HOSTILE), AgentState::Running);
}

#[tokio::test]
async fn an_agent_of_a_host_that_was_stopped_is_not_started() {
    let host = build(hostile());
    soon(host.stop()).await;
    let error = host.start(&id(HOSTILE)).await.unwrap_err();
    assert!(error.is(ErrorCode::Unavailable), "{error:?}");
    assert_eq!(state(&host, HOSTILE), AgentState::Found);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_does_not_start_and_hangs_in_its_destructor_holds_nobody_up() {
    let doorman = Doorman::new();
    let config = json!({"trouble": "fail-and-hang", "door": doorman.path()});
    let host = build(hostile().config(id(HOSTILE), config));
    let error = soon(host.start(&id(HOSTILE))).await.unwrap_err();
    assert_eq!(error.code, "no-luck");
    let mut in_destructor = doorman.visitor().await;
    assert_usable(&host).await;
    in_destructor.let_in().await;
}

#[tokio::test]
async fn a_host_that_runs_nothing_can_be_stopped() {
    soon(build(hostile()).stop()).await;
}

#[tokio::test]
async fn thirty_hosts_in_one_process_come_and_go() {
    let c = c_plugin("bad.c", &[]);
    let mut kept = Vec::new();
    for number in 0..30 {
        let host = build(hostile().plugin(&c.path));
        assert_usable(&host).await;
        assert_hostile_serves(&host).await;
        assert_eq!(output(&host, "bad.call", json!(null)).await, json!("fine"));
        match number % 3 {
            0 => host.stop().await,
            1 => kept.push(host),
            _ => drop(host),
        }
    }
    // Those that are kept serve on, whichever went before.
    while let Some(host) = kept.pop() {
        assert_hostile_serves(&host).await;
        drop(host);
        kept.reverse();
    }
}

#[tokio::test]
async fn a_host_may_go_while_its_calls_are_under_way() {
    let (host, doorman) = (build(hostile()), Doorman::new());
    let call = spawn(
        &host,
        request("hostile.enter", &json!({"door": doorman.path()})),
    );
    let mut inside = doorman.visitor().await;
    drop(host);
    inside.let_in().await;
    assert_eq!(
        call.await
            .unwrap()
            .unwrap()
            .outcome
            .output::<u32>()
            .unwrap(),
        1
    );
}

#[test]
fn a_runtime_may_go_while_calls_are_under_way() {
    let left = Left::behind();
    drop(left.inside);
    left.other.block_on(assert_usable(&left.host));
}

#[test]
fn a_runtime_that_goes_takes_the_work_of_its_calls_with_it() {
    let left = Left::behind();
    assert_eq!(left.other.block_on(left.inside.gone()), "");
    left.other.block_on(assert_hostile_serves(&left.host));
}

/// A host whose runtime has gone while one of its calls was in the plugin.
struct Left {
    host: Host,
    /// The runtime that is still there.
    other: tokio::runtime::Runtime,
    /// What tells of the call.
    inside: Visitor,
}

impl Left {
    fn behind() -> Self {
        let (runtime, other) = (runtime(), runtime());
        let doorman = other.block_on(async { Doorman::new() });
        let host = build(hostile());
        let input = json!({"door": doorman.path()});
        let call = host.clone();
        runtime.spawn(async move { call.call(request("hostile.enter", &input)).await });
        let inside = other.block_on(doorman.visitor());
        runtime.shutdown_background();
        Self {
            host,
            other,
            inside,
        }
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap()
}
