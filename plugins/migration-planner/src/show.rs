//! `migrate show`: a plan that was made before, one step of it, or what it says of a place.

use guildhall_core::Schema;
use guildhall_report::Report;
use serde::{Deserialize, Serialize};

use crate::PlanError;
use crate::kept::{plan_in, written_in};
use crate::plan::MigrationPlan;
use crate::present::{self, Written};

/// Which part of which plan is to be shown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct ShowRequest {
    /// The file with the plan, as `migrate plan --format json` printed it.
    #[schema(positional = 1)]
    pub plan: String,
    /// The plan to show, of those that `migrate plan --to-latest` made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<String>,
    /// The step to show, with its instructions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// The place to show: `FILE`, or `FILE:LINE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

/// What the plan says.
///
/// # Errors
/// [`PlanError::Unreadable`] where there is no plan in the file, [`PlanError::NoSuchPart`]
/// where it has no such plan or step, or says nothing of the place.
pub fn show(request: &ShowRequest) -> Result<Report, PlanError> {
    let is_whole = request.step.is_none() && request.at.is_none() && request.only.is_none();
    if is_whole && let Written::All(updates) = written_in(&request.plan)? {
        return Ok(present::updates(&updates));
    }
    let plan = plan_in(&request.plan, request.only.as_deref())?;
    match (&request.step, &request.at) {
        (Some(_), Some(_)) => Err(PlanError::NoSuchPart {
            what: "part that is a step and a place".to_owned(),
            mend: "give --step or --at".to_owned(),
        }),
        (Some(step), None) => present::step(&plan, step).ok_or_else(|| no_step(&plan, step)),
        (None, Some(at)) => {
            let (path, line) = place(at);
            present::place(&plan, path, line).ok_or_else(|| PlanError::NoSuchPart {
                what: format!("file `{path}`"),
                mend: "name one as the plan does, below the root of the project".to_owned(),
            })
        }
        (None, None) => Ok(present::report(&plan)),
    }
}

fn no_step(plan: &MigrationPlan, step: &str) -> PlanError {
    let steps: Vec<&str> = plan.steps.iter().map(|step| step.id.as_str()).collect();
    PlanError::NoSuchPart {
        what: format!("step `{step}`"),
        mend: match steps.is_empty() {
            true => "it has none".to_owned(),
            false => format!("it has {}", steps.join(", ")),
        },
    }
}

/// A file and, behind a colon, its line.
fn place(at: &str) -> (&str, Option<u32>) {
    let split = at.rsplit_once(':');
    match split.and_then(|(path, line)| Some((path, line.parse().ok()?))) {
        Some((path, line)) => (path, Some(line)),
        None => (at, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stands_behind_a_colon() {
        assert_eq!(place("src/a.rs"), ("src/a.rs", None));
        assert_eq!(place("src/a.rs:12"), ("src/a.rs", Some(12)));
        assert_eq!(place("src/a:b.rs"), ("src/a:b.rs", None));
    }
}
