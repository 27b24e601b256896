//! What the host sees: the capabilities of the agent.

use guildhall_report::Report;
use guildhall_sdk::prelude::*;

use crate::{OptimizerError, ReplayRequest, Settings};

struct ResourceOptimizer {
    settings: Settings,
}

#[agent(permission(
    kind = "read",
    reason = "reads the traces and histories of load that it is given"
))]
impl ResourceOptimizer {
    #[configure]
    fn new(settings: Settings) -> Result<Self, AgentError> {
        let settings = settings.checked();
        let settings = settings
            .map_err(|error| AgentError::new(ErrorCode::InvalidInput, error.to_string()))?;
        Ok(Self { settings })
    }

    /// Tries policies of scaling on a recorded load: agent-hours, waits, late jobs, changes.
    #[capability(
        name = "optimize.replay",
        version = "1.0.0",
        kind = "analysis",
        command = "optimize replay"
    )]
    async fn replay(&self, input: ReplayRequest, ctx: &Context) -> Result<Report, AgentError> {
        // It never waits, and the host polls agents on threads of their own.
        let replayed = crate::replay(&input, &self.settings, &|| ctx.is_cancelled());
        replayed.map_err(|error| record_of(&error))
    }
}

guildhall_sdk::export!(ResourceOptimizer);

fn record_of(error: &OptimizerError) -> AgentError {
    AgentError::new(error.code(), error.to_string())
}
