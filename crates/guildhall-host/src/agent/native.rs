//! Native agents: code of the program itself, called like a plugin.

mod context;
mod running;

use std::sync::Arc;

use guildhall_abi::guest::Operation;
use guildhall_core::{Agent, Context, Manifest, Outcome, Task, TaskId};
use tokio::time::Instant;

use crate::bounds::Bounds;
use crate::fault::Fault;
use crate::service::TaskServices;
use context::{BetweenTasks, DuringTask};

/// An agent that is code of the program. It is trusted like the program: it runs as a
/// task of the host's runtime, and nothing of it is decoded or copied.
pub(crate) struct Native {
    agent: Arc<dyn Agent>,
    manifest: Manifest,
}

impl Native {
    pub(crate) fn new(agent: Arc<dyn Agent>) -> Self {
        let manifest = agent.manifest().clone();
        Self { agent, manifest }
    }

    pub(crate) fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Runs `start` or `stop`.
    pub(crate) async fn operate(&self, operation: Operation, bounds: Bounds) -> Result<(), Fault> {
        let services = BetweenTasks::new(self.manifest.id.clone(), bounds.cancel.clone());
        let agent = Arc::clone(&self.agent);
        let work = async move {
            let _end = services.beside().ends_here();
            let ctx = Context::new(TaskId::new(), None, Arc::new(services));
            match operation {
                Operation::Stop => agent.stop(&ctx).await,
                _ => agent.start(&ctx).await,
            }
        };
        running::run(work, bounds).await
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
