//! Native agents: code of the program itself, called like a plugin.

mod context;
mod running;

use std::sync::Arc;

use guildhall_abi::guest::Operation;
use guildhall_core::{Agent, AgentError, Context, Manifest, Outcome, Task, TaskId};
use tokio::sync::OnceCell;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::call::{Bounds, Fault};
use crate::plugin::{PluginState, StartLimits};
use crate::quarantine::Quarantine;
use crate::services::TaskServices;
use context::{BetweenTasks, DuringTask};

/// An agent that is code of the program. It is trusted like the program: it runs as a
/// task of the host's runtime, and nothing of it is decoded or copied.
pub(crate) struct Native {
    agent: Arc<dyn Agent>,
    manifest: Manifest,
    started: OnceCell<Result<(), AgentError>>,
    quarantine: Quarantine,
}

impl Native {
    pub(crate) fn new(agent: Arc<dyn Agent>) -> Self {
        let manifest = agent.manifest().clone();
        Self {
            agent,
            manifest,
            started: OnceCell::new(),
            quarantine: Quarantine::default(),
        }
    }

    pub(crate) fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    pub(crate) fn quarantine(&self) -> &Quarantine {
        &self.quarantine
    }

    pub(crate) fn state(&self) -> PluginState {
        match (self.quarantine.reason(), self.started.get()) {
            (Some(error), _) => PluginState::Quarantined(error.clone()),
            (None, Some(Ok(()))) => PluginState::Running,
            (None, Some(Err(error))) => PluginState::Failed(error.clone()),
            (None, None) => PluginState::Found,
        }
    }

    pub(crate) fn is_running(&self) -> bool {
        matches!(self.started.get(), Some(Ok(())))
    }

    /// Starts the agent, where that has not been done.
    ///
    /// # Cancel safety
    /// Where the first call is dropped the next one begins anew.
    pub(crate) async fn start(&self, limits: &StartLimits) -> Result<(), AgentError> {
        let start = || self.operate(Operation::Start, limits);
        self.started.get_or_init(start).await.clone()
    }

    /// Runs `start` or `stop`.
    pub(crate) async fn operate(
        &self,
        operation: Operation,
        limits: &StartLimits,
    ) -> Result<(), AgentError> {
        let cancel = CancellationToken::new();
        let bounds = Bounds {
            deadline: Some(Instant::now() + limits.timeout),
            cancel: cancel.clone(),
            grace: limits.grace,
        };
        let services = BetweenTasks::new(self.manifest.id.clone(), cancel);
        let agent = Arc::clone(&self.agent);
        let work = async move {
            let _end = services.beside().ends_here();
            let ctx = Context::new(TaskId::new(), None, Arc::new(services));
            match operation {
                Operation::Stop => agent.stop(&ctx).await,
                _ => agent.start(&ctx).await,
            }
        };
        running::run(work, bounds).await.map_err(|fault| {
            if fault.quarantine {
                self.quarantine.begin(&fault.error);
            }
            fault.error
        })
    }

    /// Carries out a task.
    ///
    /// # Cancel safety
    /// Must be polled to its end; whoever withdraws the call cancels `bounds.cancel`.
    pub(crate) async fn execute(
        &self,
        task: Task,
        services: Arc<TaskServices>,
        bounds: Bounds,
    ) -> Result<Outcome, Fault> {
        let agent = Arc::clone(&self.agent);
        let deadline = bounds.deadline.map(Instant::into_std);
        let work = async move {
            let services = DuringTask::new(services);
            let _end = services.beside().ends_here();
            let ctx = Context::new(task.id, deadline, Arc::new(services));
            agent.execute(task, &ctx).await
        };
        running::run(work, bounds).await
    }
}
