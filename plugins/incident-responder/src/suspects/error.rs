//! Why there are no suspects.

use std::io;

use guildhall_source::SourceError;

/// What ends a search for suspects.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SuspectError {
    /// The repository cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// There is no commit.
    #[error("the repository has no commit yet, so there is nothing to suspect")]
    NoCommit,
    /// A name leads to no commit.
    #[error("{name:?} is no commit, tag or branch of the repository; `git tag` lists the tags")]
    UnknownCommit {
        /// What was given.
        name: String,
    },
    /// The symptom cannot be read.
    #[error("{path:?} cannot be read: {source}; name a file with what was seen, or use --text")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system says.
        source: io::Error,
    },
    /// The symptom says nothing to look for.
    #[error("the symptom holds no word to look for; give what was seen by --text or as a file")]
    NoSymptom,
}
