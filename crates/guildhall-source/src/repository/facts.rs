//! What is known of a repository before its history is looked at.

use std::path::PathBuf;

use guildhall_git::ObjectId;

use super::{Watch, ask, path_of};
use crate::SourceError;
use crate::process::Setting;

/// What there is of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The top of the work tree, with links resolved; `None` where the repository is
    /// bare, or where the folder lies outside of its work tree.
    pub top: Option<PathBuf>,
    /// The folder that was asked for, from the top; empty where it is the top.
    pub prefix: PathBuf,
    /// Where git keeps the repository (of a linked work tree, what is its own).
    pub git_folder: PathBuf,
    /// The commit that is checked out; `None` where there is no commit yet.
    pub head: Option<Head>,
    /// Whether it has no work tree.
    pub is_bare: bool,
    /// Whether its history is cut off, so that lines and files may be older than it says.
    pub is_shallow: bool,
    /// Whether objects may be missing, which are not fetched here.
    pub is_partial: bool,
}

/// The commit that is checked out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Its name.
    pub id: ObjectId,
    /// When it was made, in seconds since 1970; `None` where the commit does not say.
    pub time: Option<i64>,
}

/// Keys that a partial clone has.
const PARTIAL: &[&str] = &[
    "config",
    "--null",
    "--name-only",
    "--get-regexp",
    r"^(extensions\.partialclone|remote\..*\.(promisor|partialclonefilter))$",
];

pub(super) fn find(setting: &Setting, watch: &Watch<'_>) -> Result<Facts, SourceError> {
    let ask_for = |arguments: &[&str]| ask(setting, arguments, watch);
    let git_folder = ask_for(&["rev-parse", "--absolute-git-dir"])
        .map_err(|error| or_no_repository(error, setting))?;
    let is = |flag: &str| -> Result<bool, SourceError> {
        Ok(ask_for(&["rev-parse", flag])?.is_some_and(|said| said == b"true\n"))
    };
    let is_inside = is("--is-inside-work-tree")?;
    let path = |flag: &str| -> Result<PathBuf, SourceError> {
        let answer = ask_for(&["rev-parse", flag])?;
        Ok(path_of(&answer.unwrap_or_default()))
    };
    let (top, prefix) = if is_inside {
        (Some(path("--show-toplevel")?), path("--show-prefix")?)
    } else {
        (None, PathBuf::new())
    };
    Ok(Facts {
        top,
        prefix: prefix.components().collect(),
        git_folder: path_of(&git_folder.unwrap_or_default()),
        head: head(setting, watch)?,
        is_bare: is("--is-bare-repository")?,
        is_shallow: is("--is-shallow-repository")?,
        is_partial: ask_for(PARTIAL)?.is_some(),
    })
}

/// Git says in words alone that a folder is in no repository.
fn or_no_repository(error: SourceError, setting: &Setting) -> SourceError {
    match error {
        SourceError::Command { reason, .. } if reason.contains("not a git repository") => {
            SourceError::NotARepository {
                folder: setting.folder.clone(),
            }
        }
        other => other,
    }
}

fn head(setting: &Setting, watch: &Watch<'_>) -> Result<Option<Head>, SourceError> {
    let arguments = ["rev-parse", "--verify", "--quiet", "HEAD^{commit}"];
    let Some(id) = ask(setting, &arguments, watch)? else {
        return Ok(None);
    };
    let Some(id) = ObjectId::from_hex(id.trim_ascii_end()) else {
        return Ok(None);
    };
    let commit = id.to_string();
    let arguments = ["log", "-1", "--no-show-signature", "--format=%ct", &commit];
    let time = ask(setting, &arguments, watch)?.unwrap_or_default();
    let time = str::from_utf8(&time).unwrap_or_default().trim_end();
    Ok(Some(Head {
        id,
        time: time.parse().ok(),
    }))
}
