//! What stands behind the context of a native agent.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use guildhall_abi::host::CallServices as _;
use guildhall_core::{
    AgentCall, AgentError, AgentId, LogLine, Outcome, Progress, ServiceRequest, Services,
};
use tokio::runtime::Handle;
use tokio::task::AbortHandle;
use tokio_util::sync::CancellationToken;

use crate::fault;
use crate::log;
use crate::service::TaskServices;

/// What stands behind the context of a task.
pub(super) struct DuringTask {
    services: Arc<TaskServices>,
    beside: Arc<Beside>,
}

impl DuringTask {
    /// # Panics
    /// Outside of a tokio runtime.
    pub(super) fn new(services: Arc<TaskServices>) -> Self {
        Self {
            services,
            beside: Beside::new(),
        }
    }

    pub(super) fn beside(&self) -> &Arc<Beside> {
        &self.beside
    }
}

#[async_trait]
impl Services for DuringTask {
    fn progress(&self, progress: Progress) {
        self.services.progress(progress);
    }

    fn log(&self, line: LogLine) {
        self.services.log(line);
    }

    fn is_cancelled(&self) -> bool {
        self.services.is_cancelled()
    }

    async fn cancelled(&self) {
        self.services.caller().cancelled().await;
    }

    async fn call(&self, call: AgentCall) -> Result<Outcome, AgentError> {
        self.services.call_here(call).await
    }

    async fn service(&self, request: ServiceRequest) -> Result<Outcome, AgentError> {
        self.services.ask(request)?.await
    }

    fn spawn(&self, future: Pin<Box<dyn Future<Output = ()> + Send>>) {
        self.beside.spawn(future);
    }
}

/// What stands behind the context of a start or a stop.
pub(super) struct BetweenTasks {
    agent: AgentId,
    cancel: CancellationToken,
    beside: Arc<Beside>,
}

impl BetweenTasks {
    /// `cancel` is cancelled where it takes too long.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub(super) fn new(agent: AgentId, cancel: CancellationToken) -> Self {
        Self {
            agent,
            cancel,
            beside: Beside::new(),
        }
    }

    pub(super) fn beside(&self) -> &Arc<Beside> {
        &self.beside
    }
}

#[async_trait]
impl Services for BetweenTasks {
    fn progress(&self, _progress: Progress) {}

    fn log(&self, line: LogLine) {
        log::write(self.agent.as_str(), None, &line);
    }

    fn is_cancelled(&self) -> bool {
        self.cancel.is_cancelled()
    }

    async fn cancelled(&self) {
        self.cancel.cancelled().await;
    }

    async fn call(&self, call: AgentCall) -> Result<Outcome, AgentError> {
        Err(fault::not_between_tasks(&call))
    }

    fn spawn(&self, future: Pin<Box<dyn Future<Output = ()> + Send>>) {
        self.beside.spawn(future);
    }
}

/// What an agent spawned beside its task, which must not outlive it.
pub(super) struct Beside {
    runtime: Handle,
    spawned: Mutex<Spawned>,
}

#[derive(Default)]
struct Spawned {
    tasks: Vec<AbortHandle>,
    ended: bool,
}

impl Beside {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            runtime: Handle::current(),
            spawned: Mutex::default(),
        })
    }

    /// Ends all of it when the guard is dropped.
    pub(super) fn ends_here(self: &Arc<Self>) -> EndsBeside {
        EndsBeside(Arc::clone(self))
    }

    fn spawn(&self, future: Pin<Box<dyn Future<Output = ()> + Send>>) {
        let mut spawned = self.lock();
        if spawned.ended {
            return;
        }
        spawned.tasks.retain(|task| !task.is_finished());
        spawned
            .tasks
            .push(self.runtime.spawn(future).abort_handle());
    }

    fn lock(&self) -> MutexGuard<'_, Spawned> {
        self.spawned.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends what runs beside a task where the task has ended or was dropped.
pub(super) struct EndsBeside(Arc<Beside>);

impl Drop for EndsBeside {
    fn drop(&mut self) {
        let mut spawned = self.0.lock();
        spawned.ended = true;
        for task in spawned.tasks.drain(..) {
            task.abort();
        }
    }
}
