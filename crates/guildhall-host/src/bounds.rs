//! What bounds an operation of an agent, and how it comes to an early end.

use std::time::Duration;

use guildhall_core::{AgentError, ErrorCode};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// What bounds an operation.
pub(crate) struct Bounds {
    pub(crate) deadline: Option<Instant>,
    pub(crate) cancel: CancellationToken,
    /// How long the plugin may take to end after it was asked to.
    pub(crate) grace: Duration,
}

/// Why an operation is to end early.
pub(crate) enum Reason {
    Cancelled,
    DeadlineExceeded,
}

impl Reason {
    pub(crate) fn error(&self) -> AgentError {
        match self {
            Self::Cancelled => AgentError::new(ErrorCode::Cancelled, "the task was cancelled"),
            Self::DeadlineExceeded => {
                AgentError::new(ErrorCode::DeadlineExceeded, "the task's deadline passed")
                    .with_help("give it more time, or less to do")
            }
        }
    }
}

/// Ends when the caller withdraws an operation or its deadline passes.
pub(crate) async fn withdrawn(deadline: Option<Instant>, cancel: &CancellationToken) -> Reason {
    let deadline = async {
        match deadline {
            Some(deadline) => tokio::time::sleep_until(deadline).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = cancel.cancelled() => Reason::Cancelled,
        () = deadline => Reason::DeadlineExceeded,
    }
}
