//! Scratch workspaces of a call: git worktrees that end with it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex as StdMutex, PoisonError};

use guildhall_core::workspaces::{
    CHECKOUT, CLOSE, COMMIT, Checkout, Close, Commit, CommitMade, FAILED, MAX_OPEN,
    NO_SUCH_WORKSPACE, OPEN, Open, Opened, PATCH,
};
use guildhall_core::{AgentError, Attachment, ErrorCode, Outcome, ServiceRequest, path_text};
use guildhall_host::{Caller, Service, async_trait};
use tokio::sync::{Mutex, MutexGuard};

use super::Shared;
use crate::RuntimeError;
use crate::workspace::Worktree;

/// The workspaces of one call.
pub(super) struct WorkspacesOfCall {
    shared: Arc<Shared>,
    open: StdMutex<Opening>,
}

/// Workspaces by their ids. None is there any more once it is closed.
#[derive(Default)]
struct Opening {
    /// How many were opened or begun to be.
    count: u32,
    /// Those that are being opened, by their ids: they count as open ones.
    begun: BTreeSet<String>,
    /// How many commits were made, so that each has a name of its own.
    commits: u32,
    by_id: BTreeMap<String, OpenWorkspace>,
    /// Nothing is opened after the call.
    is_over: bool,
}

#[derive(Clone)]
struct OpenWorkspace {
    top: PathBuf,
    lock_file: PathBuf,
    worktree: Arc<Mutex<Option<Worktree>>>,
}

impl WorkspacesOfCall {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            open: StdMutex::default(),
        }
    }

    /// Files whose shared locks say that the workspaces around `folder` are in use.
    pub(super) fn lock_files_of(&self, folder: &Path) -> Vec<PathBuf> {
        let opening = self.opening();
        let around = opening
            .by_id
            .values()
            .filter(|it| folder.starts_with(&it.top));
        around.map(|it| it.lock_file.clone()).collect()
    }

    /// Closes all, and lets none be opened any more.
    pub(super) async fn close_all(&self) {
        let left = {
            let mut opening = self.opening();
            opening.is_over = true;
            std::mem::take(&mut opening.by_id)
        };
        for (_, open) in left {
            let worktree = open.worktree.lock().await.take();
            if let Some(worktree) = worktree
                && let Err(error) = worktree.remove().await
            {
                let folder = open.top.display();
                tracing::warn!(%folder, %error, "a workspace is left behind");
            }
        }
    }

    async fn open(&self, caller: &Caller, open: Open) -> Result<Opened, AgentError> {
        let begun = self.begin()?;
        let id = begun.id.clone();
        let folder = path_text::decode(&open.folder);
        if !folder.is_absolute() {
            let text = format!("{} is no absolute path", folder.display());
            return Err(AgentError::new(ErrorCode::InvalidInput, text));
        }
        self.shared.sweep().await?;
        let workspaces = self.shared.workspaces()?;
        let (agent, task) = (caller.agent.as_str(), caller.task.to_string());
        let made = match &open.commit {
            Some(commit) => Worktree::create_at(&folder, commit, &workspaces, agent, &task).await,
            None => Worktree::create(&folder, &workspaces, agent, &task, 1).await,
        };
        let worktree = made.map_err(|error| failed(&error))?;
        let opened = Opened {
            id: id.clone(),
            path: path_text::encode(worktree.folder()),
            top: path_text::encode(worktree.top()),
            base: worktree.base().to_owned(),
        };
        let open = OpenWorkspace {
            top: worktree.top().to_owned(),
            lock_file: worktree.lock_file(),
            worktree: Arc::new(Mutex::new(Some(worktree))),
        };
        let late = {
            let mut opening = self.opening();
            match opening.is_over {
                true => Some(open),
                false => {
                    // At one moment, so that it counts once.
                    opening.begun.remove(&id);
                    opening.by_id.insert(id, open);
                    None
                }
            }
        };
        if let Some(late) = late {
            // The call has ended meanwhile, and nobody will close it.
            if let Some(worktree) = late.worktree.lock().await.take() {
                worktree.remove().await.map_err(|error| failed(&error))?;
            }
            return Err(AgentError::new(ErrorCode::Cancelled, "the task has ended"));
        }
        Ok(opened)
    }

    /// An id for one more, which counts from now on.
    fn begin(&self) -> Result<Begun<'_>, AgentError> {
        let mut opening = self.opening();
        if opening.by_id.len() + opening.begun.len() >= MAX_OPEN {
            let text = format!("{MAX_OPEN} workspaces are open, and more are not possible");
            return Err(AgentError::new(ErrorCode::InvalidInput, text)
                .with_help("close one, or check another commit out in one that is open"));
        }
        opening.count += 1;
        let id = format!("w{}", opening.count);
        opening.begun.insert(id.clone());
        Ok(Begun { of: self, id })
    }

    async fn commit(&self, commit: &Commit) -> Result<Outcome, AgentError> {
        let open = self.find(&commit.id)?;
        let worktree = open.worktree.lock().await;
        let number = {
            let mut opening = self.opening();
            opening.commits += 1;
            opening.commits
        };
        let made = there(&worktree, &commit.id)?.commit(&commit.message, number);
        let made = made.await.map_err(|error| failed(&error))?;
        let changed = made.changed.iter();
        let changed: Vec<String> = changed.map(|it| path_text::encode(&it.path)).collect();
        let patch = match made.reference {
            Some(_) => made.patch().await.map_err(|error| failed(&error))?,
            None => Vec::new(),
        };
        let mut outcome = Outcome::new(&CommitMade {
            commit: made.reference.is_some().then_some(made.commit),
            reference: made.reference,
            changed,
        })?;
        outcome.attach(Attachment::new(PATCH, "text/x-patch", patch));
        Ok(outcome)
    }

    async fn checkout(&self, checkout: &Checkout) -> Result<String, AgentError> {
        let open = self.find(&checkout.id)?;
        let mut worktree = open.worktree.lock().await;
        let worktree = worktree.as_mut().ok_or_else(|| closed(&checkout.id))?;
        let checked_out = worktree.switch_to(&checkout.commit).await;
        checked_out.map_err(|error| failed(&error))?;
        Ok(worktree.base().to_owned())
    }

    async fn close(&self, id: &str) -> Result<(), AgentError> {
        let found = self.opening().by_id.remove(id);
        let open = found.ok_or_else(|| closed(id))?;
        let worktree = open.worktree.lock().await.take();
        let worktree = worktree.ok_or_else(|| closed(id))?;
        worktree.remove().await.map_err(|error| failed(&error))
    }

    fn find(&self, id: &str) -> Result<OpenWorkspace, AgentError> {
        self.opening()
            .by_id
            .get(id)
            .cloned()
            .ok_or_else(|| closed(id))
    }

    fn opening(&self) -> std::sync::MutexGuard<'_, Opening> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A workspace that is being opened. It counts no more once this is dropped, however that
/// went.
struct Begun<'of> {
    of: &'of WorkspacesOfCall,
    id: String,
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        self.of.opening().begun.remove(&self.id);
    }
}

#[async_trait]
impl Service for WorkspacesOfCall {
    async fn request(
        &self,
        caller: &Caller,
        request: ServiceRequest,
    ) -> Result<Outcome, AgentError> {
        match request.method.as_str() {
            OPEN => Outcome::new(&self.open(caller, request.input()?).await?),
            COMMIT => {
                let commit: Commit = request.input()?;
                self.commit(&commit).await
            }
            CHECKOUT => {
                let checkout: Checkout = request.input()?;
                Outcome::new(&self.checkout(&checkout).await?)
            }
            CLOSE => {
                let close: Close = request.input()?;
                Outcome::new(&self.close(&close.id).await?)
            }
            _ => Err(request.no_such_method()),
        }
    }
}

fn there<'a>(
    worktree: &'a MutexGuard<'_, Option<Worktree>>,
    id: &str,
) -> Result<&'a Worktree, AgentError> {
    worktree.as_ref().ok_or_else(|| closed(id))
}

fn closed(id: &str) -> AgentError {
    let text = format!("no workspace of this task has the id {id:?}, or it is closed");
    AgentError::new(NO_SUCH_WORKSPACE, text)
}

fn failed(error: &RuntimeError) -> AgentError {
    AgentError::new(FAILED, error.to_string())
}
