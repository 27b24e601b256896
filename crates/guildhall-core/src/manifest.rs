//! The manifest: what a plugin says of itself before any of its code runs.

mod positional;
mod property;
mod source;
mod validate;

pub use positional::{POSITIONAL, positionals};
pub use property::{kind_of, not_null};
pub use source::{CapabilitySource, CommandSource, ManifestSource};

use semver::{Version, VersionReq};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::capability::Capability;
use crate::error::CoreError;
use crate::hand_over::HandOver;
use crate::id::{AgentId, CapabilityName};

/// Version of the protocol (the types of this crate as JSON) that this build
/// speaks. A plugin states the versions that it can speak; see
/// [`Manifest::protocol`].
pub const PROTOCOL_VERSION: Version = Version::new(1, 0, 0);

/// Calls that an agent works on at once where its manifest does not say.
pub const DEFAULT_MAX_CONCURRENT_TASKS: u32 = 10;

/// Priority of an agent where its manifest does not say.
pub const DEFAULT_PRIORITY: u32 = 100;

/// What a plugin says of itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Id of the plugin and of the agent in it.
    pub id: AgentId,
    /// Version of the plugin.
    pub version: Version,
    /// Protocol versions that it speaks.
    pub protocol: VersionReq,
    /// What it is, in one sentence.
    #[serde(default)]
    pub summary: String,
    /// What happens when its code panics.
    pub panic: PanicStrategy,
    /// What it can do.
    #[serde(default)]
    pub capabilities: Vec<Capability>,
    /// Its commands on the command line.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<Command>,
    /// What it needs leave for. Within the host's process these are a statement,
    /// not a fence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub permissions: Vec<Permission>,
    /// JSON Schema of its configuration, where it has any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<Value>,
    /// Calls that it works on at once.
    #[serde(default = "default_max_concurrent_tasks")]
    pub max_concurrent_tasks: u32,
    /// Priority among agents that offer the same; higher is asked first.
    #[serde(default = "default_priority")]
    pub priority: u32,
    /// Fields of newer versions, kept so that they survive a round trip.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// What happens when a plugin's code panics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PanicStrategy {
    /// The panic unwinds and is caught inside the plugin.
    Unwind,
    /// The process ends. Such a plugin is refused in the host's process.
    Abort,
    /// The plugin's language has no panics.
    None,
}

/// A command on the command line that calls a capability. Its arguments come from
/// the capability's input schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// Words of the command, for example `licences check`.
    pub name: String,
    /// What it does, in one sentence.
    pub summary: String,
    /// The capability that it calls: one of this manifest's.
    pub capability: CapabilityName,
    /// What it does with the answer, beside printing it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hands_over: Option<HandOver>,
}

/// Something that a plugin needs leave for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permission {
    /// Kind of access, for example `read`, `write`, `run`, `network`.
    pub kind: String,
    /// To what, for example a path or a program; all of the kind where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Why.
    #[serde(default)]
    pub reason: String,
}

impl Manifest {
    /// Reads a manifest from JSON and checks it.
    ///
    /// # Errors
    /// [`CoreError::BadManifest`] with the reason and the mend.
    pub fn from_json(json: &[u8]) -> Result<Self, CoreError> {
        let manifest: Self =
            serde_json::from_slice(json).map_err(|error| CoreError::BadManifest {
                reason: error.to_string(),
            })?;
        manifest.check()?;
        Ok(manifest)
    }

    /// Checks what the types alone cannot, for a manifest that was not read but made.
    ///
    /// # Errors
    /// [`CoreError::BadManifest`] with the reason and the mend.
    pub fn check(&self) -> Result<(), CoreError> {
        validate::validate(self)
    }

    /// The capability of this name, in its highest version.
    pub fn capability(&self, name: &CapabilityName) -> Option<&Capability> {
        self.capabilities
            .iter()
            .filter(|own| own.name == *name)
            .max_by_key(|own| &own.version)
    }
}

fn default_max_concurrent_tasks() -> u32 {
    DEFAULT_MAX_CONCURRENT_TASKS
}

fn default_priority() -> u32 {
    DEFAULT_PRIORITY
}
