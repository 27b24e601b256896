//! A task's place at its agent, lent while the task waits for calls that it made.
//!
//! Places are held by tasks that run, and by no task that waits, so agents that call
//! each other cannot wait for each other's places for ever. While at least one call
//! that a task made is under way, its place is lent; with the end of the last of them
//! the task waits for its place before it is given the result.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use guildhall_core::AgentId;
use guildhall_core::registry::Lease;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::call;
use crate::host::Host;

/// A task's place at its agent.
pub(crate) struct Place {
    host: Host,
    agent: AgentId,
    state: Mutex<State>,
}

struct State {
    /// Taken out when the task has ended.
    lease: Option<Lease>,
    /// Calls of the task's that are under way.
    calls: usize,
}

impl Place {
    pub(crate) fn new(host: Host, lease: Lease) -> Arc<Self> {
        let agent = lease.agent().clone();
        let state = State {
            lease: Some(lease),
            calls: 0,
        };
        Arc::new(Self {
            host,
            agent,
            state: Mutex::new(state),
        })
    }

    pub(crate) fn agent(&self) -> &AgentId {
        &self.agent
    }

    /// The lease, for the task has ended.
    pub(crate) fn end(&self) -> Option<Lease> {
        self.lock().lease.take()
    }

    /// Lends the place for as long as a call of the task's takes.
    pub(crate) fn lend(self: &Arc<Self>) -> Lent {
        let mut state = self.lock();
        state.calls += 1;
        if self.host.inner.limits.lend
            && let Some(lease) = &state.lease
        {
            // A lease that is lost has no place to lend.
            let _ = lease.lend();
        }
        drop(state);
        self.host.inner.released.notify_waiters();
        Lent {
            place: Arc::clone(self),
            over: false,
        }
    }

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
    place: Arc<Place>,
    over: bool,
}

impl Lent {
    /// Waits until the task has its place again. At its deadline, or where it is
    /// withdrawn, it goes on without waiting, to come to its end.
    ///
    /// # Panics
    /// Outside of a tokio runtime with time enabled.
    pub(crate) async fn back(mut self, deadline: Option<Instant>, cancel: &CancellationToken) {
        let place = Arc::clone(&self.place);
        loop {
            let mut released = std::pin::pin!(place.host.inner.released.notified());
            // Registered before the attempt, so that no release falls in between.
            released.as_mut().enable();
            if place.returned() {
                self.over = true;
                return;
            }
            tokio::select! {
                () = released => {}
                _ = call::withdrawn(deadline, cancel) => return,
            }
        }
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if !self.over {
            self.place.goes_on();
        }
    }
}
