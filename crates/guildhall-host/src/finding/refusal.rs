//! Why a file is not taken as a plugin, each with its cause and its mend.

use std::path::PathBuf;

use guildhall_core::AgentId;
use semver::{Version, VersionReq};

/// Why a file is not taken as a plugin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The file cannot be read.
    #[error("it cannot be read: {reason}")]
    Unreadable {
        /// What the system says.
        reason: String,
    },
    /// The file is no library.
    #[error("it is not a library: {reason}")]
    NotALibrary {
        /// What is wrong with its form.
        reason: String,
    },
    /// The library is cut off or damaged.
    #[error("the library is cut off or damaged: {reason}")]
    Truncated {
        /// What is missing.
        reason: String,
    },
    /// The library is for another system or processor.
    #[error("the library is for {found}, this host runs on {expected}")]
    WrongTarget {
        /// What it is for.
        found: String,
        /// What the host runs on.
        expected: String,
    },
    /// The library has neither a manifest nor an entry.
    #[error("the library is not a Guildhall plugin: it has no manifest section")]
    NotAPlugin,
    /// The library has a manifest but no entry.
    #[error("the library has a manifest but does not export the symbol {symbol}")]
    NoEntry {
        /// The symbol that is missing.
        symbol: &'static str,
    },
    /// The plugin speaks another major version of the boundary.
    #[error("the plugin speaks ABI {found}, this host speaks ABI {expected}")]
    WrongAbi {
        /// The plugin's.
        found: String,
        /// The host's.
        expected: u32,
    },
    /// The manifest is not readable or contradicts itself.
    #[error("{reason}")]
    BadManifest {
        /// What is wrong with it.
        reason: String,
    },
    /// The plugin speaks other versions of the protocol.
    #[error("the plugin speaks protocol {plugin}, this host speaks {host}")]
    WrongProtocol {
        /// The plugin's versions.
        plugin: VersionReq,
        /// The host's version.
        host: Version,
    },
    /// A panic in the plugin would end the host.
    #[error("the plugin was built with panic = \"abort\", so a panic in it would end the host")]
    Aborts,
    /// Another plugin has the id.
    #[error("another plugin has the id {id}: {kept}", kept = kept.display())]
    DuplicateId {
        /// The id.
        id: AgentId,
        /// The file that was found first and is kept.
        kept: PathBuf,
    },
    /// Code of the program has the id.
    #[error("code of the program itself is the agent {id}")]
    NativeId {
        /// The id.
        id: AgentId,
    },
    /// The manifest in the section and the one in the code differ.
    #[error("the manifest in the file's section differs from the one in its code")]
    ManifestDiffers,
    /// The system's loader refused the library.
    #[error("the system cannot load the library: {reason}")]
    LoadFailed {
        /// What the loader says.
        reason: String,
    },
    /// The plugin broke the rules of the boundary while it was loaded.
    #[error("{reason}")]
    BrokenEntry {
        /// What is wrong.
        reason: String,
    },
}

impl Refusal {
    /// A stable code of lower-case words joined by `-`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "unreadable",
            Self::NotALibrary { .. } => "not-a-library",
            Self::Truncated { .. } => "truncated",
            Self::WrongTarget { .. } => "wrong-target",
            Self::NotAPlugin => "not-a-plugin",
            Self::NoEntry { .. } => "no-entry",
            Self::WrongAbi { .. } => "wrong-abi",
            Self::BadManifest { .. } => "bad-manifest",
            Self::WrongProtocol { .. } => "wrong-protocol",
            Self::Aborts => "aborts",
            Self::DuplicateId { .. } | Self::NativeId { .. } => "duplicate-id",
            Self::ManifestDiffers => "manifest-differs",
            Self::LoadFailed { .. } => "load-failed",
            Self::BrokenEntry { .. } => "broken-entry",
        }
    }

    /// How to mend it, in a sentence that names the command where there is one.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "check the path and the permissions of the file",
            Self::NotALibrary { .. } => {
                "give the library that cargo built (crate-type = [\"cdylib\"]), for example target/release/libNAME.so"
            }
            Self::Truncated { .. } => {
                "copy or build the file again: cargo build --release, then replace the file by a rename"
            }
            Self::WrongTarget { .. } => "build the plugin for this system: cargo build --release",
            Self::NotAPlugin => {
                "add guildhall_sdk::export!(YourAgent) to the crate, or remove the file from the plugin folder"
            }
            Self::NoEntry { .. } => {
                "build with crate-type = [\"cdylib\"] and guildhall_sdk::export!, and do not strip dynamic symbols"
            }
            Self::WrongAbi { .. } => {
                "rebuild the plugin with the guildhall-sdk of this host's version: cargo update -p guildhall-sdk && cargo build --release"
            }
            Self::BadManifest { .. } => {
                "mend the arguments of #[agent] and #[capability] and build again: cargo build --release"
            }
            Self::WrongProtocol { .. } => {
                "rebuild the plugin with a guildhall-sdk that speaks this protocol: cargo update -p guildhall-sdk && cargo build --release"
            }
            Self::Aborts => {
                "remove panic = \"abort\" from the plugin's profile and build again: cargo build --release"
            }
            Self::DuplicateId { .. } => {
                "remove one of the two files, or give one plugin another id"
            }
            Self::NativeId { .. } => "remove the file, or give the plugin another id",
            Self::ManifestDiffers => {
                "the file was changed after it was built; build it again: cargo build --release"
            }
            Self::LoadFailed { .. } => {
                "look for a library that is missing: ldd FILE; then build the plugin again on this system"
            }
            Self::BrokenEntry { .. } => {
                "the plugin's author has to mend this; docs/plugin-boundary.md has the rules"
            }
        }
    }

    /// Whether the file never claimed to be a plugin, so that finding it in a folder
    /// is worth no warning.
    pub fn is_harmless(&self) -> bool {
        matches!(self, Self::NotAPlugin)
    }
}
