//! Making a commit of something that may mend it, in a worktree at what is checked out.

use guildhall_sdk::core::workspaces::Workspace;
use guildhall_sdk::core::{AgentError, Context, ErrorCode};
use sha2::{Digest as _, Sha256};

use super::Source;
use crate::model::hexadecimal;
use crate::suspects::Revert;
use crate::trial::git;

/// What came of making a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Made {
    /// It is there.
    Commit(Fix),
    /// These files are in conflict.
    Conflicts(Vec<String>),
    /// It changes nothing.
    Nothing,
    /// Git says no.
    Refused(String),
}

/// A commit that may mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fix {
    pub(crate) commit: String,
    /// Its changes, as `git apply` takes them.
    pub(crate) patch: Vec<u8>,
    pub(crate) patch_sha256: String,
    pub(crate) changed: usize,
}

/// Makes a commit of it. The worktree holds it then, and nothing else.
///
/// # Errors
/// Where the worktree cannot be used.
pub(crate) async fn make(
    source: &Source,
    workspace: &Workspace,
    ctx: &Context,
) -> Result<Made, AgentError> {
    if let Source::Revert { foretold, .. } = source {
        match foretold {
            Revert::Conflict { conflicts } => return Ok(Made::Conflicts(conflicts.clone())),
            Revert::Empty => return Ok(Made::Nothing),
            Revert::Clean | Revert::NotTried { .. } => {}
        }
    }
    let Some(arguments) = arguments(source) else {
        return Ok(Made::Nothing);
    };
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let ran = git(&arguments, &workspace.top, ctx).await?;
    if !ran.succeeded() {
        let conflicts = conflicts(workspace, ctx).await?;
        return Ok(match conflicts.is_empty() {
            false => Made::Conflicts(conflicts),
            true => Made::Refused(ran.stderr.text().trim().to_owned()),
        });
    }
    let (workspaces, message) = (ctx.workspaces(), source.message());
    let made = workspaces.commit(workspace, &message).await?;
    // The branch keeps it, where it comes to one; else nothing of it is to stay.
    if let (Some(reference), Some(commit)) = (&made.reference, &made.commit) {
        let forget = ["update-ref", "-d", reference, commit];
        let forgotten = git(&forget, &workspace.top, ctx).await?;
        if !forgotten.succeeded() {
            let text = format!("{reference} cannot be removed: {}", forgotten.stderr.text());
            return Err(AgentError::new(ErrorCode::Failed, text.trim_end()));
        }
    }
    Ok(match made.commit {
        None => Made::Nothing,
        Some(commit) => Made::Commit(Fix {
            commit,
            patch_sha256: hexadecimal(&Sha256::digest(&made.patch)),
            patch: made.patch.to_vec(),
            changed: made.changed.len(),
        }),
    })
}

/// What git is told to make it; nothing where there is nothing to be made.
fn arguments(source: &Source) -> Option<Vec<String>> {
    let (words, what): (&[&str], String) = match source {
        Source::Revert { title, commit, .. } if title.parents.len() > 1 => (
            &["revert", "--no-commit", "--mainline", "1"],
            commit.to_string(),
        ),
        Source::Revert { commit, .. } => (&["revert", "--no-commit"], commit.to_string()),
        Source::Commit { commit, .. } => (&["merge", "--squash", "--quiet"], commit.to_string()),
        Source::Patch(path) => (
            &["apply", "--index", "--3way"],
            path.to_string_lossy().into_owned(),
        ),
        Source::NoWork(_) => return None,
    };
    let words = words.iter().map(|word| (*word).to_owned());
    Some(words.chain([what]).collect())
}

/// The files that git could not merge.
async fn conflicts(workspace: &Workspace, ctx: &Context) -> Result<Vec<String>, AgentError> {
    let list = ["diff", "--name-only", "--diff-filter=U", "-z"];
    let ran = git(&list, &workspace.top, ctx).await?;
    let text = ran.stdout.text();
    let names = text.split('\0').filter(|name| !name.is_empty());
    Ok(names.map(str::to_owned).collect())
}
