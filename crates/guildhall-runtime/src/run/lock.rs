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
use std::time::Duration;

use guildhall_coordination::RunId;

use crate::RuntimeError;

/// How often a lock is tried again, and after how long: two seconds in all. Somebody may
/// only look at it; and a program that a killed process was just starting has that process's
/// files open until it is a program of its own, which takes its time on a busy machine.
const LOOKS: u32 = 200;
const A_LOOK: Duration = Duration::from_millis(10);

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

    /// Takes the lock of `run`. Whoever only looks at it holds it for a moment, so it is
    /// tried again for a while.
    ///
    /// # Errors
    /// [`RuntimeError::RunIsBusy`] where somebody has it.
    pub(crate) async fn take(&self, run: RunId) -> Result<RunLock, RuntimeError> {
        for _ in 0..LOOKS {
            match self.try_take(run) {
                Err(RuntimeError::RunIsBusy { .. }) => tokio::time::sleep(A_LOOK).await,
                taken => return taken,
            }
        }
        self.try_take(run)
    }

    fn try_take(&self, run: RunId) -> Result<RunLock, RuntimeError> {
        let mut here = self.here.lock().unwrap_or_else(PoisonError::into_inner);
        if here.contains(&run) {
            return Err(RuntimeError::RunIsBusy { run });
        }
        let folder = self.folder.as_deref();
        let file = folder
            .map(|folder| {
                let file = open(folder, run)?;
                locked(folder, run, file.try_lock()).map(|()| file)
            })
            .transpose()?;
        here.insert(run);
        Ok(RunLock {
            run,
            here: Arc::clone(&self.here),
            _file: file,
        })
    }

    /// Whether somebody works on `run`. Any number may look at once.
    pub(crate) fn is_taken(&self, run: RunId) -> bool {
        let here = self.here.lock().unwrap_or_else(PoisonError::into_inner);
        if here.contains(&run) {
            return true;
        }
        let Some(folder) = self.folder.as_deref() else {
            return false;
        };
        let looked = open(folder, run)
            .and_then(|file| locked(folder, run, file.try_lock_shared()).map(|()| file));
        matches!(looked, Err(RuntimeError::RunIsBusy { .. }))
    }
}

impl Drop for RunLock {
    fn drop(&mut self) {
        let mut here = self.here.lock().unwrap_or_else(PoisonError::into_inner);
        here.remove(&self.run);
    }
}

fn open(folder: &Path, run: RunId) -> Result<File, RuntimeError> {
    std::fs::create_dir_all(folder).map_err(|source| failed(folder, "made", source))?;
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(folder.join(format!("{run}.lock")))
        .map_err(|source| failed(folder, "written", source))
}

fn locked(
    folder: &Path,
    run: RunId,
    outcome: Result<(), TryLockError>,
) -> Result<(), RuntimeError> {
    outcome.map_err(|error| match error {
        TryLockError::WouldBlock => RuntimeError::RunIsBusy { run },
        TryLockError::Error(source) => failed(folder, "locked", source),
    })
}

fn failed(folder: &Path, verb: &'static str, source: std::io::Error) -> RuntimeError {
    let path = folder.to_owned();
    RuntimeError::File { path, verb, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_at_a_time_here_and_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunId::new();
        let (own, other) = (
            RunLocks::new(Some(folder.path())),
            RunLocks::new(Some(folder.path())),
        );
        let lock = own.take(run).await.unwrap();
        assert!(own.is_taken(run) && other.is_taken(run));
        assert!(!other.is_taken(RunId::new()));
        drop(lock);
        assert!(!own.is_taken(run) && !other.is_taken(run));
    }

    #[tokio::test]
    async fn without_a_folder_it_holds_within_the_process() {
        let locks = RunLocks::new(None);
        let run = RunId::new();
        let lock = locks.take(run).await.unwrap();
        assert!(locks.is_taken(run));
        drop(lock);
        assert!(!locks.is_taken(run));
    }

    #[tokio::test]
    async fn whoever_only_looks_keeps_nobody_from_the_run() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunId::new();
        let locks = RunLocks::new(Some(folder.path()));
        let looker = open(&folder.path().join("locks"), run).unwrap();
        looker.lock_shared().unwrap();
        assert!(!locks.is_taken(run), "a look is no work");
        let taken = locks.take(run);
        drop(looker);
        taken.await.unwrap();
    }
}
