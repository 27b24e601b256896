//! What an agent gets during a task: the host's side of its context.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use guildhall_abi::host::{CallServices, ServiceCall};
use guildhall_core::{
    AgentCall, AgentError, ErrorCode, LogLine, Outcome, Progress, ServiceRequest, TraceContext,
};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use super::request::Asked;
use super::{Caller, Offers};
use crate::call::{Ancestor, CallRequest, Lender, Lent, OnProgress};
use crate::host::Host;
use crate::log;
use crate::panics::{self, Caught};

/// The services of one task. A plugin may keep them for as long as it likes, so all that
/// the task may do with them goes when it has ended.
pub(crate) struct TaskServices {
    caller: Arc<Caller>,
    /// The runtime that calls to other agents and services run on; plugin threads have
    /// none.
    runtime: Handle,
    deadline: Option<tokio::time::Instant>,
    live: Mutex<Option<Live>>,
}

/// What a task has until it has ended.
pub(crate) struct Live {
    pub(crate) host: Host,
    pub(crate) on_progress: Option<OnProgress>,
    pub(crate) trace: Option<TraceContext>,
    /// The calls that wait for this one, and this one.
    pub(crate) ancestry: Vec<Ancestor>,
    /// Services that are offered to this task alone.
    pub(crate) offers: Offers,
    /// Lends the task's place at its agent.
    pub(crate) lender: Lender,
}

impl CallServices for TaskServices {
    fn is_cancelled(&self) -> bool {
        self.caller.is_cancelled()
    }

    fn progress(&self, progress: Progress) {
        let on_progress = self.live(|live| live.on_progress.clone()).flatten();
        if let Some(on_progress) = on_progress {
            on_progress(&self.caller.agent, self.caller.task, &progress);
        }
    }

    fn log(&self, line: LogLine) {
        log::write(self.caller.agent.as_str(), Some(self.caller.task), &line);
    }

    fn call(&self, call: AgentCall) -> ServiceCall {
        let cancel = self.caller.cancel_token();
        let (host, request, lent) = match self.begin_call(call, cancel.clone()) {
            Ok(begun) => begun,
            Err(error) => return ServiceCall::ended(Err(error)),
        };
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
    /// # Panics
    /// Outside of a tokio runtime.
    pub(crate) fn new(
        caller: Caller,
        deadline: Option<tokio::time::Instant>,
        live: Live,
    ) -> Arc<Self> {
        Arc::new(Self {
            caller: Arc::new(caller),
            runtime: Handle::current(),
            deadline,
            live: Mutex::new(Some(live)),
        })
    }

    pub(crate) fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The task has ended, and with it what it was offered.
    pub(crate) fn end(&self) {
        let live = self.lock().take();
        // Not under the lock: what was offered may have destructors.
        drop(live);
    }

    /// The work on a request to a service.
    pub(crate) fn ask(
        &self,
        request: ServiceRequest,
    ) -> Result<impl Future<Output = Result<Outcome, AgentError>> + Send + 'static, AgentError>
    {
        let offered = self.live(|live| {
            let offered = live.offers.get(&request.service);
            let offered = offered.or_else(|| live.host.offers().get(&request.service));
            offered.cloned()
        });
        let Some(offered) = offered else {
            let text = "the task has ended, and its services with it";
            return Err(AgentError::new(ErrorCode::NoSuchService, text));
        };
        let service = offered.ok_or_else(|| request.not_offered())?;
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
        let (host, request, lent) = self.begin_call(call, self.caller.cancel_token())?;
        let called = host.call(request).await;
        lent.back(self.deadline, &self.caller.cancel).await;
        called.map(|called| called.outcome)
    }

    /// A call to another agent as a call of the host, with the task's place lent.
    fn begin_call(
        &self,
        call: AgentCall,
        cancel: CancellationToken,
    ) -> Result<(Host, CallRequest, Lent), AgentError> {
        let mut request = CallRequest::new(call.capability, &call.input)?;
        let left = self
            .deadline
            .map(|deadline| deadline.saturating_duration_since(tokio::time::Instant::now()));
        request.timeout = [call.timeout, left].into_iter().flatten().min();
        request.attachments = call.attachments;
        request.cancel = cancel;
        let begun = self.live(|live| {
            request.on_progress.clone_from(&live.on_progress);
            request.trace = live.trace;
            request.ancestry.clone_from(&live.ancestry);
            (live.host.clone(), request, live.lender.lend())
        });
        begun.ok_or_else(|| {
            let text = "the task has ended, and can call nobody any more";
            AgentError::new(ErrorCode::Unavailable, text)
        })
    }

    /// Does something with what the task has, where it has not ended.
    fn live<T>(&self, act: impl FnOnce(&Live) -> T) -> Option<T> {
        self.lock().as_ref().map(act)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Live>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
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
