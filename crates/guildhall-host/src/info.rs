//! What an embedder is told of an agent.

use std::fmt;
use std::path::{Path, PathBuf};

use guildhall_core::{AgentError, Manifest};

/// An agent of a host: a plugin, or code of the program itself.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct AgentInfo {
    /// What it says of itself.
    pub manifest: Manifest,
    /// Where its code comes from.
    pub origin: Origin,
    /// Its state now.
    pub state: AgentState,
}

/// State of an agent.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum AgentState {
    /// Found and checked, not started. Of a plugin: not loaded either, none of its code has
    /// run.
    Found,
    /// Started.
    Running,
    /// It could not be loaded or started.
    Failed(AgentError),
    /// It broke down and gets no further calls.
    Quarantined(AgentError),
}

/// Where an agent's code comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// A plugin's file.
    File(PathBuf),
    /// The program itself ([`HostBuilder::agent`](crate::HostBuilder::agent)).
    Native,
}

impl Origin {
    /// The plugin's file, where it is one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Native => None,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Native => f.write_str("native code of this program"),
        }
    }
}
