//! Building a host: where it looks for plugins and what bounds them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use guildhall_core::AgentId;
use guildhall_core::registry::{RegistrySettings, Strategy};
use serde_json::Value;

use crate::discovery::{self, Place};
use crate::error::HostError;
use crate::host::Host;

/// What bounds the plugins of a host.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Time for loading and starting a plugin.
    pub start: Duration,
    /// Time that a plugin has to end a task after it was asked to.
    pub grace: Duration,
    /// How deep calls between agents may go.
    pub depth: usize,
    /// Faults in a row after which a plugin is quarantined.
    pub faults: u32,
}

impl Default for Limits {
    /// 30 s to start, 2 s of grace, calls 8 deep, 3 faults.
    fn default() -> Self {
        Self {
            start: Duration::from_secs(30),
            grace: Duration::from_secs(2),
            depth: 8,
            faults: 3,
        }
    }
}

/// Builds a [`Host`].
#[derive(Debug, Clone, Default)]
pub struct HostBuilder {
    pub(crate) places: Vec<Place>,
    pub(crate) configs: BTreeMap<AgentId, Value>,
    pub(crate) limits: Limits,
    pub(crate) strategy: Strategy,
}

impl HostBuilder {
    /// Looks at this file. Such a plugin wins over one of the same id in a folder.
    #[must_use]
    pub fn plugin(mut self, path: impl Into<PathBuf>) -> Self {
        self.places.push(Place::File(path.into()));
        self
    }

    /// Looks at the libraries directly in this folder.
    #[must_use]
    pub fn folder(mut self, path: impl Into<PathBuf>) -> Self {
        self.places.push(Place::Folder(path.into()));
        self
    }

    /// Gives a plugin its configuration.
    #[must_use]
    pub fn config(mut self, plugin: AgentId, config: Value) -> Self {
        self.configs.insert(plugin, config);
        self
    }

    /// Sets what bounds the plugins.
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
    /// [`HostError`] where a configuration is for no plugin or does not fit.
    pub fn build(self) -> Result<Host, HostError> {
        let mut places = self.places.clone();
        // What is given by name comes first, whatever the order of the calls.
        places.sort_by_key(|place| matches!(place, Place::Folder(_)));
        let discovered = discovery::discover(&places);
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
