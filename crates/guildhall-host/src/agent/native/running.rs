//! Running code of a native agent as a task of the runtime.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use guildhall_core::{AgentError, ErrorCode};
use tokio::task::{JoinError, JoinHandle};

use crate::bounds::Bounds;
use crate::fault::Fault;
use crate::panics;
use crate::supervise::{Supervised, supervise};

/// Runs `work` as a task of the runtime.
///
/// # Cancel safety
/// As [`supervise`].
pub(super) async fn run<T: Send + 'static>(
    work: impl Future<Output = Result<T, AgentError>> + Send + 'static,
    bounds: Bounds,
) -> Result<T, Fault> {
    let watch = Arc::new(Watch::default());
    let task = tokio::spawn(Watched {
        work: Box::pin(work),
        watch: Arc::clone(&watch),
    });
    supervise(Running { task, watch }, bounds).await
}

/// Work that runs as a task of the runtime.
struct Running<T> {
    task: JoinHandle<Result<T, AgentError>>,
    watch: Arc<Watch>,
}

impl<T: Send> Supervised for Running<T> {
    type Output = T;

    async fn ended(&mut self) -> Result<T, Fault> {
        settle((&mut self.task).await)
    }

    fn polling_for(&self) -> Option<Duration> {
        self.watch.polling_for()
    }

    fn abandon(&self) {
        self.task.abort();
    }
}

fn settle<T>(done: Result<Result<T, AgentError>, JoinError>) -> Result<T, Fault> {
    match done {
        Ok(done) => done.map_err(Fault::nobodys),
        Err(error) => Err(match error.try_into_panic() {
            Ok(payload) => Fault::of_agent(AgentError::new(
                ErrorCode::Panicked,
                format!("the agent panicked: {}", panics::text_of(payload)),
            )),
            Err(error) => Fault::of_host(panics::host_is_ending(&error)),
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
