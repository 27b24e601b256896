//! What the host sees: the capabilities of the agent.

use guildhall_report::Report;
use guildhall_sdk::prelude::*;

use crate::merge::{self, DriverRequest, MergeRequest};
use crate::{DecideRequest, DetectRequest, ExplainRequest, LearnRequest, Settings, StatsRequest};

struct ConflictResolver {
    settings: Settings,
}

#[agent(
    permission(
        kind = "read",
        reason = "reads the questions, outcomes and reports that it is given"
    ),
    permission(
        kind = "run",
        scope = "git",
        reason = "reads the commits that are merged"
    ),
    permission(
        kind = "write",
        reason = "writes merged files where the user or git says"
    ),
    permission(
        kind = "guildhall.workspaces",
        reason = "tries a merge beside the checkout"
    ),
    permission(
        kind = "guildhall.streams",
        reason = "keeps decisions and what came of them"
    ),
    permission(
        kind = "guildhall.programs",
        reason = "runs the checks of a question when the user says so"
    ),
    permission(
        kind = "guildhall.workspaces",
        reason = "checks and measures at the commit that a question is about, beside the checkout"
    )
)]
impl ConflictResolver {
    #[configure]
    fn new(settings: Settings) -> Result<Self, AgentError> {
        settings.validate()?;
        Ok(Self { settings })
    }

    /// Decides where agents contradict each other, says what would tell, or asks a person.
    #[capability(
        name = "guildhall.decide",
        version = "1.0.0",
        kind = "decision",
        command = "resolve decide"
    )]
    async fn decide(&self, input: DecideRequest, ctx: &Context) -> Result<Report, AgentError> {
        crate::decide::decide(&input, &self.settings, ctx).await
    }

    /// Finds where agents contradict each other in what they report.
    #[capability(
        name = "conflict.detect",
        version = "1.0.0",
        kind = "analysis",
        command = "resolve detect"
    )]
    async fn detect(&self, input: DetectRequest) -> Result<Report, AgentError> {
        Ok(crate::detect::detect(&input)?)
    }

    /// Keeps what turned out to be right, by which the agents' reliability is learned.
    #[capability(
        name = "conflict.learn",
        version = "1.0.0",
        kind = "decision",
        command = "resolve learn"
    )]
    async fn learn(&self, input: LearnRequest, ctx: &Context) -> Result<Report, AgentError> {
        crate::learn::learn(&input, ctx).await
    }

    /// Says how many conflicts there were, what became of them, and how reliable agents are.
    #[capability(
        name = "conflict.stats",
        version = "1.0.0",
        kind = "analysis",
        command = "resolve stats"
    )]
    async fn stats(&self, input: StatsRequest, ctx: &Context) -> Result<Report, AgentError> {
        crate::stats::stats(&input, ctx).await
    }

    /// Explains a decision that was made: every line of its sum, and what has changed since.
    #[capability(
        name = "conflict.explain",
        version = "1.0.0",
        kind = "decision",
        command = "resolve explain"
    )]
    async fn explain(&self, input: ExplainRequest, ctx: &Context) -> Result<Report, AgentError> {
        crate::explain::explain(&input, &self.settings, ctx).await
    }

    /// Merges what two commits changed at the same places, and says how sure it is of each.
    #[capability(
        name = "conflict.merge",
        version = "1.0.0",
        kind = "merge",
        command = "resolve merge"
    )]
    async fn merge(&self, input: MergeRequest, ctx: &Context) -> Result<Report, AgentError> {
        // Waiting for git blocks, and the host polls agents on threads of their own.
        merge::merge(input, &self.settings.merge, ctx).await
    }

    /// Merges a file for git, as `merge.NAME.driver`.
    #[capability(
        name = "conflict.merge-driver",
        version = "1.0.0",
        kind = "merge",
        command = "resolve merge-driver"
    )]
    async fn merge_driver(&self, input: DriverRequest) -> Result<Report, AgentError> {
        merge::drive(&input, &self.settings.merge)
    }
}

guildhall_sdk::export!(ConflictResolver);
