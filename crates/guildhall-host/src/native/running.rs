//! Running code of a native agent, with deadline and cancellation that hold for the
//! caller whatever it does.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use guildhall_core::{AgentError, ErrorCode};
use tokio::task::JoinError;

use crate::call::{self, Bounds, Fault};
use crate::panics;

/// Runs `work` as a task of the runtime. It is asked to end at the deadline or on a
/// cancel, and aborted after the grace.
///
/// # Cancel safety
/// Must be polled to its end; whoever withdraws the call cancels `bounds.cancel`.
pub(super) async fn run<T: Send + 'static>(
    work: impl Future<Output = Result<T, AgentError>> + Send + 'static,
    bounds: Bounds,
) -> Result<T, Fault> {
    let watch = Arc::new(Watch::default());
    let mut task = tokio::spawn(Watched {
        work: Box::pin(work),
        watch: Arc::clone(&watch),
    });
    let reason = tokio::select! {
        biased;
        done = &mut task => return settle(done),
        reason = call::withdrawn(bounds.deadline, &bounds.cancel) => reason,
    };
    bounds.cancel.cancel();
    let in_time = tokio::time::timeout(bounds.grace, &mut task).await;
    Err(match in_time {
        // What comes after the end was asked for comes too late, unless the agent
        // broke down on the way, or gives way and leaves its state.
        Ok(done) => match settle(done) {
            Err(fault) if fault.plugin_at_fault || fault.error.is(ErrorCode::Yielded) => fault,
            _ => Fault::agent(reason.error()),
        },
        Err(_) => {
            task.abort();
            call::given_up(watch.polling_for(), &reason, bounds.grace)
        }
    })
}

fn settle<T>(done: Result<Result<T, AgentError>, JoinError>) -> Result<T, Fault> {
    match done {
        Ok(done) => done.map_err(Fault::agent),
        Err(error) => Err(match error.try_into_panic() {
            Ok(payload) => Fault::plugin(AgentError::new(
                ErrorCode::Panicked,
                format!("the agent panicked: {}", panics::text_of(payload)),
            )),
            Err(error) => Fault::agent(panics::host_is_ending(&error)),
        }),
    }
}

/// Since when a poll is under way.
#[derive(Default)]
struct Watch {
    polling: Mutex<Option<Instant>>,
}

impl Watch {
    fn polling_for(&self) -> Option<Duration> {
        let since = *self.polling.lock().unwrap_or_else(PoisonError::into_inner);
        since.map(|since| since.elapsed())
    }

    fn set(&self, since: Option<Instant>) {
        *self.polling.lock().unwrap_or_else(PoisonError::into_inner) = since;
    }
}

/// A future that tells while it is polled.
struct Watched<T> {
    work: Pin<Box<dyn Future<Output = T> + Send>>,
    watch: Arc<Watch>,
}

impl<T> Future for Watched<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        self.watch.set(Some(Instant::now()));
        let polled = self.work.as_mut().poll(context);
        self.watch.set(None);
        polled
    }
}
