//! Why a request is not answered.

use std::io;

use crate::intake::IntakeError;
use crate::logs::LinesError;

/// Why a request is not answered.
#[derive(Debug, thiserror::Error)]
pub enum ResponderError {
    /// A file is not there or may not be read.
    #[error("{path} cannot be read: {reason}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system says.
        reason: io::Error,
    },
    /// A file is of another kind.
    #[error("{path} is not read: {reason}")]
    NotText {
        /// The file.
        path: String,
        /// What it is, and what to do.
        reason: LinesError,
    },
    /// What was told is not understood.
    #[error("{path} is not understood: {reason}")]
    Told {
        /// The file.
        path: String,
        /// What is wrong, and what was expected.
        reason: IntakeError,
    },
    /// A file cannot be written.
    #[error("{path} cannot be written: {reason}")]
    Unwritable {
        /// The file.
        path: String,
        /// What the system says.
        reason: io::Error,
    },
    /// A part of the request contradicts itself or another.
    #[error("`{key}` {problem}")]
    Request {
        /// The part.
        key: &'static str,
        /// What is wrong, and what would be right.
        problem: String,
    },
    /// Whoever asked does not want to know any more.
    #[error("it was cancelled")]
    Cancelled,
}
