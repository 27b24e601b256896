//! Why a request is not answered.

use std::io;

use guildhall_sdk::prelude::*;
use guildhall_verdict::VerdictError;

/// Why a request is not answered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResolverError {
    /// A file is not there or may not be read.
    #[error("{path} cannot be read: {reason}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system says.
        reason: io::Error,
    },
    /// A file holds something else.
    #[error("{path} is not understood: {reason}")]
    Told {
        /// The file.
        path: String,
        /// What is wrong, and what was expected.
        reason: String,
    },
    /// A question or an outcome makes no sense.
    #[error("{place}{reason}")]
    Nonsense {
        /// Where it stands, up to the pointer into it.
        place: String,
        /// What is wrong there.
        reason: VerdictError,
    },
    /// A decision that was never made, or is not kept.
    #[error(
        "no decision `{id}` is kept; `guildhall resolve decide` says the id of each that it keeps"
    )]
    NoSuchDecision {
        /// The id.
        id: String,
    },
    /// A part of the request is missing or contradicts another.
    #[error("`{key}` {problem}")]
    Request {
        /// The part.
        key: &'static str,
        /// What is wrong, and what would be right.
        problem: String,
    },
}

impl From<ResolverError> for AgentError {
    fn from(error: ResolverError) -> Self {
        Self::new(ErrorCode::InvalidInput, error.to_string())
    }
}
