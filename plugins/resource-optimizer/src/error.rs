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
    /// Whoever asked does not want to know any more.
    #[error("it was cancelled")]
    Cancelled,
}

impl OptimizerError {
    /// The code under which the host tells it.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Unreadable { .. } | Self::Request { .. } => ErrorCode::InvalidInput,
            Self::Cancelled => ErrorCode::Cancelled,
        }
    }
}
