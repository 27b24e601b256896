//! What the tests share: plugins built once, hosts, and meeting a plugin at a door.

mod build;
mod door;

use std::sync::Arc;
use std::time::Duration;

use guildhall_host::core::{AgentError, AgentId, ErrorCode};
use guildhall_host::{AgentState, CallRequest, Called, Host, HostBuilder, Limits, ending};
use serde_json::{Value, json};

pub(crate) use build::{CPlugin, c_compiler, c_plugin, cargo_build, plugins};
pub(crate) use door::{Doorman, Visitor};

/// Far longer than any of this takes; reached only where a test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Waits for something that is certain to happen.
pub(crate) async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what)
        .await
        .expect("it was to happen soon")
}

/// Builds a host in a process that ends when the tests have, not when the host says.
pub(crate) fn build(builder: HostBuilder) -> Host {
    ending::allow_exit();
    builder.build().unwrap()
}

/// A builder for a host with the hostile plugin and the example.
pub(crate) fn hostile() -> HostBuilder {
    let plugins = plugins();
    Host::builder()
        .plugin(&plugins.hostile)
        .plugin(&plugins.hello)
}

/// Limits that make a plugin's misconduct show at once.
pub(crate) fn strict() -> Limits {
    Limits {
        grace: Duration::from_millis(100),
        ..Limits::default()
    }
}

pub(crate) fn id(text: &str) -> AgentId {
    text.parse().unwrap()
}

pub(crate) fn request(capability: &str, input: &Value) -> CallRequest {
    CallRequest::new(capability.parse().unwrap(), input).unwrap()
}

pub(crate) async fn call(
    host: &Host,
    capability: &str,
    input: Value,
) -> Result<Called, AgentError> {
    soon(host.call(request(capability, &input))).await
}

/// The output of a call that succeeds.
pub(crate) async fn output(host: &Host, capability: &str, input: Value) -> Value {
    call(host, capability, input)
        .await
        .unwrap()
        .outcome
        .output()
        .unwrap()
}

/// The error of a call that fails, and has this code.
pub(crate) async fn failure(
    host: &Host,
    capability: &str,
    input: Value,
    code: ErrorCode,
) -> AgentError {
    let error = call(host, capability, input).await.unwrap_err();
    assert!(error.is(code), "expected the code {code}, got {error:?}");
    error
}

/// A call in the background.
pub(crate) fn spawn(
    host: &Host,
    request: CallRequest,
) -> tokio::task::JoinHandle<Result<Called, AgentError>> {
    let host = host.clone();
    tokio::spawn(async move { soon(host.call(request)).await })
}

/// The host still serves: the example answers.
pub(crate) async fn assert_usable(host: &Host) {
    let greeting = output(host, "example.greet", json!({"name": "Ada"})).await;
    assert_eq!(greeting, json!("Hello, Ada!"));
}

/// The hostile plugin itself still serves.
pub(crate) async fn assert_hostile_serves(host: &Host) {
    let input = json!({"capability": "example.greet", "input": {"name": "Bob"}});
    assert_eq!(
        output(host, "hostile.relay", input).await,
        json!("Hello, Bob!")
    );
}

pub(crate) fn state(host: &Host, plugin: &str) -> AgentState {
    let found = host
        .agents()
        .into_iter()
        .find(|info| info.manifest.id.as_str() == plugin);
    found.unwrap().state
}

/// A list that a callback on any thread can add to.
pub(crate) type Shared<T> = Arc<std::sync::Mutex<Vec<T>>>;
