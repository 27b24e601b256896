//! `guildhall resolve merge` and `guildhall resolve merge-driver`: edits that collide.
//!
//! In reading order: `request` is what is asked for, `conflicts` finds the files in conflict,
//! `history` how the repository resolved earlier ones, `external` what another program
//! makes of them, `files` merges each and takes answers,
//! `checks` tries the result, `saved` keeps a merge so that it can be resumed, `report` shows
//! it, and `driver` is what git runs for a file. How a hunk is merged is `guildhall_merge`'s.

mod checks;
mod conflicts;
mod driver;
mod external;
mod files;
mod history;
mod report;
mod request;
mod saved;

use std::fs;
use std::path::Path;

use guildhall_report::Report;
use guildhall_sdk::core::path_text;
use guildhall_sdk::prelude::*;
use guildhall_source::SourceError;
use guildhall_source::repository::{Repository, Watch};

pub(crate) use checks::below;
pub(crate) use conflicts::{Collision, Content, by_path, content, path_of};
pub use driver::DriverRequest;
pub(crate) use driver::drive;
pub(crate) use external::results;
pub(crate) use files::{FileMerge, answer, merged};
pub(crate) use request::wrong;
pub use request::{MergeRequest, MergeSettings};
pub(crate) use saved::{answered, keep};

/// Merges, and says what became of each hunk.
///
/// # Errors
/// Where what is to be merged is not there, or an answer makes no sense.
pub(crate) async fn merge(
    request: MergeRequest,
    settings: &MergeSettings,
    ctx: &Context,
) -> Result<Report, AgentError> {
    let saved = match &request.resume {
        Some(id) => Some(saved::read_kept(ctx, id).await?),
        None => None,
    };
    let (request, earlier) = match saved {
        Some(saved) => saved.into_request(request)?,
        None => (request, Vec::new()),
    };
    let collision = find(&request, settings, ctx)?;
    let external = results(&collision, settings, ctx).await?;
    let mut files = merged(&collision, &external, settings);
    let answers: Vec<String> = earlier.into_iter().chain(request.answer.clone()).collect();
    answer(&mut files, &answers)?;
    let checks = checks::run(&request, &collision, &mut files, settings, ctx).await?;
    let written = match &request.into {
        Some(into) => write(Path::new(&path_text::decode(into)), &collision, &files)?,
        None => Vec::new(),
    };
    let id = match request.no_save {
        true => None,
        false => keep(ctx, &request, &collision, &answers).await?,
    };
    Ok(report::report(&report::Shown {
        request: &request,
        collision: &collision,
        files: &files,
        checks: &checks,
        written: &written,
        id: id.as_deref(),
    }))
}

/// What is merged.
fn find(
    request: &MergeRequest,
    settings: &MergeSettings,
    ctx: &Context,
) -> Result<Collision, AgentError> {
    let is_cancelled = || ctx.is_cancelled();
    let watch = Watch::new(&is_cancelled);
    match request.three_files()? {
        Some(files) => Collision::of_files(&files),
        None => {
            let folder = path_text::decode(request.path.as_deref().unwrap_or("."));
            Collision::of_commits(&folder, request, settings, &watch)
        }
    }
}

/// Writes the merged files where nothing lies yet; gives their paths.
fn write(
    into: &Path,
    collision: &Collision,
    files: &[FileMerge<'_>],
) -> Result<Vec<String>, AgentError> {
    let cannot = |path: &Path, error: std::io::Error| {
        let path = path.display();
        AgentError::new(
            ErrorCode::InvalidInput,
            format!("{path} cannot be written: {error}"),
        )
    };
    if into.symlink_metadata().is_ok() {
        let problem = format!("{} is there already; name a new path", into.display());
        return Err(wrong("into", &problem));
    }
    let mut written = Vec::new();
    for file in files {
        let Some(bytes) = file.bytes() else { continue };
        let path = match collision.is_one_file {
            true => into.to_owned(),
            false => {
                let path = path_text::decode(&file.file.path);
                below(into, &path).map_err(|error| cannot(&path, error))?
            }
        };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|error| cannot(folder, error))?;
        }
        fs::write(&path, bytes).map_err(|error| cannot(&path, error))?;
        written.push(path_text::encode(&path));
    }
    Ok(written)
}

/// The folder's repository.
pub(crate) fn repository(folder: &Path, watch: &Watch<'_>) -> Result<Repository, AgentError> {
    Repository::discover(folder, watch).map_err(failed)
}

pub(crate) fn failed(error: SourceError) -> AgentError {
    let code = match error {
        SourceError::Cancelled => ErrorCode::Cancelled,
        SourceError::NotARepository { .. } | SourceError::Root { .. } => ErrorCode::InvalidInput,
        _ => ErrorCode::Failed,
    };
    AgentError::new(code, error.to_string())
}
