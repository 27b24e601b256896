//! What the tests share: agents made of a closure, and calls to them.

use std::pin::Pin;
use std::sync::Arc;

use guildhall_host::core::{
    Agent, AgentError, Capability, Context, ErrorCode, Manifest, Outcome, Task,
};
use guildhall_host::{CallRequest, Called, Host, HostBuilder, async_trait, ending};
use serde_json::{Value, json};

type Done = Pin<Box<dyn Future<Output = Result<Outcome, AgentError>> + Send>>;

/// An agent whose every task is carried out by a closure.
pub(crate) struct Closure {
    pub(crate) manifest: Manifest,
    run: Box<dyn Fn(Task, Context) -> Done + Send + Sync>,
}

impl Closure {
    /// An agent that works on this many tasks at once and takes any input.
    pub(crate) fn new<F, R>(id: &str, limit: u32, capabilities: &[&str], run: R) -> Self
    where
        F: Future<Output = Result<Value, AgentError>> + Send + 'static,
        R: Fn(Task, Context) -> F + Clone + Send + Sync + 'static,
    {
        let capabilities = capabilities.iter().map(|name| capability(name)).collect();
        Self {
            manifest: manifest(id, limit, capabilities),
            run: Box::new(move |task, ctx| {
                let done = run(task, ctx);
                Box::pin(async move { Outcome::new(&done.await?) })
            }),
        }
    }
}

#[async_trait]
impl Agent for Closure {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    async fn execute(&self, task: Task, ctx: &Context) -> Result<Outcome, AgentError> {
        (self.run)(task, ctx.clone()).await
    }
}

pub(crate) fn manifest(id: &str, limit: u32, capabilities: Vec<Capability>) -> Manifest {
    let json = json!({
        "id": id, "version": "1.0.0", "protocol": "^1", "panic": "unwind",
        "max_concurrent_tasks": limit, "capabilities": capabilities,
    });
    serde_json::from_value(json).unwrap()
}

pub(crate) fn capability(name: &str) -> Capability {
    serde_json::from_value(json!({"name": name, "version": "1.0.0"})).unwrap()
}

/// A host with these agents.
pub(crate) fn host(agents: impl IntoIterator<Item = Closure>) -> Host {
    build(with(agents))
}

pub(crate) fn with(agents: impl IntoIterator<Item = Closure>) -> HostBuilder {
    let add = |builder: HostBuilder, agent| builder.agent(Arc::new(agent));
    agents.into_iter().fold(Host::builder(), add)
}

/// Builds a host in a process that ends when the tests have, not when the host says.
pub(crate) fn build(builder: HostBuilder) -> Host {
    ending::allow_exit();
    builder.build().unwrap()
}

pub(crate) fn request(capability: &str, input: &Value) -> CallRequest {
    CallRequest::new(capability.parse().unwrap(), input).unwrap()
}

/// The output of a call that succeeds.
pub(crate) async fn output(host: &Host, capability: &str, input: Value) -> Value {
    let called = host.call(request(capability, &input)).await.unwrap();
    called.outcome.output().unwrap()
}

/// The error of a call that fails, and has this code.
pub(crate) async fn failure(host: &Host, request: CallRequest, code: ErrorCode) -> AgentError {
    let error = host.call(request).await.unwrap_err();
    assert!(error.is(code), "expected the code {code}, got {error:?}");
    error
}

/// A call in the background.
pub(crate) fn spawn(
    host: &Host,
    request: CallRequest,
) -> tokio::task::JoinHandle<Result<Called, AgentError>> {
    let host = host.clone();
    tokio::spawn(async move { host.call(request).await })
}

/// Tells through a channel that it was dropped.
pub(crate) struct TellsDrop(pub(crate) Option<tokio::sync::oneshot::Sender<()>>);

impl TellsDrop {
    pub(crate) fn new() -> (Self, tokio::sync::oneshot::Receiver<()>) {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        (Self(Some(sender)), receiver)
    }
}

impl Drop for TellsDrop {
    fn drop(&mut self) {
        if let Some(sender) = self.0.take() {
            let _ = sender.send(());
        }
    }
}

/// Something that a closure gives away once.
pub(crate) type Once<T> = Arc<std::sync::Mutex<Option<T>>>;

pub(crate) fn once<T>(value: T) -> Once<T> {
    Arc::new(std::sync::Mutex::new(Some(value)))
}
