//! The services of a call, across the boundary.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use guildhall_abi::guest::CallHandle;
use guildhall_core::{AgentCall, AgentError, LogLine, Outcome, Progress, ServiceRequest, Services};
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use crate::async_trait;
use crate::bridge::Entered;

/// The services of one call.
pub(crate) struct CallBridge {
    call: CallHandle,
    runtime: Handle,
    cancelled: AtomicBool,
    wake: Notify,
    spawned: Mutex<Spawned>,
    /// For what the call spawns, which knows its call.
    own: Weak<CallBridge>,
}

/// What the call spawned.
#[derive(Default)]
struct Spawned {
    tasks: Vec<AbortHandle>,
    ended: bool,
}

impl CallBridge {
    pub(crate) fn new(call: CallHandle, runtime: Handle) -> Arc<Self> {
        Arc::new_cyclic(|own| Self {
            call,
            runtime,
            cancelled: AtomicBool::new(false),
            wake: Notify::new(),
            spawned: Mutex::default(),
            own: own.clone(),
        })
    }

    pub(crate) fn call(&self) -> &CallHandle {
        &self.call
    }

    /// The caller withdrew the task.
    pub(crate) fn cancel(&self) {
        self.cancelled.store(true, Ordering::Release);
        self.wake.notify_waiters();
    }

    /// The task has ended: so does what it spawned.
    pub(crate) fn end(&self) {
        let mut spawned = self.spawned.lock().unwrap_or_else(PoisonError::into_inner);
        spawned.ended = true;
        for task in spawned.tasks.drain(..) {
            task.abort();
        }
    }
}

#[async_trait]
impl Services for CallBridge {
    fn progress(&self, progress: Progress) {
        self.call.progress(&progress);
    }

    fn log(&self, line: LogLine) {
        self.call.log(&line);
    }

    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Acquire) || self.call.is_cancelled()
    }

    async fn cancelled(&self) {
        loop {
            // Registered before the check, so that no cancel falls in between.
            let mut wake = std::pin::pin!(self.wake.notified());
            wake.as_mut().enable();
            if self.is_cancelled() {
                return;
            }
            wake.await;
        }
    }

    async fn call(&self, call: AgentCall) -> Result<Outcome, AgentError> {
        self.call.call(call).await
    }

    async fn service(&self, request: ServiceRequest) -> Result<Outcome, AgentError> {
        self.call.service(request).await
    }

    fn spawn(&self, future: Pin<Box<dyn Future<Output = ()> + Send>>) {
        let mut spawned = self.spawned.lock().unwrap_or_else(PoisonError::into_inner);
        if spawned.ended {
            return;
        }
        spawned.tasks.retain(|task| !task.is_finished());
        let task = match self.own.upgrade() {
            Some(own) => {
                let runtime = self.runtime.clone();
                self.runtime.spawn(Entered::beside(future, own, runtime))
            }
            None => self.runtime.spawn(future),
        };
        spawned.tasks.push(task.abort_handle());
    }
}
