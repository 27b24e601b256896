//! Scratch workspaces of an agent: git worktrees in which it can change, build and throw away.
//!
//! A workspace begins at a commit and is a worktree of its own: the user's checkout, index
//! and branches are not touched, whatever is done in it. What is committed there is kept
//! under a reference `refs/guildhall/...`, and comes back as a patch. All workspaces of a
//! task are closed with it; what a host that was killed has left is swept by the next one.
//!
//! They are offered to agents whose manifest declares a permission of the kind [`SERVICE`].
//!
//! ```
//! use std::path::Path;
//!
//! use guildhall_core::{AgentError, Context};
//!
//! /// The patch that changes a file, made beside the checkout.
//! async fn changed(repository: &Path, ctx: &Context) -> Result<String, AgentError> {
//!     let workspaces = ctx.workspaces();
//!     let workspace = workspaces.open(repository, Some("v1.4.0")).await?;
//!     std::fs::write(workspace.path.join("LIMIT"), "10\n")?;
//!     let committed = workspaces.commit(&workspace, "raise the limit").await?;
//!     workspaces.close(workspace).await?;
//!     Ok(String::from_utf8_lossy(&committed.patch).into_owned())
//! }
//! ```

use std::path::{Path, PathBuf};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::error::AgentError;
use crate::path_text;

/// The service's name, and the kind of the permission that it takes.
pub const SERVICE: &str = "guildhall.workspaces";
/// Opens a workspace; see [`Open`]. The answer is an [`Opened`].
pub const OPEN: &str = "open";
/// Commits what there is in one; see [`Commit`]. The answer is a [`CommitMade`], with the
/// attachment [`PATCH`].
pub const COMMIT: &str = "commit";
/// Puts another commit into one; see [`Checkout`]. The answer is the commit's full id.
pub const CHECKOUT: &str = "checkout";
/// Closes one; see [`Close`]. The answer is null.
pub const CLOSE: &str = "close";

/// Attachment of an answer: what has changed, as `git apply` takes it.
pub const PATCH: &str = "patch";

/// Code of the error where no workspace of the task has the id.
pub const NO_SUCH_WORKSPACE: &str = "no-such-workspace";
/// Code of the error where git, or the folder, does not allow what is asked for.
pub const FAILED: &str = "workspace-failed";

/// Workspaces of one task at a time, at the most.
pub const MAX_OPEN: usize = 16;

/// Input of [`OPEN`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    /// A folder in the repository, as [`path_text`] writes paths; absolute.
    pub folder: String,
    /// What to begin at: anything that names a commit; the commit that is checked out where
    /// absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
}

/// Answer of [`OPEN`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// The workspace's id within the task.
    pub id: String,
    /// The folder, as [`path_text`] writes paths: where `folder` of the request is within the
    /// worktree.
    pub path: String,
    /// The top of the worktree.
    pub top: String,
    /// Full id of the commit.
    pub base: String,
}

/// Input of [`COMMIT`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    /// The workspace's id.
    pub id: String,
    /// The commit's message.
    pub message: String,
}

/// Answer of [`COMMIT`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitMade {
    /// Full id of the commit; none where nothing has changed since the workspace was opened
    /// or checked out.
    pub commit: Option<String>,
    /// The reference that keeps the commit, where there is one. It is left when the task ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The files that have changed since then, each relative to the top, as [`path_text`]
    /// writes paths.
    pub changed: Vec<String>,
}

/// Input of [`CHECKOUT`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkout {
    /// The workspace's id.
    pub id: String,
    /// Anything that names a commit.
    pub commit: String,
}

/// Input of [`CLOSE`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Close {
    /// The workspace's id.
    pub id: String,
}

/// A workspace that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Workspace {
    /// Its id within the task.
    pub id: String,
    /// Where the folder that was asked for is within the worktree.
    pub path: PathBuf,
    /// The top of the worktree.
    pub top: PathBuf,
    /// Full id of the commit that it began at.
    pub base: String,
}

/// What was committed in a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Committed {
    /// Full id of the commit; none where nothing has changed.
    pub commit: Option<String>,
    /// The reference that keeps the commit, where there is one. It is left when the task ends.
    pub reference: Option<String>,
    /// What has changed, as `git apply` takes it; empty where nothing has.
    pub patch: Bytes,
    /// The files that have changed, relative to the top.
    pub changed: Vec<PathBuf>,
}

/// The workspaces of the task; [`Context::workspaces`] gives it.
#[derive(Debug, Clone)]
pub struct Workspaces {
    ctx: Context,
}

impl Context {
    /// The scratch workspaces of this task.
    pub fn workspaces(&self) -> Workspaces {
        Workspaces { ctx: self.clone() }
    }
}

impl Workspaces {
    /// Opens a workspace of the repository that `folder` is in, at `commit`, or at the one
    /// that is checked out.
    ///
    /// # Errors
    /// With the code [`FAILED`] where there is no repository, no such commit, or git fails;
    /// [`ErrorCode::InvalidInput`](crate::ErrorCode::InvalidInput) where more than [`MAX_OPEN`]
    /// would be open; [`ErrorCode::NoSuchService`](crate::ErrorCode::NoSuchService) where the
    /// host has no workspaces or the manifest declares no permission for them.
    ///
    /// # Cancel safety
    /// What was opened is closed at the end of the task, whether or not its id is known.
    pub async fn open(&self, folder: &Path, commit: Option<&str>) -> Result<Workspace, AgentError> {
        let input = Open {
            folder: path_text::encode(folder),
            commit: commit.map(str::to_owned),
        };
        let opened: Opened = self.ctx.service(SERVICE, OPEN, &input).await?.output()?;
        Ok(Workspace {
            id: opened.id,
            path: path_text::decode(&opened.path),
            top: path_text::decode(&opened.top),
            base: opened.base,
        })
    }

    /// Commits all that is in the workspace but what is ignored, and gives what has changed
    /// since it was opened or checked out. No hook runs.
    ///
    /// # Errors
    /// With the code [`NO_SUCH_WORKSPACE`] where it is closed, and [`FAILED`] where git fails.
    pub async fn commit(
        &self,
        workspace: &Workspace,
        message: &str,
    ) -> Result<Committed, AgentError> {
        let input = Commit {
            id: workspace.id.clone(),
            message: message.to_owned(),
        };
        let answer = self.ctx.service(SERVICE, COMMIT, &input).await?;
        let made: CommitMade = answer.output()?;
        Ok(Committed {
            commit: made.commit,
            reference: made.reference,
            patch: answer.attachment(PATCH).cloned().unwrap_or_default(),
            changed: made
                .changed
                .iter()
                .map(|path| path_text::decode(path))
                .collect(),
        })
    }

    /// Puts another commit into the workspace and gives its full id. It is named as in the
    /// user's checkout, so `HEAD` is what is checked out there. What was not committed
    /// is thrown away; files that are ignored stay, so that a build goes on from the last one.
    ///
    /// # Errors
    /// As [`Workspaces::commit`].
    pub async fn checkout(
        &self,
        workspace: &Workspace,
        commit: &str,
    ) -> Result<String, AgentError> {
        let input = Checkout {
            id: workspace.id.clone(),
            commit: commit.to_owned(),
        };
        self.ctx.service(SERVICE, CHECKOUT, &input).await?.output()
    }

    /// Closes the workspace: its folder is removed, and what was not committed with it.
    ///
    /// # Errors
    /// As [`Workspaces::commit`].
    pub async fn close(&self, workspace: Workspace) -> Result<(), AgentError> {
        let input = Close { id: workspace.id };
        self.ctx.service(SERVICE, CLOSE, &input).await?.output()
    }
}
