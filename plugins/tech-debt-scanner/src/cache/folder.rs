//! The folder of the caches: one file for each root that is scanned.

use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use guildhall_source::kept::KeptFiles;

use super::digest::Digest;
use super::stored;

/// How the files of caches end.
const ENDING: &str = "cache";

/// The folder, and the file of one root in it.
#[derive(Debug)]
pub(super) struct Folder {
    files: KeptFiles,
    name: String,
}

impl Folder {
    pub(super) fn new(folder: PathBuf, root: &Path) -> Self {
        let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
        let digest = String::from(Digest::of(root.as_os_str().as_bytes()));
        Self {
            files: KeptFiles::new(folder, ENDING),
            name: digest[..32].to_owned(),
        }
    }

    /// The root's file; `None` where there is none yet.
    pub(super) fn open(&self) -> io::Result<Option<File>> {
        self.files.open(&self.name)
    }

    /// Puts a new file in the place of the root's.
    pub(super) fn replace(&self, parts: [&[u8]; 3]) -> io::Result<()> {
        self.files
            .replace(&self.name, |file| stored::write(file, parts))
    }

    /// Removes the files that were not used for longest, until the folder has at most so
    /// many bytes. One that cannot be removed now is tried again by the next scan.
    pub(super) fn shrink(&self, most_bytes: u64) -> io::Result<()> {
        self.files.shrink(most_bytes).map(drop)
    }
}
