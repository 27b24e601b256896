//! Which files the compiler read, as it tells cargo.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{fs, io};

use guildhall_source::read;

/// Bytes of a list of files that are read.
const MOST_OF_LIST: u64 = 16 << 20;

/// The files that were compiled into a target folder, of those that are written as paths below
/// the folder that cargo ran in: the project's own. Nothing where the lists cannot be read.
pub(super) fn files(target: &Path) -> BTreeSet<String> {
    let mut files = BTreeSet::new();
    for list in lists(target) {
        let text = read::read(&list, MOST_OF_LIST).unwrap_or_default();
        files.extend(text.lines().filter_map(named));
    }
    files
}

/// Removes the lists of what was compiled so far, so that [`files`] is of what comes after. Cargo
/// itself keeps what it needs elsewhere.
///
/// # Errors
/// Where one cannot be removed.
pub(super) fn forget(target: &Path) -> io::Result<()> {
    lists(target).into_iter().try_for_each(fs::remove_file)
}

fn lists(target: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(target.join("debug").join("deps"));
    let paths = entries.into_iter().flatten().flatten().map(|it| it.path());
    let is_list = |path: &PathBuf| path.extension().is_some_and(|it| it == "d");
    paths.filter(is_list).collect()
}

/// The file that a line names by itself, as the compiler writes one of every file it read.
fn named(line: &str) -> Option<String> {
    let path = line.strip_suffix(':')?.replace("\\ ", " ");
    (!path.is_empty() && !path.starts_with('/')).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_were_read_stand_alone_in_their_line() {
        let folder = tempfile::tempdir().unwrap();
        let deps = folder.path().join("debug/deps");
        fs::create_dir_all(&deps).unwrap();
        let list = "/t/debug/deps/a.d: a/src/lib.rs a/src/b\\ c.rs\n\na/src/lib.rs:\na/src/b\\ c.rs:\n\
                    /elsewhere/lib.rs:\n\n# env-dep:X=1\n";
        fs::write(deps.join("a.d"), list).unwrap();
        fs::write(deps.join("a.rmeta"), "b.rs:\n").unwrap();
        let expected = ["a/src/b c.rs", "a/src/lib.rs"].map(str::to_owned);
        assert_eq!(files(folder.path()), BTreeSet::from(expected));
        assert_eq!(files(&folder.path().join("none")), BTreeSet::new());
        forget(folder.path()).unwrap();
        assert_eq!(files(folder.path()), BTreeSet::new());
        assert!(deps.join("a.rmeta").exists());
    }
}
