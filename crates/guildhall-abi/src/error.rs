//! What the boundary itself refuses.

/// What the boundary itself refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AbiError {
    /// The manifest's section is not a record.
    #[error("the manifest section is damaged: {reason}")]
    BadSection {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A struct from the other side is too short or lacks a function.
    #[error("the plugin's {name} is not usable: {reason}")]
    BadStruct {
        /// Name of the struct.
        name: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The plugin speaks another major version of the boundary.
    #[error("the plugin speaks ABI {found}, this host {expected}")]
    WrongMajor {
        /// The plugin's.
        found: u32,
        /// The host's.
        expected: u32,
    },
}
