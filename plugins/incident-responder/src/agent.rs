//! What the host sees: the capabilities of the agent.

use guildhall_report::Report;
use guildhall_sdk::prelude::*;

use crate::{Hooks, LogsRequest, ResponderError};

#[derive(Default)]
struct IncidentResponder;

#[agent(permission(kind = "read", reason = "reads the logs that it is given"))]
impl IncidentResponder {
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

fn record_of(error: &ResponderError) -> AgentError {
    let code = match error {
        ResponderError::Unreadable { .. }
        | ResponderError::NotText { .. }
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
