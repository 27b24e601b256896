//! Who may ask a service: agents that declare it.

use std::sync::Arc;

use guildhall_core::{AgentError, ErrorCode, Outcome, ServiceRequest};
use guildhall_host::{Caller, Service, async_trait};

use super::Shared;

/// A service that is there for agents alone whose manifest declares a permission of its
/// name.
pub(super) struct Gate {
    shared: Arc<Shared>,
    name: &'static str,
    inner: Arc<dyn Service>,
}

impl Gate {
    pub(super) fn new(shared: Arc<Shared>, name: &'static str, inner: Arc<dyn Service>) -> Self {
        Self {
            shared,
            name,
            inner,
        }
    }
}

#[async_trait]
impl Service for Gate {
    async fn request(
        &self,
        caller: &Caller,
        request: ServiceRequest,
    ) -> Result<Outcome, AgentError> {
        if self.shared.declares(&caller.agent, self.name) {
            return self.inner.request(caller, request).await;
        }
        let (agent, name) = (&caller.agent, self.name);
        let text =
            format!("{agent} is not offered the service {name}: its manifest does not ask for it");
        Err(
            AgentError::new(ErrorCode::NoSuchService, text).with_help(format!(
                "declare `permission(kind = \"{name}\", reason = \"...\")`"
            )),
        )
    }
}
