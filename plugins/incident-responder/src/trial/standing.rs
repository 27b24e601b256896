//! What a user sees of the checkout, before and after commands were run beside it.

use std::ffi::OsStr;
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use guildhall_sdk::core::AgentError;
use guildhall_source::repository::{Repository, Watch};
use sha2::{Digest as _, Sha256};

use super::failed;

/// What was checked out, staged, changed and lay about at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    digest: [u8; 32],
    /// Files that are changed or new in the checkout.
    pub(crate) changed: usize,
}

impl Standing {
    /// How the checkout stands now. Nothing is written, not even git's index: whoever asks git for
    /// the status elsewhere may renew that, and nothing of the user's has changed by it.
    ///
    /// # Errors
    /// Where git fails.
    pub(crate) fn of(repository: &Repository, watch: &Watch<'_>) -> Result<Self, AgentError> {
        let mut status = Vec::new();
        let arguments = [
            "status",
            "--porcelain=v2",
            "--branch",
            "--no-renames",
            "--untracked-files=all",
            "-z",
        ];
        let _ = repository
            .stream(arguments, watch, |bytes| {
                status.extend_from_slice(bytes);
                ControlFlow::Continue(())
            })
            .map_err(|error| failed(&error))?;
        let top = repository.facts().top.clone().unwrap_or_default();
        let mut digest = Sha256::new();
        digest.update(&status);
        let mut changed = 0;
        for path in status.split(|byte| *byte == 0).filter_map(path_of) {
            changed += 1;
            // Git says of a file that is changed that it is, and not how.
            digest.update(stamp(&top.join(OsStr::from_bytes(path))));
        }
        Ok(Self {
            digest: digest.finalize().into(),
            changed,
        })
    }
}

/// The path of an entry of `git status`; `None` of what is no file.
fn path_of(entry: &[u8]) -> Option<&[u8]> {
    let fields = match entry.first()? {
        b'1' => 8,
        b'u' => 10,
        b'?' => 1,
        _ => return None,
    };
    entry.splitn(fields + 1, |byte| *byte == b' ').nth(fields)
}

/// What is another one as soon as a file was written.
fn stamp(path: &Path) -> Vec<u8> {
    let metadata = path.symlink_metadata();
    let stamp = metadata.map(|it| [it.len() as i64, it.mtime(), it.mtime_nsec()]);
    let numbers = stamp.into_iter().flatten();
    numbers.flat_map(i64::to_le_bytes).collect()
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn git(folder: &Path, arguments: &[&str]) {
        let settings = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"];
        let output = Command::new("git")
            .args(settings.iter().chain(arguments))
            .current_dir(folder)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
    }

    #[test]
    fn a_file_that_was_changed_already_is_seen_to_change_and_a_status_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let write =
            |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        git(folder.path(), &["init", "--quiet"]);
        write("a b", "first\n");
        git(folder.path(), &["add", "--all"]);
        git(folder.path(), &["commit", "--quiet", "--message=first"]);
        let never = || false;
        let watch = Watch::new(&never);
        let repository = Repository::discover(folder.path(), &watch).unwrap();
        let standing = || Standing::of(&repository, &watch).unwrap();
        let clean = standing();
        assert_eq!(clean.changed, 0);
        git(folder.path(), &["status"]);
        assert_eq!(standing(), clean);
        write("a b", "mine\n");
        write("new", "mine\n");
        let mine = standing();
        assert_eq!(mine.changed, 2);
        assert_eq!(standing(), mine);
        write("a b", "overwritten\n");
        assert_ne!(standing(), mine);
        let other = standing();
        write("new", "overwritten\n");
        assert_ne!(standing(), other);
    }
}
