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
/// It is given back exactly once. A lease that is dropped counts as abandoned, which
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
