//! Building a host: where it looks for plugins and what bounds them.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use guildhall_core::registry::{RegistrySettings, Strategy};
use guildhall_core::{Agent, AgentId};
use serde_json::Value;

use crate::error::HostError;
use crate::finding::{self, SearchPlace};
use crate::host::Host;
use crate::service::{Offers, Service};

/// What bounds the agents of a host.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Time for loading and starting an agent.
    pub start: Duration,
    /// Time that an agent has to end a task after it was asked to.
    pub grace: Duration,
    /// How deep calls between agents may go.
    pub depth: usize,
    /// Faults in a row after which an agent is quarantined.
    pub faults: u32,
    /// Whether a task that waits for another agent lends its place meanwhile. Without it
    /// an agent's limit counts tasks that wait as well, and agents that call each other
    /// can wait for each other's places until their deadlines.
    pub lend: bool,
}

impl Default for Limits {
    /// 30 s to start, 2 s of grace, calls 8 deep, 3 faults; places are lent.
    fn default() -> Self {
        Self {
            start: Duration::from_secs(30),
            grace: Duration::from_secs(2),
            depth: 8,
            faults: 3,
            lend: true,
        }
    }
}

/// Builds a [`Host`].
#[derive(Clone, Default)]
pub struct HostBuilder {
    pub(crate) places: Vec<SearchPlace>,
    pub(crate) agents: Vec<Arc<dyn Agent>>,
    pub(crate) offers: Offers,
    pub(crate) configs: BTreeMap<AgentId, Value>,
    pub(crate) limits: Limits,
    pub(crate) strategy: Strategy,
}

impl HostBuilder {
    /// Looks at this file. Such a plugin wins over one of the same id in a folder.
    #[must_use]
    pub fn plugin(mut self, path: impl Into<PathBuf>) -> Self {
        self.places.push(SearchPlace::File(path.into()));
        self
    }

    /// Looks at the libraries directly in this folder.
    #[must_use]
    pub fn folder(mut self, path: impl Into<PathBuf>) -> Self {
        self.places.push(SearchPlace::Folder(path.into()));
        self
    }

    /// Adds an agent that is code of this program. It is registered and called like a
    /// plugin, and wins over a plugin of the same id, which is then refused.
    ///
    /// Its code is trusted like the program's: it runs as tasks of the host's runtime, so
    /// it must not block. A panic is caught; at a deadline or a cancel it is asked to end
    /// and aborted after the grace.
    #[must_use]
    pub fn agent(mut self, agent: Arc<dyn Agent>) -> Self {
        self.agents.push(agent);
        self
    }

    /// Offers a service to every task. The newest of a name counts, and one that a call
    /// offers ([`CallRequest::offer`](crate::CallRequest::offer)) before that.
    #[must_use]
    pub fn service(mut self, name: impl Into<String>, service: Arc<dyn Service>) -> Self {
        self.offers.add(name.into(), service);
        self
    }

    /// Gives a plugin its configuration.
    #[must_use]
    pub fn config(mut self, plugin: AgentId, config: Value) -> Self {
        self.configs.insert(plugin, config);
        self
    }

    /// Sets what bounds the agents.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets how an agent is chosen among several that offer the same.
    #[must_use]
    pub fn strategy(mut self, strategy: Strategy) -> Self {
        self.strategy = strategy;
        self
    }

    /// Finds and checks the plugins; none of their code runs. Files that are refused
    /// are listed by [`Host::refused`].
    ///
    /// # Errors
    /// [`HostError`] where a configuration is for no plugin or does not fit, or a native
    /// agent cannot be used.
    pub fn build(self) -> Result<Host, HostError> {
        let mut places = self.places.clone();
        // What is given by name comes first, whatever the order of the calls.
        places.sort_by_key(|place| matches!(place, SearchPlace::Folder(_)));
        let discovered = finding::discover(&places);
        Host::new(self, discovered)
    }

    pub(crate) fn registry_settings(&self) -> RegistrySettings {
        // The host judges by faults of the plugin, not by failed tasks: an agent that
        // rightly answers with errors stays in service.
        RegistrySettings {
            strategy: self.strategy,
            failure_threshold: 0,
            ..RegistrySettings::default()
        }
    }
}

impl fmt::Debug for HostBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let agents = self.agents.iter().map(|agent| &agent.manifest().id);
        f.debug_struct("HostBuilder")
            .field("places", &self.places)
            .field("agents", &agents.collect::<Vec<_>>())
            .field("services", &self.offers)
            .field("configs", &self.configs)
            .field("limits", &self.limits)
            .field("strategy", &self.strategy)
            .finish()
    }
}
