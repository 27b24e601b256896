//! A file under a name of its own until all is written, so that under its real name there
//! is never half of it.
//!
//! It is locked for as long as it is written. What a killed process has left is locked by
//! nobody, and goes when the same file is written next.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// How the names of such files end.
pub(crate) const ENDING: &str = ".partial";

/// Digits of the part of a name that is drawn by lot.
const DIGITS: usize = 16;

/// A file that is being written. It is removed when it is dropped, unless it was finished.
#[derive(Debug)]
pub(crate) struct Partial {
    /// Held, with its lock, until it has its real name.
    file: File,
    at: PathBuf,
    path: PathBuf,
    is_finished: bool,
}

impl Partial {
    /// A file beside `path`, with these permissions as far as the user's mask lets them be.
    /// What killed processes have left of the same file is removed.
    pub(crate) fn beside(path: &Path, mode: u32) -> io::Result<Self> {
        remove_abandoned(path);
        loop {
            let at = with_ending(path, random());
            let file = match create(&at, mode) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                file => file?,
            };
            // Where there are no locks nobody removes it, either.
            let _ = file.lock();
            // Until then another process could take it for one that was left.
            if is_at(&file, &at)? {
                return Ok(Self {
                    file,
                    at,
                    path: path.to_owned(),
                    is_finished: false,
                });
            }
        }
    }

    /// To write to.
    pub(crate) const fn file(&self) -> &File {
        &self.file
    }

    /// Where it is for now.
    pub(crate) fn at(&self) -> &Path {
        &self.at
    }

    /// The name that it will have.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Gives it its real name.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        fs::rename(&self.at, &self.path)?;
        self.is_finished = true;
        Ok(())
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.is_finished {
            let _ = fs::remove_file(&self.at);
        }
    }
}

/// Removes such a file unless somebody writes it; whether that was so.
pub(crate) fn remove_unless_written(at: &Path) -> bool {
    // Opening a pipe would wait for its other end.
    let is_file = fs::symlink_metadata(at).is_ok_and(|found| found.is_file());
    let left = is_file.then(|| OpenOptions::new().write(true).open(at).ok());
    let Some(left) = left.flatten() else {
        return false;
    };
    left.try_lock().is_ok() && fs::remove_file(at).is_ok()
}

/// Best effort: what stays is only in the way.
fn remove_abandoned(path: &Path) {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    let Ok(entries) = fs::read_dir(folder.unwrap_or(Path::new("."))) else {
        return;
    };
    let name = path.file_name().unwrap_or_default();
    for entry in entries.flatten() {
        if is_of(entry.file_name().as_bytes(), name.as_bytes()) {
            remove_unless_written(&entry.path());
        }
    }
}

/// Whether a name is one of those that the file `of` has while it is written.
fn is_of(name: &[u8], of: &[u8]) -> bool {
    let lot = name
        .strip_prefix(of)
        .and_then(|rest| rest.strip_prefix(b"."))
        .and_then(|rest| rest.strip_suffix(ENDING.as_bytes()));
    lot.is_some_and(|lot| lot.len() == DIGITS && lot.iter().all(u8::is_ascii_hexdigit))
}

/// The number of a process is no such name: in two containers it is the same.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

fn with_ending(path: &Path, lot: u64) -> PathBuf {
    let mut name = OsString::from(path.file_name().unwrap_or_default());
    name.push(format!(".{lot:0DIGITS$x}{ENDING}"));
    path.with_file_name(name)
}

fn create(at: &Path, mode: u32) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(mode).open(at)
}

/// Whether a file has this name still.
fn is_at(file: &File, at: &Path) -> io::Result<bool> {
    let own = file.metadata()?;
    match fs::symlink_metadata(at) {
        Ok(found) => Ok((found.dev(), found.ino()) == (own.dev(), own.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    #[test]
    fn what_was_left_of_the_same_file_goes_and_all_else_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let stay = [
            "a.0.partial",
            "a.0123456789abcdef",
            "a.0123456789abcdeg.partial",
            "b.0123456789abcdef.partial",
        ];
        for name in stay {
            fs::write(folder.path().join(name), "").unwrap();
        }
        fs::write(folder.path().join("a.0123456789abcdef.partial"), "").unwrap();
        let written = Partial::beside(&path, 0o600).unwrap();
        written.file().write_all(b"one").unwrap();
        // One that is written is not one that was left.
        let other = Partial::beside(&path, 0o600).unwrap();
        assert!(written.at().exists() && other.at().exists());
        drop(other);
        written.finish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"one");
        assert_eq!(names(folder.path()), [&["a"], &stay[..]].concat());
    }

    #[test]
    fn many_that_write_the_same_file_take_nothing_from_one_another() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::thread::scope(|scope| {
            for text in ["one", "two", "six"] {
                let path = &path;
                scope.spawn(move || {
                    for _ in 0..200 {
                        let partial = Partial::beside(path, 0o600).unwrap();
                        partial.file().write_all(text.as_bytes()).unwrap();
                        partial.finish().unwrap();
                    }
                });
            }
        });
        assert_eq!(fs::read(&path).unwrap().len(), 3);
        assert_eq!(names(folder.path()), ["a"]);
    }
}
