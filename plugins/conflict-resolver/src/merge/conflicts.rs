//! The files in conflict: of two commits, as git's merge leaves them, or three files.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::Path;

use guildhall_merge::Precedents;
use guildhall_merge::text::MOST_BYTES;
use guildhall_sdk::core::path_text;
use guildhall_sdk::prelude::*;
use guildhall_source::git::merge::ConflictVersion;
use guildhall_source::git::{FileKind, ObjectId};
use guildhall_source::repository::{Fetched, Objects, Repository, Trial, Trials, Watch};
use sha2::{Digest as _, Sha256};

use super::request::{MergeRequest, MergeSettings, ThreeFiles, wrong};
use super::{failed, history, repository};

/// What is merged.
#[derive(Debug)]
pub(crate) struct Collision {
    /// The files in conflict, by path.
    pub(crate) files: Vec<File>,
    /// How the repository resolved earlier conflicts.
    pub(crate) precedents: Precedents,
    /// The commits; none where three files are merged.
    pub(crate) commits: Option<Commits>,
    /// Whether three files are merged.
    pub(crate) is_one_file: bool,
    /// What the three files were, by their hash.
    pub(crate) hashes: Option<[String; 3]>,
}

/// The commits that are merged, and where.
#[derive(Debug)]
pub(crate) struct Commits {
    pub(crate) ours: ObjectId,
    pub(crate) theirs: ObjectId,
    pub(crate) base: Option<ObjectId>,
    pub(crate) repository: Repository,
    pub(crate) trials: Trials,
    pub(crate) trial: Trial,
}

/// A file in conflict.
#[derive(Debug)]
pub(crate) struct File {
    /// From the top of the repository, as reports write paths.
    pub(crate) path: String,
    /// What it was on each side, or why its content is not looked at.
    pub(crate) content: Result<Content, String>,
}

/// The three versions of a file.
#[derive(Debug, Default)]
pub(crate) struct Content {
    pub(crate) base: Vec<u8>,
    pub(crate) ours: Vec<u8>,
    pub(crate) theirs: Vec<u8>,
}

impl Collision {
    /// Merges two commits of a repository, which is only read.
    ///
    /// # Errors
    /// Where there is no such repository or commit, or git fails.
    pub(crate) fn of_commits(
        folder: &Path,
        request: &MergeRequest,
        settings: &MergeSettings,
        watch: &Watch<'_>,
    ) -> Result<Self, AgentError> {
        let repository = repository(folder, watch)?;
        let named = |key: &str, name: &str| {
            let commit = repository.commit_named(name, watch).map_err(failed)?;
            commit.ok_or_else(|| wrong(key, &format!("is {name:?}, which names no commit here")))
        };
        let ours = named("ours", request.ours.as_deref().unwrap_or("HEAD"))?;
        let theirs = named("theirs", request.theirs.as_deref().unwrap_or_default())?;
        let base = request
            .base
            .as_deref()
            .map(|name| named("base", name))
            .transpose()?;
        let trials = repository.trials().map_err(failed)?;
        let tried = trials
            .merge(&[(base, ours, theirs)], watch)
            .map_err(failed)?;
        let trial = tried.into_iter().next().ok_or_else(|| {
            AgentError::new(
                ErrorCode::Failed,
                "git merge-tree gave no answer".to_owned(),
            )
        })?;
        let precedents = match trial.is_clean {
            true => Precedents::default(),
            false => history::precedents(&repository, [ours, theirs], settings, watch)?,
        };
        let mut files = files(&trial, &trials, watch)?;
        if !request.only.is_empty() {
            for path in &request.only {
                if !files.iter().any(|file| file.path == *path) {
                    let problem = format!("names {path:?}, which is not in conflict");
                    return Err(wrong("only", &problem));
                }
            }
            files.retain(|file| request.only.contains(&file.path));
        }
        Ok(Self {
            files,
            precedents,
            commits: Some(Commits {
                ours,
                theirs,
                base,
                repository,
                trials,
                trial,
            }),
            is_one_file: false,
            hashes: None,
        })
    }

    /// Merges three files.
    ///
    /// # Errors
    /// Where one cannot be read.
    pub(crate) fn of_files(files: &ThreeFiles) -> Result<Self, AgentError> {
        let content = Content {
            base: read(&files.base)?,
            ours: read(&files.ours)?,
            theirs: read(&files.theirs)?,
        };
        let hashes = [&content.base, &content.ours, &content.theirs].map(|bytes| hash(bytes));
        Ok(Self {
            files: vec![File {
                path: files.ours.clone(),
                content: Ok(content),
            }],
            precedents: Precedents::default(),
            commits: None,
            is_one_file: true,
            hashes: Some(hashes),
        })
    }
}

/// The hash of bytes, as it is written.
pub(crate) fn hash(bytes: &[u8]) -> String {
    use std::fmt::Write as _;

    Sha256::digest(bytes)
        .iter()
        .fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// The bytes of a file, as far as they may be merged: one more says that there are too many.
pub(crate) fn read(path: &str) -> Result<Vec<u8>, AgentError> {
    let cannot = |error: std::io::Error| {
        AgentError::new(
            ErrorCode::InvalidInput,
            format!("{path} cannot be read: {error}"),
        )
    };
    let file = fs::File::open(path_text::decode(path)).map_err(cannot)?;
    let mut bytes = Vec::new();
    file.take(MOST_BYTES as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(cannot)?;
    Ok(bytes)
}

/// The versions of each file in conflict, read.
fn files(trial: &Trial, trials: &Trials, watch: &Watch<'_>) -> Result<Vec<File>, AgentError> {
    let mut objects = trials.objects();
    let mut files = Vec::new();
    for (path, stages) in by_path(trial) {
        files.push(File {
            path: path_text::encode(&path_of(path)),
            content: content(&stages, &mut objects, watch)?,
        });
    }
    Ok(files)
}

/// The versions of each path: what both began with, ours and theirs.
pub(crate) fn by_path(trial: &Trial) -> BTreeMap<&[u8], [Option<&ConflictVersion>; 3]> {
    let mut files: BTreeMap<&[u8], [Option<&ConflictVersion>; 3]> = BTreeMap::new();
    for version in &trial.versions {
        let place = usize::from(version.stage - 1).min(2);
        files.entry(&version.path).or_default()[place] = Some(version);
    }
    files
}

/// The contents of a file, or why it is left as it is.
pub(crate) fn content(
    stages: &[Option<&ConflictVersion>; 3],
    objects: &mut Objects<'_>,
    watch: &Watch<'_>,
) -> Result<Result<Content, String>, AgentError> {
    let (base, [Some(ours), Some(theirs)]) = (stages[0], [stages[1], stages[2]]) else {
        return Ok(Err(one_sided(stages).to_owned()));
    };
    let all = [base, Some(ours), Some(theirs)];
    let kinds = all.iter().flatten().map(|version| version.mode.kind());
    for kind in kinds {
        if !matches!(kind, FileKind::Regular | FileKind::Executable) {
            let why = "one version is a symbolic link or a submodule; choose one";
            return Ok(Err(why.to_owned()));
        }
    }
    if ours.mode != theirs.mode
        && base.is_none_or(|base| base.mode != ours.mode && base.mode != theirs.mode)
    {
        return Ok(Err("the sides have different modes; choose one".to_owned()));
    }
    let mut content = Content::default();
    let places = [&mut content.base, &mut content.ours, &mut content.theirs];
    for (place, version) in places.into_iter().zip(all) {
        let Some(version) = version else { continue };
        let fetched = objects.read(&version.id, MOST_BYTES as u64, watch);
        match fetched.map_err(failed)? {
            Fetched::Found(object) => *place = object.content,
            Fetched::Missing => return Ok(Err("a version is not in this repository".to_owned())),
            Fetched::TooLarge { size, .. } => {
                return Ok(Err(format!(
                    "a version has {size} bytes; choose one as a whole"
                )));
            }
        }
    }
    Ok(Ok(content))
}

/// Why a file that a side does not have is left.
fn one_sided(stages: &[Option<&ConflictVersion>; 3]) -> &'static str {
    match stages {
        [Some(_), Some(_), None] => "changed on our side and deleted on theirs; keep or delete it",
        [Some(_), None, Some(_)] => "deleted on our side and changed on theirs; keep or delete it",
        [Some(_), None, None] => "renamed on both sides to different paths; choose one",
        _ => "the sides have different things of this path; choose one",
    }
}

/// A path of git as the system has it.
pub(crate) fn path_of(bytes: &[u8]) -> std::path::PathBuf {
    use std::os::unix::ffi::OsStrExt as _;

    std::ffi::OsStr::from_bytes(bytes).into()
}
