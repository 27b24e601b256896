//! Taking an agent out of service that cannot be trusted with another call.

use std::sync::OnceLock;

use guildhall_core::{AgentError, AgentId, ErrorCode};

/// Whether an agent is out of service, and why.
#[derive(Debug, Default)]
pub(crate) struct Quarantine {
    reason: OnceLock<AgentError>,
}

impl Quarantine {
    /// Takes the agent out of service. The first reason counts.
    pub(crate) fn begin(&self, reason: &AgentError) {
        let _ = self.reason.set(reason.clone());
    }

    pub(crate) fn reason(&self) -> Option<&AgentError> {
        self.reason.get()
    }

    /// What a caller is told.
    pub(crate) fn error(&self, agent: &AgentId) -> Option<AgentError> {
        let reason = self.reason.get()?;
        let text = format!("the agent {agent} is quarantined after a fault");
        Some(AgentError::new(ErrorCode::Quarantined, text).with_cause(reason.clone()))
    }
}
