//! How the repository resolved its earlier conflicts: its newest merges are made again, and
//! compared with what people made of them.

use std::ops::ControlFlow;

use guildhall_merge::{Precedents, outcomes};
use guildhall_sdk::prelude::*;
use guildhall_source::SourceError;
use guildhall_source::git::merge::ConflictVersion;
use guildhall_source::git::tree::Tree;
use guildhall_source::git::{ObjectId, ObjectKind};
use guildhall_source::repository::{Fetched, Objects, Repository, Watch};

use super::conflicts::{by_path, content};
use super::failed;
use super::request::MergeSettings;

/// Bytes of a version that is compared; generated files say nothing of how people decide.
const MOST_BYTES: u64 = 400_000;

/// Files in conflict of a merge that are compared: one sweeping merge is one habit.
const MOST_FILES: usize = 3;

/// A merge of two commits.
struct Old {
    commit: ObjectId,
    ours: ObjectId,
    theirs: ObjectId,
}

/// What the newest merges before these commits say.
///
/// # Errors
/// Where git fails.
pub(crate) fn precedents(
    repository: &Repository,
    before: [ObjectId; 2],
    settings: &MergeSettings,
    watch: &Watch<'_>,
) -> Result<Precedents, AgentError> {
    let mut precedents = Precedents::default();
    let merges = merges(repository, before, settings.learn_merges, watch)?;
    if merges.is_empty() {
        return Ok(precedents);
    }
    let trials = repository.trials().map_err(failed)?;
    let pairs: Vec<_> = merges
        .iter()
        .map(|old| (None, old.ours, old.theirs))
        .collect();
    // A history that is cut off cannot be merged again; then nothing is known.
    let tried = match trials.merge(&pairs, watch) {
        Err(SourceError::Command { .. }) => return Ok(precedents),
        tried => tried.map_err(failed)?,
    };
    let mut reading = Reading {
        repository,
        objects: trials.objects(),
        watch,
    };
    for (old, trial) in merges
        .iter()
        .zip(&tried)
        .filter(|(_, trial)| !trial.is_clean)
    {
        let mut used = 0;
        for (path, stages) in by_path(trial) {
            if used < MOST_FILES && reading.compare(old, path, &stages, &mut precedents)? {
                used += 1;
            }
        }
    }
    Ok(precedents)
}

/// What contents are read from.
struct Reading<'a> {
    repository: &'a Repository,
    objects: Objects<'a>,
    watch: &'a Watch<'a>,
}

impl Reading<'_> {
    /// Compares a file in conflict with what people made of it; whether it could be.
    fn compare(
        &mut self,
        old: &Old,
        path: &[u8],
        stages: &[Option<&ConflictVersion>; 3],
        precedents: &mut Precedents,
    ) -> Result<bool, AgentError> {
        if stages.iter().any(Option::is_none) {
            return Ok(false);
        }
        let Some(resolved) = blob_at(self.repository, &old.commit, path, self.watch)? else {
            return Ok(false);
        };
        let resolved = self.objects.read(&resolved, MOST_BYTES, self.watch);
        let Fetched::Found(resolved) = resolved.map_err(failed)? else {
            return Ok(false);
        };
        let Ok(versions) = content(stages, &mut self.objects, self.watch)? else {
            return Ok(false);
        };
        let (base, ours, theirs) = (&versions.base, &versions.ours, &versions.theirs);
        if [base, ours, theirs]
            .iter()
            .any(|version| version.len() as u64 > MOST_BYTES)
        {
            return Ok(false);
        }
        let name = String::from_utf8_lossy(path);
        for outcome in outcomes(base, ours, theirs, &resolved.content, &name) {
            precedents.add(path, outcome);
        }
        Ok(true)
    }
}

/// The newest merges of two commits that these reach.
fn merges(
    repository: &Repository,
    before: [ObjectId; 2],
    most: u32,
    watch: &Watch<'_>,
) -> Result<Vec<Old>, AgentError> {
    if most == 0 {
        return Ok(Vec::new());
    }
    let mut arguments: Vec<String> = [
        "rev-list",
        "--min-parents=2",
        "--max-parents=2",
        "--parents",
    ]
    .map(str::to_owned)
    .to_vec();
    arguments.push(format!("--max-count={most}"));
    arguments.extend(before.map(|commit| commit.to_string()));
    arguments.push("--".to_owned());
    let mut output = Vec::new();
    let _ = repository
        .stream(&arguments, watch, |bytes| {
            output.extend_from_slice(bytes);
            ControlFlow::Continue(())
        })
        .map_err(failed)?;
    let old = |line: &[u8]| {
        let mut ids = line.split(|byte| *byte == b' ').map(ObjectId::from_hex);
        Some(Old {
            commit: ids.next()??,
            ours: ids.next()??,
            theirs: ids.next()??,
        })
    };
    Ok(output
        .split(|byte| *byte == b'\n')
        .filter_map(old)
        .collect())
}

/// The content of a file of a commit.
fn blob_at(
    repository: &Repository,
    commit: &ObjectId,
    path: &[u8],
    watch: &Watch<'_>,
) -> Result<Option<ObjectId>, AgentError> {
    use std::os::unix::ffi::OsStrExt as _;

    let mut found = None;
    let path = std::path::Path::new(std::ffi::OsStr::from_bytes(path));
    let more = [commit.to_string(), "--".to_owned()];
    let _ = repository
        .records(Tree::default(), more, &[path], watch, |entry| {
            found = (entry.kind == ObjectKind::Blob).then_some(entry.id);
            ControlFlow::Continue(())
        })
        .map_err(failed)?;
    Ok(found)
}
