//! What a user sees of the checkout, before and after commands were run beside it.

use std::ops::ControlFlow;

use guildhall_sdk::core::AgentError;
use guildhall_source::repository::{Repository, Watch};
use sha2::{Digest as _, Sha256};

use super::failed;

/// What was checked out, staged, changed and lay about at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    digest: [u8; 32],
    /// Files that are changed or new in the checkout.
    pub(crate) changed: usize,
}

impl Standing {
    /// How the checkout stands now. Nothing is written, not even git's index.
    ///
    /// # Errors
    /// Where git fails.
    pub(crate) fn of(repository: &Repository, watch: &Watch<'_>) -> Result<Self, AgentError> {
        let mut status = Vec::new();
        let arguments = ["status", "--porcelain=v2", "--branch", "--no-renames", "-z"];
        let _ = repository
            .stream(arguments, watch, |bytes| {
                status.extend_from_slice(bytes);
                ControlFlow::Continue(())
            })
            .map_err(|error| failed(&error))?;
        let index = std::fs::read(repository.facts().git_folder.join("index"));
        let mut digest = Sha256::new();
        digest.update(Sha256::digest(index.unwrap_or_default()));
        digest.update(&status);
        let entries = status.split(|byte| *byte == 0);
        let is_file = |entry: &&[u8]| !entry.is_empty() && !entry.starts_with(b"# ");
        Ok(Self {
            digest: digest.finalize().into(),
            changed: entries.filter(is_file).count(),
        })
    }
}
