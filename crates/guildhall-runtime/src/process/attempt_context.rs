//! Which attempt at which task of which run a program carries out.

use std::path::{Path, PathBuf};

use guildhall_core::{AgentError, AttemptInfo, ErrorCode, Task, attempt, path_text};
use serde::{Deserialize, Serialize};

use crate::workspace;

/// Which attempt at which task of which run a program carries out, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptContext {
    /// What every agent is told.
    #[serde(flatten)]
    pub info: AttemptInfo,
    /// Folder for what the run keeps while it works, locks and workspaces, as
    /// [`path_text`].
    state_folder: String,
}

impl AttemptContext {
    /// An attempt of a run that keeps things in `state_folder`.
    pub fn new(info: AttemptInfo, state_folder: &Path) -> Self {
        Self {
            info,
            state_folder: path_text::encode(state_folder),
        }
    }

    /// What a task says of itself; `None` for a task that belongs to no run, or to one that
    /// keeps nothing.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidInput`] where the field is not of this form.
    pub fn of(task: &Task) -> Result<Option<Self>, AgentError> {
        let value = task.extra.get(attempt::FIELD);
        let Some(value) = value.filter(|value| value.get("state_folder").is_some()) else {
            return Ok(None);
        };
        let context = Self::deserialize(value).map_err(|error| {
            AgentError::new(
                ErrorCode::InvalidInput,
                format!(
                    "the field {} of the task cannot be read: {error}",
                    attempt::FIELD
                ),
            )
        })?;
        Ok(Some(context))
    }

    /// Folder for what the run keeps while it works: locks and workspaces.
    pub fn state_folder(&self) -> PathBuf {
        path_text::decode(&self.state_folder)
    }

    /// File that is locked for as long as any process of the attempt lives; see
    /// [`super::wait_until_free`].
    pub fn lock_file(&self) -> PathBuf {
        let name = format!(
            "{}-{}.lock",
            workspace::component(&self.info.task_key),
            self.info.attempt
        );
        locks_of(&self.state_folder(), &self.info.run).join(name)
    }

    /// Folder in which the private folders of attempts lie; see
    /// [`crate::workspace::sweep`].
    pub fn workspaces(&self) -> PathBuf {
        workspaces_of(&self.state_folder())
    }
}

/// Folder of the lock files of all attempts of a run.
pub(crate) fn locks_of(state_folder: &Path, run: &str) -> PathBuf {
    state_folder
        .join("attempts")
        .join(workspace::component(run))
}

/// Folder in which the private folders of attempts lie.
pub(crate) fn workspaces_of(state_folder: &Path) -> PathBuf {
    state_folder.join("workspaces")
}
