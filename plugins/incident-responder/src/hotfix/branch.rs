//! Putting a fix on a branch of the user's repository, and its patch into a file. What is
//! checked out is neither looked at nor changed by it.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use guildhall_sdk::core::{AgentError, Context, ErrorCode, path_text};

use crate::trial::git;

/// Names that are tried where one is taken.
const MOST_NAMES: u32 = 100;

/// Git's word for a reference that is not there.
const NOT_THERE: &str = "0000000000000000000000000000000000000000";

/// Refuses a name that a branch cannot have, or has.
///
/// # Errors
/// Where it cannot be had.
pub(crate) async fn check(name: &str, folder: &Path, ctx: &Context) -> Result<(), AgentError> {
    let refused = |problem: &str, help: &str| {
        let text = format!("`branch` {name:?} {problem}");
        Err(AgentError::new(ErrorCode::InvalidInput, text).with_help(help.to_owned()))
    };
    let checked = git(
        &["check-ref-format", &format!("refs/heads/{name}")],
        folder,
        ctx,
    )
    .await?;
    if !checked.succeeded() || name.starts_with('-') {
        return refused("is no name for a branch", "name it as in hotfix/login");
    }
    if exists(name, folder, ctx).await? {
        return refused("is there already", "choose another name, or leave it out");
    }
    Ok(())
}

/// Makes a branch at a commit: of this name, or where none was asked for of the first free one
/// that begins with `usual`. Gives its name.
///
/// # Errors
/// Where it cannot be made.
pub(crate) async fn make(
    asked: Option<&str>,
    usual: &str,
    commit: &str,
    folder: &Path,
    ctx: &Context,
) -> Result<String, AgentError> {
    let numbered = (2..=MOST_NAMES).map(|number| format!("{usual}-{number}"));
    let names: Vec<String> = match asked {
        Some(name) => vec![name.to_owned()],
        None => std::iter::once(usual.to_owned()).chain(numbered).collect(),
    };
    let mut why = String::new();
    for name in names {
        if asked.is_none() && exists(&name, folder, ctx).await? {
            continue;
        }
        let reference = format!("refs/heads/{name}");
        let made = git(&["update-ref", &reference, commit, NOT_THERE], folder, ctx).await?;
        if made.succeeded() {
            return Ok(name);
        }
        made.stderr.text().trim().clone_into(&mut why);
    }
    let text = format!("no branch could be made for {commit}: {why}");
    Err(AgentError::new(ErrorCode::Failed, text))
}

/// Refuses a file that is there already.
///
/// # Errors
/// Where it is.
pub(crate) fn check_file(file: &str) -> Result<PathBuf, AgentError> {
    let path = path_text::decode(file);
    if path.exists() {
        let text = format!("`patch` {file:?} is there already, and nothing is written over");
        return Err(AgentError::new(ErrorCode::InvalidInput, text)
            .with_help("name a file that is not there yet"));
    }
    Ok(path)
}

/// Writes a patch to a new file.
///
/// # Errors
/// Where it cannot be written.
pub(crate) fn write(path: &Path, patch: &[u8]) -> Result<(), AgentError> {
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    let written = file.and_then(|mut file| file.write_all(patch));
    written.map_err(|error| {
        let text = format!("{} cannot be written: {error}", path.display());
        AgentError::new(ErrorCode::Failed, text)
    })
}

async fn exists(name: &str, folder: &Path, ctx: &Context) -> Result<bool, AgentError> {
    let reference = format!("refs/heads/{name}");
    let asked = ["show-ref", "--verify", "--quiet", &reference];
    Ok(git(&asked, folder, ctx).await?.succeeded())
}
