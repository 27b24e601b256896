//! Blobs as files: named by their content, in folders of two letters.
//!
//! A file is written under a name of its own and renamed into place, so one that is found
//! is whole, or was damaged after the fact.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use bytes::Bytes;

use super::blobs::{Blobs, Digest};
use super::event::Durability;
use crate::RuntimeError;

/// The folder, beside those of two letters, in which files are written at first.
const INCOMING: &str = "incoming";

/// After how long a file that was never renamed belongs to no process any more.
const ABANDONED_AFTER: Duration = Duration::from_hours(24);

/// Blobs as files in a folder, which several processes may use at once.
///
/// Only the user may read them. Its methods need a tokio runtime.
#[derive(Debug, Clone)]
pub struct FileBlobs {
    root: PathBuf,
}

impl FileBlobs {
    /// Blobs in the folder `root`, which is made where it is not there. What a process that
    /// was killed has left half written there a day ago or earlier is removed.
    ///
    /// # Errors
    /// [`RuntimeError::File`] where the folder cannot be made.
    pub fn open(root: &Path) -> Result<Self, RuntimeError> {
        let incoming = root.join(INCOMING);
        create_private_folder(&incoming)
            .map_err(|source| file_error(&incoming, "created", source))?;
        remove_abandoned(&incoming, |_| true);
        Ok(Self {
            root: root.to_owned(),
        })
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        let name = digest.to_string();
        let (folder, file) = name.split_at(2);
        self.root.join(folder).join(file)
    }

    fn put_now(&self, data: &[u8], durability: Durability) -> Result<Digest, RuntimeError> {
        let digest = Digest::of(data);
        let path = self.path(&digest);
        let is_there = fs::read(&path).is_ok_and(|found| found == data);
        if !is_there {
            self.write(&path, data, durability)
                .map_err(|source| file_error(&path, "written", source))?;
        } else if durability == Durability::Power {
            // It may have been put without a sync.
            sync(&path).map_err(|source| file_error(&path, "synced", source))?;
        }
        Ok(digest)
    }

    fn write(&self, path: &Path, data: &[u8], durability: Durability) -> io::Result<()> {
        let folder = path.parent().unwrap_or(&self.root);
        create_private_folder(folder)?;
        let incoming = self.root.join(INCOMING).join(incoming_name());
        let written =
            write_new(&incoming, data, durability).and_then(|()| fs::rename(&incoming, path));
        if written.is_err() {
            // Best effort: it is removed a day later otherwise.
            let _ = fs::remove_file(&incoming);
        }
        written?;
        if durability == Durability::Power {
            sync_folder(folder)?;
            sync_folder(&self.root)?;
        }
        Ok(())
    }

    fn get_now(&self, digest: &Digest) -> Result<Bytes, RuntimeError> {
        let path = self.path(digest);
        match fs::read(&path) {
            Ok(data) if Digest::of(&data) == *digest => Ok(data.into()),
            Ok(_) => Err(RuntimeError::BlobDamaged {
                digest: *digest,
                path,
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(RuntimeError::NoSuchBlob { digest: *digest })
            }
            Err(error) => Err(file_error(&path, "read", error)),
        }
    }

    /// Does `work` on a thread that may wait for a disk.
    async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, RuntimeError> + Send + 'static,
    ) -> Result<T, RuntimeError> {
        let blobs = self.clone();
        let done = tokio::task::spawn_blocking(move || work(&blobs)).await;
        done.unwrap_or_else(|error| Err(file_error(&self.root, "used", error.into())))
    }
}

#[async_trait]
impl Blobs for FileBlobs {
    async fn put(&self, data: Bytes, durability: Durability) -> Result<Digest, RuntimeError> {
        self.aside(move |blobs| blobs.put_now(&data, durability))
            .await
    }

    async fn get(&self, digest: &Digest) -> Result<Bytes, RuntimeError> {
        let digest = *digest;
        self.aside(move |blobs| blobs.get_now(&digest)).await
    }

    async fn has(&self, digest: &Digest) -> Result<bool, RuntimeError> {
        let path = self.path(digest);
        self.aside(move |_| {
            path.try_exists()
                .map_err(|source| file_error(&path, "looked for", source))
        })
        .await
    }
}

/// A name that no other process and no other thread of this one uses.
fn incoming_name() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let nanoseconds = SystemTime::UNIX_EPOCH
        .elapsed()
        .unwrap_or_default()
        .as_nanos();
    format!("{}-{nanoseconds}-{number}", std::process::id())
}

fn write_new(path: &Path, data: &[u8], durability: Durability) -> io::Result<()> {
    let mut file = create_private_file(path)?;
    file.write_all(data)?;
    if durability == Durability::Power {
        file.sync_all()?;
    }
    Ok(())
}

fn sync(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()?;
    for folder in path.ancestors().skip(1).take(2) {
        sync_folder(folder)?;
    }
    Ok(())
}

/// Makes the names in a folder safe, where the system has such a notion.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// A new file that only the user may read.
pub(super) fn create_private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A folder that only the user may look into, with the folders above it. One that is there
/// stays as it is.
pub(super) fn create_private_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Removes the files in a folder that processes were killed over a day ago or earlier, as
/// far as their names are of that kind. Best effort: what stays is only in the way.
pub(super) fn remove_abandoned(folder: &Path, is_meant: impl Fn(&str) -> bool) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    let meant = |entry: &fs::DirEntry| is_meant(&entry.file_name().to_string_lossy());
    for entry in entries.flatten().filter(meant) {
        let is_abandoned = entry
            .metadata()
            .and_then(|metadata| metadata.modified())
            .is_ok_and(|at| at.elapsed().is_ok_and(|age| age > ABANDONED_AFTER));
        if is_abandoned {
            let _ = fs::remove_file(entry.path());
        }
    }
}

pub(super) fn file_error(path: &Path, verb: &'static str, source: io::Error) -> RuntimeError {
    let path = path.to_owned();
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            RuntimeError::StoreFull { path }
        }
        _ => RuntimeError::File { path, verb, source },
    }
}
