//! Where an attempt works: its workspace, and a private folder for its files.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use guildhall_core::{AgentError, AttemptInfo, ErrorCode, Task};
use serde_json::{Value, json};

use super::agent::ProcessSettings;
use super::attempt_context::{AttemptContext, workspaces_of};
use super::config::WorkspaceKind;
use crate::error::RuntimeError;
use crate::workspace::{Snapshot, Temporary, Worktree};

/// Changed files that an outcome lists; a snapshot holds them all.
const MOST_LISTED: usize = 10_000;

/// Which attempt it is and where its folders are.
#[derive(Debug)]
pub(super) struct Whereabouts {
    pub(super) run: String,
    pub(super) task_key: String,
    pub(super) attempt: u32,
    /// The run's folder.
    pub(super) folder: PathBuf,
    /// Where private folders lie.
    pub(super) workspaces: PathBuf,
    /// The attempt's lock file; a task outside of a run has none.
    pub(super) lock: Option<PathBuf>,
}

/// A place to work, to be finished with [`Place::finish`].
#[derive(Debug)]
pub(super) struct Place {
    private: Temporary,
    workspace: Workspace,
}

#[derive(Debug)]
enum Workspace {
    Temporary(PathBuf),
    Worktree(Box<Worktree>),
    Shared(PathBuf),
}

/// What became of a place.
#[derive(Debug)]
pub(super) struct Left {
    /// For the outcome.
    pub(super) report: Value,
    /// Why the work could not be saved.
    pub(super) problem: Option<RuntimeError>,
}

impl Whereabouts {
    /// Those that the task names, or temporary ones.
    pub(super) fn of(task: &Task, settings: &ProcessSettings) -> Result<Self, AgentError> {
        if let Some(context) = AttemptContext::of(task)? {
            return Ok(Self {
                lock: Some(context.lock_file()),
                workspaces: context.workspaces(),
                run: context.info.run,
                task_key: context.info.task_key,
                attempt: context.info.attempt,
                folder: context.info.folder,
            });
        }
        let state_folder = match &settings.temporary_folder {
            Some(folder) => folder.clone(),
            None => own_temporary_folder()?,
        };
        // A run that keeps nothing still says what it works on.
        let info = match task.attempt()? {
            Some(info) => info,
            None => AttemptInfo::new("call", task.id.to_string(), 1, std::env::current_dir()?),
        };
        Ok(Self {
            run: info.run,
            task_key: info.task_key,
            attempt: info.attempt,
            folder: info.folder,
            workspaces: workspaces_of(&state_folder),
            lock: None,
        })
    }

    /// Whether it is an attempt of a run that keeps things.
    pub(super) const fn is_of_a_run(&self) -> bool {
        self.lock.is_some()
    }
}

impl Place {
    pub(super) async fn prepare(
        kind: WorkspaceKind,
        whereabouts: &Whereabouts,
    ) -> Result<Self, RuntimeError> {
        let private = Temporary::create(&whereabouts.workspaces)?;
        let workspace = match kind {
            WorkspaceKind::Temporary => {
                Workspace::Temporary(make_folder(private.path().join("work"))?)
            }
            WorkspaceKind::Worktree => Workspace::Worktree(Box::new(
                Worktree::create(
                    &whereabouts.folder,
                    &whereabouts.workspaces,
                    &whereabouts.run,
                    &whereabouts.task_key,
                    whereabouts.attempt,
                )
                .await?,
            )),
            WorkspaceKind::Shared => Workspace::Shared(real(&whereabouts.folder)?),
        };
        Ok(Self { private, workspace })
    }

    /// The folder in which the program works.
    pub(super) fn folder(&self) -> &Path {
        match &self.workspace {
            Workspace::Temporary(folder) | Workspace::Shared(folder) => folder,
            Workspace::Worktree(worktree) => worktree.folder(),
        }
    }

    /// The private folder for files beside the workspace.
    pub(super) fn files(&self) -> &Path {
        self.private.path()
    }

    /// Where git keeps the worktree's repository, which a program has to read to use git.
    pub(super) fn git_folder(&self) -> Option<&Path> {
        match &self.workspace {
            Workspace::Worktree(worktree) => Some(worktree.common_folder()),
            Workspace::Temporary(_) | Workspace::Shared(_) => None,
        }
    }

    /// Files on which a shared lock says that the folders are in use.
    pub(super) fn lock_files(&self) -> Vec<PathBuf> {
        let mut files = vec![self.private.lock_file()];
        if let Workspace::Worktree(worktree) = &self.workspace {
            files.push(worktree.lock_file());
        }
        files
    }

    /// Saves what is to be kept and removes the rest.
    pub(super) async fn finish(self) -> Left {
        let left = match self.workspace {
            Workspace::Temporary(_) => Left::without_problem(json!({ "kind": "temporary" })),
            Workspace::Shared(folder) => Left::without_problem(
                json!({ "kind": "shared", "folder": folder.to_string_lossy() }),
            ),
            Workspace::Worktree(worktree) => finish_worktree(*worktree).await,
        };
        let private = self.private;
        let removed = tokio::task::spawn_blocking(move || private.remove()).await;
        if let Ok(Err(error)) = removed {
            tracing::warn!(%error, "an attempt's private folder is left behind");
        }
        left
    }
}

impl Left {
    fn without_problem(report: Value) -> Self {
        Self {
            report,
            problem: None,
        }
    }
}

async fn finish_worktree(worktree: Worktree) -> Left {
    let folder = worktree.folder().to_string_lossy().into_owned();
    let base = worktree.base().to_owned();
    let snapshot = match worktree.snapshot().await {
        Ok(snapshot) => snapshot,
        Err(problem) => {
            return Left {
                report: json!({ "kind": "worktree", "base": base, "kept": folder }),
                problem: Some(problem),
            };
        }
    };
    let mut report = report_of(&snapshot);
    if !snapshot.nested.is_empty() {
        // Git saves which commit they are at, but not what they hold.
        report["kept"] = folder.into();
    } else if let Err(error) = worktree.remove().await {
        tracing::warn!(%error, "an attempt's worktree is left behind");
        report["kept"] = folder.into();
    }
    Left::without_problem(report)
}

fn report_of(snapshot: &Snapshot) -> Value {
    let listed = snapshot.changed.iter().take(MOST_LISTED);
    let changed: Vec<Value> = listed
        .map(|change| {
            json!({ "path": change.path.to_string_lossy(), "status": change.status.to_string() })
        })
        .collect();
    json!({
        "kind": "worktree",
        "base": snapshot.base,
        "commit": snapshot.commit,
        "reference": snapshot.reference,
        "changed": changed,
        "changed_files": snapshot.changed.len(),
    })
}

/// A folder below the system's temporary one that is this user's alone.
pub(crate) fn own_temporary_folder() -> Result<PathBuf, AgentError> {
    let user = rustix::process::geteuid().as_raw();
    let folder = std::env::temp_dir().join(format!("guildhall-{user}"));
    fs::DirBuilder::new()
        .mode(0o700)
        .recursive(true)
        .create(&folder)?;
    let metadata = fs::symlink_metadata(&folder)?;
    // Anybody can make a folder there, and would then see and change what lies in it.
    if metadata.is_dir() && metadata.uid() == user {
        return Ok(folder);
    }
    Err(AgentError::new(
        ErrorCode::Unavailable,
        format!("{} belongs to another user", folder.display()),
    )
    .with_help("remove it, or name another folder for temporary files by TMPDIR"))
}

fn make_folder(folder: PathBuf) -> Result<PathBuf, RuntimeError> {
    fs::create_dir(&folder).map_err(|source| failed(&folder, source))?;
    Ok(folder)
}

fn real(folder: &Path) -> Result<PathBuf, RuntimeError> {
    folder
        .canonicalize()
        .map_err(|source| failed(folder, source))
}

fn failed(folder: &Path, source: io::Error) -> RuntimeError {
    RuntimeError::File {
        path: folder.to_owned(),
        verb: "worked in",
        source,
    }
}
