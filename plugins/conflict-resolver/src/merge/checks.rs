//! Tries the merged tree with the user's own commands, in a copy of it.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use guildhall_merge::Take;
use guildhall_sdk::core::path_text;
use guildhall_sdk::core::programs::{EndedBy, Program};
use guildhall_sdk::prelude::*;
use guildhall_source::git::{Change, FileKind, Status as ChangeStatus};
use guildhall_source::repository::{Fetched, Watch};

use super::conflicts::{Collision, Commits, path_of};
use super::failed;
use super::files::FileMerge;
use super::request::{MergeRequest, MergeSettings, wrong};

/// What a check that passes says for the merge, in nats: builds pass for 97 of 100 right
/// merges and for 60 of 100 wrong ones. A guess of ours.
const PASSED: f64 = 0.480_430_5;

/// What one that fails says: builds fail for the other 3 of 100 right merges and 40 of 100 wrong
/// ones.
const FAILED: f64 = -2.590_267_2;

/// Bytes of an output that are shown.
const SHOWN: usize = 2_000;

/// What came of the checks.
#[derive(Debug, Default)]
pub(crate) struct Checks {
    /// Each command, in order.
    pub(crate) ran: Vec<Check>,
    /// Why none was run, where some were asked for.
    pub(crate) why_not: Option<String>,
}

/// A command and what came of it.
#[derive(Debug)]
pub(crate) struct Check {
    pub(crate) command: String,
    pub(crate) passed: bool,
    pub(crate) code: Option<i32>,
    pub(crate) timed_out: bool,
    pub(crate) ms: u64,
    pub(crate) nats: f64,
    /// The end of what it wrote, where it failed.
    pub(crate) output: String,
}

/// Runs the checks on the tree with every proposal in it, and takes what they say into
/// account.
///
/// # Errors
/// Where the tree cannot be made, or a command cannot be started.
pub(crate) async fn run(
    request: &MergeRequest,
    collision: &Collision,
    files: &mut [FileMerge<'_>],
    settings: &MergeSettings,
    ctx: &Context,
) -> Result<Checks, AgentError> {
    let Some(commits) = collision
        .commits
        .as_ref()
        .filter(|_| !request.check.is_empty())
    else {
        return Ok(Checks::default());
    };
    if !request.only.is_empty() {
        return Err(wrong("check", "needs the whole merge; leave `only` out"));
    }
    if let Some(why_not) = why_not(files) {
        return Ok(Checks {
            ran: Vec::new(),
            why_not: Some(why_not),
        });
    }
    let top = commits.repository.facts().top.clone();
    let top = top.unwrap_or_else(|| commits.repository.facts().git_folder.clone());
    let workspaces = ctx.workspaces();
    let workspace = workspaces
        .open(&top, Some(&commits.ours.to_string()))
        .await?;
    make(&workspace.top, commits, files, ctx)?;
    let mut checks = Checks::default();
    for command in &request.check {
        let program = Program::new(["sh", "-c", command.as_str()], &workspace.path)
            .timeout(Duration::from_secs(settings.check_seconds.into()));
        let ran = ctx.programs().run(program).await?;
        let passed = ran.succeeded();
        checks.ran.push(Check {
            command: command.clone(),
            passed,
            code: ran.code,
            timed_out: ran.by == EndedBy::Timeout,
            ms: ran.ms,
            nats: match (passed, ran.by, ran.code) {
                (true, ..) => PASSED,
                (false, EndedBy::Itself, Some(_)) => FAILED,
                // What did not end by itself says nothing.
                (false, ..) => 0.0,
            },
            output: match passed {
                true => String::new(),
                false => end_of(&format!("{}{}", ran.stdout.text(), ran.stderr.text())),
            },
        });
    }
    workspaces.close(workspace).await?;
    let nats = checks.ran.iter().map(|check| check.nats).sum();
    for file in files {
        if let Ok(merged) = &mut file.merged {
            merged.add_evidence(nats, settings.thresholds());
        }
    }
    Ok(checks)
}

/// Why the tree cannot be tried.
fn why_not(files: &[FileMerge<'_>]) -> Option<String> {
    for file in files {
        let path = &file.file.path;
        let Ok(merged) = &file.merged else {
            return Some(format!("{path} is not merged by its content"));
        };
        let open = merged.hunks.iter().zip(&file.answers);
        let has_no_text = |(hunk, answer): (&guildhall_merge::Hunk, &Option<Take>)| {
            answer.is_none() && hunk.rule.is_none()
        };
        if open.into_iter().any(has_no_text) {
            return Some(format!("nothing is proposed for a hunk of {path}"));
        }
    }
    None
}

/// Makes the merged tree of a checkout of our side.
fn make(
    top: &Path,
    commits: &Commits,
    files: &[FileMerge<'_>],
    ctx: &Context,
) -> Result<(), AgentError> {
    let is_cancelled = || ctx.is_cancelled();
    let watch = &Watch::new(&is_cancelled);
    let Commits {
        ours,
        trials,
        trial,
        ..
    } = commits;
    let mut objects = trials.objects();
    for change in trials.changes(ours, &trial.tree, watch).map_err(failed)? {
        let gone = match change.status {
            ChangeStatus::Deleted => Some(&change.path),
            ChangeStatus::Renamed => change.old_path.as_ref(),
            _ => None,
        };
        if let Some(gone) = gone {
            remove(top, gone)?;
        }
        if change.status == ChangeStatus::Deleted {
            continue;
        }
        let object = objects
            .read(&change.new_id, u64::MAX, watch)
            .map_err(failed)?;
        let Fetched::Found(object) = object else {
            continue;
        };
        put(top, &change, &object.content).map_err(|error| broken(&change.path, &error))?;
    }
    for file in files {
        let Ok(merged) = &file.merged else { continue };
        let written = file.best(merged);
        let path = top.join(path_text::decode(&file.file.path));
        // Its mode is that of git's own result, which lies there already.
        fs::write(&path, written.bytes)
            .map_err(|error| broken(file.file.path.as_bytes(), &error))?;
    }
    Ok(())
}

/// Writes a file of the merged tree; links and submodules of their side are left out.
fn put(top: &Path, change: &Change, content: &[u8]) -> io::Result<()> {
    let kind = change.new_mode.kind();
    if !matches!(kind, FileKind::Regular | FileKind::Executable) {
        return Ok(());
    }
    let path = below(top, &path_of(&change.path))?;
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    // What lies there may be a link that leads out of the tree.
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs::write(&path, content)?;
    let mode = if kind == FileKind::Executable {
        0o755
    } else {
        0o644
    };
    fs::set_permissions(&path, fs::Permissions::from_mode(mode))
}

fn remove(top: &Path, path: &[u8]) -> Result<(), AgentError> {
    let removed = below(top, &path_of(path)).and_then(fs::remove_file);
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(broken(path, &error)),
        _ => Ok(()),
    }
}

/// A path of a tree, below the top and through no link.
pub(crate) fn below(top: &Path, relative: &Path) -> io::Result<PathBuf> {
    let mut whole = top.to_owned();
    for part in relative.components() {
        let Component::Normal(part) = part else {
            return Err(io::Error::other("its path leads out of the tree"));
        };
        if whole != top && whole.is_symlink() {
            return Err(io::Error::other("its path leads through a link"));
        }
        whole.push(part);
    }
    Ok(whole)
}

fn broken(path: &[u8], error: &io::Error) -> AgentError {
    let path = String::from_utf8_lossy(path);
    let message = format!("{path} of the merged tree cannot be written: {error}");
    AgentError::new(ErrorCode::Failed, message)
}

fn end_of(text: &str) -> String {
    let start = text.len().saturating_sub(SHOWN);
    let start = (start..text.len())
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(start);
    text.get(start..).unwrap_or_default().to_owned()
}
