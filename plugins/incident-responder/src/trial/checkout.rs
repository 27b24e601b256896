//! The repository that commands are tried beside, and commits in it by their names.

use std::ops::ControlFlow;
use std::path::PathBuf;

use guildhall_sdk::core::{AgentError, Context, ErrorCode, path_text};
use guildhall_source::SourceError;
use guildhall_source::git::ObjectId;
use guildhall_source::git::log::{Commit, Log, LogRecord};
use guildhall_source::repository::{Repository, Watch};

use super::Standing;
use crate::incident::Incident;

/// A repository with a work tree, of which is looked at what a task needs while it lasts.
pub(crate) struct Checkout<'a> {
    repository: Repository,
    /// What is checked out.
    pub(crate) head: ObjectId,
    ctx: &'a Context,
}

impl<'a> Checkout<'a> {
    /// The one that a request names, else that of the incident, else the one of the current
    /// folder.
    ///
    /// # Errors
    /// As [`Checkout::open`].
    pub(crate) fn of(
        told: Option<&str>,
        incident: Option<&Incident>,
        ctx: &'a Context,
    ) -> Result<Self, AgentError> {
        let of_incident = incident.and_then(|incident| incident.repo.as_deref());
        Self::open(told.or(of_incident), ctx)
    }

    /// The one that a folder lies in.
    ///
    /// # Errors
    /// Where there is none, it has no commit or no work tree, or git cannot be used.
    fn open(folder: Option<&str>, ctx: &'a Context) -> Result<Self, AgentError> {
        let folder = path_text::decode(folder.unwrap_or("."));
        let is_cancelled = || ctx.is_cancelled();
        let repository = Repository::discover(&folder, &Watch::new(&is_cancelled));
        let repository = repository.map_err(|error| failed(&error))?;
        let refused = |text: String| AgentError::new(ErrorCode::InvalidInput, text);
        if repository.facts().top.is_none() {
            let folder = folder.display();
            let text = format!("{folder} has no work tree, and nothing can be tried beside it");
            return Err(refused(text)
                .with_help("name a folder of a clone that has its files checked out by --repo"));
        }
        let head = repository.facts().head.ok_or_else(|| {
            refused("the repository has no commit yet, so there is nothing to try".to_owned())
        })?;
        Ok(Self {
            repository,
            head: head.id,
            ctx,
        })
    }

    /// Looks at the repository for as long as the task is wanted.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&Repository, &Watch<'_>) -> T) -> T {
        let is_cancelled = || self.ctx.is_cancelled();
        look(&self.repository, &Watch::new(&is_cancelled))
    }

    /// The commit that a name leads to; `None` where it leads to none.
    ///
    /// # Errors
    /// Where git fails.
    pub(crate) fn find(&self, name: &str) -> Result<Option<ObjectId>, AgentError> {
        let found = self.look(|repository, watch| repository.commit_named(name, watch));
        found.map_err(|error| failed(&error))
    }

    /// What a commit says of itself.
    ///
    /// # Errors
    /// Where git fails.
    pub(crate) fn title_of(&self, id: &ObjectId) -> Result<Title, AgentError> {
        self.look(|repository, watch| title_of(repository, id, watch))
    }

    /// How it stands now.
    ///
    /// # Errors
    /// Where git fails.
    pub(crate) fn standing(&self) -> Result<Standing, AgentError> {
        self.look(Standing::of)
    }

    /// The user's folder, with links resolved.
    pub(crate) fn folder(&self) -> PathBuf {
        let facts = self.repository.facts();
        let top = facts.top.clone().unwrap_or_default();
        top.join(&facts.prefix)
    }
}

/// The commit that a name leads to.
///
/// # Errors
/// Where it leads to none.
pub(crate) fn commit_named(
    repository: &Repository,
    name: &str,
    watch: &Watch<'_>,
) -> Result<ObjectId, AgentError> {
    let found = repository.commit_named(name, watch);
    found.map_err(|error| failed(&error))?.ok_or_else(|| {
        let text = format!("{name:?} is no commit, tag or branch of the repository");
        let help = match repository.facts().is_shallow {
            true => "the history is cut off here: `git fetch --unshallow` gets the rest",
            false => "`git tag` lists the tags, `git log` the commits",
        };
        AgentError::new(ErrorCode::InvalidInput, text).with_help(help)
    })
}

fn title_of(
    repository: &Repository,
    id: &ObjectId,
    watch: &Watch<'_>,
) -> Result<Title, AgentError> {
    let mut found = None;
    let more = [
        "--no-walk".to_owned(),
        "--no-patch".to_owned(),
        id.to_string(),
    ];
    let _ = repository
        .records(Log::default(), more, &[], watch, |record| {
            if let LogRecord::Commit(commit) = record {
                found = Some(Title::of(&commit));
            }
            ControlFlow::Continue(())
        })
        .map_err(|error| failed(&error))?;
    Ok(found.unwrap_or_default())
}

/// What is shown of a commit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Title {
    pub(crate) subject: String,
    /// When it was made, in seconds since 1970.
    pub(crate) time: Option<i64>,
    pub(crate) parents: Vec<ObjectId>,
}

impl Title {
    fn of(commit: &Commit) -> Self {
        Self {
            subject: String::from_utf8_lossy(&commit.subject).into_owned(),
            time: commit.time,
            parents: commit.parents.clone(),
        }
    }
}

/// What ended a look at the repository, as the host is told it.
pub(crate) fn failed(error: &SourceError) -> AgentError {
    let code = match error {
        SourceError::Cancelled => ErrorCode::Cancelled,
        SourceError::NotARepository { .. } => ErrorCode::InvalidInput,
        _ => ErrorCode::Failed,
    };
    AgentError::new(code, error.to_string())
}
