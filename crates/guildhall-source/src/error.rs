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
    /// A program that is needed is not there.
    #[error("`{program}` is not in PATH; install it, or say where it is")]
    NoProgram {
        /// Its name.
        program: String,
    },
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
    /// What lies in this folder, or in one around it, would tell cargo what to run.
    #[error("cargo is not run in {}: {reason}; name an empty folder among your own", folder.display())]
    NotApart {
        /// The folder.
        folder: PathBuf,
        /// What lies there.
        reason: String,
    },
    /// The sources of a package are not on this machine.
    #[error("there are no sources of `{name}` {version}: {reason}")]
    NoSources {
        /// The package.
        name: String,
        /// Which version.
        version: String,
        /// Why they were not fetched.
        reason: String,
    },
    /// A program could not be started.
    #[error("{program} could not be started in {}: {source}", folder.display())]
    Start {
        /// Its name.
        program: String,
        /// Where.
        folder: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A program failed.
    #[error("`{command}` failed: {reason}")]
    Command {
        /// Its name and its subcommand.
        command: String,
        /// What it says, at most 16 KiB of it.
        reason: String,
    },
    /// A program took too long and was ended.
    #[error("`{command}` took more than {limit:?} and was ended; look at less, or allow more time")]
    TimedOut {
        /// Its name and its subcommand.
        command: String,
        /// What it was allowed.
        limit: Duration,
    },
    /// Not one thread could be started.
    #[error("no thread could be started: {0}; try again when the machine has less to do")]
    Threads(#[source] io::Error),
    /// Something panicked.
    #[error("the work broke down, which is a defect; please report it")]
    Broken,
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
