//! `guildhall incident respond`: who does what about an incident, as a plan that the host
//! carries out.
//!
//! sev1, sev2 and what nobody knows assemble a swarm: the responder ranks suspects, another
//! agent writes a fix, the tester tries to take the suspect back, and where something became
//! known that should not have, one looks at that; sev3 and sev4 take the standard path, without
//! the other agents. `plan` is the plan, `record` what its first and its last task write down.

mod plan;
mod record;

use std::path::PathBuf;

use guildhall_report::Report;
use guildhall_sdk::Schema;
use guildhall_sdk::core::path_text;
use guildhall_sdk::prelude::Outcome;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::incident::Incident;
use crate::keep::Kept;
use crate::runbooks::{self, Fitting, Shelf};
use crate::{ResponderError, Settings, Severity, manage, present};

pub(crate) use plan::Step;
pub use record::{AssembleRequest, ConcludeRequest, Ended};
pub(crate) use record::{assemble, conclude};

/// `guildhall incident respond`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RespondRequest {
    /// The incident: its name, its number, or `last`.
    #[schema(positional = 1)]
    pub incident: String,
    /// Begin; without it this is a dry run that shows the plan.
    #[serde(default)]
    pub run: bool,
    /// The agent that writes code and reviews, such as a coding agent of your configuration.
    #[serde(default)]
    pub agent: Option<String>,
    /// A folder of the repository; that of the incident, or the current folder, where absent.
    #[serde(default)]
    pub repo: Option<String>,
}

/// How an incident is responded to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Several agents at once.
    Swarm,
    /// One step after the other, without other agents.
    Standard,
}

/// Who does what about an incident.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Response {
    pub(crate) mode: Mode,
    /// Why this mode.
    pub(crate) because: String,
    pub(crate) steps: Vec<Step>,
    /// What is missing in it, and what would mend that.
    pub(crate) missing: Vec<String>,
    pub(crate) runbooks: Vec<Fitting>,
    pub(crate) shelf: Shelf,
    /// The plan, as the host carries it out.
    pub(crate) plan: Value,
    pub(crate) is_dry: bool,
}

impl Mode {
    /// The name, for example `swarm`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Swarm => "swarm",
            Self::Standard => "standard",
        }
    }

    /// How an incident of a severity is responded to, and why: what nobody knows is taken for
    /// the worst.
    pub(crate) fn of(level: Option<Severity>) -> (Self, String) {
        match level {
            None => (
                Self::Swarm,
                "its severity is unknown, which counts as the worst".to_owned(),
            ),
            Some(level @ (Severity::Sev1 | Severity::Sev2)) => {
                (Self::Swarm, format!("it is {level}"))
            }
            Some(level @ (Severity::Sev3 | Severity::Sev4)) => {
                (Self::Standard, format!("it is {level}"))
            }
        }
    }
}

/// Plans the response; carries it out where that is asked for.
///
/// # Errors
/// Where there is no such incident, it is closed, or the store fails.
pub(crate) async fn respond(
    request: &RespondRequest,
    settings: &Settings,
    kept: &Kept,
) -> Result<Outcome, ResponderError> {
    let (incident, _) = kept.load(kept.find(&request.incident).await?).await?;
    manage::open(&incident)?;
    let folder = folder(request, &incident)?;
    let shelf = runbooks::read(&folder, &settings.respond.runbooks);
    let runbooks = runbooks::fitting(
        &incident.symptom,
        &shelf.runbooks,
        settings.respond.relevance,
    );
    let response = plan::response(request, settings, &incident, &folder, (shelf, runbooks));
    let report: Report = present::response(&incident, &response);
    let mut outcome = Outcome::new(&report)?;
    if request.run {
        outcome.hand_over_run(&response.plan, Some(&folder))?;
    }
    Ok(outcome)
}

/// The folder of the repository, which is there.
fn folder(request: &RespondRequest, incident: &Incident) -> Result<PathBuf, ResponderError> {
    let told = request.repo.as_deref().or(incident.repo.as_deref());
    let path = path_text::decode(told.unwrap_or("."));
    let folder = std::fs::canonicalize(&path);
    let folder = folder.map_err(|reason| ResponderError::Unreadable {
        path: path.display().to_string(),
        reason,
    })?;
    match folder.is_dir() {
        true => Ok(folder),
        false => Err(ResponderError::Request {
            key: "repo",
            problem: format!("{} is no folder", path.display()),
        }),
    }
}
