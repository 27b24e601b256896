//! What an embedder asks for and what it gets.

use std::sync::Arc;
use std::time::Duration;

use guildhall_core::{
    AgentError, AgentId, Attachment, CapabilityRequest, ErrorCode, Outcome, Progress, TaskId,
    TraceContext,
};
use semver::Version;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use super::ancestry::Ancestor;
use crate::service::{Offers, Service};

/// Called with each report on progress: the agent, its task, and how far it is. Runs
/// on the plugin's thread, so it must not wait.
pub type OnProgress = Arc<dyn Fn(&AgentId, TaskId, &Progress) + Send + Sync>;

/// Called when the agent is given its task: the agent, and the task. It must neither
/// wait nor panic.
pub type OnStart = Arc<dyn Fn(&AgentId, TaskId) + Send + Sync>;

/// A call of a capability.
#[derive(Clone)]
pub struct CallRequest {
    pub(crate) capability: CapabilityRequest,
    pub(crate) agent: Option<AgentId>,
    pub(crate) input: Box<RawValue>,
    pub(crate) attachments: Vec<Attachment>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) cancel: CancellationToken,
    pub(crate) on_progress: Option<OnProgress>,
    pub(crate) idempotency_key: Option<String>,
    pub(crate) trace: Option<TraceContext>,
    pub(crate) ancestry: Vec<Ancestor>,
    pub(crate) task: Option<TaskId>,
    pub(crate) time_limit: Option<Duration>,
    pub(crate) on_start: Option<OnStart>,
    pub(crate) extra: Map<String, Value>,
    pub(crate) offers: Offers,
}

impl CallRequest {
    /// A call with a typed input, without a timeout.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidInput`] where the input cannot be written as JSON.
    pub fn new(capability: CapabilityRequest, input: &impl Serialize) -> Result<Self, AgentError> {
        let input = serde_json::value::to_raw_value(input).map_err(|error| {
            let text = format!("the input cannot be written as JSON: {error}");
            AgentError::new(ErrorCode::InvalidInput, text)
        })?;
        Ok(Self::from_raw(capability, input))
    }

    /// A call whose input is JSON text already.
    pub fn from_raw(capability: CapabilityRequest, input: Box<RawValue>) -> Self {
        Self {
            capability,
            agent: None,
            input,
            attachments: Vec::new(),
            timeout: None,
            cancel: CancellationToken::new(),
            on_progress: None,
            idempotency_key: None,
            trace: None,
            ancestry: Vec::new(),
            task: None,
            time_limit: None,
            on_start: None,
            extra: Map::new(),
            offers: Offers::default(),
        }
    }

    /// Asks this agent and no other.
    #[must_use]
    pub fn to_agent(mut self, agent: AgentId) -> Self {
        self.agent = Some(agent);
        self
    }

    /// Adds a large payload.
    #[must_use]
    pub fn attach(mut self, attachment: Attachment) -> Self {
        self.attachments.push(attachment);
        self
    }

    /// Time at the most for all of it: waiting for a free agent and the agent's first
    /// start included.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Time at the most for the task itself, counted from when the agent is given it.
    /// Where there is a timeout too, the earlier of the two ends the task.
    #[must_use]
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = Some(limit);
        self
    }

    /// Gives the task this id instead of a new one. No two tasks may have the same.
    #[must_use]
    pub fn task_id(mut self, task: TaskId) -> Self {
        self.task = Some(task);
        self
    }

    /// Tells when the agent is given the task.
    #[must_use]
    pub fn on_start(mut self, on_start: OnStart) -> Self {
        self.on_start = Some(on_start);
        self
    }

    /// Adds fields to the task beside those that every task has. A call with a field of
    /// the name of one of those fails with [`ErrorCode::InvalidInput`].
    #[must_use]
    pub fn extra(mut self, fields: Map<String, Value>) -> Self {
        self.extra.extend(fields);
        self
    }

    /// Offers a service to this task alone: whoever is not given it cannot ask it. The
    /// calls that the task makes to other agents do not inherit it.
    #[must_use]
    pub fn offer(mut self, name: impl Into<String>, service: Arc<dyn Service>) -> Self {
        self.offers.add(name.into(), service);
        self
    }

    /// Withdraws the call when `cancel` is cancelled.
    #[must_use]
    pub fn cancel_with(mut self, cancel: CancellationToken) -> Self {
        self.cancel = cancel;
        self
    }

    /// Takes reports on progress.
    #[must_use]
    pub fn on_progress(mut self, on_progress: OnProgress) -> Self {
        self.on_progress = Some(on_progress);
        self
    }

    /// Names the work, equally for every attempt at it.
    #[must_use]
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.idempotency_key = Some(key.into());
        self
    }

    /// Places the call in a distributed trace.
    #[must_use]
    pub fn trace(mut self, trace: TraceContext) -> Self {
        self.trace = Some(trace);
        self
    }
}

/// A call that succeeded.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Called {
    /// What came of it.
    pub outcome: Outcome,
    /// Who did it.
    pub agent: AgentId,
    /// The version of the capability that was called.
    pub capability_version: Version,
    /// The task's id, as it stands in the log.
    pub task: TaskId,
    /// How long it took until the agent was given the task: for a free place, and for
    /// the agent's first start.
    pub waited: Duration,
    /// How long the agent took from then on.
    pub duration: Duration,
}
