//! One process at a time works on a run.
//!
//! The lock is the operating system's, so it is free the moment its process is gone,
//! however it went. Where locks do not hold (some network file systems) the epoch in the
//! journal still does: of two processes the later one wins, and the other's writes are
//! refused.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use guildhall_coordination::RunId;

use crate::RuntimeError;

/// The right to work on a run; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct RunLock {
    _file: Option<File>,
}

impl RunLock {
    /// Takes the lock of `run`; without a folder there is nobody to share with.
    ///
    /// # Errors
    /// [`RuntimeError::RunIsBusy`] where another process has it.
    pub(crate) fn take(folder: Option<&Path>, run: RunId) -> Result<Self, RuntimeError> {
        let Some(folder) = folder else {
            return Ok(Self { _file: None });
        };
        let folder = folder.join("locks");
        let failed = |verb| {
            let path = folder.clone();
            move |source| RuntimeError::File { path, verb, source }
        };
        std::fs::create_dir_all(&folder).map_err(failed("made"))?;
        let path = folder.join(format!("{run}.lock"));
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(failed("written"))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: Some(file) }),
            Err(TryLockError::WouldBlock) => Err(RuntimeError::RunIsBusy { run }),
            Err(TryLockError::Error(source)) => Err(failed("locked")(source)),
        }
    }

    /// Whether somebody works on `run`.
    pub(crate) fn is_taken(folder: Option<&Path>, run: RunId) -> bool {
        matches!(Self::take(folder, run), Err(RuntimeError::RunIsBusy { .. }))
    }
}
