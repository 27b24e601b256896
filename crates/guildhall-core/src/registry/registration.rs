//! What an agent registers, and what it may change afterwards.

use std::collections::BTreeSet;

use semver::Version;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::ResourceUsage;
use crate::capability::{Capability, CapabilityRequest, TaskKind};
use crate::error::CoreError;
use crate::id::AgentId;
use crate::manifest::{DEFAULT_MAX_CONCURRENT_TASKS, DEFAULT_PRIORITY, Manifest};

/// What an agent says of itself when it registers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Registration {
    /// Its id.
    pub agent: AgentId,
    /// Version of the plugin that carries it.
    pub version: Version,
    /// Kinds of work it does.
    #[serde(default)]
    pub task_kinds: Vec<TaskKind>,
    /// What it is, in one sentence.
    #[serde(default)]
    pub description: String,
    /// What it can do.
    #[serde(default)]
    pub capabilities: Vec<Capability>,
    /// Tasks that it works on at once; at least 1.
    #[serde(default = "default_max_concurrent_tasks")]
    pub max_concurrent_tasks: u32,
    /// Priority among agents that offer the same; higher is asked first.
    #[serde(default = "default_priority")]
    pub priority: u32,
    /// Id of its process, where it has one of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    /// Whether it promises heartbeats, and so counts as offline when they stay away.
    #[serde(default)]
    pub heartbeat: bool,
    /// Fields of newer versions, kept so that they survive a round trip.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// What changes about a registered agent; what is absent stays as it is.
///
/// A limit below the number of tasks in flight takes none of them away; it keeps new
/// ones out until enough have ended.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AgentUpdate {
    /// Version of the plugin that carries it.
    pub version: Option<Version>,
    /// Kinds of work it does.
    pub task_kinds: Option<Vec<TaskKind>>,
    /// What it is, in one sentence.
    pub description: Option<String>,
    /// What it can do.
    pub capabilities: Option<Vec<Capability>>,
    /// Tasks that it works on at once; at least 1.
    pub max_concurrent_tasks: Option<u32>,
    /// Priority among agents that offer the same.
    pub priority: Option<u32>,
    /// Id of its process.
    pub pid: Option<u32>,
    /// What it uses of the computer.
    pub resource_usage: Option<ResourceUsage>,
}

impl Registration {
    /// A registration with the defaults of a manifest and no capability yet.
    pub fn new(agent: AgentId, version: Version) -> Self {
        Self {
            agent,
            version,
            task_kinds: Vec::new(),
            description: String::new(),
            capabilities: Vec::new(),
            max_concurrent_tasks: DEFAULT_MAX_CONCURRENT_TASKS,
            priority: DEFAULT_PRIORITY,
            pid: None,
            heartbeat: false,
            extra: Map::new(),
        }
    }

    /// The registration of the agent in a plugin. Its kinds of work are those of its
    /// capabilities, sorted.
    pub fn from_manifest(manifest: &Manifest) -> Self {
        let kinds = manifest
            .capabilities
            .iter()
            .flat_map(|own| own.task_kinds.iter().cloned());
        let kinds: BTreeSet<TaskKind> = kinds.collect();
        Self {
            task_kinds: kinds.into_iter().collect(),
            description: manifest.summary.clone(),
            capabilities: manifest.capabilities.clone(),
            max_concurrent_tasks: manifest.max_concurrent_tasks,
            priority: manifest.priority,
            ..Self::new(manifest.id.clone(), manifest.version.clone())
        }
    }

    /// The highest version in which the agent offers what is asked for.
    pub fn best_version(&self, request: &CapabilityRequest) -> Option<&Version> {
        let fitting = |own: &&Capability| request.accepts(&own.name, &own.version);
        self.capabilities
            .iter()
            .filter(fitting)
            .map(|own| &own.version)
            .max()
    }

    /// Checks what the types alone cannot.
    pub(super) fn check(&self) -> Result<(), CoreError> {
        let bad = |reason| {
            Err(CoreError::BadRegistration {
                agent: self.agent.clone(),
                reason,
            })
        };
        if self.max_concurrent_tasks == 0 {
            return bad(
                "max_concurrent_tasks is 0, so it could never be given a task; give 1 or more"
                    .to_owned(),
            );
        }
        let mut seen = BTreeSet::new();
        for capability in &self.capabilities {
            let (name, version) = (&capability.name, &capability.version);
            if !seen.insert((name, version)) {
                return bad(format!(
                    "capability {name} {version} stands in it twice; remove one"
                ));
            }
        }
        Ok(())
    }

    /// This registration with the changes of `update`.
    pub(super) fn updated(&self, update: AgentUpdate) -> Self {
        let now = self.clone();
        Self {
            version: update.version.unwrap_or(now.version),
            task_kinds: update.task_kinds.unwrap_or(now.task_kinds),
            description: update.description.unwrap_or(now.description),
            capabilities: update.capabilities.unwrap_or(now.capabilities),
            max_concurrent_tasks: update
                .max_concurrent_tasks
                .unwrap_or(now.max_concurrent_tasks),
            priority: update.priority.unwrap_or(now.priority),
            pid: update.pid.or(now.pid),
            ..now
        }
    }
}

fn default_max_concurrent_tasks() -> u32 {
    DEFAULT_MAX_CONCURRENT_TASKS
}

fn default_priority() -> u32 {
    DEFAULT_PRIORITY
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_manifest_becomes_a_registration() {
        let json = json!({
            "id": "hello", "version": "1.2.0", "protocol": "^1", "panic": "unwind", "summary": "greets",
            "max_concurrent_tasks": 4, "priority": 7,
            "capabilities": [
                {"name": "a.b", "version": "1.0.0", "task_kinds": ["review", "analysis"]},
                {"name": "a.c", "version": "1.0.0", "task_kinds": ["review"]},
            ],
        });
        let manifest = Manifest::from_json(json.to_string().as_bytes()).unwrap();
        let registration = Registration::from_manifest(&manifest);
        assert_eq!(registration.agent.as_str(), "hello");
        assert_eq!(registration.version, Version::new(1, 2, 0));
        assert_eq!(registration.description, "greets");
        assert_eq!(
            (registration.max_concurrent_tasks, registration.priority),
            (4, 7)
        );
        let kinds: Vec<&str> = registration
            .task_kinds
            .iter()
            .map(|kind| kind.0.as_str())
            .collect();
        assert_eq!(kinds, ["analysis", "review"]);
        assert_eq!(registration.capabilities, manifest.capabilities);
        assert!(
            !registration.heartbeat,
            "a plugin in the process sends none"
        );
    }

    #[test]
    fn the_defaults_are_those_of_a_manifest() {
        let registration: Registration =
            serde_json::from_value(json!({"agent": "a", "version": "1.0.0", "novel": 1})).unwrap();
        assert_eq!(
            (registration.max_concurrent_tasks, registration.priority),
            (10, 100)
        );
        assert_eq!(serde_json::to_value(&registration).unwrap()["novel"], 1);
    }
}
