//! Whether taking a commit back would be clean: tried, without a work tree.

use guildhall_source::SourceError;
use guildhall_source::git::ObjectId;
use guildhall_source::repository::{Repository, Watch};
use serde::Serialize;

const DAY: i64 = 86_400;

/// What came of trying to take a commit back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "result")]
pub(crate) enum Revert {
    /// Without a conflict.
    Clean,
    /// There is nothing left of it to be taken back.
    Empty,
    /// These files are in conflict.
    Conflict {
        /// From the top.
        conflicts: Vec<String>,
    },
    /// It was not tried.
    NotTried {
        /// Why.
        reason: String,
    },
}

/// Tries to take a commit, given with its first parent, back at `head`. Nothing is written to the repository.
///
/// # Errors
/// Where it is cancelled or takes too long.
pub(crate) fn revert(
    repository: &Repository,
    head: &ObjectId,
    (commit, parent): (&ObjectId, Option<&ObjectId>),
    watch: &Watch<'_>,
) -> Result<Revert, SourceError> {
    let Some(parent) = parent else {
        return Ok(Revert::NotTried {
            reason: "the commit before it is not here".to_owned(),
        });
    };
    match repository.merge_tree(commit, head, parent, watch) {
        Ok(merged) if merged.changes_nothing => Ok(Revert::Empty),
        Ok(merged) if merged.conflicts.is_empty() => Ok(Revert::Clean),
        Ok(merged) => Ok(Revert::Conflict {
            conflicts: merged
                .conflicts
                .iter()
                .map(|path| String::from_utf8_lossy(path).into_owned())
                .collect(),
        }),
        Err(SourceError::Command { reason, .. }) => Ok(Revert::NotTried { reason }),
        Err(error) => Err(error),
    }
}

/// How often such a revert is what helps, by the age of the commit in seconds.
pub(crate) fn age_note(age: i64) -> &'static str {
    if age < DAY {
        "in 78 % of cases the culprit could be taken back cleanly within its first day"
    } else if age < 14 * DAY {
        "in 33 to 68 % of cases the culprit could be taken back cleanly within two weeks"
    } else if age < 30 * DAY {
        "between two weeks and a month the culprit could be taken back cleanly in 5 to 33 % of cases"
    } else {
        "after a month the culprit could be taken back cleanly in 5 % of cases"
    }
}
