//! Files that only the user may read, written whole or not at all, and a folder of them
//! that does not grow for ever.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::partial::{self, Partial};

/// After how long a file that was never finished belongs to no process any more, where its
/// lock does not tell.
const ABANDONED_AFTER: Duration = Duration::from_hours(24);

/// Writes the file at `path`, in `folder`, with what `write` puts into it. Where that fails
/// there is the file that was there before.
///
/// What is kept of a scan is about code that may be secret, so nobody else may read it.
pub(crate) fn replace(
    folder: &Path,
    path: &Path,
    write: impl FnOnce(&mut &File) -> io::Result<()>,
) -> io::Result<()> {
    make_folder(folder)?;
    let partial = Partial::beside(path, 0o600)?;
    write(&mut partial.file())?;
    partial.finish()
}

/// Makes a folder that only the user may enter, where there is none.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Says that a file is in use, so that it goes after those that are not. One that cannot be
/// touched only goes a little earlier.
pub(crate) fn touch(file: &File) {
    let _ = file.set_modified(SystemTime::now());
}

/// Removes the files in `folder` whose names end so and that were not in use for longest,
/// until the number of the rest, and their bytes, are `few_enough`; and what was left half
/// written long ago. Other processes may do so at the same moment.
pub(crate) fn forget_oldest(
    folder: &Path,
    ending: &str,
    few_enough: impl Fn(usize, u64) -> bool,
) -> io::Result<()> {
    let mut files: Vec<(SystemTime, PathBuf, u64)> = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        // What another process has removed meanwhile is no concern of ours.
        let Ok((modified, bytes)) = facts(&path) else {
            continue;
        };
        if name.ends_with(partial::ENDING) {
            if modified.elapsed().is_ok_and(|age| age > ABANDONED_AFTER) {
                partial::remove_unless_written(&path);
            }
        } else if name.ends_with(ending) {
            files.push((modified, path, bytes));
        }
    }
    files.sort();
    let mut bytes: u64 = files.iter().map(|(_, _, bytes)| bytes).sum();
    let mut number = files.len();
    for (_, path, of_this) in files {
        if few_enough(number, bytes) {
            break;
        }
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        number -= 1;
        bytes = bytes.saturating_sub(of_this);
    }
    Ok(())
}

/// When a regular file was last in use, and how long it is.
fn facts(path: &Path) -> io::Result<(SystemTime, u64)> {
    let metadata = fs::symlink_metadata(path)?;
    if !metadata.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    Ok((metadata.modified()?, metadata.len()))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn only_the_user_may_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("a/b");
        let path = folder.join("file");
        replace(&folder, &path, |file| file.write_all(b"one")).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"one");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&folder), mode(&path)), (0o700, 0o600));
    }

    #[test]
    fn what_was_there_stays_where_the_new_cannot_be_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, b"one").unwrap();
        let failed = replace(folder.path(), &path, |file| {
            file.write_all(b"tw")?;
            Err(io::Error::other("full"))
        });
        failed.unwrap_err();
        assert_eq!(fs::read(&path).unwrap(), b"one");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    /// A file that was last in use so many days ago.
    fn of_days_ago(path: &Path, days: u32) {
        fs::write(path, "x").unwrap();
        let file = File::options().write(true).open(path).unwrap();
        let at = SystemTime::now() - days * Duration::from_hours(24);
        file.set_modified(at).unwrap();
    }

    #[test]
    fn those_that_were_not_in_use_for_longest_go_and_no_neighbour() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for (name, days) in [("a.json", 5), ("b.json", 9), ("c.json", 7), ("d.lock", 99)] {
            of_days_ago(&at(name), days);
        }
        // A folder and a link that leads nowhere have an age as well.
        fs::create_dir(at("e.d")).unwrap();
        std::os::unix::fs::symlink("nowhere", at("f")).unwrap();
        forget_oldest(folder.path(), ".json", |number, _| number <= 3).unwrap();
        assert!(at("b.json").exists());
        forget_oldest(folder.path(), ".json", |number, _| number <= 2).unwrap();
        assert!(!at("b.json").exists() && at("c.json").exists());
        touch(&File::options().write(true).open(at("c.json")).unwrap());
        forget_oldest(folder.path(), ".json", |_, bytes| bytes <= 1).unwrap();
        assert!(!at("a.json").exists() && at("c.json").exists());
        assert!(at("d.lock").exists() && at("e.d").exists() && at("f").is_symlink());
    }

    #[test]
    fn what_others_write_just_now_is_not_taken_from_them() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let written = Partial::beside(&at("a.json"), 0o600).unwrap();
        let long_ago = SystemTime::now() - 2 * ABANDONED_AFTER;
        written.file().set_modified(long_ago).unwrap();
        of_days_ago(&at("b.json.1.partial"), 2);
        of_days_ago(&at("c.json.1.partial"), 0);
        forget_oldest(folder.path(), ".json", |number, _| number == 0).unwrap();
        assert!(!at("b.json.1.partial").exists() && at("c.json.1.partial").exists());
        written.finish().unwrap();
        assert!(at("a.json").exists());
    }

    #[test]
    fn several_may_forget_at_once() {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..500 {
            fs::write(folder.path().join(format!("{number}.json")), "x").unwrap();
        }
        std::thread::scope(|scope| {
            let all = [(); 4].map(|()| {
                scope.spawn(|| forget_oldest(folder.path(), ".json", |number, _| number <= 9))
            });
            for one in all {
                one.join().unwrap().unwrap();
            }
        });
        assert!(fs::read_dir(folder.path()).unwrap().count() <= 9);
    }
}
