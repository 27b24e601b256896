//! What an agent gets during a task: the host's side of its context.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use guildhall_abi::peer::{CallServices, ServiceCall};
use guildhall_core::{
    AgentCall, AgentError, ErrorCode, LogLine, Outcome, Progress, ServiceRequest, TraceContext,
};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::asked::Asked;
use crate::host::Host;
use crate::log;
use crate::panics::{self, Caught};
use crate::place::Place;
use crate::request::{Ancestor, CallRequest, OnProgress};
use crate::service::{Caller, Offers};

/// The services of one task.
pub(crate) struct TaskServices {
    pub(crate) host: Host,
    /// The runtime that calls to other agents and services run on; plugin threads have
    /// none.
    pub(crate) runtime: Handle,
    pub(crate) caller: Arc<Caller>,
    pub(crate) deadline: Option<tokio::time::Instant>,
    pub(crate) on_progress: Option<OnProgress>,
    pub(crate) trace: Option<TraceContext>,
    /// The calls that wait for this one, and this one.
    pub(crate) ancestry: Vec<Ancestor>,
    /// Services that are offered to this task alone.
    pub(crate) offers: Offers,
    /// The task's place at its agent.
    pub(crate) place: Arc<Place>,
    pub(crate) ended: AtomicBool,
}

impl CallServices for TaskServices {
    fn is_cancelled(&self) -> bool {
        self.caller.is_cancelled()
    }

    fn progress(&self, progress: Progress) {
        if let Some(on_progress) = &self.on_progress {
            on_progress(&self.caller.agent, self.caller.task, &progress);
        }
    }

    fn log(&self, line: LogLine) {
        log::write(self.caller.agent.as_str(), Some(self.caller.task), &line);
    }

    fn call(&self, call: AgentCall) -> ServiceCall {
        let cancel = self.caller.cancel_token();
        let request = match self.call_request(call, cancel.clone()) {
            Ok(request) => request,
            Err(error) => return ServiceCall::ended(Err(error)),
        };
        let lent = self.place.lend();
        let host = self.host.clone();
        let called = self.runtime.spawn(async move { host.call(request).await });
        let guard = cancel.clone().drop_guard();
        let (deadline, withdrawn) = (self.deadline, self.caller.cancel.clone());
        let future = async move {
            // Where the agent drops this future, the other task is withdrawn.
            let _guard = guard;
            let called = called.await;
            lent.back(deadline, &withdrawn).await;
            let called = called.map_err(|error| panics::host_is_ending(&error))?;
            called.map(|called| called.outcome)
        };
        ServiceCall {
            future: inside(self.runtime.clone(), future),
            cancel: Box::new(move || cancel.cancel()),
        }
    }

    fn service(&self, request: ServiceRequest) -> ServiceCall {
        let withdraw = CancellationToken::new();
        let work = match self.ask(request) {
            Ok(work) => work,
            Err(error) => return ServiceCall::ended(Err(error)),
        };
        let withdrawn = withdraw.clone();
        let work = async move {
            tokio::select! {
                biased;
                answer = work => answer,
                () = withdrawn.cancelled_owned() => {
                    Err(AgentError::new(ErrorCode::Cancelled, "the request was cancelled"))
                }
            }
        };
        ServiceCall {
            future: Box::pin(Asked::new(work, self.runtime.clone())),
            cancel: Box::new(move || withdraw.cancel()),
        }
    }
}

impl TaskServices {
    /// The task has ended, and with it what it was offered.
    pub(crate) fn end(&self) {
        self.ended.store(true, Ordering::Release);
    }

    /// The work on a request to a service.
    pub(crate) fn ask(
        &self,
        request: ServiceRequest,
    ) -> Result<impl Future<Output = Result<Outcome, AgentError>> + Send + 'static, AgentError>
    {
        if self.ended.load(Ordering::Acquire) {
            let text = "the task has ended, and its services with it";
            return Err(AgentError::new(ErrorCode::NoSuchService, text));
        }
        let offered = self.offers.get(&request.service);
        let service = offered.or_else(|| self.host.offers().get(&request.service));
        let service = Arc::clone(service.ok_or_else(|| request.not_offered())?);
        let (name, caller) = (request.service.clone(), Arc::clone(&self.caller));
        let work = Caught::new(async move { service.request(&caller, request).await });
        Ok(async move {
            // Not `panicked`: the agent that asks is not at fault.
            work.await.unwrap_or_else(|text| {
                let text = format!("the host's service {name} panicked: {text}");
                Err(AgentError::new(ErrorCode::Unavailable, text))
            })
        })
    }

    /// Calls another agent from a task of the runtime.
    ///
    /// # Cancel safety
    /// Dropping the future withdraws the call.
    pub(crate) async fn call_here(&self, call: AgentCall) -> Result<Outcome, AgentError> {
        let request = self.call_request(call, self.caller.cancel_token())?;
        let lent = self.place.lend();
        let called = self.host.call(request).await;
        lent.back(self.deadline, &self.caller.cancel).await;
        called.map(|called| called.outcome)
    }

    /// A call to another agent as a call of the host.
    fn call_request(
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

/// A future that is polled inside the runtime, whoever polls it.
fn inside<T>(
    runtime: Handle,
    future: impl Future<Output = T> + Send + 'static,
) -> Pin<Box<dyn Future<Output = T> + Send>> {
    let mut future = Box::pin(future);
    Box::pin(std::future::poll_fn(move |context| {
        let _inside = runtime.enter();
        future.as_mut().poll(context)
    }))
}
