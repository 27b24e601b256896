//! What an agent can use while it carries out a task.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::capability::CapabilityRequest;
use crate::error::{AgentError, ErrorCode};
use crate::id::TaskId;
use crate::service::ServiceRequest;
use crate::task::{Attachment, Outcome};

/// What an agent can use while it carries out a task: progress, cancellation,
/// deadline, calls to other agents, services of the host, log. Cheap to clone.
#[derive(Clone)]
pub struct Context {
    task: TaskId,
    deadline: Option<Instant>,
    services: Arc<dyn Services>,
}

/// How far a task is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// What is done, in units of the agent's choice.
    pub done: u64,
    /// All there is to do, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// What is being done, for a person.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
}

/// How important a log line is, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// Every step.
    Trace,
    /// For the agent's author.
    Debug,
    /// For its users.
    Info,
    /// Something is odd but the task goes on.
    Warn,
    /// Something failed.
    Error,
}

/// A line of a log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogLine {
    /// How important it is.
    pub level: LogLevel,
    /// The module that says so.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub target: String,
    /// What it says.
    pub message: String,
    /// Further fields.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub fields: serde_json::Map<String, Value>,
}

/// A call from one agent to another.
#[derive(Debug, Clone)]
pub struct AgentCall {
    /// What is needed.
    pub capability: CapabilityRequest,
    /// The input.
    pub input: Value,
    /// Large payloads beside the input.
    pub attachments: Vec<Attachment>,
    /// Time at the most; the caller's own deadline holds besides.
    pub timeout: Option<Duration>,
}

impl AgentCall {
    /// A call without attachments or a timeout of its own.
    pub fn new(capability: CapabilityRequest, input: Value) -> Self {
        Self {
            capability,
            input,
            attachments: Vec::new(),
            timeout: None,
        }
    }
}

/// What stands behind a [`Context`]: the host across the boundary, or a test kit.
#[async_trait]
pub trait Services: Send + Sync + 'static {
    /// Tells how far the task is. Never blocks; only the newest report counts.
    fn progress(&self, progress: Progress);

    /// Writes a line to the host's log.
    fn log(&self, line: LogLine);

    /// Whether the caller has withdrawn the task.
    fn is_cancelled(&self) -> bool;

    /// Ends when the caller withdraws the task.
    async fn cancelled(&self);

    /// Calls another agent.
    ///
    /// # Errors
    /// Whatever the other agent answers, and the host's own codes of [`ErrorCode`].
    async fn call(&self, call: AgentCall) -> Result<Outcome, AgentError>;

    /// Asks a service of the host. What stands behind a context offers none unless it
    /// says otherwise.
    ///
    /// # Errors
    /// [`ErrorCode::NoSuchService`], and whatever the service answers.
    async fn service(&self, request: ServiceRequest) -> Result<Outcome, AgentError> {
        Err(request.not_offered())
    }

    /// Runs a future beside the task; it is aborted when the task ends.
    fn spawn(&self, future: std::pin::Pin<Box<dyn Future<Output = ()> + Send>>);
}

impl Context {
    /// A context for `task`. Agents are given one; hosts and test kits make them.
    pub fn new(task: TaskId, deadline: Option<Instant>, services: Arc<dyn Services>) -> Self {
        Self {
            task,
            deadline,
            services,
        }
    }

    /// Id of the task.
    pub fn task_id(&self) -> TaskId {
        self.task
    }

    /// When the task must have ended, where there is a deadline.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Time left until the deadline; `None` where there is none.
    pub fn time_left(&self) -> Option<Duration> {
        self.deadline
            .map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// Tells how far the task is. Never blocks.
    pub fn progress(&self, done: u64, total: Option<u64>, message: impl Into<String>) {
        self.services.progress(Progress {
            done,
            total,
            message: message.into(),
        });
    }

    /// Writes a line to the host's log. `tracing` and `log` reach it too.
    pub fn log(&self, level: LogLevel, message: impl Into<String>) {
        self.services.log(LogLine {
            level,
            target: String::new(),
            message: message.into(),
            fields: serde_json::Map::new(),
        });
    }

    /// Whether the caller has withdrawn the task.
    pub fn is_cancelled(&self) -> bool {
        self.services.is_cancelled()
    }

    /// Ends when the caller withdraws the task.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub async fn cancelled(&self) {
        self.services.cancelled().await;
    }

    /// An error if the caller has withdrawn the task: `ctx.check_cancelled()?` in a
    /// long loop.
    ///
    /// # Errors
    /// [`ErrorCode::Cancelled`].
    pub fn check_cancelled(&self) -> Result<(), AgentError> {
        if self.is_cancelled() {
            return Err(AgentError::new(
                ErrorCode::Cancelled,
                "the task was cancelled",
            ));
        }
        Ok(())
    }

    /// Calls another agent by capability. `capability` is a name, or a name, `@`
    /// and a semver requirement.
    ///
    /// # Errors
    /// Whatever the other agent answers; [`ErrorCode::NoSuchCapability`],
    /// [`ErrorCode::TooDeep`], [`ErrorCode::Cycle`] and the other codes of the host;
    /// [`ErrorCode::InvalidInput`] where `capability` or `input` is not well formed.
    ///
    /// # Cancel safety
    /// Dropping the future cancels the other task.
    pub async fn call(
        &self,
        capability: &str,
        input: &impl Serialize,
    ) -> Result<Outcome, AgentError> {
        let invalid = |error: &dyn std::fmt::Display| {
            AgentError::new(ErrorCode::InvalidInput, error.to_string())
        };
        let capability = capability.parse().map_err(|error| invalid(&error))?;
        let input = serde_json::to_value(input).map_err(|error| invalid(&error))?;
        self.call_with(AgentCall::new(capability, input)).await
    }

    /// Calls another agent with attachments or a timeout.
    ///
    /// # Errors
    /// As [`Context::call`].
    ///
    /// # Cancel safety
    /// Dropping the future cancels the other task.
    pub async fn call_with(&self, call: AgentCall) -> Result<Outcome, AgentError> {
        self.services.call(call).await
    }

    /// Asks a service that the host offers this task, by the service's name.
    ///
    /// ```
    /// # use guildhall_core::{AgentError, Context};
    /// # use serde_json::json;
    /// # async fn example(ctx: &Context) -> Result<(), AgentError> {
    /// let stored = ctx.service("notes", "append", &json!({"text": "half done"})).await?;
    /// let number: u64 = stored.output()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorCode::NoSuchService`] where the host offers the task no such service, also
    /// where the host is older than services; [`ErrorCode::InvalidInput`] where `input`
    /// cannot be written as JSON; whatever the service answers.
    ///
    /// # Cancel safety
    /// Dropping the future drops the request; whether it took effect is not known then.
    pub async fn service(
        &self,
        service: &str,
        method: &str,
        input: &impl Serialize,
    ) -> Result<Outcome, AgentError> {
        let request = ServiceRequest::new(service, method, input)?;
        self.service_with(request).await
    }

    /// Asks a service with attachments, or with an input that is JSON text already.
    ///
    /// # Errors
    /// As [`Context::service`].
    ///
    /// # Cancel safety
    /// As [`Context::service`].
    pub async fn service_with(&self, request: ServiceRequest) -> Result<Outcome, AgentError> {
        self.services.service(request).await
    }

    /// Runs a future beside the task; it is aborted when the task ends, so nothing
    /// runs on behind a caller's back.
    pub fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        self.services.spawn(Box::pin(future));
    }
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context")
            .field("task", &self.task)
            .finish_non_exhaustive()
    }
}
