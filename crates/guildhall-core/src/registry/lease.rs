//! The right to give an agent one task.

use std::fmt;
use std::sync::Arc;

use semver::Version;

use super::Shared;
use super::counts::End;
use crate::error::CoreError;
use crate::id::{AgentId, CapabilityName, TaskId};

/// The right to give an agent one task: one of the places that its limit allows.
///
/// A task that only waits, for another task for example, may lend its place meanwhile
/// ([`Lease::lend`]), so that tasks which wait for each other cannot take up all places.
///
/// The lease is given back exactly once. A lease that is dropped counts as abandoned, which
/// speaks against the agent as a failure does: say what came of the task wherever it
/// is known.
#[must_use = "a lease that is dropped counts as an abandoned task"]
pub struct Lease {
    shared: Arc<Shared>,
    held: Held,
    given_back: bool,
}

/// What a lease is for.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) number: u64,
    pub(super) agent: AgentId,
    pub(super) task: TaskId,
    pub(super) capability: Option<(CapabilityName, Version)>,
}

impl Lease {
    pub(super) fn new(shared: Arc<Shared>, held: Held) -> Self {
        Self {
            shared,
            held,
            given_back: false,
        }
    }

    /// The agent.
    pub fn agent(&self) -> &AgentId {
        &self.held.agent
    }

    /// The task.
    pub fn task(&self) -> TaskId {
        self.held.task
    }

    /// The capability that the agent was taken for and the version in which it offers
    /// it; `None` where the agent was taken by its id alone.
    pub fn capability(&self) -> Option<(&CapabilityName, &Version)> {
        self.held
            .capability
            .as_ref()
            .map(|(name, version)| (name, version))
    }

    /// Lends the place: it counts as free until the task takes it again. The task stays
    /// in the agent's hands. Where it is lent already, or wanted back, it is lent now.
    ///
    /// ```
    /// use guildhall_core::{Capability, Registration, Registry, TaskId};
    /// # use serde_json::json;
    /// # let registry = Registry::new();
    /// # let mut hello = Registration::new("hello".parse()?, "1.0.0".parse()?);
    /// # let greet = json!({"name": "example.greet", "version": "1.2.0"});
    /// # hello.capabilities.push(serde_json::from_value::<Capability>(greet)?);
    /// # hello.max_concurrent_tasks = 1;
    /// # registry.register(hello)?;
    /// # let wanted = "example.greet".parse()?;
    /// let parent = registry.acquire(&wanted, TaskId::new())?;
    /// parent.lend()?;
    /// let child = registry.acquire(&wanted, TaskId::new())?;
    /// assert!(!parent.resume()?, "the one place is taken");
    /// child.release(true, 12)?;
    /// assert!(registry.acquire(&wanted, TaskId::new()).is_err(), "the parent comes first");
    /// assert!(parent.resume()?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`CoreError::LeaseLost`] as for [`Lease::release`].
    pub fn lend(&self) -> Result<(), CoreError> {
        self.shared.enter().lend(&self.held)
    }

    /// Takes the place again. Gives whether the task has it now; where it has not, no
    /// task that has not begun is given a place before it, and it is to ask again when
    /// one was given back or lent. Those that ask first are served first.
    ///
    /// # Errors
    /// [`CoreError::LeaseLost`] as for [`Lease::release`].
    pub fn resume(&self) -> Result<bool, CoreError> {
        self.shared.enter().resume(&self.held)
    }

    /// Takes the place again whether or not one is free: for a task that goes on and
    /// cannot be held up. The agent may be over its limit by it until tasks end, and is
    /// given none meanwhile.
    ///
    /// # Errors
    /// [`CoreError::LeaseLost`] as for [`Lease::release`].
    pub fn resume_at_once(&self) -> Result<(), CoreError> {
        self.shared.enter().resume_at_once(&self.held)
    }

    /// Gives the lease back and says what came of the task. The time counts for the
    /// latency of successes only: how fast an agent fails says little.
    ///
    /// # Errors
    /// [`CoreError::LeaseLost`] where the agent is gone: it was unregistered and its
    /// grace ended first. The result is sound, but counted as abandoned.
    pub fn release(self, success: bool, execution_time_ms: u64) -> Result<(), CoreError> {
        let end = if success {
            End::Completed {
                time_ms: execution_time_ms,
            }
        } else {
            End::Failed
        };
        self.give_back(end)
    }

    /// Gives the lease back for a task that the caller took back, or that could not
    /// have succeeded anywhere: it says nothing about the agent.
    ///
    /// # Errors
    /// [`CoreError::LeaseLost`] as above.
    pub fn withdraw(self) -> Result<(), CoreError> {
        self.give_back(End::Withdrawn)
    }

    fn give_back(mut self, end: End) -> Result<(), CoreError> {
        self.given_back = true;
        self.shared.enter().end(&self.held, end)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if !self.given_back {
            // Where the agent is gone, the task counts as abandoned already.
            let _ = self.shared.enter().end(&self.held, End::Abandoned);
        }
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease")
            .field("held", &self.held)
            .finish_non_exhaustive()
    }
}
