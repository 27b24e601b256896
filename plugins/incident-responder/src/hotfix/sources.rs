//! What may be tried: taking a commit back, or a fix that is there already.

use std::path::PathBuf;

use guildhall_sdk::core::{AgentError, path_text};
use guildhall_source::git::ObjectId;

use crate::suspects::Revert;
use crate::told;
use crate::trial::{Checkout, Title, commit_named, failed};

/// What the references begin with that keep the work of tasks of runs.
const WORK: &str = "refs/guildhall/";

/// Commits that are counted of a fix.
const MOST_COUNTED: usize = 10_000;

/// Something that may mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// Taking a commit back.
    Revert {
        commit: ObjectId,
        title: Title,
        /// How old it is at what is checked out, in seconds.
        age: Option<i64>,
        /// Whether that is without a conflict, tried without a work tree.
        foretold: Revert,
    },
    /// The changes that another commit has, with those before it that are not part of what is
    /// checked out: an agent's work, say.
    Commit {
        commit: ObjectId,
        title: Title,
        /// How many commits that are.
        commits: usize,
    },
    /// The work of a task of a run that changed nothing, by the reference that it would have.
    NoWork(String),
    /// A patch in a file.
    Patch(PathBuf),
}

impl Source {
    /// Taking back the commit of a name.
    ///
    /// # Errors
    /// Where the name leads to none, or git fails.
    pub(crate) fn revert(checkout: &Checkout<'_>, name: &str) -> Result<Self, AgentError> {
        let commit = checkout.look(|repository, watch| commit_named(repository, name, watch))?;
        let title = checkout.title_of(&commit)?;
        let now = checkout.title_of(&checkout.head)?.time;
        let age = now.zip(title.time).map(|(now, then)| now - then);
        let foretold = checkout.look(|repository, watch| {
            let parent = title.parents.first();
            crate::suspects::revert(repository, &checkout.head, (&commit, parent), watch)
        });
        Ok(Self::Revert {
            foretold: foretold.map_err(|error| failed(&error))?,
            commit,
            title,
            age,
        })
    }

    /// A fix that is there already: a file with a patch, else a commit.
    ///
    /// # Errors
    /// Where it is neither, or git fails.
    pub(crate) fn fix(checkout: &Checkout<'_>, name: &str) -> Result<Self, AgentError> {
        let path = path_text::decode(name);
        if path.is_file() {
            return Ok(Self::Patch(path.canonicalize()?));
        }
        if name.starts_with(WORK) && checkout.find(name)?.is_none() {
            return Ok(Self::NoWork(name.to_owned()));
        }
        let found = checkout.look(|repository, watch| commit_named(repository, name, watch));
        let commit = found.map_err(|error| {
            error.with_help("--fix takes a file with a patch, or a commit, tag or branch")
        })?;
        let head = checkout.head;
        let counted = checkout.look(|repository, watch| {
            repository.reachable(&commit, Some(&head), MOST_COUNTED, watch)
        });
        Ok(Self::Commit {
            title: checkout.title_of(&commit)?,
            commits: counted.map_err(|error| failed(&error))?.len(),
            commit,
        })
    }

    /// What it is, in words.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Revert { commit, title, .. } => {
                format!("taking back {} ({})", short(commit), title.subject)
            }
            Self::Commit {
                commit,
                title,
                commits,
            } => {
                let several = match commits {
                    0 | 1 => String::new(),
                    several => format!("{several} commits up to "),
                };
                format!(
                    "the changes of {several}{} ({})",
                    short(commit),
                    title.subject
                )
            }
            Self::NoWork(reference) => format!("the work of {reference}"),
            Self::Patch(path) => format!("the patch {}", path.display()),
        }
    }

    /// What it is, in a word or two.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Revert { commit, .. } => format!("revert {}", short(commit)),
            Self::Commit { commit, .. } => format!("changes {}", short(commit)),
            Self::NoWork(_) => "no work".to_owned(),
            Self::Patch(_) => "patch".to_owned(),
        }
    }

    /// The message of its commit.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::Revert { commit, title, .. } => {
                let subject = &title.subject;
                format!("Revert \"{subject}\"\n\nThis reverts commit {commit}.\n")
            }
            Self::Commit {
                commit,
                title,
                commits: 0 | 1,
            } => format!(
                "{}\n\nThese are the changes of commit {commit}.\n",
                title.subject
            ),
            Self::Commit {
                commit,
                title,
                commits,
            } => format!(
                "{}\n\nThese are the changes of {commits} commits up to {commit}.\n",
                title.subject
            ),
            // There is nothing that could be committed.
            Self::NoWork(_) => String::new(),
            Self::Patch(path) => {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                format!("Apply {name}\n")
            }
        }
    }

    /// What the name of its branch ends with.
    pub(crate) fn slug(&self) -> String {
        match self {
            Self::Revert { commit, .. } => format!("revert-{}", short(commit)),
            Self::Commit { commit, .. } => format!("fix-{}", short(commit)),
            Self::NoWork(_) => "no-work".to_owned(),
            Self::Patch(_) => "patch".to_owned(),
        }
    }
}

fn short(commit: &ObjectId) -> String {
    told::short(&commit.to_string()).to_owned()
}
