//! Putting the plugins' libraries where a host finds them: in `plugins/` beside it.
//!
//! A list in the folder names what was put there, so that a plugin which is no longer
//! shipped goes away, and one that somebody else put there stays.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Names the files that were staged, one a line.
pub(crate) const LIST: &str = ".staged";

/// Copies the libraries into `folder` and removes those that were staged before and
/// are not among them. A file whose content is right is left alone.
///
/// # Errors
/// Where a file cannot be read or written.
pub(crate) fn stage(libraries: &[PathBuf], folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let list = folder.join(LIST);
    let mut staged = BTreeSet::new();
    for library in libraries {
        let name = library
            .file_name()
            .and_then(|name| name.to_str())
            .with_context(|| format!("{} has no name", library.display()))?;
        put(library, &folder.join(name))?;
        staged.insert(name.to_owned());
    }
    for name in read_list(&list)?.difference(&staged) {
        remove(&folder.join(name))?;
    }
    let text: String = staged.iter().map(|name| format!("{name}\n")).collect();
    fs::write(&list, text).with_context(|| format!("cannot write {}", list.display()))
}

/// Copies under another name first and renames then, so that a host which is running
/// keeps its library whole.
fn put(from: &Path, to: &Path) -> Result<()> {
    let content = fs::read(from).with_context(|| format!("cannot read {}", from.display()))?;
    if fs::read(to).is_ok_and(|old| old == content) {
        return Ok(());
    }
    let new = to.with_extension(format!("new-{}", std::process::id()));
    fs::copy(from, &new)
        .and_then(|_| fs::rename(&new, to))
        .with_context(|| format!("cannot write {}", to.display()))
}

fn read_list(list: &Path) -> Result<BTreeSet<String>> {
    match fs::read_to_string(list) {
        // A name with a separator was never written by us.
        Ok(text) => Ok(text
            .lines()
            .filter(|name| !name.contains(['/', '\\']))
            .map(str::to_owned)
            .collect()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(BTreeSet::new()),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", list.display())),
    }
}

fn remove(file: &Path) -> Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", file.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// A folder that goes away with its value.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("xtask-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        fn file(&self, name: &str, content: &str) -> PathBuf {
            let path = self.0.join(name);
            fs::write(&path, content).unwrap();
            path
        }

        fn names(&self) -> Vec<String> {
            let mut names: Vec<String> = fs::read_dir(&self.0)
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            names.sort();
            names
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn only_what_was_staged_is_removed() {
        let (from, to) = (Folder::new("stage-from"), Folder::new("stage-to"));
        let (a, b) = (from.file("a.so", "a"), from.file("b.so", "b"));
        to.file("theirs.so", "theirs");
        stage(&[a.clone(), b], &to.0).unwrap();
        assert_eq!(to.names(), [LIST, "a.so", "b.so", "theirs.so"]);
        stage(&[a], &to.0).unwrap();
        assert_eq!(to.names(), [LIST, "a.so", "theirs.so"]);
    }

    #[test]
    fn a_list_that_points_elsewhere_removes_nothing() {
        let (outer, to) = (Folder::new("stage-outer"), Folder::new("stage-inner"));
        let outside = outer.file("outside.so", "x");
        to.file(LIST, &format!("{}\n", outside.display()));
        stage(&[], &to.0).unwrap();
        assert!(outside.exists());
    }

    #[test]
    fn a_changed_library_is_replaced_and_an_equal_one_left_alone() {
        let (from, to) = (Folder::new("stage-new"), Folder::new("stage-old"));
        let a = from.file("a.so", "one");
        let modified = |name: &str| fs::metadata(to.0.join(name)).unwrap().modified().unwrap();
        stage(std::slice::from_ref(&a), &to.0).unwrap();
        let first = modified("a.so");
        stage(std::slice::from_ref(&a), &to.0).unwrap();
        assert_eq!(modified("a.so"), first);
        from.file("a.so", "two");
        stage(&[a], &to.0).unwrap();
        assert_eq!(fs::read_to_string(to.0.join("a.so")).unwrap(), "two");
        assert_eq!(to.names(), [LIST, "a.so"]);
    }

    /// A library is executable where cargo made it so, and stays that.
    #[test]
    #[cfg(unix)]
    fn permissions_are_kept() {
        use std::os::unix::fs::PermissionsExt;
        let (from, to) = (Folder::new("stage-mode-from"), Folder::new("stage-mode-to"));
        let script = from.file("a.so", "#!/bin/sh\nexit 7\n");
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
        stage(&[script], &to.0).unwrap();
        let status = Command::new(to.0.join("a.so")).status().unwrap();
        assert_eq!(status.code(), Some(7));
    }
}
