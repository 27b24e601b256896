//! Which attempt at which task of which run a program carries out.

use std::path::{Path, PathBuf};

use guildhall_core::{AgentError, ErrorCode, Task};
use serde::{Deserialize, Serialize};

use crate::workspace;

/// Field of a task's `extra` in which the runtime says which attempt it is.
pub const ATTEMPT_FIELD: &str = "guildhall.attempt";

/// Which attempt at which task of which run a program carries out, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptContext {
    /// Id of the run.
    pub run: String,
    /// The task's key in the run's plan.
    pub task_key: String,
    /// Number of the attempt, from 1.
    pub attempt: u32,
    /// The run's folder: what the run works on.
    #[serde(with = "as_text")]
    pub folder: PathBuf,
    /// Folder for what the run keeps while it works: locks and workspaces.
    #[serde(with = "as_text")]
    pub state_folder: PathBuf,
}

impl AttemptContext {
    /// What a task says of itself; `None` for a task that belongs to no run.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidInput`] where the field is not of this form.
    pub fn of(task: &Task) -> Result<Option<Self>, AgentError> {
        let Some(value) = task.extra.get(ATTEMPT_FIELD) else {
            return Ok(None);
        };
        let context = Self::deserialize(value).map_err(|error| {
            AgentError::new(
                ErrorCode::InvalidInput,
                format!("the field {ATTEMPT_FIELD} of the task cannot be read: {error}"),
            )
        })?;
        Ok(Some(context))
    }

    /// File that is locked for as long as any process of the attempt lives; see
    /// [`super::wait_until_free`].
    pub fn lock_file(&self) -> PathBuf {
        let name = format!(
            "{}-{}.lock",
            workspace::component(&self.task_key),
            self.attempt
        );
        locks_of(&self.state_folder, &self.run).join(name)
    }

    /// Folder in which the private folders of attempts lie; see
    /// [`crate::workspace::sweep`].
    pub fn workspaces(&self) -> PathBuf {
        workspaces_of(&self.state_folder)
    }
}

/// Paths that need not be Unicode, in JSON.
mod as_text {
    use std::path::{Path, PathBuf};

    use guildhall_core::path_text;
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    pub(super) fn serialize<S: Serializer>(path: &Path, to: S) -> Result<S::Ok, S::Error> {
        path_text::encode(path).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<PathBuf, D::Error> {
        String::deserialize(from).map(|text| path_text::decode(&text))
    }
}

/// Folder of the lock files of all attempts of a run.
pub(crate) fn locks_of(state_folder: &Path, run: &str) -> PathBuf {
    state_folder
        .join("attempts")
        .join(workspace::component(run))
}

/// Folder in which the private folders of attempts lie.
pub(super) fn workspaces_of(state_folder: &Path) -> PathBuf {
    state_folder.join("workspaces")
}
