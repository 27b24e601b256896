//! One process at a time works on a run.
//!
//! The lock is the operating system's, so it is free the moment its process is gone,
//! however it went. Where locks do not hold (some network file systems) the epoch in the
//! journal still does: of two processes the later one wins, and the other's writes are
//! refused.

use std::collections::HashSet;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use guildhall_coordination::RunId;

use crate::RuntimeError;

/// Who works on which run: here, and where there is a folder in other processes too.
#[derive(Debug, Clone, Default)]
pub(crate) struct RunLocks {
    folder: Option<PathBuf>,
    here: Arc<Mutex<HashSet<RunId>>>,
}

/// The right to work on a run; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct RunLock {
    run: RunId,
    here: Arc<Mutex<HashSet<RunId>>>,
    _file: Option<File>,
}

impl RunLocks {
    /// Locks that other processes see where there is a folder to share with them.
    pub(crate) fn new(folder: Option<&Path>) -> Self {
        Self {
            folder: folder.map(|folder| folder.join("locks")),
            here: Arc::default(),
        }
    }

    /// Takes the lock of `run`.
    ///
    /// # Errors
    /// [`RuntimeError::RunIsBusy`] where somebody has it.
    pub(crate) fn take(&self, run: RunId) -> Result<RunLock, RuntimeError> {
        let mut here = self.here.lock().unwrap_or_else(PoisonError::into_inner);
        if here.contains(&run) {
            return Err(RuntimeError::RunIsBusy { run });
        }
        let folder = self.folder.as_deref();
        let file = folder.map(|folder| lock_file(folder, run)).transpose()?;
        here.insert(run);
        Ok(RunLock {
            run,
            here: Arc::clone(&self.here),
            _file: file,
        })
    }

    /// Whether somebody works on `run`.
    pub(crate) fn is_taken(&self, run: RunId) -> bool {
        matches!(self.take(run), Err(RuntimeError::RunIsBusy { .. }))
    }
}

impl Drop for RunLock {
    fn drop(&mut self) {
        let mut here = self.here.lock().unwrap_or_else(PoisonError::into_inner);
        here.remove(&self.run);
    }
}

fn lock_file(folder: &Path, run: RunId) -> Result<File, RuntimeError> {
    let failed = |verb| {
        let path = folder.to_owned();
        move |source| RuntimeError::File { path, verb, source }
    };
    std::fs::create_dir_all(folder).map_err(failed("made"))?;
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(folder.join(format!("{run}.lock")))
        .map_err(failed("written"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(RuntimeError::RunIsBusy { run }),
        Err(TryLockError::Error(source)) => Err(failed("locked")(source)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_here_and_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunId::new();
        let (own, other) = (
            RunLocks::new(Some(folder.path())),
            RunLocks::new(Some(folder.path())),
        );
        let lock = own.take(run).unwrap();
        assert!(own.is_taken(run) && other.is_taken(run));
        assert!(!other.is_taken(RunId::new()));
        drop(lock);
        assert!(!own.is_taken(run) && !other.is_taken(run));
    }

    #[test]
    fn without_a_folder_it_holds_within_the_process() {
        let locks = RunLocks::new(None);
        let run = RunId::new();
        let lock = locks.take(run).unwrap();
        assert!(locks.is_taken(run));
        drop(lock);
        assert!(!locks.is_taken(run));
    }
}
