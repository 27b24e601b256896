//! A task's place at its agent, lent while the task waits for calls that it made.
//!
//! Places are held by tasks that run, and by no task that waits, so agents that call
//! each other cannot wait for each other's places for ever. While at least one call
//! that a task made is under way, its place is lent; with the end of the last of them
//! the task waits for its place before it is given the result.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use guildhall_core::registry::Lease;
use guildhall_core::{AgentId, CoreError};
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::bounds;

/// A task's place at its agent, for as long as the task runs. However it goes, those who
/// wait for a place are told.
#[must_use = "the place is free again where this is dropped"]
pub(crate) struct Place {
    shared: Arc<Shared>,
}

/// What lends a task's place while the task waits. It keeps nobody's place.
#[derive(Clone)]
pub(crate) struct Lender {
    shared: Arc<Shared>,
}

struct Shared {
    agent: AgentId,
    /// Tells those who wait that a place became free.
    released: Arc<Notify>,
    /// Whether places are lent at all.
    lends: bool,
    state: Mutex<State>,
}

struct State {
    /// Taken out when the task has ended.
    lease: Option<Lease>,
    /// Calls of the task's that are under way.
    calls: usize,
}

impl Place {
    pub(crate) fn new(lease: Lease, released: Arc<Notify>, lends: bool) -> Self {
        let shared = Shared {
            agent: lease.agent().clone(),
            released,
            lends,
            state: Mutex::new(State {
                lease: Some(lease),
                calls: 0,
            }),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    pub(crate) fn agent(&self) -> &AgentId {
        &self.shared.agent
    }

    pub(crate) fn lender(&self) -> Lender {
        Lender {
            shared: Arc::clone(&self.shared),
        }
    }

    /// Looks at the lease.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&Lease) -> T) -> Option<T> {
        self.shared.lock().lease.as_ref().map(look)
    }

    /// The task has ended: gives the lease back in the way that `how` says.
    pub(crate) fn give_back(self, how: impl FnOnce(Lease) -> Result<(), CoreError>) {
        let lease = self.shared.lock().lease.take();
        if let Some(Err(error)) = lease.map(how) {
            tracing::debug!(%error, "a place was given back late");
        }
        self.shared.released.notify_waiters();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let lease = self.shared.lock().lease.take();
        if lease.is_some() {
            drop(lease);
            self.shared.released.notify_waiters();
        }
    }
}

impl Lender {
    /// Lends the place for as long as a call of the task's takes.
    pub(crate) fn lend(&self) -> Lent {
        let mut state = self.shared.lock();
        state.calls += 1;
        if self.shared.lends
            && let Some(lease) = &state.lease
        {
            // A lease that is lost has no place to lend.
            let _ = lease.lend();
        }
        drop(state);
        self.shared.released.notify_waiters();
        Lent {
            shared: Arc::clone(&self.shared),
            over: false,
        }
    }
}

impl Shared {
    /// A call has ended and the task wants to go on. Gives whether it may: it has its
    /// place again, or waits for another call anyway.
    fn returned(&self) -> bool {
        let mut state = self.lock();
        let may_go_on = state.calls > 1
            || match &state.lease {
                // A lease that is lost binds the task to nothing any more.
                Some(lease) => lease.resume().unwrap_or(true),
                None => true,
            };
        state.calls -= usize::from(may_go_on);
        may_go_on
    }

    /// The task goes on without having waited.
    fn goes_on(&self) {
        let mut state = self.lock();
        state.calls -= 1;
        if state.calls == 0
            && let Some(lease) = &state.lease
        {
            let _ = lease.resume_at_once();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call of a task's that is under way. Where it is dropped the task goes on at once,
/// for nothing can hold it up, and its place counts as taken.
#[must_use = "the place is taken back where this is dropped"]
pub(crate) struct Lent {
    shared: Arc<Shared>,
    over: bool,
}

impl Lent {
    /// Waits until the task has its place again. At its deadline, or where it is
    /// withdrawn, it goes on without waiting, to come to its end.
    ///
    /// # Panics
    /// Outside of a tokio runtime with time enabled.
    pub(crate) async fn back(mut self, deadline: Option<Instant>, cancel: &CancellationToken) {
        let shared = Arc::clone(&self.shared);
        loop {
            let mut released = std::pin::pin!(shared.released.notified());
            // Registered before the attempt, so that no release falls in between.
            released.as_mut().enable();
            if shared.returned() {
                self.over = true;
                return;
            }
            tokio::select! {
                () = released => {}
                _ = bounds::withdrawn(deadline, cancel) => return,
            }
        }
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if !self.over {
            self.shared.goes_on();
        }
    }
}
