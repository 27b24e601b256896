//! What the host sees: the capabilities of the agent.

use guildhall_report::Report;
use guildhall_sdk::prelude::*;

use crate::{DecideRequest, Settings};

struct ConflictResolver {
    settings: Settings,
}

#[agent(
    permission(
        kind = "read",
        reason = "reads the questions, outcomes and reports that it is given"
    ),
    permission(
        kind = "guildhall.streams",
        reason = "keeps decisions and what came of them"
    ),
    permission(
        kind = "guildhall.programs",
        reason = "runs the checks that a question or the user names"
    )
)]
impl ConflictResolver {
    #[configure]
    fn new(settings: Settings) -> Result<Self, AgentError> {
        Ok(Self { settings })
    }

    /// Decides where agents contradict each other, says what would tell, or asks a person.
    #[capability(
        name = "guildhall.decide",
        version = "1.0.0",
        kind = "decision",
        command = "resolve decide"
    )]
    async fn decide(&self, input: DecideRequest) -> Result<Report, AgentError> {
        Ok(crate::decide::decide(&input, &self.settings)?)
    }
}

guildhall_sdk::export!(ConflictResolver);
