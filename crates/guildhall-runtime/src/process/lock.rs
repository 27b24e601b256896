//! The lock that is held for as long as any process of an attempt lives.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::Path;
use std::time::Duration;

use tokio::time::Instant;

use crate::error::RuntimeError;

/// Time between two looks at a lock.
const PAUSE: Duration = Duration::from_millis(20);

/// Waits until no process of the attempt that holds `lock_file` lives any more. A file
/// that does not exist is free. Whoever repeats an attempt waits for the one before it.
///
/// # Errors
/// [`RuntimeError::StillRunning`] where it is still held after `timeout`;
/// [`RuntimeError::File`] where the file cannot be used.
///
/// # Cancel safety
/// Dropping the future leaves everything as it was.
pub async fn wait_until_free(lock_file: &Path, timeout: Duration) -> Result<(), RuntimeError> {
    let start = Instant::now();
    loop {
        let failed = |source| RuntimeError::File {
            path: lock_file.to_owned(),
            verb: "locked",
            source,
        };
        if is_free(lock_file).map_err(failed)? {
            return Ok(());
        }
        if start.elapsed() >= timeout {
            return Err(RuntimeError::StillRunning {
                lock: lock_file.to_owned(),
                holder: holder(lock_file),
                waited: timeout,
            });
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Takes the lock for this process and its descendants; `None` where another has it.
pub(super) fn take(lock_file: &Path, holder: &str) -> io::Result<Option<File>> {
    if let Some(folder) = lock_file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(lock_file)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(error)) => return Err(error),
    }
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(holder.as_bytes())?;
    Ok(Some(file))
}

/// A shared lock is enough to see whether somebody has the exclusive one, and does not
/// stand in the way of others who look.
fn is_free(lock_file: &Path) -> io::Result<bool> {
    let file = match File::open(lock_file) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(error),
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Who says in the file that it has the lock.
fn holder(lock_file: &Path) -> String {
    let mut text = String::new();
    let read = File::open(lock_file).and_then(|file| file.take(200).read_to_string(&mut text));
    match read {
        Ok(length) if length > 0 => text,
        _ => "an unknown process".to_owned(),
    }
}
