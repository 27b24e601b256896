//! Programs that an earlier process has begun for a run and that may still live.
//!
//! Each attempt at a program holds a lock file for as long as any of its processes lives.
//! Every file of the run is looked at, and not those that the journal knows of: where a
//! start was lost with its process, the attempt may live all the same.

use std::path::Path;
use std::time::{Duration, Instant};

use guildhall_coordination::RunId;

use crate::RuntimeError;
use crate::process::{locks_of, wait_until_free};

/// How long they are waited for, all together.
const PATIENCE: Duration = Duration::from_secs(30);

/// Waits until programs of earlier processes are gone, so that no attempt is repeated
/// while its predecessor still has effects.
///
/// # Errors
/// [`RuntimeError::StillRunning`] where one does not end.
pub(crate) async fn wait(state_folder: Option<&Path>, run: RunId) -> Result<(), RuntimeError> {
    let Some(state_folder) = state_folder else {
        return Ok(());
    };
    let start = Instant::now();
    // No such folder: no program was ever begun.
    let entries = std::fs::read_dir(locks_of(state_folder, &run.to_string()));
    for entry in entries.into_iter().flatten().flatten() {
        let left = PATIENCE.saturating_sub(start.elapsed());
        wait_until_free(&entry.path(), left).await?;
    }
    Ok(())
}

/// Removes the lock files of a run that has ended: nothing of it is begun any more.
pub(crate) fn forget(state_folder: Option<&Path>, run: RunId) {
    if let Some(state_folder) = state_folder {
        // Files that stay are free, which is as good.
        let _ = std::fs::remove_dir_all(locks_of(state_folder, &run.to_string()));
    }
}
