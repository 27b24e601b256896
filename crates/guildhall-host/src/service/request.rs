//! A request to a service on its way: polled at once where it was made, and on the
//! host's runtime where it has to wait.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use guildhall_core::{AgentError, Outcome};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::panics;

type Answer = Result<Outcome, AgentError>;
type Work = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// A request on its way. Its first poll happens on the thread that polls this, inside
/// the runtime: what is answered at once costs no change of thread. What is not goes to
/// the runtime's workers, so that it gets on whether or not the agent polls it, and
/// holds nobody else up while it holds a lock.
///
/// Where this is dropped the work is dropped too.
pub(crate) struct Asked {
    /// Before the first poll.
    work: Option<Work>,
    /// Where it had to wait, until it has ended.
    waiting: Option<JoinHandle<Answer>>,
    runtime: Handle,
}

impl Asked {
    /// `work` must not panic.
    pub(crate) fn new(
        work: impl Future<Output = Answer> + Send + 'static,
        runtime: Handle,
    ) -> Self {
        Self {
            work: Some(Box::pin(work)),
            waiting: None,
            runtime,
        }
    }
}

impl Future for Asked {
    type Output = Answer;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Answer> {
        if let Some(mut work) = self.work.take() {
            let _inside = self.runtime.enter();
            // No waker is needed: what is not ready is polled again on the runtime.
            let polled = work.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            if polled.is_ready() {
                return polled;
            }
            self.waiting = Some(self.runtime.spawn(work));
        }
        let Some(waiting) = &mut self.waiting else {
            // A future is not polled again after its end.
            return Poll::Pending;
        };
        let Poll::Ready(done) = Pin::new(waiting).poll(context) else {
            return Poll::Pending;
        };
        self.waiting = None;
        Poll::Ready(done.unwrap_or_else(|error| Err(panics::host_is_ending(&error))))
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        if let Some(waiting) = &self.waiting {
            waiting.abort();
        }
    }
}
