//! What the host sees: the capabilities of the agent.

use std::time::{SystemTime, UNIX_EPOCH};

use guildhall_report::Report;
use guildhall_sdk::prelude::*;

use crate::{AssessRequest, Hooks, LogsRequest, Moment, Settings, SuspectHooks, SuspectsRequest};

struct IncidentResponder {
    settings: Settings,
}

#[agent(
    permission(
        kind = "read",
        reason = "reads the alerts, logs and repositories that it is given"
    ),
    permission(
        kind = "run",
        scope = "git",
        reason = "reads the history of the repository"
    ),
    permission(kind = "guildhall.streams", reason = "keeps the incidents"),
    permission(
        kind = "guildhall.programs",
        reason = "runs the reproduction, build, test and deploy commands that it is given"
    ),
    permission(
        kind = "guildhall.workspaces",
        reason = "tries commits and hotfixes beside the checkout"
    )
)]
impl IncidentResponder {
    #[configure]
    fn new(settings: Settings) -> Result<Self, AgentError> {
        Ok(Self { settings })
    }

    /// Says how bad something is that an alert, a log or a person tells, with every reason.
    #[capability(
        name = "incident.assess",
        version = "1.0.0",
        kind = "analysis",
        command = "incident assess"
    )]
    async fn assess(&self, input: AssessRequest) -> Result<Report, AgentError> {
        crate::appraise(&input, &self.settings, now()).map_err(AgentError::from)
    }

    /// Groups the lines of a log by template, and says what is new, gone or more than usual.
    #[capability(
        name = "incident.logs",
        version = "1.0.0",
        kind = "analysis",
        command = "incident logs"
    )]
    async fn logs(&self, input: LogsRequest, ctx: &Context) -> Result<Report, AgentError> {
        // Reading never waits, and the host polls agents on threads of their own.
        crate::inspect(&input, &Waiting(ctx)).map_err(AgentError::from)
    }

    /// Ranks the commits that may have brought what was seen.
    #[capability(
        name = "incident.suspects",
        version = "1.0.0",
        kind = "analysis",
        command = "incident suspects"
    )]
    async fn suspects(&self, input: SuspectsRequest, ctx: &Context) -> Result<Report, AgentError> {
        // It waits for git alone, and the host polls agents on threads of their own.
        crate::suspects(&input, &Searching(ctx)).map_err(AgentError::from)
    }
}

guildhall_sdk::export!(IncidentResponder);

/// The only clock of this agent.
fn now() -> Option<Moment> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    Moment::from_milliseconds(i64::try_from(since.as_millis()).ok()?)
}

/// Leads progress and cancellation to the host.
struct Waiting<'a>(&'a Context);

impl Hooks for Waiting<'_> {
    fn progress(&self, lines: u64) {
        self.0.progress(lines, None, "lines");
    }

    fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }
}

/// Leads progress and cancellation of a search to the host.
struct Searching<'a>(&'a Context);

impl SuspectHooks for Searching<'_> {
    fn progress(&self, done: u64, all: u64) {
        self.0.progress(done, Some(all), "commits");
    }

    fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }
}
