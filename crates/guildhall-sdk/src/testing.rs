//! The test kit: an in-memory host, so that an agent's tests need no library.
//!
//! Calls to other agents and requests to the host's services are recorded and answered
//! by the test, inputs and outputs are checked against the manifest's schemas as the real host does, and within
//! [`run`] time is virtual: a sleep of an hour takes no time.
//!
//! ```
//! use guildhall_sdk::prelude::*;
//! use guildhall_sdk::testing::{self, TestHost};
//!
//! #[derive(Default)]
//! struct Patient;
//!
//! #[agent(id = "patient", summary = "Waits")]
//! impl Patient {
//!     /// Waits for an hour, then asks another agent.
//!     #[capability(name = "example.wait", version = "1.0.0")]
//!     async fn wait(&self, ctx: &Context) -> Result<Value, AgentError> {
//!         guildhall_sdk::tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
//!         ctx.progress(1, Some(2), "waited");
//!         ctx.call("example.greet@^1", &json!({"name": "Ada"})).await?.output()
//!     }
//! }
//!
//! let host = TestHost::new(Patient)
//!     .answer("example.greet", |input| Ok(json!(format!("Hello, {}!", input["name"]))));
//! let output = testing::run(host.call("example.wait", &json!({})))?;
//! assert_eq!(output, json!("Hello, \"Ada\"!"));
//! assert_eq!(host.calls()[0].capability.to_string(), "example.greet@^1");
//! assert_eq!(host.progress()[0].message, "waited");
//! # Ok::<(), AgentError>(())
//! ```

mod streams;

pub use streams::TestStreams;

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use guildhall_core::{
    Agent, AgentCall, AgentError, Capability, CapabilityName, Context, ErrorCode, LogLine, Outcome,
    Progress, ServiceRequest, Services, Task, TaskId,
};
use guildhall_schema::Schema;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::{Config, Plugin, async_trait};

/// Runs a future to its end in virtual time: whenever all of it waits, the clock
/// jumps to the next timer.
///
/// # Panics
/// Where the system cannot make a runtime, and with the future.
pub fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime for a test needs only one descriptor")
        .block_on(future)
}

/// An in-memory host for one agent.
pub struct TestHost {
    agent: Arc<dyn Agent>,
    shared: Arc<Shared>,
}

type Answer = Box<dyn Fn(Value) -> Result<Value, AgentError> + Send + Sync>;

type Served = Pin<Box<dyn Future<Output = Result<Outcome, AgentError>> + Send>>;
type TestService = Arc<dyn Fn(ServiceRequest) -> Served + Send + Sync>;

struct Shared {
    answers: Mutex<BTreeMap<CapabilityName, Answer>>,
    services: Mutex<BTreeMap<String, TestService>>,
    calls: Mutex<Vec<AgentCall>>,
    requests: Mutex<Vec<ServiceRequest>>,
    progress: Mutex<Vec<Progress>>,
    log: Mutex<Vec<LogLine>>,
    cancelled: watch::Sender<bool>,
    deadline: Mutex<Option<Instant>>,
}

impl TestHost {
    /// A host for `agent`.
    pub fn new(agent: impl Agent) -> Self {
        let shared = Shared {
            answers: Mutex::default(),
            services: Mutex::default(),
            calls: Mutex::default(),
            requests: Mutex::default(),
            progress: Mutex::default(),
            log: Mutex::default(),
            cancelled: watch::Sender::new(false),
            deadline: Mutex::default(),
        };
        Self {
            agent: Arc::new(agent),
            shared: Arc::new(shared),
        }
    }

    /// A host for a plugin that is made from a configuration.
    ///
    /// # Errors
    /// What the plugin answers where the configuration does not fit.
    pub fn configured<P: Plugin>(config: &Value) -> Result<Self, AgentError> {
        let json = config.to_string();
        P::create(Config::new(json.as_bytes())).map(Self::new)
    }

    /// Answers the agent's calls of another capability, in any version.
    ///
    /// # Panics
    /// Where `capability` is not a well-formed name.
    #[must_use]
    pub fn answer(
        self,
        capability: &str,
        answer: impl Fn(Value) -> Result<Value, AgentError> + Send + Sync + 'static,
    ) -> Self {
        let name = CapabilityName::new(capability).expect("the test gives a well-formed name");
        lock(&self.shared.answers).insert(name, Box::new(answer));
        self
    }

    /// Offers the agent a service of the host.
    ///
    /// ```
    /// use guildhall_sdk::prelude::*;
    /// use guildhall_sdk::testing::{self, TestHost};
    ///
    /// #[derive(Default)]
    /// struct Counter;
    ///
    /// #[agent(id = "counter", summary = "Counts")]
    /// impl Counter {
    ///     /// Counts one further.
    ///     #[capability(name = "example.count", version = "1.0.0")]
    ///     async fn count(&self, ctx: &Context) -> Result<u64, AgentError> {
    ///         ctx.service("numbers", "add", &1).await?.output()
    ///     }
    /// }
    ///
    /// let host = TestHost::new(Counter).service("numbers", |request| async move {
    ///     match request.method.as_str() {
    ///         "add" => Outcome::new(&(request.input::<u64>()? + 41)),
    ///         _ => Err(request.no_such_method()),
    ///     }
    /// });
    /// assert_eq!(testing::run(host.call("example.count", &json!(null)))?, 42);
    /// assert_eq!(host.requests()[0].method, "add");
    /// # Ok::<(), AgentError>(())
    /// ```
    #[must_use]
    pub fn service<F, A>(self, name: impl Into<String>, answer: A) -> Self
    where
        F: Future<Output = Result<Outcome, AgentError>> + Send + 'static,
        A: Fn(ServiceRequest) -> F + Send + Sync + 'static,
    {
        let service: TestService = Arc::new(move |request| Box::pin(answer(request)));
        lock(&self.shared.services).insert(name.into(), service);
        self
    }

    /// Gives the tasks that follow a deadline.
    #[must_use]
    pub fn deadline(self, deadline: Instant) -> Self {
        *lock(&self.shared.deadline) = Some(deadline);
        self
    }

    /// Withdraws the tasks under way and those that follow.
    pub fn cancel(&self) {
        self.shared.cancelled.send_replace(true);
    }

    /// Calls a capability of the agent, in its highest version. Input and output are
    /// checked against the schemas.
    ///
    /// # Errors
    /// What the agent answers; [`ErrorCode::NoSuchCapability`],
    /// [`ErrorCode::InvalidInput`] and [`ErrorCode::InvalidOutput`] as the host gives
    /// them.
    ///
    /// # Cancel safety
    /// Dropping the future drops the task.
    pub async fn call(
        &self,
        capability: &str,
        input: &impl Serialize,
    ) -> Result<Value, AgentError> {
        let capability = self.capability(capability)?;
        let mut task = Task::new(capability.name.clone(), capability.version.clone(), input)?;
        task.parent = None;
        self.execute(task).await?.output()
    }

    /// Runs a task as the host would, attachments included.
    ///
    /// # Errors
    /// As [`TestHost::call`].
    ///
    /// # Cancel safety
    /// Dropping the future drops the task.
    pub async fn execute(&self, task: Task) -> Result<Outcome, AgentError> {
        let capability = self.capability(task.capability.as_str())?.clone();
        check(&capability.input, &task.input, ErrorCode::InvalidInput)?;
        let services = self.services();
        let deadline = *lock(&self.shared.deadline);
        let ctx = Context::new(task.id, deadline, Arc::clone(&services) as _);
        let outcome = self.agent.execute(task, &ctx).await?;
        check(
            &capability.output,
            &outcome.output,
            ErrorCode::InvalidOutput,
        )?;
        Ok(outcome)
    }

    /// Runs the agent's `start`.
    ///
    /// # Errors
    /// What the agent answers.
    pub async fn start(&self) -> Result<(), AgentError> {
        self.agent
            .start(&Context::new(TaskId::new(), None, self.services()))
            .await
    }

    /// Runs the agent's `stop`.
    ///
    /// # Errors
    /// What the agent answers.
    pub async fn stop(&self) -> Result<(), AgentError> {
        self.agent
            .stop(&Context::new(TaskId::new(), None, self.services()))
            .await
    }

    /// The calls to other agents so far.
    pub fn calls(&self) -> Vec<AgentCall> {
        lock(&self.shared.calls).clone()
    }

    /// The requests to services so far.
    pub fn requests(&self) -> Vec<ServiceRequest> {
        lock(&self.shared.requests).clone()
    }

    /// The reports on progress so far.
    pub fn progress(&self) -> Vec<Progress> {
        lock(&self.shared.progress).clone()
    }

    /// The lines that went through the context's log so far.
    pub fn log(&self) -> Vec<LogLine> {
        lock(&self.shared.log).clone()
    }

    fn capability(&self, name: &str) -> Result<&Capability, AgentError> {
        let manifest = self.agent.manifest();
        let found = CapabilityName::new(name)
            .ok()
            .and_then(|name| manifest.capability(&name));
        found.ok_or_else(|| {
            AgentError::new(
                ErrorCode::NoSuchCapability,
                format!("{} offers no capability {name:?}", manifest.id),
            )
        })
    }

    fn services(&self) -> Arc<TestServices> {
        Arc::new(TestServices {
            shared: Arc::clone(&self.shared),
            spawned: Mutex::default(),
        })
    }
}

struct TestServices {
    shared: Arc<Shared>,
    spawned: Mutex<Vec<AbortHandle>>,
}

#[async_trait]
impl Services for TestServices {
    fn progress(&self, progress: Progress) {
        lock(&self.shared.progress).push(progress);
    }

    fn log(&self, line: LogLine) {
        lock(&self.shared.log).push(line);
    }

    fn is_cancelled(&self) -> bool {
        *self.shared.cancelled.borrow()
    }

    async fn cancelled(&self) {
        // The sender lives as long as the host, so waiting ends only by a cancel.
        let _ = self
            .shared
            .cancelled
            .subscribe()
            .wait_for(|cancelled| *cancelled)
            .await;
    }

    async fn call(&self, call: AgentCall) -> Result<Outcome, AgentError> {
        lock(&self.shared.calls).push(call.clone());
        let answers = lock(&self.shared.answers);
        let answer = answers.get(&call.capability.name).ok_or_else(|| {
            AgentError::new(
                ErrorCode::NoSuchCapability,
                format!("the test answers no calls of {}", call.capability),
            )
        })?;
        Outcome::new(&answer(call.input)?)
    }

    async fn service(&self, request: ServiceRequest) -> Result<Outcome, AgentError> {
        lock(&self.shared.requests).push(request.clone());
        let service = lock(&self.shared.services).get(&request.service).cloned();
        let service = service.ok_or_else(|| request.not_offered())?;
        service(request).await
    }

    fn spawn(&self, future: Pin<Box<dyn Future<Output = ()> + Send>>) {
        lock(&self.spawned).push(tokio::spawn(future).abort_handle());
    }
}

impl Drop for TestServices {
    fn drop(&mut self) {
        for task in lock(&self.spawned).drain(..) {
            task.abort();
        }
    }
}

fn check(schema: &Value, json: &RawValue, code: ErrorCode) -> Result<(), AgentError> {
    let broken = |reason: String| AgentError::new(code, reason);
    let schema = Schema::compile(schema)
        .map_err(|error| broken(format!("the schema cannot be used: {error}")))?;
    let value: Value =
        serde_json::from_str(json.get()).map_err(|error| broken(error.to_string()))?;
    schema.validate(&value).map_err(|violations| {
        let shown: Vec<String> = violations.iter().map(ToString::to_string).collect();
        broken(shown.join("; "))
    })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
