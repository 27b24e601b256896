//! Files that an agent keeps for itself, in a folder of its own: each is there whole or not at
//! all, for the user alone, and those that were not used for longest go first.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

/// How files end that are being written.
const UNFINISHED: &str = "new";

/// Nobody writes a file for so long: one that is older was left behind.
const LONGEST_WRITE: Duration = Duration::from_secs(3600);

/// The kept files of one ending in a folder.
///
/// ```
/// use std::io::{Read as _, Write as _};
///
/// use guildhall_source::kept::KeptFiles;
///
/// # let folder = tempfile::tempdir()?;
/// # let folder = folder.path().join("kept");
/// let files = KeptFiles::new(folder, "facts");
/// assert!(files.open("a")?.is_none());
/// files.replace("a", |file| file.write_all(b"new"))?;
/// let mut text = String::new();
/// files.open("a")?.expect("it was written").read_to_string(&mut text)?;
/// assert_eq!(text, "new");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptFiles {
    folder: PathBuf,
    ending: &'static str,
}

impl KeptFiles {
    /// Those in a folder, which is made when the first is written.
    pub fn new(folder: PathBuf, ending: &'static str) -> Self {
        Self { folder, ending }
    }

    /// Where the file of a name is.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.{}", self.ending))
    }

    /// The file of a name; `None` where there is none.
    ///
    /// # Errors
    /// Where it cannot be opened, or is no file.
    pub fn open(&self, name: &str) -> io::Result<Option<File>> {
        let path = self.path(name);
        // Opening a pipe would wait for its other end.
        match path.metadata() {
            Ok(metadata) if !metadata.is_file() => return Err(io::Error::other("it is no file")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            known => known?,
        };
        File::open(path).map(Some)
    }

    /// Puts what `write` writes in the place of the file of a name, whole or not at all.
    ///
    /// # Errors
    /// Where it cannot be written; what was there before is there still.
    pub fn replace(
        &self,
        name: &str,
        write: impl FnOnce(&mut File) -> io::Result<()>,
    ) -> io::Result<()> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        // What is kept is about code that may be secret.
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.folder)?;
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let process = std::process::id();
        let unfinished = format!("{name}.{process}-{number}.{UNFINISHED}");
        let unfinished = self.folder.join(unfinished);
        let written = create(&unfinished).and_then(|mut file| write(&mut file));
        let written = written.and_then(|()| fs::rename(&unfinished, self.path(name)));
        if written.is_err() {
            // It is removed later where that fails.
            let _ = fs::remove_file(&unfinished);
        }
        written
    }

    /// Removes the files that were not used for longest, until those that are left have at
    /// most so many bytes, and what was left behind unfinished. Gives those that could not be
    /// removed.
    ///
    /// # Errors
    /// Where the folder cannot be listed; one that is not there is empty.
    pub fn shrink(&self, most_bytes: u64) -> io::Result<Vec<(PathBuf, io::Error)>> {
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let (mut files, mut failed) = (Vec::new(), Vec::new());
        for entry in entries.flatten() {
            let path = entry.path();
            let Ok(metadata) = entry.metadata() else {
                continue;
            };
            let used = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            match path.extension().and_then(|ending| ending.to_str()) {
                Some(UNFINISHED) if is_old(used) => failed.extend(remove(&path)),
                Some(ending) if ending == self.ending => files.push((used, path, metadata.len())),
                _ => {}
            }
        }
        files.sort();
        let mut bytes: u64 = files.iter().map(|(_, _, bytes)| bytes).sum();
        for (_, path, of_this) in files {
            if bytes <= most_bytes {
                break;
            }
            failed.extend(remove(&path));
            bytes = bytes.saturating_sub(of_this);
        }
        Ok(failed)
    }
}

fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

fn is_old(used: SystemTime) -> bool {
    used.elapsed().is_ok_and(|age| age > LONGEST_WRITE)
}

/// Another process may have removed it already, or be reading it, which goes on.
fn remove(path: &Path) -> Option<(PathBuf, io::Error)> {
    match fs::remove_file(path) {
        Ok(()) => None,
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => Some((path.to_owned(), error)),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap().flatten();
        let names = entries.map(|entry| entry.file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    #[test]
    fn what_cannot_be_written_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let files = KeptFiles::new(folder.path().to_owned(), "facts");
        files.replace("a", |file| file.write_all(b"old")).unwrap();
        let torn = files.replace("a", |file| {
            file.write_all(b"ne")?;
            Err(io::Error::other("full"))
        });
        assert_eq!(torn.unwrap_err().to_string(), "full");
        assert_eq!(fs::read(files.path("a")).unwrap(), b"old");
        assert_eq!(names(folder.path()), ["a.facts"]);
    }

    #[test]
    fn the_longest_unused_go_first_and_files_of_others_stay() {
        let folder = tempfile::tempdir().unwrap();
        let files = KeptFiles::new(folder.path().to_owned(), "facts");
        let hours_ago = |hours: u64| SystemTime::now() - Duration::from_secs(hours * 3600);
        let age = |path: PathBuf, hours: u64| {
            let file = File::options().write(true).open(path).unwrap();
            file.set_modified(hours_ago(hours)).unwrap();
        };
        for (name, hours) in [("old", 9), ("new", 2), ("newest", 0)] {
            files
                .replace(name, |file| file.write_all(&[0; 10]))
                .unwrap();
            age(files.path(name), hours);
        }
        for name in ["other.txt", "left.1-2.new", "begun.3-4.new"] {
            fs::write(folder.path().join(name), [0; 50]).unwrap();
        }
        age(folder.path().join("left.1-2.new"), 2);
        assert!(files.shrink(20).unwrap().is_empty());
        assert_eq!(
            names(folder.path()),
            ["begun.3-4.new", "new.facts", "newest.facts", "other.txt"]
        );
    }

    #[test]
    fn what_is_no_file_is_refused_and_a_folder_that_is_not_there_is_empty() {
        let folder = tempfile::tempdir().unwrap();
        let files = KeptFiles::new(folder.path().to_owned(), "facts");
        fs::create_dir(files.path("a")).unwrap();
        assert!(files.open("a").is_err());
        let nowhere = KeptFiles::new(folder.path().join("none"), "facts");
        assert!(nowhere.open("a").unwrap().is_none());
        assert!(nowhere.shrink(0).unwrap().is_empty());
    }
}
