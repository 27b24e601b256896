//! The files of a package in a folder.

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};

use guildhall_source::cargo::{CargoFailure, Manifest};
use guildhall_source::read;

use crate::api;

/// Bytes of a file that are read; the longest of published crates, which are generated, have
/// about ten million.
const MOST: u64 = 16 << 20;

/// A folder, of which nothing is read that a link or a path leads out of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// A folder.
    ///
    /// # Errors
    /// Where it is not there.
    pub fn new(root: &Path) -> io::Result<Self> {
        let root = root.canonicalize()?;
        Ok(Self { root })
    }

    /// The manifest in it, called `Cargo.toml`; `None` where none can be read.
    ///
    /// # Errors
    /// Where it is not understood.
    pub fn manifest(&self) -> Result<Option<Manifest>, CargoFailure> {
        let text = self.read("Cargo.toml");
        text.map(|text| Manifest::read("Cargo.toml", &text))
            .transpose()
    }

    fn read(&self, path: &str) -> Option<String> {
        let path = self.root.join(path).canonicalize().ok()?;
        if !path.starts_with(&self.root) || !path.is_file() {
            return None;
        }
        read::read(&path, MOST).ok()
    }
}

impl api::Sources for Folder {
    fn text(&self, path: &str) -> Option<Cow<'_, str>> {
        self.read(path).map(Cow::Owned)
    }
}
