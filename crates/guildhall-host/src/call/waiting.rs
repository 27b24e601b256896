//! The wait for a place at an agent.

use std::sync::Arc;

use guildhall_core::{AgentError, CapabilityRequest, CoreError, ErrorCode, Task};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::place::Place;
use super::request::CallRequest;
use crate::bounds::{self, Reason};
use crate::host::Host;

impl Host {
    /// A place at an agent; waits where all that would do are at their limits.
    pub(super) async fn place(
        &self,
        request: &CallRequest,
        task: &Task,
        deadline: Option<Instant>,
        cancel: &CancellationToken,
    ) -> Result<Place, AgentError> {
        let registry = &self.inner.registry;
        loop {
            let mut released = std::pin::pin!(self.inner.released.notified());
            // Registered before the attempt, so that no release falls in between.
            released.as_mut().enable();
            let leased = match &request.agent {
                Some(agent) => registry.acquire_from(agent, &request.capability, task.id),
                None => registry.acquire(&request.capability, task.id),
            };
            let busy = match leased {
                Ok(lease) => {
                    let released = Arc::clone(&self.inner.released);
                    return Ok(Place::new(lease, released, self.inner.limits.lend));
                }
                Err(error @ CoreError::AllBusy { .. }) => error,
                Err(error) => return Err(self.nobody(&request.capability, &error)),
            };
            tokio::select! {
                () = released => {}
                reason = bounds::withdrawn(deadline, cancel) => return Err(match reason {
                    Reason::Cancelled => reason.error(),
                    Reason::DeadlineExceeded => {
                        AgentError::new(ErrorCode::Busy, busy.to_string()).retryable()
                    }
                }),
            }
        }
    }

    /// Why nobody can take a task, with the fault of the quarantined where that is why.
    fn nobody(&self, wanted: &CapabilityRequest, error: &CoreError) -> AgentError {
        if let CoreError::AllUnhealthy { agents, .. } = error {
            let quarantined = agents
                .iter()
                .find_map(|(id, _)| self.agent(id).ok()?.quarantined());
            return quarantined
                .unwrap_or_else(|| AgentError::new(ErrorCode::Unavailable, error.to_string()));
        }
        AgentError::new(ErrorCode::NoSuchCapability, error.to_string())
            .with_label("capability", wanted.to_string())
    }
}
