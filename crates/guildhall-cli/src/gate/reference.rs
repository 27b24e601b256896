//! The tree of a commit in a folder of its own: a repository that borrows the objects of
//! the user's, whose checkout and `.git` are only read. It goes when it is dropped; what
//! a killed process has left goes with the next one.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use guildhall_runtime::git::Git;

use super::repository::{Repository, failed, line_of, os};
use crate::calling;
use crate::config::Places;
use crate::exit::Failure;

/// The tree of a commit.
pub(super) struct Reference {
    reference: String,
    commit: String,
    folder: Folder,
    /// The scanned folder within it.
    root: PathBuf,
}

impl Reference {
    /// Puts the tree of `reference` into a folder.
    pub(super) fn prepare(root: &Path, reference: &str) -> Result<Self, Failure> {
        calling::block_on(async |_| {
            let repository = Repository::of(root).await?;
            let commit = repository.commit(reference).await?;
            let folder = Folder::new()?;
            let clone = borrow(&repository, &folder, &commit).await?;
            for arguments in [
                ["update-ref", "--no-deref", "HEAD", &commit].as_slice(),
                &["read-tree", &commit],
                &["checkout-index", "--all", "--force", "--quiet"],
            ] {
                clone.run(arguments).await.map_err(|error| failed(&error))?;
            }
            let within = repository.bytes(["rev-parse", "--show-prefix"]).await?;
            let root = folder.path.join(os(line_of(&within)));
            // The scanned folder may be younger than the commit; then nothing was found there.
            fs::create_dir_all(&root).map_err(unusable)?;
            Ok(Self {
                reference: reference.to_owned(),
                commit,
                folder,
                root,
            })
        })?
    }

    /// The folder to scan.
    pub(super) fn root(&self) -> &Path {
        debug_assert!(self.root.starts_with(&self.folder.path), "it lies within");
        &self.root
    }

    /// What it is, for a person.
    pub(super) fn shown(&self) -> String {
        let short = self.commit.get(..10).unwrap_or(&self.commit);
        format!("{} ({short})", self.reference)
    }
}

/// A repository in `folder` with the objects of `repository`. Nothing is copied and no
/// transport is used; where history is cut off there, it is cut off here.
async fn borrow(repository: &Repository, folder: &Folder, commit: &str) -> Result<Git, Failure> {
    let path = |name: &'static str| {
        let arguments = ["rev-parse", "--path-format=absolute", "--git-path", name];
        repository.bytes(arguments)
    };
    let objects = path("objects").await?;
    let shallow = path("shallow").await?;
    // A commit's name is longer where the repository hashes otherwise.
    let format = match commit.len() {
        64 => "--object-format=sha256",
        _ => "--object-format=sha1",
    };
    let git = Git::open(&folder.path).await?;
    let init = ["init", "--quiet", "--template=", format];
    git.run(init).await.map_err(|error| failed(&error))?;
    let own = folder.path.join(".git");
    fs::create_dir_all(own.join("objects/info")).map_err(unusable)?;
    let line = quoted_path(line_of(&objects));
    fs::write(own.join("objects/info/alternates"), line).map_err(unusable)?;
    if repository.is_shallow().await {
        fs::copy(os(line_of(&shallow)), own.join("shallow")).map_err(unusable)?;
    }
    // Once more, for the settings of what is a repository now.
    Git::open(&folder.path)
        .await
        .map_err(|error| failed(&error))
}

/// A line of `alternates`; in quotes every path can stand there.
fn quoted_path(path: &[u8]) -> Vec<u8> {
    let mut line = vec![b'"'];
    for &byte in path {
        match byte {
            b'\n' => line.extend(b"\\n"),
            b'"' | b'\\' => line.extend([b'\\', byte]),
            _ => line.push(byte),
        }
    }
    line.extend(b"\"\n");
    line
}

/// A folder that is removed in the end. Beside it lies a file that is locked for as long
/// as its process lives.
struct Folder {
    path: PathBuf,
    lock_path: PathBuf,
    _lock: File,
}

impl Folder {
    fn new() -> Result<Self, Failure> {
        let parent = Places::from_env()?.checkouts().ok_or_else(|| {
            Failure::usage(
                "there is no place for the tree of a commit: no home folder is known",
                "set GUILDHALL_STATE_HOME to a folder",
            )
        })?;
        DirBuilder::new()
            .mode(0o700)
            .recursive(true)
            .create(&parent)
            .map_err(unusable)?;
        remove_abandoned(&parent);
        let path = parent.join(std::process::id().to_string());
        let lock_path = path.with_extension("lock");
        let lock = File::create(&lock_path).map_err(unusable)?;
        lock.lock().map_err(unusable)?;
        let folder = Self {
            path,
            lock_path,
            _lock: lock,
        };
        // One of an earlier process with this number, which nothing locks any more.
        remove(&folder.path);
        let private = DirBuilder::new().mode(0o700).create(&folder.path);
        private.map_err(unusable)?;
        Ok(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        remove(&self.path);
        let _ = fs::remove_file(&self.lock_path);
    }
}

/// Removes what processes have left that were killed.
fn remove_abandoned(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        let is_lock = path.extension().is_some_and(|ending| ending == "lock");
        if is_lock && File::open(&path).is_ok_and(|lock| lock.try_lock().is_ok()) {
            remove(&path.with_extension(""));
            let _ = fs::remove_file(&path);
        }
    }
}

fn remove(path: &Path) {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!("{} cannot be removed: {error}", path.display());
        }
        _ => {}
    }
}

fn unusable(error: io::Error) -> Failure {
    let message = format!("the tree to compare with cannot be checked out: {error}");
    Failure::input(
        message,
        "see that the state folder has room and is writable",
    )
}
