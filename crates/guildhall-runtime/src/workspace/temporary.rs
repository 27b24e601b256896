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
    /// Held as long as the folder is in use; one that was left half made has none.
    _lock: Option<File>,
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
        remove_lock_last(&self.root).map_err(|source| RuntimeError::File {
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
        if let Err(error) = remove_lock_last(&self.root) {
            tracing::warn!(folder = %self.root.display(), %error, "a private folder is left behind");
        }
    }
}

/// What was found in a folder of private folders.
#[derive(Debug, Default)]
pub(super) struct Abandoned {
    /// Those that nobody uses any more, locked as those who would remove them.
    pub(super) folders: Vec<Temporary>,
    /// Those of which that could not be found out.
    pub(super) unclear: Vec<(PathBuf, io::Error)>,
}

/// The private folders in `parent` that nobody uses any more. One that cannot be looked
/// at keeps no other from being found.
pub(super) fn abandoned(parent: &Path) -> io::Result<Abandoned> {
    let mut found = Abandoned::default();
    let gate = match gate(parent) {
        Ok(gate) => gate,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        Err(error) => return Err(error),
    };
    gate.lock()?;
    for entry in std::fs::read_dir(parent)? {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                found.unclear.push((parent.to_owned(), error));
                continue;
            }
        };
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        let root = entry.path();
        match take_abandoned(&root) {
            Ok(folder) => found.folders.extend(folder),
            Err(error) => found.unclear.push((root, error)),
        }
    }
    found.folders.sort_by(|a, b| a.root.cmp(&b.root));
    found.unclear.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(found)
}

/// The folder, unless somebody uses it. Nobody makes one while the gate is closed, so one
/// without a lock was left while it was made, or in the last moment of its removal.
fn take_abandoned(root: &Path) -> io::Result<Option<Temporary>> {
    if !is_folder(root)? {
        return Ok(None);
    }
    let lock = match lock_of(root)? {
        None => None,
        Some(lock) => match lock.try_lock() {
            Ok(()) => Some(lock),
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
        },
    };
    Ok(Some(Temporary {
        content: root.join(CONTENT),
        root: root.to_owned(),
        _lock: lock,
        is_kept: true,
    }))
}

/// One that has gone meanwhile is none.
fn is_folder(path: &Path) -> io::Result<bool> {
    match std::fs::symlink_metadata(path) {
        Ok(metadata) => Ok(metadata.is_dir()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// The lock of a folder, which is not made here: whoever removes the folder would find it
/// not empty. Only a file is opened, for a pipe would be waited for with the gate closed.
fn lock_of(root: &Path) -> io::Result<Option<File>> {
    let path = root.join(LOCK);
    let found = std::fs::symlink_metadata(&path).and_then(|metadata| {
        if metadata.is_file() {
            return File::open(&path);
        }
        Err(io::Error::other(format!("its {LOCK} is no file")))
    });
    match found {
        Ok(lock) => Ok(Some(lock)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Removes a private folder. As long as there is something in it, its lock says whose it
/// is: a sweep that finds neither takes nothing from anybody.
fn remove_lock_last(root: &Path) -> io::Result<()> {
    removal::remove(&root.join(CONTENT))?;
    removal::remove(root)
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
        _lock: Some(lock),
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
        let none = abandoned(&parent.path().join("none")).unwrap();
        assert!(none.folders.is_empty() && none.unclear.is_empty());
        let used = Temporary::create(parent.path()).unwrap();
        let left = Temporary::create(parent.path()).unwrap().keep();
        assert!(left.is_kept());
        let left_root = left.root.clone();
        drop(left);
        let found = abandoned(parent.path()).unwrap().folders;
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].root.canonicalize().unwrap(),
            left_root.canonicalize().unwrap()
        );
        assert!(used.path().is_dir());
    }

    #[test]
    fn a_folder_that_cannot_be_looked_at_keeps_no_other_from_being_found() {
        let parent = tempfile::tempdir().unwrap();
        let odd = parent.path().join("guildhall-0");
        std::fs::create_dir_all(odd.join(LOCK)).unwrap();
        drop(Temporary::create(parent.path()).unwrap().keep());
        let found = abandoned(parent.path()).unwrap();
        assert_eq!(found.folders.len(), 1);
        assert_eq!(found.unclear.len(), 1);
        assert_eq!(found.unclear[0].0, odd);
        assert!(found.unclear[0].1.to_string().contains("is no file"));
    }

    #[test]
    fn looking_for_what_was_left_makes_no_lock() {
        let parent = tempfile::tempdir().unwrap();
        let half_made = parent.path().join("guildhall-0");
        std::fs::create_dir(&half_made).unwrap();
        let found = abandoned(parent.path()).unwrap();
        assert!(!half_made.join(LOCK).exists());
        assert_eq!(found.folders.len(), 1);
        for folder in found.folders {
            folder.remove().unwrap();
        }
        assert!(!half_made.exists());
    }

    #[test]
    fn folders_that_are_removed_while_others_sweep_are_removed_whole() {
        let parent = tempfile::tempdir().unwrap();
        let parent = parent.path();
        let is_over = std::sync::atomic::AtomicBool::new(false);
        let order = std::sync::atomic::Ordering::SeqCst;
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while !is_over.load(order) {
                        let found = abandoned(parent).unwrap();
                        assert!(found.unclear.is_empty(), "{found:?}");
                        for folder in found.folders {
                            folder.remove().unwrap();
                        }
                    }
                });
            }
            let users = [(); 2].map(|()| {
                scope.spawn(|| {
                    for _ in 0..200 {
                        let folder = Temporary::create(parent).unwrap();
                        std::fs::write(folder.path().join("file"), "x").unwrap();
                        folder.remove().unwrap();
                    }
                })
            });
            let outcomes = users.map(std::thread::ScopedJoinHandle::join);
            is_over.store(true, order);
            for outcome in outcomes {
                outcome.unwrap();
            }
        });
        let left = std::fs::read_dir(parent).unwrap();
        let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, [GATE]);
    }
}
