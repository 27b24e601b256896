//! The folder of the caches: one file for each root that is scanned.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use super::digest::Digest;
use super::stored;

/// How the files of caches end.
const ENDING: &str = "cache";

/// How files end that are being written.
const UNFINISHED: &str = "new";

/// Nobody writes a file for so long: one that is older was left behind.
const LONGEST_WRITE: Duration = Duration::from_secs(3600);

/// The folder, and the file of one root in it.
#[derive(Debug)]
pub(super) struct Folder {
    folder: PathBuf,
    name: String,
}

impl Folder {
    pub(super) fn new(folder: PathBuf, root: &Path) -> Self {
        let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
        let digest = String::from(Digest::of(root.as_os_str().as_bytes()));
        let name = digest[..32].to_owned();
        Self { folder, name }
    }

    /// The root's file; `None` where there is none yet.
    pub(super) fn open(&self) -> io::Result<Option<File>> {
        let path = self.path();
        // Opening a pipe would wait for its other end.
        match path.metadata() {
            Ok(metadata) if !metadata.is_file() => return Err(io::Error::other("it is no file")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            known => known?,
        };
        File::open(path).map(Some)
    }

    /// Puts a new file in the place of the root's, whole or not at all.
    pub(super) fn replace(&self, parts: [&[u8]; 3]) -> io::Result<()> {
        // What is kept is about code that may be secret.
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.folder)?;
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let process = std::process::id();
        let unfinished = format!("{}.{process}-{number}.{UNFINISHED}", self.name);
        let unfinished = self.folder.join(unfinished);
        let written = write(&unfinished, parts);
        let written = written.and_then(|()| fs::rename(&unfinished, self.path()));
        if written.is_err() {
            // It is removed later where that fails.
            let _ = fs::remove_file(&unfinished);
        }
        written
    }

    /// Removes the files that were not used for longest, until the folder has at most so
    /// many bytes, and what was left behind unfinished.
    pub(super) fn shrink(&self, most_bytes: u64) -> io::Result<()> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder)?.flatten() {
            let path = entry.path();
            let Ok(metadata) = entry.metadata() else {
                continue;
            };
            let used = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            match path.extension().and_then(|ending| ending.to_str()) {
                Some(ENDING) => files.push((used, path, metadata.len())),
                Some(UNFINISHED) if is_old(used) => remove(&path),
                _ => {}
            }
        }
        files.sort();
        let mut bytes: u64 = files.iter().map(|(_, _, bytes)| bytes).sum();
        for (_, path, of_this) in files {
            if bytes <= most_bytes {
                break;
            }
            remove(&path);
            bytes = bytes.saturating_sub(of_this);
        }
        Ok(())
    }

    fn path(&self) -> PathBuf {
        self.folder.join(format!("{}.{ENDING}", self.name))
    }
}

fn write(path: &Path, parts: [&[u8]; 3]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    stored::write(&mut file, parts)
}

fn is_old(used: SystemTime) -> bool {
    used.elapsed().is_ok_and(|age| age > LONGEST_WRITE)
}

/// Another scan may have removed it already, or be reading it, which goes on.
fn remove(path: &Path) {
    let _ = fs::remove_file(path);
}
