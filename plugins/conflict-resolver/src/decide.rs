//! `guildhall resolve decide`: a decision, or the question for a person.

use guildhall_report::Report;
use guildhall_sdk::Schema;
use serde::{Deserialize, Serialize};

use crate::{ResolverError, Settings, intake, present};

/// What is to be decided.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Schema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct DecideRequest {
    /// A file with a question as JSON, or with many, one a line; `-` is standard input.
    pub path: Option<String>,
}

/// Decides each question.
///
/// # Errors
/// Where there is no question, or one makes no sense.
pub(crate) fn decide(
    request: &DecideRequest,
    settings: &Settings,
) -> Result<Report, ResolverError> {
    let path = request.path.as_deref();
    let path = path.ok_or_else(|| ResolverError::Request {
        key: "path",
        problem: "is missing; give a file with a question as JSON, or `-`".to_owned(),
    })?;
    Ok(present::decisions(&intake::questions(path)?, settings))
}
