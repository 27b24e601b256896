//! Manifests and lock files of the tree: found by the same walk as the sources.

use std::path::Path;

use guildhall_report::Skipped;
use guildhall_source::cargo::{Lock, Manifest};
use guildhall_source::read::{ReadFailure, read};
use guildhall_source::walk::Found;

const MANIFEST: &str = "Cargo.toml";
const LOCK: &str = "Cargo.lock";

/// What cargo's files say.
#[derive(Debug, Default)]
pub(crate) struct CargoFiles {
    /// Ordered by name.
    pub(crate) manifests: Vec<Manifest>,
    /// Ordered by name.
    pub(crate) locks: Vec<Lock>,
    /// Those that could not be understood.
    pub(crate) skipped: Vec<Skipped>,
}

/// Whether a path is one of cargo's.
pub(crate) fn is_wanted(path: &Path) -> bool {
    path.ends_with(MANIFEST) || path.ends_with(LOCK)
}

/// The sources, and cargo's files.
pub(crate) fn told_apart(files: Vec<Found>) -> (Vec<Found>, Vec<Found>) {
    files.into_iter().partition(|file| !is_wanted(&file.path))
}

/// One of cargo's files with its text.
#[derive(Debug)]
pub(crate) struct CargoText {
    pub(crate) name: String,
    pub(crate) text: Result<String, ReadFailure>,
}

/// Reads cargo's files.
pub(crate) fn read_all(files: &[Found], most_bytes: u64) -> Vec<CargoText> {
    let read = |file: &Found| CargoText {
        name: file.name.clone(),
        text: read(&file.path, most_bytes),
    };
    files.iter().map(read).collect()
}

impl CargoFiles {
    /// What these files say. What is not understood is skipped: rules do without it.
    pub(crate) fn of_read(files: &[CargoText]) -> Self {
        let mut all = Self::default();
        for file in files {
            match &file.text {
                Ok(text) => all.take(&file.name, text),
                Err(failure) => all.skipped.push(failure.skipped(&file.name)),
            }
        }
        all
    }

    /// What these texts say, which come ordered by their files' names.
    pub(crate) fn of_texts<'a>(texts: impl Iterator<Item = (&'a str, String)>) -> Self {
        let mut all = Self::default();
        for (name, text) in texts {
            all.take(name, &text);
        }
        all
    }

    fn take(&mut self, name: &str, text: &str) {
        let taken = if Path::new(name).ends_with(LOCK) {
            Lock::read(name, text).map(|lock| self.locks.push(lock))
        } else {
            Manifest::read(name, text).map(|manifest| self.manifests.push(manifest))
        };
        self.skipped
            .extend(taken.err().map(|failure| failure.skipped()));
    }
}
