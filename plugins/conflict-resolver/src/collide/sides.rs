//! The sides that are compared: commits, and patches as the commits that they would make.

use std::fs;

use guildhall_sdk::core::path_text;
use guildhall_sdk::prelude::*;
use guildhall_source::git::ObjectId;
use guildhall_source::repository::{Repository, Trials, Watch};

use crate::DetectRequest;
use crate::merge::{failed, wrong};

/// Sides that are compared at the most: each is compared with each.
const MOST: usize = 64;

/// Bytes that a patch may have.
const MOST_BYTES: u64 = 64 << 20;

/// A side.
#[derive(Debug)]
pub(super) struct Side {
    pub(super) name: String,
    pub(super) commit: ObjectId,
    pub(super) is_patch: bool,
}

/// The sides, in the order in which they are named.
///
/// # Errors
/// Where there are fewer than two, one is not there, or a patch does not apply.
pub(super) fn find(
    request: &DetectRequest,
    repository: &Repository,
    trials: &Trials,
    watch: &Watch<'_>,
) -> Result<Vec<Side>, AgentError> {
    let names = &request.side;
    if names.len() < 2 || names.len() > MOST {
        let problem = format!(
            "is given {} times; name from 2 to {MOST} commits or patches",
            names.len()
        );
        return Err(wrong("side", &problem));
    }
    if let Some(twice) = names
        .iter()
        .enumerate()
        .find(|(at, name)| names[..*at].contains(name))
    {
        return Err(wrong("side", &format!("names {:?} twice", twice.1)));
    }
    let base = request.base.as_deref().unwrap_or("HEAD");
    let named = |name: &str| repository.commit_named(name, watch).map_err(failed);
    let mut sides = Vec::with_capacity(names.len());
    for name in names {
        let (commit, is_patch) = match named(name)? {
            Some(commit) => (commit, false),
            None => {
                let patch = patch(name)?;
                let on = named(base)?.ok_or_else(|| {
                    wrong("base", &format!("is {base:?}, which names no commit here"))
                })?;
                let made = trials.patched(&on, &patch, watch).map_err(failed)?;
                let commit = made.map_err(|reason| {
                    wrong(
                        "side",
                        &format!("is {name:?}, which does not apply to {base}: {reason}"),
                    )
                })?;
                (commit, true)
            }
        };
        sides.push(Side {
            name: name.clone(),
            commit,
            is_patch,
        });
    }
    Ok(sides)
}

/// The commit at which two sides parted.
///
/// # Errors
/// Where they have no history in common.
pub(super) fn base(
    trials: &Trials,
    [one, other]: [&Side; 2],
    watch: &Watch<'_>,
) -> Result<ObjectId, AgentError> {
    let base = trials
        .merge_base(&one.commit, &other.commit, watch)
        .map_err(failed)?;
    base.ok_or_else(|| {
        let (one, other) = (&one.name, &other.name);
        wrong(
            "side",
            &format!("names {one:?} and {other:?}, which have no commit in common"),
        )
    })
}

/// The bytes of a patch.
fn patch(name: &str) -> Result<Vec<u8>, AgentError> {
    let path = path_text::decode(name);
    match fs::metadata(&path) {
        Ok(found) if found.len() > MOST_BYTES => {
            let problem = format!(
                "is {name:?}, which has {} bytes; a patch has at most {MOST_BYTES}",
                found.len()
            );
            Err(wrong("side", &problem))
        }
        Ok(found) if found.is_file() => fs::read(&path).map_err(|error| {
            wrong(
                "side",
                &format!("is {name:?}, which cannot be read: {error}"),
            )
        }),
        _ => Err(wrong(
            "side",
            &format!("is {name:?}, which is neither a commit here nor a patch in a file"),
        )),
    }
}
