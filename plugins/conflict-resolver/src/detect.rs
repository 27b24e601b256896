//! `guildhall resolve detect`: where agents contradict each other in what they report.

mod read;

use guildhall_report::Report;
use guildhall_sdk::prelude::*;

use crate::{ResolverError, present};

/// What agents report.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Schema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct DetectRequest {
    /// A report as JSON, as `guildhall scan --format json` prints it, or of one agent; `-` is
    /// standard input.
    #[schema(positional = 1)]
    pub path: Option<String>,
    /// Another report.
    #[schema(positional = 2)]
    pub other: Option<String>,
    /// More reports.
    pub more: Vec<String>,
    /// Reports themselves, each with its agent: for the tasks of a run.
    pub reports: Vec<Value>,
    /// Rules that are about one thing under different names: `RULE=TOPIC`.
    pub same: Vec<String>,
}

/// Finds contradictions.
///
/// # Errors
/// Where there is no report, or one is not understood.
pub(crate) fn detect(request: &DetectRequest) -> Result<Report, ResolverError> {
    let files = [&request.path, &request.other].into_iter().flatten();
    let files: Vec<&String> = files.chain(&request.more).collect();
    if files.is_empty() && request.reports.is_empty() {
        return Err(ResolverError::Request {
            key: "path",
            problem: "is missing; give reports of agents as JSON".to_owned(),
        });
    }
    let topics = read::topics(&request.same)?;
    let mut accounts = Vec::new();
    for file in files {
        let text = crate::intake::text_of(file)?;
        let told = |reason: String| ResolverError::Told {
            path: file.clone(),
            reason,
        };
        let value: Value = serde_json::from_str(&text)
            .map_err(|error| told(format!("it is not JSON: {error}")))?;
        let stem = std::path::Path::new(file).file_stem();
        let stem = stem.map_or("-".into(), |stem| stem.to_string_lossy());
        accounts.extend(read::accounts(&value, Some(&stem), &topics).map_err(told)?);
    }
    for (at, value) in request.reports.iter().enumerate() {
        let told = |reason| ResolverError::Told {
            path: format!("report {}", at + 1),
            reason,
        };
        accounts.extend(read::accounts(value, None, &topics).map_err(told)?);
    }
    let accounts = read::merged(accounts);
    Ok(present::detected(
        &accounts,
        &guildhall_verdict::detect(&accounts),
    ))
}
