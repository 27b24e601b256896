//! Why a request is not answered.

use guildhall_sdk::ErrorCode;

/// Why a request is not answered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OptimizerError {
    /// A file is not there, may not be read, or holds something else.
    #[error("{path} cannot be read: {reason}")]
    Unreadable {
        /// The file.
        path: String,
        /// What is wrong, and what was expected.
        reason: String,
    },
    /// A part of the request is wrong or contradicts another.
    #[error("`{key}` {problem}")]
    Request {
        /// The part.
        key: &'static str,
        /// What is wrong, and what would be right.
        problem: String,
    },
    /// Too many records are odd for anything to rest on the others.
    #[error(
        "{odd} records of {} cannot be right, so nothing is recommended by the others; \
         `guildhall optimize status` says what is wrong with them", odd + sound
    )]
    Doubtful {
        /// Records that were left out.
        odd: usize,
        /// Records that could be used.
        sound: usize,
    },
    /// Whoever asked does not want to know any more.
    #[error("it was cancelled")]
    Cancelled,
}

impl OptimizerError {
    /// The code under which the host tells it.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Unreadable { .. } | Self::Request { .. } => ErrorCode::InvalidInput,
            Self::Doubtful { .. } => ErrorCode::Failed,
            Self::Cancelled => ErrorCode::Cancelled,
        }
    }
}
