//! Clears away the workspaces of hosts that have died.

use std::path::{Path, PathBuf};

use super::temporary::{self, Temporary};
use super::worktree::Worktree;
use crate::error::RuntimeError;

/// What a sweep did.
#[derive(Debug, Default)]
pub struct Swept {
    /// Folders that were removed.
    pub removed: Vec<PathBuf>,
    /// References under which the work in left worktrees was saved.
    pub saved: Vec<String>,
    /// Folders that were left, because what they hold could not be saved or removed.
    pub kept: Vec<Kept>,
}

/// A folder that a sweep left.
#[derive(Debug)]
pub struct Kept {
    /// The folder.
    pub folder: PathBuf,
    /// Why.
    pub reason: String,
}

/// Removes the private folders in `folder` whose users have died, those of processes that
/// still run excepted, and saves the work in worktrees first. What cannot be saved stays.
///
/// # Errors
/// [`RuntimeError::File`] where `folder` cannot be read. One that does not exist holds
/// nothing.
///
/// # Cancel safety
/// Dropping the future leaves the rest to the next sweep.
pub async fn sweep(folder: &Path) -> Result<Swept, RuntimeError> {
    let path = folder.to_owned();
    let found = tokio::task::spawn_blocking(move || temporary::abandoned(&path)).await;
    let found = found.unwrap_or_else(|error| Err(error.into()));
    let found = found.map_err(|source| RuntimeError::File {
        path: folder.to_owned(),
        verb: "swept",
        source,
    })?;
    let mut swept = Swept::default();
    for (folder, error) in found.unclear {
        let reason = error.to_string();
        swept.kept.push(Kept { folder, reason });
    }
    for place in found.folders {
        let folder = place.path().to_owned();
        match clear(place, &mut swept.saved).await {
            Ok(()) => swept.removed.push(folder),
            Err(reason) => swept.kept.push(Kept { folder, reason }),
        }
    }
    Ok(swept)
}

/// Sweeps `folder`, and says in the log what stays: whoever is about to work cannot do
/// anything about it.
pub(crate) async fn sweep_and_tell(folder: &Path) {
    match sweep(folder).await {
        Ok(swept) => {
            for kept in swept.kept {
                let (folder, reason) = (kept.folder.display(), kept.reason);
                tracing::warn!(%folder, %reason, "a workspace of a killed host stays");
            }
        }
        Err(error) => tracing::warn!(%error, "old workspaces are not swept"),
    }
}

/// Saves and removes one folder, or says why it stays.
async fn clear(place: Temporary, saved: &mut Vec<String>) -> Result<(), String> {
    let worktree = match Worktree::left_in(place) {
        Ok(worktree) => worktree,
        Err(place) => return remove(place).await,
    };
    if worktree.is_made() {
        let snapshot = worktree.snapshot().await.map_err(text)?;
        saved.extend(snapshot.reference);
        if !snapshot.nested.is_empty() {
            return Err("it holds repositories that git cannot save within another".to_owned());
        }
    } else if worktree.has_content() {
        return Err("its repository is gone".to_owned());
    }
    worktree.remove().await.map_err(text)
}

async fn remove(place: Temporary) -> Result<(), String> {
    let removed = tokio::task::spawn_blocking(move || place.remove()).await;
    match removed {
        Ok(result) => result.map_err(text),
        Err(error) => Err(error.to_string()),
    }
}

fn text(error: RuntimeError) -> String {
    error.to_string()
}
