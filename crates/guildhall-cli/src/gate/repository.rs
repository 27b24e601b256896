//! The git repository of the scanned folder: read only, and run so that it runs none of
//! its own code.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use guildhall_core::path_text;
use guildhall_runtime::RuntimeError;
use guildhall_runtime::git::Git;

use super::quoted;
use crate::config::shown;
use crate::exit::Failure;

/// What to do without history.
const WITHOUT_GIT: &str = "`guildhall baseline write` and `--baseline` need no repository";

/// A repository with files checked out.
pub(super) struct Repository {
    pub(super) git: Git,
    root: PathBuf,
}

impl Repository {
    /// The repository that `root` lies in.
    pub(super) async fn of(root: &Path) -> Result<Self, Failure> {
        let git = match Git::open(root).await {
            Err(error @ RuntimeError::NoGit { .. }) => {
                return Err(Failure::input(error.to_string(), WITHOUT_GIT));
            }
            git => git?,
        };
        let place = shown::path(root);
        match git.text(["rev-parse", "--is-inside-work-tree"]).await {
            Ok(answer) if answer == "true" => {}
            Ok(_) => {
                return Err(Failure::input(
                    format!("{place} is in a bare repository, which has no files to compare"),
                    "scan a checkout of it: `git worktree add` makes one",
                ));
            }
            Err(RuntimeError::Git { reason, .. }) if reason.contains("not a git repository") => {
                return Err(Failure::input(
                    format!("{place} is not in a git repository, so it has no history"),
                    WITHOUT_GIT,
                ));
            }
            Err(error) => return Err(failed(&error)),
        }
        let repository = Self {
            git,
            root: root.to_owned(),
        };
        if repository.resolve("HEAD").await.is_none() {
            return Err(Failure::input(
                format!("the repository of {place} has no commit yet"),
                "commit something first, or use `--baseline`, which needs no history",
            ));
        }
        Ok(repository)
    }

    /// The commit that `reference` names.
    pub(super) async fn commit(&self, reference: &str) -> Result<String, Failure> {
        if let Some(commit) = self.resolve(reference).await {
            return Ok(commit);
        }
        let help = if self.is_shallow().await {
            "this is a shallow clone: `git fetch --unshallow`, or fetch the commit, then try again"
        } else {
            "`git branch --all` and `git tag` list what there is; a branch of the server is \
             origin/NAME, and may have to be fetched"
        };
        let place = shown::path(&self.root);
        Err(Failure::input(
            format!(
                "{} names no commit in the repository of {place}",
                quoted(reference)
            ),
            help,
        ))
    }

    /// The last commit that both HEAD and `commit` have.
    pub(super) async fn merge_base(
        &self,
        reference: &str,
        commit: &str,
    ) -> Result<String, Failure> {
        let found = self
            .git
            .ask(["merge-base", "--end-of-options", commit, "HEAD"])
            .await;
        if let Some(bytes) = found.map_err(|error| failed(&error))? {
            return Ok(text_of(&bytes));
        }
        let reference = quoted(reference);
        Err(if self.is_shallow().await {
            Failure::input(
                format!(
                    "the last commit that HEAD and {reference} have in common is not in this shallow clone"
                ),
                "fetch more history: `git fetch --unshallow`, or `fetch-depth: 0` in a workflow",
            )
        } else {
            Failure::input(
                format!("HEAD and {reference} have no commit in common"),
                "use `--baseline-from-ref`, which compares two trees whatever their history",
            )
        })
    }

    /// What git writes for these arguments.
    pub(super) async fn bytes<A: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
    ) -> Result<Vec<u8>, Failure> {
        self.git
            .run(arguments)
            .await
            .map_err(|error| failed(&error))
    }

    async fn resolve(&self, reference: &str) -> Option<String> {
        let commit = format!("{reference}^{{commit}}");
        let arguments = [
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            &commit,
        ];
        let bytes = self.git.ask(arguments).await.ok()??;
        Some(text_of(&bytes)).filter(|commit| !commit.is_empty())
    }

    /// Whether history is cut off.
    pub(super) async fn is_shallow(&self) -> bool {
        let answer = self
            .git
            .text(["rev-parse", "--is-shallow-repository"])
            .await;
        answer.is_ok_and(|answer| answer == "true")
    }
}

/// What git said, as a failure of what it was given.
pub(super) fn failed(error: &RuntimeError) -> Failure {
    Failure::input(error.to_string(), WITHOUT_GIT)
}

/// What git wrote as one line.
pub(super) fn line_of(bytes: &[u8]) -> &[u8] {
    bytes.strip_suffix(b"\n").unwrap_or(bytes)
}

/// The path that git gives, as reports write paths.
pub(super) fn path_of(bytes: &[u8]) -> String {
    path_text::encode(Path::new(os(bytes)))
}

/// Bytes of a path.
pub(super) fn os(bytes: &[u8]) -> &OsStr {
    std::os::unix::ffi::OsStrExt::from_bytes(bytes)
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(line_of(bytes)).into_owned()
}
