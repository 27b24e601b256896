//! `guildhall resolve detect`: where agents contradict each other in what they report, and
//! where edits collide before they are merged.

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
    /// Instead of reports: a branch, a commit or a patch in a file whose edits are compared with
    /// those of the other sides. Name two or more.
    pub side: Vec<String>,
    /// The commit that patches apply to; `HEAD` where it is left out.
    pub base: Option<String>,
    /// The repository of the sides, or a folder in it; the current folder where it is left out.
    /// It is only read.
    pub folder: Option<String>,
}

/// Finds contradictions, or collisions of edits where sides are named.
///
/// # Errors
/// Where there is nothing to compare, or something is not understood.
pub(crate) fn detect(request: &DetectRequest, ctx: &Context) -> Result<Report, AgentError> {
    if request.side.is_empty() {
        request.is_without(&["base", "folder"])?;
        return Ok(contradictions(request)?);
    }
    request.is_without(&["path", "reports", "same"])?;
    let collisions = crate::collide::collisions(request, ctx)?;
    Ok(present::collisions(&collisions))
}

impl DetectRequest {
    /// That nothing is given which is for the other kind of comparison.
    fn is_without(&self, keys: &[&'static str]) -> Result<(), ResolverError> {
        let given = |key: &str| match key {
            "base" => self.base.is_some(),
            "folder" => self.folder.is_some(),
            "path" => self.path.is_some() || self.other.is_some() || !self.more.is_empty(),
            "reports" => !self.reports.is_empty(),
            _ => !self.same.is_empty(),
        };
        let Some(key) = keys.iter().copied().find(|key| given(key)) else {
            return Ok(());
        };
        let problem = match self.side.is_empty() {
            true => "is for edits; name two or more with `side`",
            false => "is for reports; leave it out where sides are compared",
        };
        Err(ResolverError::Request {
            key,
            problem: problem.to_owned(),
        })
    }
}

/// Finds contradictions in reports.
fn contradictions(request: &DetectRequest) -> Result<Report, ResolverError> {
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
    for file in &files {
        let text = crate::intake::text_of(file)?;
        let told = |reason: String| ResolverError::Told {
            path: (*file).clone(),
            reason,
        };
        let value: Value = serde_json::from_str(&text)
            .map_err(|error| told(format!("it is not JSON: {error}")))?;
        let stem = stem_of(file);
        // Two files of one name are two agents.
        let is_shared = files.iter().filter(|other| stem_of(other) == stem).count() > 1;
        let name = if is_shared { file.as_str() } else { &stem };
        accounts.extend(read::accounts(&value, Some(name), &topics).map_err(told)?);
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

/// The name of a file without its ending, by which an agent without a name goes.
fn stem_of(file: &str) -> String {
    let stem = std::path::Path::new(file).file_stem();
    stem.map_or_else(
        || "-".to_owned(),
        |stem| stem.to_string_lossy().into_owned(),
    )
}
