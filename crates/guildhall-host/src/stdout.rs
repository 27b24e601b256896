//! Moves descriptor 1 away, so that what a plugin prints cannot spoil the host's
//! machine output.

use std::fs::File;
use std::io;
use std::sync::{Mutex, PoisonError};

/// The real standard output, once it was moved.
static MOVED: Mutex<Option<File>> = Mutex::new(None);

/// Moves descriptor 1: from now on whatever prints to it (this process's own
/// `println!` included) prints to standard error, and the real standard output is
/// the file that is given back. Calling it again gives the same output.
///
/// [`crate::Host`] calls it before it loads the first plugin; a program that writes
/// results to standard output takes its writer from here.
///
/// # Errors
/// What the system says where a descriptor cannot be duplicated.
pub fn claim() -> io::Result<File> {
    let mut moved = MOVED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(file) = moved.as_ref() {
        return file.try_clone();
    }
    let file = move_away()?;
    let copy = file.try_clone()?;
    *moved = Some(file);
    Ok(copy)
}

#[cfg(unix)]
fn move_away() -> io::Result<File> {
    let real = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdout(), 3)?;
    rustix::stdio::dup2_stdout(rustix::stdio::stderr())?;
    Ok(File::from(real))
}

#[cfg(not(unix))]
fn move_away() -> io::Result<File> {
    use std::os::windows::io::{AsHandle as _, OwnedHandle};

    // Windows has no descriptors to move; a plugin there can still print.
    let handle: OwnedHandle = io::stdout().as_handle().try_clone_to_owned()?;
    Ok(File::from(handle))
}
