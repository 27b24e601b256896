//! What a plugin gets during a task: the host's side of its context.

use std::sync::Arc;

use guildhall_abi::peer::{CallServices, ServiceCall};
use guildhall_core::{
    AgentCall, AgentError, AgentId, ErrorCode, LogLine, Progress, TaskId, TraceContext,
};
use tokio_util::sync::CancellationToken;

use crate::host::Host;
use crate::log;
use crate::request::{Ancestor, CallRequest, OnProgress};

/// The services of one task.
pub(crate) struct TaskServices {
    pub(crate) host: Host,
    /// The runtime that calls to other agents run on; plugin threads have none.
    pub(crate) runtime: tokio::runtime::Handle,
    pub(crate) agent: AgentId,
    pub(crate) task: TaskId,
    pub(crate) cancel: CancellationToken,
    pub(crate) deadline: Option<tokio::time::Instant>,
    pub(crate) on_progress: Option<OnProgress>,
    pub(crate) trace: Option<TraceContext>,
    /// The calls that wait for this one, and this one.
    pub(crate) ancestry: Vec<Ancestor>,
}

impl CallServices for TaskServices {
    fn is_cancelled(&self) -> bool {
        self.cancel.is_cancelled()
    }

    fn progress(&self, progress: Progress) {
        if let Some(on_progress) = &self.on_progress {
            on_progress(&self.agent, self.task, &progress);
        }
    }

    fn log(&self, line: LogLine) {
        log::write(self.agent.as_str(), Some(self.task), &line);
    }

    fn call(&self, call: AgentCall) -> ServiceCall {
        let cancel = self.cancel.child_token();
        let request = match self.request(call, cancel.clone()) {
            Ok(request) => request,
            Err(error) => {
                return ServiceCall {
                    future: Box::pin(std::future::ready(Err(error))),
                    cancel: Box::new(|| ()),
                };
            }
        };
        let host = self.host.clone();
        let called = self.runtime.spawn(async move { host.call(request).await });
        let guard = cancel.clone().drop_guard();
        let future = async move {
            // Where the plugin drops this future, the other task is withdrawn.
            let _guard = guard;
            let called = called.await.map_err(|error| {
                AgentError::new(
                    ErrorCode::Unavailable,
                    format!("the host is ending: {error}"),
                )
            })?;
            called.map(|called| called.outcome)
        };
        ServiceCall {
            future: Box::pin(future),
            cancel: Box::new(move || cancel.cancel()),
        }
    }
}

impl TaskServices {
    fn request(
        &self,
        call: AgentCall,
        cancel: CancellationToken,
    ) -> Result<CallRequest, AgentError> {
        let mut request = CallRequest::new(call.capability, &call.input)?;
        let left = self
            .deadline
            .map(|deadline| deadline.saturating_duration_since(tokio::time::Instant::now()));
        request.timeout = [call.timeout, left].into_iter().flatten().min();
        request.attachments = call.attachments;
        request.cancel = cancel;
        request.on_progress = self.on_progress.as_ref().map(Arc::clone);
        request.trace = self.trace;
        request.ancestry.clone_from(&self.ancestry);
        Ok(request)
    }
}
