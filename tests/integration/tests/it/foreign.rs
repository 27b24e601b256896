//! Plugins that are not built with this SDK by this compiler: in C, good and bad, and
//! by another version of rustc.

use std::process::Command;
use std::time::Duration;

use guildhall_host::core::{Attachment, ErrorCode};
use guildhall_host::{AgentState, CancellationToken, Host};
use serde_json::{Value, json};

use crate::support::{
    CPlugin, Shared, assert_usable, build, c_plugin, call, cargo_build, failure, id, output,
    plugins, request, soon, spawn, state, strict,
};

fn good() -> (Host, CPlugin) {
    let plugin = c_plugin("good.c", &[]);
    let builder = Host::builder()
        .plugin(&plugin.path)
        .config(id("c-plugin"), json!({"name": "Ada"}))
        .limits(strict());
    (build(builder), plugin)
}

#[tokio::test]
async fn a_plugin_in_c_answers_and_reports() {
    let (host, _plugin) = good();
    let reports: Shared<u64> = Shared::default();
    let seen = reports.clone();
    let request =
        request("c.greet", &json!(null)).on_progress(std::sync::Arc::new(move |_, _, progress| {
            seen.lock().unwrap().push(progress.done);
        }));
    let called = soon(host.call(request)).await.unwrap();
    assert_eq!(
        called.outcome.output::<Value>().unwrap(),
        json!("hello from C")
    );
    assert_eq!(*reports.lock().unwrap(), [1]);
}

#[tokio::test]
async fn a_plugin_in_c_calls_another_agent_and_waits_for_it() {
    let (host, _plugin) = good();
    assert_eq!(
        output(&host, "c.relay", json!(null)).await,
        json!("hello from C")
    );
}

#[tokio::test]
async fn a_plugin_in_c_gets_its_configuration() {
    let (host, _plugin) = good();
    assert_eq!(
        output(&host, "c.config", json!(null)).await,
        json!({"name": "Ada"})
    );
}

#[tokio::test]
async fn a_plugin_in_c_passes_attachments_without_a_copy() {
    let (host, _plugin) = good();
    let data = bytes(1 << 20);
    let at = data.as_ptr();
    let request = request("c.echo", &json!(null)).attach(Attachment::new("data", "", data));
    let called = soon(host.call(request)).await.unwrap();
    assert_eq!(called.outcome.attachment("data").unwrap().as_ptr(), at);
}

fn bytes(length: usize) -> Vec<u8> {
    vec![7; length]
}

#[tokio::test]
async fn a_blocking_call_sees_that_it_is_cancelled() {
    let (host, _plugin) = good();
    let (cancel, started) = (CancellationToken::new(), tokio::sync::Notify::new());
    let started = std::sync::Arc::new(started);
    let notify = started.clone();
    let request = request("c.wait", &json!(null))
        .cancel_with(cancel.clone())
        .on_progress(std::sync::Arc::new(move |_, _, _| notify.notify_one()));
    let waiting = spawn(&host, request);
    soon(started.notified()).await;
    cancel.cancel();
    let error = waiting.await.unwrap().unwrap_err();
    assert!(error.is(ErrorCode::Cancelled), "{error:?}");
    assert_eq!(state(&host, "c-plugin"), AgentState::Running);
}

#[tokio::test]
async fn a_blocking_call_sees_that_its_deadline_passed() {
    let (host, _plugin) = good();
    let request = request("c.wait", &json!(null)).timeout(Duration::from_millis(50));
    let error = soon(host.call(request)).await.unwrap_err();
    assert!(error.is(ErrorCode::DeadlineExceeded), "{error:?}");
    assert_eq!(state(&host, "c-plugin"), AgentState::Running);
    assert_eq!(
        output(&host, "c.greet", json!(null)).await,
        json!("hello from C")
    );
}

#[tokio::test]
async fn an_entry_that_has_grown_is_read_as_far_as_it_is_known() {
    let plugin = c_plugin("bad.c", &["LARGER_ENTRY"]);
    let host = build(Host::builder().plugin(&plugin.path));
    assert!(host.refused().is_empty(), "{:?}", host.refused());
    assert_eq!(output(&host, "bad.call", json!(null)).await, json!("fine"));
}

#[tokio::test]
async fn a_blob_whose_vtable_is_too_short_is_read_all_the_same() {
    let plugin = c_plugin("bad.c", &["SHORT_BLOB_VTABLE"]);
    let host = build(Host::builder().plugin(&plugin.path));
    assert_eq!(output(&host, "bad.call", json!(null)).await, json!("kept"));
}

#[tokio::test]
async fn an_instance_that_breaks_the_rules() {
    let cases = [
        ("CREATE_FAILS", "no-luck", "it will not"),
        ("CREATE_FAILS_SILENTLY", "protocol", "cannot be read"),
        ("CREATE_UNKNOWN_STATUS", "protocol", "unknown status 12345"),
        ("NO_INSTANCE", "protocol", "GhInstanceVtable is not usable"),
        ("SHORT_INSTANCE", "protocol", "it is shorter than ABI 1.0"),
        ("NO_FUNCTIONS", "protocol", "neither `begin` nor `call`"),
    ];
    for (switch, code, reason) in cases {
        assert_fails(switch, code, reason).await;
    }
}

#[tokio::test]
async fn an_answer_that_breaks_the_rules() {
    let cases = [
        ("UNKNOWN_STATUS", "unknown status 77"),
        ("PENDING_STATUS", "unknown status 1"),
        ("HEAD_NOT_JSON", "the outcome is not readable"),
        ("HEAD_NOT_UTF8", "the outcome is not readable"),
        ("HEAD_MISSING", "the outcome is not readable"),
        ("ERROR_NOT_JSON", "error record that cannot be read"),
        ("ERROR_MISSING", "error record that cannot be read"),
        ("ENDLESS_HEAD", "the outcome is not readable"),
        ("ENDLESS_ATTACHMENTS", "the outcome is not readable"),
        ("UNNAMED_ATTACHMENT", "names 0 attachments but carries 1"),
        ("FUTURE_WITHOUT_VTABLE", "GhFutureVtable is not usable"),
        ("FUTURE_WITHOUT_POLL", "it has no poll"),
        ("UNKNOWN_POLL_STATUS", "unknown status 99"),
    ];
    for (switch, reason) in cases {
        assert_fails(switch, "protocol", reason).await;
    }
}

/// The call of a plugin with this switch fails so, and the host serves on.
async fn assert_fails(switch: &str, code: &str, reason: &str) {
    let plugin = c_plugin("bad.c", &[switch]);
    let host = build(
        Host::builder()
            .plugin(&plugin.path)
            .plugin(&plugins().hello),
    );
    assert!(host.refused().is_empty(), "{switch}: {:?}", host.refused());
    let error = call(&host, "bad.call", json!(null)).await.unwrap_err();
    assert_eq!(error.code, code, "{switch}: {error:?}");
    assert!(
        error.message.contains(reason),
        "{switch}: {}",
        error.message
    );
    assert_usable(&host).await;
}

#[tokio::test]
async fn a_future_that_is_never_ready_ends_at_its_deadline() {
    let plugin = c_plugin("bad.c", &["NEVER_READY"]);
    let builder = Host::builder()
        .plugin(&plugin.path)
        .plugin(&plugins().hello);
    let host = build(builder.limits(strict()));
    let request = request("bad.call", &json!(null)).timeout(Duration::from_millis(50));
    let error = soon(host.call(request)).await.unwrap_err();
    assert!(error.is(ErrorCode::DeadlineExceeded), "{error:?}");
    assert_usable(&host).await;
}

#[tokio::test]
async fn a_capability_that_the_plugin_lacks_is_not_asked_for() {
    let (host, _plugin) = good();
    failure(&host, "c.missing", json!(null), ErrorCode::NoSuchCapability).await;
}

#[tokio::test]
async fn a_plugin_by_another_compiler_works() {
    let Some(toolchain) = other_toolchain() else {
        println!("left out: rustup knows of no other version of rustc");
        return;
    };
    let target = plugins()
        .hello
        .ancestors()
        .nth(2)
        .unwrap()
        .join("other-compiler");
    let mut cargo = Command::new("rustup");
    cargo
        .args(["run", &toolchain, "cargo"])
        .env("CARGO_TARGET_DIR", target);
    for inherited in [
        "CARGO",
        "RUSTC",
        "RUSTUP_TOOLCHAIN",
        "RUSTFLAGS",
        "CARGO_ENCODED_RUSTFLAGS",
    ] {
        cargo.env_remove(inherited);
    }
    let library = cargo_build(cargo, &["example-hello"]).remove(0);
    let host = build(Host::builder().plugin(library));
    assert!(
        host.refused().is_empty(),
        "{toolchain}: {:?}",
        host.refused()
    );
    assert_usable(&host).await;
}

/// A toolchain whose compiler is of another version than the one in use.
fn other_toolchain() -> Option<String> {
    let text = |command: &mut Command| {
        let output = command.env_remove("RUSTUP_TOOLCHAIN").output().ok()?;
        output
            .status
            .success()
            .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let ours = text(Command::new("rustc").arg("--version"))?;
    let list = text(Command::new("rustup").args(["toolchain", "list"]))?;
    list.lines()
        .filter_map(|line| line.split_whitespace().next())
        .find(|toolchain| {
            let version =
                text(Command::new("rustup").args(["run", toolchain, "rustc", "--version"]));
            version.is_some_and(|version| version != ours)
        })
        .map(str::to_owned)
}
