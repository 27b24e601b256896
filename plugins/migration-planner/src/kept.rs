//! A plan that was kept in a file, and the project that it is held against.

use std::path::PathBuf;

use guildhall_core::path_text;
use guildhall_source::{SourceError, read};

use crate::plan::MigrationPlan;
use crate::present::{self, Written};
use crate::{PlanError, project};

/// Bytes of a plan that are read: one for a million places has less.
const MOST_BYTES: u64 = 512 * 1024 * 1024;

/// A plan and the folder of its project, without links.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Kept {
    pub(crate) plan: MigrationPlan,
    pub(crate) folder: PathBuf,
}

/// The plan in a file and the folder at a path, which is the current one where there is none.
///
/// # Errors
/// [`PlanError::Unreadable`] where there is no plan in the file, [`PlanError::NoSuchPart`] where
/// it holds several and `only` names none of them, [`PlanError::Source`] where there is no such
/// folder.
pub(crate) fn kept(file: &str, only: Option<&str>, path: Option<&str>) -> Result<Kept, PlanError> {
    let plan = plan_in(file, only)?;
    let root = project::root_of(path);
    let folder = root.canonicalize().map_err(|source| {
        PlanError::Source(SourceError::Root {
            path: path_text::encode(&root),
            source,
        })
    })?;
    Ok(Kept { plan, folder })
}

/// The plan in a file; of several the one that `only` names.
///
/// # Errors
/// As [`kept`].
pub(crate) fn plan_in(file: &str, only: Option<&str>) -> Result<MigrationPlan, PlanError> {
    let no_such = |what: String, mend: String| Err(PlanError::NoSuchPart { what, mend });
    match (written_in(file)?, only) {
        (Written::One(plan), None) => Ok(*plan),
        (Written::One(_), Some(id)) => no_such(
            format!("plan `{id}` beside others"),
            "it is one plan by itself; leave --only out".to_owned(),
        ),
        (Written::All(updates), only) => {
            let ids: Vec<&str> = updates.plans.iter().map(|it| it.id.as_str()).collect();
            let mend = match ids.is_empty() {
                true => "there is nothing to update".to_owned(),
                false => format!("name one of its plans by --only: {}", ids.join(", ")),
            };
            let place = only.and_then(|id| ids.iter().position(|it| *it == id));
            match (place, only) {
                (Some(at), _) => Ok(updates.plans[at].plan.clone()),
                (None, Some(id)) => no_such(format!("plan `{id}`"), mend),
                (None, None) => no_such("single plan".to_owned(), mend),
            }
        }
    }
}

/// What is in a file: a plan, or several.
///
/// # Errors
/// [`PlanError::Unreadable`] where there is none.
pub(crate) fn written_in(file: &str) -> Result<Written, PlanError> {
    let path: PathBuf = path_text::decode(file);
    let unreadable = |reason: String| PlanError::Unreadable {
        path: path.clone(),
        reason,
    };
    let text = read::read(&path, MOST_BYTES);
    let text = text.map_err(|failure| unreadable(failure.skipped(file).reason))?;
    present::read(&text).map_err(unreadable)
}
