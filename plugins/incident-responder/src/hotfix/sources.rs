//! What may be tried: taking a commit back, or a fix that is there already.

use std::path::PathBuf;

use guildhall_sdk::core::{AgentError, path_text};
use guildhall_source::git::ObjectId;

use crate::suspects::Revert;
use crate::trial::{Checkout, Title, commit_named, failed};

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
    /// The changes of another commit, that of an agent's work, say.
    Commit { commit: ObjectId, title: Title },
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
        let found = checkout.look(|repository, watch| commit_named(repository, name, watch));
        let commit = found.map_err(|error| {
            error.with_help("--fix takes a file with a patch, or a commit, tag or branch")
        })?;
        let title = checkout.title_of(&commit)?;
        Ok(Self::Commit { commit, title })
    }

    /// What it is, in words.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Revert { commit, title, .. } => {
                format!("taking back {} ({})", short(commit), title.subject)
            }
            Self::Commit { commit, title } => {
                format!("the changes of {} ({})", short(commit), title.subject)
            }
            Self::Patch(path) => format!("the patch {}", path.display()),
        }
    }

    /// What it is, in a word or two.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Revert { commit, .. } => format!("revert {}", short(commit)),
            Self::Commit { commit, .. } => format!("changes {}", short(commit)),
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
            Self::Commit { commit, title } => {
                format!(
                    "{}\n\nThese are the changes of commit {commit}.\n",
                    title.subject
                )
            }
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
            Self::Patch(_) => "patch".to_owned(),
        }
    }
}

fn short(commit: &ObjectId) -> String {
    let mut text = commit.to_string();
    text.truncate(10);
    text
}
