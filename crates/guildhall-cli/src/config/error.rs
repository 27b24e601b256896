//! What can go wrong with a configuration.

use std::io;
use std::path::{Path, PathBuf};

use guildhall_coordination::source_text::{self, Problem};
use thiserror::Error;

use super::shown;

/// An error of the configuration.
#[derive(Debug, Error)]
pub(crate) enum ConfigError {
    /// A file says something wrong.
    #[error("{}", source_text::list(.problems, *.more))]
    Invalid {
        /// What, in the order of the file: the first few, at least one.
        problems: Vec<Problem>,
        /// How much more is wrong.
        more: usize,
    },
    /// A file cannot be read.
    #[error("cannot read {}: {source}", name(.path))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Something else than a file stands in its place.
    #[error("{} is {found}, not a file; rename it or give another file with `--config`", name(.path))]
    NotAFile {
        /// Where.
        path: PathBuf,
        /// What stands there.
        found: &'static str,
    },
    /// A symbolic link that leads to nothing or in a circle.
    #[error("{} is a symbolic link that leads to no file: {source}", name(.path))]
    BrokenLink {
        /// The link.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A project's file is a link to a place outside of its folder.
    #[error(
        "{} is a symbolic link out of its folder, to {}; if you want that file, give it with `--config`",
        name(.path), name(.target)
    )]
    LeadsAway {
        /// The link.
        path: PathBuf,
        /// Where it leads.
        target: PathBuf,
    },
    /// A file is too large to be a configuration.
    #[error("{} is larger than {limit} bytes, which no configuration needs", name(.path))]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit in bytes.
        limit: u64,
    },
    /// A file that was given by name does not exist.
    #[error("there is no file {}", name(.path))]
    Missing {
        /// What was given.
        path: PathBuf,
    },
    /// The path to scan cannot be resolved, so no project's file can be looked for.
    #[error("cannot look for guildhall.toml from {} upwards: {source}", name(.path))]
    Start {
        /// The path.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// An environment variable does not name a folder.
    #[error("the environment variable {variable} is {}, which is not an absolute path", name(.value))]
    RelativeVariable {
        /// The variable.
        variable: &'static str,
        /// Its value.
        value: PathBuf,
    },
    /// No place for the trust store is known.
    #[error("there is no place for the list of trusted files; set HOME or {variable}")]
    NoPlace {
        /// The variable that would give one.
        variable: &'static str,
    },
    /// The trust store is not what was written there.
    #[error(
        "the list of trusted files {} is damaged: {reason}; mend it, or remove it and trust your files again",
        name(.path)
    )]
    DamagedStore {
        /// The store.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Trust was to be taken back from what has none.
    #[error(
        "nothing is taken back: {} is not trusted; `guildhall trust --list` lists what is",
        name(.path)
    )]
    NotTrusted {
        /// What was given.
        path: PathBuf,
    },
    /// A path cannot be written down without loss.
    #[error("{} cannot be trusted: its path is not Unicode; move the file", name(.path))]
    NotUnicode {
        /// The path.
        path: PathBuf,
    },
    /// The trust store cannot be written.
    #[error("cannot write {}: {source}", name(.path))]
    Unwritable {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

fn name(path: &Path) -> String {
    format!("`{}`", shown::path(path))
}
