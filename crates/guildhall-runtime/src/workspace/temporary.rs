//! Private folders that are removed after use.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::removal;
use crate::error::RuntimeError;

/// Beginning of the names of private folders.
const PREFIX: &str = "guildhall-";

/// The file whose lock says that its folder is in use.
const LOCK: &str = "in-use.lock";

/// The file whose lock keeps a folder from being swept between its making and its lock.
const GATE: &str = ".guildhall.lock";

/// The folder that is used, beside the lock.
const CONTENT: &str = "content";

/// A private folder. It is removed when it is dropped; [`Temporary::remove`] also says
/// whether that went well.
#[derive(Debug)]
pub struct Temporary {
    root: PathBuf,
    content: PathBuf,
    /// Held as long as the folder is in use.
    _lock: File,
    is_kept: bool,
}

impl Temporary {
    /// Makes an empty folder in `parent`, which only its owner can enter. `parent` is
    /// made where it does not exist.
    ///
    /// # Errors
    /// [`RuntimeError::File`] where the system refuses.
    pub fn create(parent: &Path) -> Result<Self, RuntimeError> {
        make(parent).map_err(|source| RuntimeError::File {
            path: parent.to_owned(),
            verb: "used for private folders",
            source,
        })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.content
    }

    /// A file on which whoever else uses the folder holds a shared lock.
    pub fn lock_file(&self) -> PathBuf {
        self.root.join(LOCK)
    }

    /// Removes the folder.
    ///
    /// # Errors
    /// [`RuntimeError::File`] where something in it cannot be removed.
    pub fn remove(mut self) -> Result<(), RuntimeError> {
        self.is_kept = true;
        removal::remove(&self.root).map_err(|source| RuntimeError::File {
            path: self.root.clone(),
            verb: "removed",
            source,
        })
    }

    /// Leaves the folder where it is when it is dropped; a sweep finds it.
    pub(super) fn keep(mut self) -> Self {
        self.is_kept = true;
        self
    }

    /// Whether it will stay when it is dropped.
    #[cfg(test)]
    fn is_kept(&self) -> bool {
        self.is_kept
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if self.is_kept {
            return;
        }
        if let Err(error) = removal::remove(&self.root) {
            tracing::warn!(folder = %self.root.display(), %error, "a private folder is left behind");
        }
    }
}

/// The private folders in `parent` that nobody uses any more, locked as those who would
/// remove them.
pub(super) fn abandoned(parent: &Path) -> io::Result<Vec<Temporary>> {
    let gate = match gate(parent) {
        Ok(gate) => gate,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    gate.lock()?;
    let mut found = Vec::new();
    for entry in std::fs::read_dir(parent)? {
        let entry = entry?;
        let is_ours = entry.file_name().to_string_lossy().starts_with(PREFIX);
        if is_ours && entry.file_type()?.is_dir() {
            found.extend(take_abandoned(entry.path())?);
        }
    }
    found.sort_by(|a, b| a.root.cmp(&b.root));
    Ok(found)
}

/// The folder, unless somebody uses it. Nobody makes one while the gate is closed, so one
/// without a lock was left while it was made.
fn take_abandoned(root: PathBuf) -> io::Result<Option<Temporary>> {
    let lock = open(&root.join(LOCK))?;
    match lock.try_lock() {
        Ok(()) => Ok(Some(Temporary {
            content: root.join(CONTENT),
            root,
            _lock: lock,
            is_kept: true,
        })),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn make(parent: &Path) -> io::Result<Temporary> {
    private(parent, true)?;
    let gate = gate(parent)?;
    gate.lock_shared()?;
    let root = parent.join(format!("{PREFIX}{}", Uuid::now_v7().simple()));
    private(&root, false)?;
    let lock = open(&root.join(LOCK))?;
    lock.lock_shared()?;
    let content = root.join(CONTENT);
    private(&content, false)?;
    Ok(Temporary {
        // Whoever works in it may ask for the real path.
        content: content.canonicalize()?,
        root: root.canonicalize()?,
        _lock: lock,
        is_kept: false,
    })
}

fn private(folder: &Path, with_parents: bool) -> io::Result<()> {
    DirBuilder::new()
        .mode(0o700)
        .recursive(with_parents)
        .create(folder)
}

fn gate(parent: &Path) -> io::Result<File> {
    open(&parent.join(GATE))
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_in_use_is_not_abandoned_and_one_that_was_left_is() {
        let parent = tempfile::tempdir().unwrap();
        assert!(abandoned(&parent.path().join("none")).unwrap().is_empty());
        let used = Temporary::create(parent.path()).unwrap();
        let left = Temporary::create(parent.path()).unwrap().keep();
        assert!(left.is_kept());
        let left_root = left.root.clone();
        drop(left);
        let found = abandoned(parent.path()).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].root.canonicalize().unwrap(),
            left_root.canonicalize().unwrap()
        );
        assert!(used.path().is_dir());
    }
}
