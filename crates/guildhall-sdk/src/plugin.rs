//! What `#[agent]` implements beside the agent trait.

use guildhall_core::manifest::ManifestSource;
use guildhall_core::{Agent, AgentError, ErrorCode, Manifest};
use semver::Version;
use serde::de::DeserializeOwned;

/// Protocol versions that this SDK speaks, as they stand in a manifest.
pub const PROTOCOL_VERSIONS: &str = "^1";

/// An agent that can be exported as a plugin. `#[agent]` implements it.
pub trait Plugin: Agent + Sized {
    /// The manifest as a constant.
    const MANIFEST: ManifestSource;
    /// The manifest's JSON as a constant.
    const MANIFEST_JSON: &'static [u8];

    /// Makes the agent.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidInput`] where the configuration does not fit; any failure
    /// of the agent's own.
    fn create(config: Config<'_>) -> Result<Self, AgentError>;
}

/// The configuration that a plugin was given: JSON, or nothing.
#[derive(Debug, Clone, Copy)]
pub struct Config<'a> {
    json: &'a [u8],
}

impl<'a> Config<'a> {
    /// A configuration from its JSON; empty or `null` means none.
    pub fn new(json: &'a [u8]) -> Self {
        Self { json }
    }

    fn is_none(&self) -> bool {
        matches!(self.json.trim_ascii(), b"" | b"null" | b"{}")
    }

    /// The configuration as a type; where none was given, what `{}` reads as.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidInput`] where it does not fit.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, AgentError> {
        let json = if self.is_none() { b"{}" } else { self.json };
        serde_json::from_slice(json).map_err(|error| {
            AgentError::new(
                ErrorCode::InvalidInput,
                format!("the plugin's configuration does not fit: {error}"),
            )
        })
    }

    /// Refuses a configuration where the plugin takes none.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidInput`] where there is one.
    pub fn none(&self) -> Result<(), AgentError> {
        if self.is_none() {
            return Ok(());
        }
        Err(
            AgentError::new(ErrorCode::InvalidInput, "the plugin takes no configuration")
                .with_help("remove the plugin's `config` table from the configuration"),
        )
    }
}

/// The manifest of `P`.
///
/// # Panics
/// Where the constant manifest contradicts itself, for example a version that is
/// not semver; the test kit tells an author before a host does.
pub fn manifest_of<P: Plugin>() -> Manifest {
    Manifest::from_json(P::MANIFEST_JSON).expect("the manifest that #[agent] wrote is sound")
}

/// The error for a task of a capability that the agent does not have.
pub fn no_such_capability(name: &str, version: &Version) -> AgentError {
    AgentError::new(
        ErrorCode::NoSuchCapability,
        format!("this agent has no capability {name} {version}"),
    )
}
