//! What SQLite refuses, in terms of a store.

use std::path::Path;
use std::time::Duration;

use guildhall_coordination::RunId;
use rusqlite::ErrorCode;

use crate::RuntimeError;

/// Why something was not done. It can be told to several callers, as an error cannot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    Conflict {
        run: RunId,
        expected: u64,
        found: u64,
    },
    CompletedTwice {
        run: RunId,
        task: u32,
    },
    StreamConflict {
        stream: String,
        expected: u64,
        found: u64,
    },
    Full,
    Busy,
    NotAStore(String),
    Damaged(String),
    Other(String),
}

/// For how long another process is waited for before it counts as busy.
#[derive(Debug, Clone, Copy)]
pub(super) struct Waited(pub(super) Duration);

impl Failure {
    /// The failure as an error that names the store's file.
    pub(super) fn into_error(self, path: &Path, waited: Waited) -> RuntimeError {
        let path = path.to_owned();
        match self {
            Self::Conflict {
                run,
                expected,
                found,
            } => RuntimeError::Conflict {
                run,
                expected,
                found,
            },
            Self::CompletedTwice { run, task } => RuntimeError::CompletedTwice { run, task },
            Self::StreamConflict {
                stream,
                expected,
                found,
            } => RuntimeError::StreamConflict {
                stream,
                expected,
                found,
            },
            Self::Full => RuntimeError::StoreFull { path },
            Self::Busy => RuntimeError::StoreBusy {
                path,
                waited_ms: u64::try_from(waited.0.as_millis()).unwrap_or(u64::MAX),
            },
            Self::NotAStore(reason) => RuntimeError::NotAStore { path, reason },
            Self::Damaged(reason) => RuntimeError::StoreDamaged { path, reason },
            Self::Other(reason) => RuntimeError::StoreFailed { path, reason },
        }
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        let reason = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::NotADatabase) => Self::NotAStore(reason),
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged(reason),
            None if is_of_a_row(&error) => Self::Damaged(reason),
            _ => Self::Other(reason),
        }
    }
}

/// Whether `error` is about a row that no store of ours would hold.
const fn is_of_a_row(error: &rusqlite::Error) -> bool {
    matches!(
        error,
        rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::Utf8Error(..)
            | rusqlite::Error::QueryReturnedNoRows
    )
}

/// Whether `error` says that a unique index holds such a row already.
pub(super) fn is_duplicate(error: &rusqlite::Error) -> bool {
    error
        .sqlite_error()
        .is_some_and(|it| it.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE)
}
