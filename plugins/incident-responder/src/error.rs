//! Why a request is not answered.

use std::io;

use guildhall_sdk::core::streams;
use guildhall_sdk::core::{AgentError, ErrorCode};
use guildhall_source::SourceError;

use crate::fold::BadHistory;
use crate::guard::Refusal;
use crate::incident::IncidentId;
use crate::intake::IntakeError;
use crate::logs::LinesError;

/// Why a request is not answered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
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
    /// The symptom says nothing to look for.
    #[error("the symptom holds no word to look for; give what was seen by --text or as a file")]
    NoSymptom,
    /// There is no such incident.
    #[error("there is no incident {name:?}; `guildhall incident list` lists them")]
    NoIncident {
        /// What was given.
        name: String,
    },
    /// An incident is in another state than what was asked for needs.
    #[error("{incident} {problem}")]
    State {
        /// The incident.
        incident: IncidentId,
        /// In which state it is, and what would mend it.
        problem: String,
    },
    /// Others kept changing an incident.
    #[error("{incident} was changed by others each time this was tried; try again")]
    Contended {
        /// The incident.
        incident: IncidentId,
    },
    /// What is kept of an incident is damaged.
    #[error("{incident}: {reason}")]
    History {
        /// The incident.
        incident: IncidentId,
        /// What is wrong.
        reason: BadHistory,
    },
    /// A deploy that the guard refuses.
    #[error("{incident}: {refusal}")]
    Refused {
        /// The incident.
        incident: IncidentId,
        /// Why, and what would mend it.
        refusal: Refusal,
    },
    /// A service of the host failed.
    #[error("{0}")]
    Service(AgentError),
    /// Whoever asked does not want to know any more.
    #[error("it was cancelled")]
    Cancelled,
}

impl From<AgentError> for ResponderError {
    fn from(error: AgentError) -> Self {
        Self::Service(error)
    }
}

impl From<ResponderError> for AgentError {
    fn from(error: ResponderError) -> Self {
        let code = match &error {
            ResponderError::Service(service) => return told_of(service),
            ResponderError::Unreadable { .. }
            | ResponderError::NotText { .. }
            | ResponderError::Told { .. }
            | ResponderError::Request { .. }
            | ResponderError::NoCommit
            | ResponderError::UnknownCommit { .. }
            | ResponderError::NoSymptom
            | ResponderError::NoIncident { .. }
            | ResponderError::State { .. }
            | ResponderError::Refused { .. }
            | ResponderError::Source(SourceError::NotARepository { .. }) => ErrorCode::InvalidInput,
            ResponderError::Cancelled | ResponderError::Source(SourceError::Cancelled) => {
                ErrorCode::Cancelled
            }
            ResponderError::Unwritable { .. }
            | ResponderError::Source(_)
            | ResponderError::Contended { .. }
            | ResponderError::History { .. } => ErrorCode::Failed,
        };
        Self::new(code, error.to_string())
    }
}

/// What a service answered; of a host that keeps no streams with what that means here.
fn told_of(error: &AgentError) -> AgentError {
    let mut error = error.clone();
    if error.is(ErrorCode::NoSuchService) && error.message.contains(streams::SERVICE) {
        error.message = format!(
            "incidents are not kept here, for this host keeps no streams: {}",
            error.message
        );
    }
    error
}
