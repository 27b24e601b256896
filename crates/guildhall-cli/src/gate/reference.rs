//! The tree of a commit in a folder of its own: a repository that borrows the objects of
//! the user's, whose checkout and `.git` are only read. It goes when it is dropped; what
//! a killed process has left goes with the next one.

use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};

use guildhall_runtime::git::Git;
use guildhall_runtime::workspace::{Temporary, sweep};

use super::repository::{Repository, failed, line_of, os};
use crate::calling;
use crate::config::Places;
use crate::exit::Failure;

/// The tree of a commit.
pub(super) struct Reference {
    reference: String,
    commit: String,
    /// Removed in the end.
    _folder: Temporary,
    /// The scanned folder within it.
    root: PathBuf,
}

impl Reference {
    /// Puts the tree of `reference` into a folder.
    pub(super) fn prepare(root: &Path, reference: &str) -> Result<Self, Failure> {
        calling::block_on(async |_| {
            let repository = Repository::of(root).await?;
            let commit = repository.commit(reference).await?;
            let folder = folder().await?;
            // Not in the folder itself, where a sweep looks for what says how to tidy up.
            let tree = folder.path().join("tree");
            fs::create_dir(&tree).map_err(unusable)?;
            let clone = borrow(&repository, &tree, &commit).await?;
            for arguments in [
                ["update-ref", "--no-deref", "HEAD", &commit].as_slice(),
                &["read-tree", &commit],
                &["checkout-index", "--all", "--force", "--quiet"],
            ] {
                clone.run(arguments).await.map_err(|error| failed(&error))?;
            }
            let within = repository.bytes(["rev-parse", "--show-prefix"]).await?;
            let root = tree.join(os(line_of(&within)));
            // The scanned folder may be younger than the commit; then nothing was found there.
            fs::create_dir_all(&root).map_err(unusable)?;
            Ok(Self {
                reference: reference.to_owned(),
                commit,
                _folder: folder,
                root,
            })
        })?
    }

    /// The folder to scan.
    pub(super) fn root(&self) -> &Path {
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
async fn borrow(repository: &Repository, folder: &Path, commit: &str) -> Result<Git, Failure> {
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
    let git = Git::open(folder).await?;
    let init = ["init", "--quiet", "--template=", format];
    git.run(init).await.map_err(|error| failed(&error))?;
    let own = folder.join(".git");
    fs::create_dir_all(own.join("objects/info")).map_err(unusable)?;
    let line = quoted_path(line_of(&objects));
    fs::write(own.join("objects/info/alternates"), line).map_err(unusable)?;
    if repository.is_shallow().await {
        fs::copy(os(line_of(&shallow)), own.join("shallow")).map_err(unusable)?;
    }
    // Once more, for the settings of what is a repository now.
    Git::open(folder).await.map_err(|error| failed(&error))
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

/// A private folder among those for the trees of commits. What killed processes have left
/// there goes first.
async fn folder() -> Result<Temporary, Failure> {
    let parent = Places::from_env()?.checkouts().ok_or_else(|| {
        Failure::usage(
            "there is no place for the tree of a commit: no home folder is known",
            "set GUILDHALL_STATE_HOME to a folder",
        )
    })?;
    match sweep(&parent).await {
        Ok(swept) => {
            for kept in swept.kept {
                let folder = kept.folder.display();
                tracing::warn!("{folder} cannot be removed: {}", kept.reason);
            }
        }
        Err(error) => tracing::warn!("{error}"),
    }
    Temporary::create(&parent).map_err(unusable)
}

fn unusable(error: impl Display) -> Failure {
    let message = format!("the tree to compare with cannot be checked out: {error}");
    Failure::input(
        message,
        "see that the state folder has room and is writable",
    )
}
