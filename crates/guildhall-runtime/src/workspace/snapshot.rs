//! Saves what a worktree holds as a commit, and tells what changed.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::name::component;
use super::worktree::Record;
use crate::error::RuntimeError;
use crate::git::Git;

/// Who makes the commits.
const IDENTITY: [(&str, &str); 4] = [
    ("GIT_AUTHOR_NAME", "Guildhall"),
    ("GIT_AUTHOR_EMAIL", "guildhall@localhost"),
    ("GIT_COMMITTER_NAME", "Guildhall"),
    ("GIT_COMMITTER_EMAIL", "guildhall@localhost"),
];

/// References that are tried for one attempt; more than one is needed where an attempt
/// was saved before.
const MOST_REFERENCES: u32 = 100;

/// How git writes a repository inside of another.
const NESTED_REPOSITORY: &str = "160000";

/// What was saved of a worktree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Where git keeps the repository that holds it.
    pub repository: PathBuf,
    /// The commit from which the work began.
    pub base: String,
    /// The commit that holds the work; `base` where nothing changed.
    pub commit: String,
    /// The reference that keeps the commit; `None` where nothing changed.
    pub reference: Option<String>,
    /// What changed, in the order of the paths.
    pub changed: Vec<Change>,
    /// Repositories that were made within the worktree. Git saves which commit they are
    /// at, but not what they hold.
    pub nested: Vec<PathBuf>,
}

/// A file that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Git's letter: `A` added, `M` modified, `D` deleted, `T` of another kind.
    pub status: char,
    /// The path from the repository's top.
    pub path: PathBuf,
}

impl Snapshot {
    /// What changed as a patch, binary files included, which `git apply` takes.
    ///
    /// # Errors
    /// [`RuntimeError::Git`] where git fails or the patch has more than 64 MiB.
    ///
    /// # Cancel safety
    /// Dropping the future ends git.
    pub async fn patch(&self) -> Result<Vec<u8>, RuntimeError> {
        let git = Git::of_repository(&self.repository, &self.repository).await?;
        let options = [
            "diff-tree",
            "-r",
            "-p",
            "--binary",
            "--no-color",
            "--no-ext-diff",
            "--no-textconv",
            "--no-renames",
        ];
        git.run(options.into_iter().chain([&*self.base, &*self.commit]))
            .await
    }
}

/// Saves what the worktree holds. `place` has room for an index, so that neither the
/// user's nor the worktree's own is touched.
pub(super) async fn take(
    record: &Record,
    place: &Path,
    message: Option<&str>,
) -> Result<Snapshot, RuntimeError> {
    let index = Index(place.join(format!("index-{}", Uuid::now_v7().simple())));
    // Opened anew, because the repository's settings may have changed meanwhile, and by
    // its folder, whatever the worktree's `.git` says by now.
    let git = Git::of_repository(&record.git_folder, &record.tree)
        .await?
        .with_env("GIT_WORK_TREE", &record.tree)
        .with_env("GIT_INDEX_FILE", &index.0);
    git.run(["read-tree", &record.base]).await?;
    git.run(["add", "--all", "."]).await?;
    let tree = git.text(["write-tree"]).await?;
    let parent = parent(&git, record).await?;
    let base_tree = format!("{}^{{tree}}", record.base);
    let is_unchanged = parent == record.base && git.text(["rev-parse", &base_tree]).await? == tree;
    if is_unchanged {
        return Ok(Snapshot {
            repository: record.common_folder.clone(),
            base: record.base.clone(),
            commit: record.base.clone(),
            reference: None,
            changed: Vec::new(),
            nested: Vec::new(),
        });
    }
    let commit = commit(&git, record, &tree, &parent, message).await?;
    let reference = refer(&git, record, &commit).await?;
    let (changed, nested) = changes(&git, &record.base, &commit).await?;
    Ok(Snapshot {
        repository: record.common_folder.clone(),
        base: record.base.clone(),
        commit,
        reference: Some(reference),
        changed,
        nested,
    })
}

/// Removes the index again.
struct Index(PathBuf);

impl Drop for Index {
    fn drop(&mut self) {
        // It lies in a private folder that goes later anyway.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// The commit that is checked out by now, so that commits of the agent's own are kept.
async fn parent(git: &Git, record: &Record) -> Result<String, RuntimeError> {
    let head = git
        .ask(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"])
        .await?;
    Ok(match head {
        Some(head) => String::from_utf8_lossy(&head).trim().to_owned(),
        None => record.base.clone(),
    })
}

async fn commit(
    git: &Git,
    record: &Record,
    tree: &str,
    parent: &str,
    message: Option<&str>,
) -> Result<String, RuntimeError> {
    let message = message.map_or_else(
        || {
            format!(
                "Task {}, attempt {}, of run {}",
                record.key, record.attempt, record.run
            )
        },
        str::to_owned,
    );
    let git = IDENTITY
        .iter()
        .fold(git.clone(), |git, (name, value)| git.with_env(name, value));
    git.text(["commit-tree", tree, "-p", parent, "-m", &message])
        .await
}

/// Makes the reference, or one with a number where it exists: none is ever moved.
async fn refer(git: &Git, record: &Record, commit: &str) -> Result<String, RuntimeError> {
    let name = format!(
        "refs/guildhall/{}/{}/{}",
        component(&record.run),
        component(&record.key),
        record.attempt
    );
    for number in 1..MOST_REFERENCES {
        let name = match number {
            1 => name.clone(),
            number => format!("{name}-{number}"),
        };
        let present = git.ask(["rev-parse", "--verify", "--quiet", &name]).await?;
        match present {
            Some(present) if present.trim_ascii() == commit.as_bytes() => return Ok(name),
            Some(_) => {}
            None => {
                let none = "0".repeat(commit.len());
                git.run(["update-ref", &name, commit, &none]).await?;
                return Ok(name);
            }
        }
    }
    Err(RuntimeError::Git {
        command: "update-ref".to_owned(),
        reason: format!("{name} and {MOST_REFERENCES} like it exist; remove some"),
    })
}

/// What changed, and which repositories were made inside.
async fn changes(
    git: &Git,
    base: &str,
    commit: &str,
) -> Result<(Vec<Change>, Vec<PathBuf>), RuntimeError> {
    let options = ["diff-tree", "-r", "-z", "--raw", "--no-renames"];
    let list = git.run(options.into_iter().chain([base, commit])).await?;
    let mut changed = Vec::new();
    let mut nested = Vec::new();
    let mut fields = list.split(|byte| *byte == 0);
    while let (Some(head), Some(path)) = (fields.next(), fields.next()) {
        let head = String::from_utf8_lossy(head);
        let words: Vec<&str> = head.split(' ').collect();
        let path = PathBuf::from(OsString::from_vec(path.to_owned()));
        let (Some(mode), Some(status)) = (words.get(1), words.last()) else {
            continue;
        };
        if *mode == NESTED_REPOSITORY {
            nested.push(path.clone());
        }
        changed.push(Change {
            status: status.chars().next().unwrap_or('M'),
            path,
        });
    }
    Ok((changed, nested))
}
