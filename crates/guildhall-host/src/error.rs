//! What can go wrong before a call: building a host.

use guildhall_core::{AgentId, CoreError};

/// What can go wrong before a call. Calls fail with
/// [`AgentError`](guildhall_core::AgentError), whoever is at fault.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// A configuration for a plugin that was not found.
    #[error(
        "there is a configuration for the plugin {id}, but no such plugin was found; correct the id or remove the configuration"
    )]
    NoSuchPlugin {
        /// The id.
        id: AgentId,
    },
    /// A configuration for an agent that is code of the program, which takes none.
    #[error(
        "there is a configuration for {id}, which is code of the program and takes none; remove the configuration"
    )]
    NativeConfig {
        /// The agent.
        id: AgentId,
    },
    /// A plugin's configuration does not fit its schema.
    #[error("the configuration of the plugin {id} does not fit its schema: {reason}")]
    BadConfig {
        /// The plugin.
        id: AgentId,
        /// What does not fit.
        reason: String,
    },
    /// Two native agents of one id.
    #[error("two agents of the program have the id {id}; give one of them another id")]
    DuplicateAgent {
        /// The id.
        id: AgentId,
    },
    /// A native agent's manifest is not usable.
    #[error("the agent {id} of the program cannot be used: {reason}")]
    BadAgent {
        /// Its id.
        id: AgentId,
        /// What is wrong with its manifest.
        reason: String,
    },
    /// The registry refused an agent.
    #[error(transparent)]
    Registry(#[from] CoreError),
}
