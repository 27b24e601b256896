//! What the host sees: the capabilities of the agent.

use std::time::{SystemTime, UNIX_EPOCH};

use guildhall_report::Report;
use guildhall_sdk::prelude::*;

use crate::{AssessRequest, Hooks, LogsRequest, Moment, ResponderError, Settings};

struct IncidentResponder {
    settings: Settings,
}

#[agent(permission(kind = "read", reason = "reads the alerts and logs that it is given"))]
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
        crate::appraise(&input, &self.settings, now()).map_err(|error| record_of(&error))
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
        crate::inspect(&input, &Waiting(ctx)).map_err(|error| record_of(&error))
    }
}

guildhall_sdk::export!(IncidentResponder);

/// The only clock of this agent.
fn now() -> Option<Moment> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    Moment::from_milliseconds(i64::try_from(since.as_millis()).ok()?)
}

fn record_of(error: &ResponderError) -> AgentError {
    let code = match error {
        ResponderError::Unreadable { .. }
        | ResponderError::NotText { .. }
        | ResponderError::Told { .. }
        | ResponderError::Request { .. } => ErrorCode::InvalidInput,
        ResponderError::Unwritable { .. } => ErrorCode::Failed,
        ResponderError::Cancelled => ErrorCode::Cancelled,
    };
    AgentError::new(code, error.to_string())
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
