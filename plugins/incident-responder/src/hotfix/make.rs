//! Making a commit of something that may mend it, in a worktree at what is checked out.

use guildhall_sdk::core::programs::{Program, Ran};
use guildhall_sdk::core::workspaces::Workspace;
use guildhall_sdk::core::{AgentError, Context};
use sha2::{Digest as _, Sha256};

use super::Source;
use crate::model::hexadecimal;
use crate::suspects::Revert;

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
    let ran = git(&arguments(source), workspace, ctx).await?;
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
        let forget = ["update-ref", "-d", reference, commit].map(str::to_owned);
        git(&forget, workspace, ctx).await?;
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

fn arguments(source: &Source) -> Vec<String> {
    let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let mut arguments: Vec<String> = match source {
        Source::Revert { title, .. } if title.parents.len() > 1 => {
            owned(&["revert", "--no-commit", "--mainline", "1"])
        }
        Source::Revert { .. } => owned(&["revert", "--no-commit"]),
        Source::Commit { .. } => owned(&["merge", "--squash", "--quiet"]),
        Source::Patch(_) => owned(&["apply", "--index", "--3way"]),
    };
    arguments.push(match source {
        Source::Revert { commit, .. } | Source::Commit { commit, .. } => commit.to_string(),
        Source::Patch(path) => path.to_string_lossy().into_owned(),
    });
    arguments
}

/// The files that git could not merge.
async fn conflicts(workspace: &Workspace, ctx: &Context) -> Result<Vec<String>, AgentError> {
    let list = ["diff", "--name-only", "--diff-filter=U", "-z"].map(str::to_owned);
    let ran = git(&list, workspace, ctx).await?;
    let text = ran.stdout.text();
    let names = text.split('\0').filter(|name| !name.is_empty());
    Ok(names.map(str::to_owned).collect())
}

/// Runs git at the top of the worktree, with nothing that a repository could have it run.
async fn git(
    arguments: &[String],
    workspace: &Workspace,
    ctx: &Context,
) -> Result<Ran, AgentError> {
    let plain = [
        "git",
        "-c",
        "core.hooksPath=/dev/null",
        "-c",
        "rerere.enabled=false",
    ];
    let argv = plain
        .map(str::to_owned)
        .into_iter()
        .chain(arguments.iter().cloned());
    let program = Program::new(argv, &workspace.top).set("GIT_MERGE_AUTOEDIT", "no");
    ctx.programs().run(program).await
}
