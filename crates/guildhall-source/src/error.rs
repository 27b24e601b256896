//! Why a tree or its history could not be read.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use guildhall_git::{GitFormatError, hardening};

/// What ends the work on a tree; a single file that cannot be read is none of these.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// There is nothing at the root.
    #[error("`{path}` can't be read: {source}; name an existing folder or file")]
    Root {
        /// The root as `guildhall_core::path_text` writes it.
        path: String,
        /// What the system says.
        source: io::Error,
    },
    /// There is no git.
    #[error("git is not in PATH; install git {}.{} or newer", hardening::OLDEST.0, hardening::OLDEST.1)]
    NoGit,
    /// Not all that could run a repository's code can be switched off in this git.
    #[error(
        "this is {found:?}, which is older than {}.{}; install a newer git",
        hardening::OLDEST.0, hardening::OLDEST.1
    )]
    GitTooOld {
        /// What it says of its version.
        found: String,
    },
    /// The folder is in no git repository, or not at the top of one where that is asked.
    #[error("{} is in no git repository; its history cannot be looked at", folder.display())]
    NotARepository {
        /// The folder.
        folder: PathBuf,
    },
    /// Git could not be started.
    #[error("git could not be started in {}: {source}", folder.display())]
    Start {
        /// Where.
        folder: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Git failed.
    #[error("`git {command}` failed: {reason}")]
    Command {
        /// Git's subcommand.
        command: String,
        /// What git says, at most 16 KiB of it.
        reason: String,
    },
    /// Git took too long and was ended.
    #[error(
        "`git {command}` took more than {limit:?} and was ended; look at less, or allow more time"
    )]
    TimedOut {
        /// Git's subcommand.
        command: String,
        /// What it was allowed.
        limit: Duration,
    },
    /// The caller asked for an end.
    #[error("it was cancelled")]
    Cancelled,
    /// Git's output is not what was asked for.
    #[error(transparent)]
    Format(#[from] GitFormatError),
}

impl SourceError {
    /// Whether there is no history to look at, which is a fact of the tree or of the
    /// machine and no fault: no git, one that is too old, or no repository.
    pub fn is_no_history(&self) -> bool {
        matches!(
            self,
            Self::NoGit | Self::GitTooOld { .. } | Self::NotARepository { .. }
        )
    }
}
