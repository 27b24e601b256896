//! The calls that wait for a call, which bound how deep calls go and where they lead.

use guildhall_core::{AgentError, AgentId, CapabilityName, ErrorCode, TaskId};

use super::request::CallRequest;
use crate::host::Host;

/// A call that waits for this one.
#[derive(Debug, Clone)]
pub(crate) struct Ancestor {
    pub(crate) task: TaskId,
    pub(crate) agent: AgentId,
    pub(crate) capability: CapabilityName,
}

impl Host {
    pub(super) fn check_ancestry(&self, request: &CallRequest) -> Result<(), AgentError> {
        let chain = || {
            let names = request
                .ancestry
                .iter()
                .map(|ancestor| ancestor.capability.as_str());
            names
                .chain([request.capability.name.as_str()])
                .collect::<Vec<_>>()
                .join(" -> ")
        };
        let again = |ancestor: &Ancestor| {
            ancestor.capability == request.capability.name
                && request
                    .agent
                    .as_ref()
                    .is_none_or(|agent| *agent == ancestor.agent)
        };
        if request.ancestry.iter().any(again) {
            let text = format!(
                "the call leads back to a capability that waits for it: {}",
                chain()
            );
            return Err(AgentError::new(ErrorCode::Cycle, text));
        }
        if request.ancestry.len() >= self.inner.limits.depth {
            let text = format!(
                "calls between agents go deeper than {}: {}",
                self.inner.limits.depth,
                chain()
            );
            return Err(AgentError::new(ErrorCode::TooDeep, text));
        }
        Ok(())
    }
}
