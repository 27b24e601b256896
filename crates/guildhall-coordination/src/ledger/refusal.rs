//! Why something that was asked for is not done.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::TaskStatus;
use crate::id::TaskIndex;

/// Why something that was asked for is not done. Nothing has changed then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "refusal", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Refusal {
    /// There is no such task.
    NoSuchTask,
    /// The task has ended.
    HasEnded {
        /// How.
        status: TaskStatus,
    },
    /// An attempt is in flight already, or its children are being done.
    IsRunning,
    /// A task that it needs has not ended as it must have.
    NotReady {
        /// That task.
        needs: TaskIndex,
    },
    /// A stage before its own has not ended.
    StageClosed,
    /// Its retry policy allows no further attempt.
    AttemptsUsedUp,
    /// The run's retries are used up.
    RetriesUsedUp,
    /// A limit is reached; it can be begun when something else has ended.
    AtLimit {
        /// Which.
        limit: String,
    },
    /// The budget does not cover it.
    Budget {
        /// What is missing.
        reason: String,
    },
    /// Nothing is begun: the run is paused, cancelled or has ended.
    NotWorking,
    /// The attempt is not the one in flight: it was interrupted, or belongs to a process
    /// that lost the run.
    Stale,
    /// No agent that can be used offers what the task needs.
    NoAgent {
        /// What is missing.
        reason: String,
    },
    /// Tasks that cannot be added as they are.
    BadTasks {
        /// What is wrong.
        reason: String,
    },
    /// Tasks remain that have not ended.
    Unfinished {
        /// How many.
        open: usize,
    },
    /// It is not known to the version that says so, or that hears it.
    #[serde(other)]
    Unknown,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchTask => f.write_str("there is no such task"),
            Self::HasEnded { status } => write!(f, "the task is {status}"),
            Self::IsRunning => f.write_str("the task is being done already"),
            Self::NotReady { needs } => write!(f, "the task needs {needs} first"),
            Self::StageClosed => f.write_str("a stage before the task's own has not ended"),
            Self::AttemptsUsedUp => f.write_str("the task's attempts are used up"),
            Self::RetriesUsedUp => f.write_str("the run's retries are used up"),
            Self::AtLimit { limit } => write!(f, "the limit of {limit} is reached"),
            Self::Budget { reason } => f.write_str(reason),
            Self::NotWorking => f.write_str("the run is paused, cancelled or has ended"),
            Self::Stale => f.write_str("the attempt is not in flight any more"),
            Self::NoAgent { reason } | Self::BadTasks { reason } => f.write_str(reason),
            Self::Unfinished { open } => write!(f, "{open} tasks have not ended"),
            Self::Unknown => f.write_str("it is not known to this version of Guildhall"),
        }
    }
}
