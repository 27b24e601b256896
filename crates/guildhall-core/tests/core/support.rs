//! A registry on virtual time, and agents for it.

use std::sync::Arc;
use std::time::Duration;

use guildhall_core::registry::{AgentStatus, ManualClock, RegistrySettings};
use guildhall_core::{
    AgentId, Capability, CapabilityRequest, Lease, Registration, Registry, TaskId,
};
use serde_json::json;

/// When every virtual clock begins.
pub(crate) const START: u64 = 1_000_000;

/// A registry whose time moves only when the test says so.
pub(crate) struct World {
    pub(crate) registry: Registry,
    pub(crate) clock: Arc<ManualClock>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(RegistrySettings::default())
    }

    pub(crate) fn with(settings: RegistrySettings) -> Self {
        let clock = Arc::new(ManualClock::new(START));
        Self {
            registry: Registry::with(settings, clock.clone()),
            clock,
        }
    }

    pub(crate) fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    pub(crate) fn status(&self, agent: &str) -> Option<AgentStatus> {
        self.registry.agent(&id(agent)).map(|record| record.status)
    }

    pub(crate) fn take(&self, wanted: &str) -> Lease {
        self.registry
            .acquire(&request(wanted), TaskId::new())
            .unwrap()
    }

    pub(crate) fn refusal(&self, wanted: &str) -> String {
        self.registry
            .acquire(&request(wanted), TaskId::new())
            .unwrap_err()
            .to_string()
    }
}

pub(crate) fn id(text: &str) -> AgentId {
    text.parse().unwrap()
}

pub(crate) fn request(text: &str) -> CapabilityRequest {
    text.parse().unwrap()
}

pub(crate) fn capability(name: &str, version: &str) -> Capability {
    serde_json::from_value(json!({"name": name, "version": version})).unwrap()
}

/// An agent that offers `offers` (`name@version`) and takes `limit` tasks at once.
pub(crate) fn agent(name: &str, limit: u32, offers: &[&str]) -> Registration {
    let mut registration = Registration::new(id(name), "1.0.0".parse().unwrap());
    registration.max_concurrent_tasks = limit;
    for offer in offers {
        let (name, version) = offer.split_once('@').unwrap();
        registration.capabilities.push(capability(name, version));
    }
    registration
}
