//! What the host sees: the capabilities of the agent.

use guildhall_sdk::prelude::*;

use guildhall_report::Report;

use crate::analyse::Hooks;
use crate::verify::{Verified, VerifyRequest};
use crate::{CheckRequest, PlanError, PlanRequest, RunRequest, Settings, ShowRequest, present};

struct MigrationPlanner {
    settings: Settings,
}

#[agent(
    permission(
        kind = "read",
        reason = "reads the source files of the project, and the sources of the crates it uses"
    ),
    permission(
        kind = "write",
        scope = "the user's folder for caches",
        reason = "keeps what it has read of published crates"
    ),
    permission(
        kind = "run",
        scope = "cargo and git",
        reason = "asks cargo for the sources of other versions of a crate, and git for the commit; with --probe it has cargo check a copy of the project"
    ),
    permission(
        kind = "guildhall.workspaces",
        reason = "puts the changes of a step together in a worktree, where it is verified"
    ),
    permission(
        kind = "guildhall.programs",
        reason = "runs git, and the commands that show that a step is done"
    ),
    permission(
        kind = "network",
        scope = "the registry, through cargo",
        reason = "downloads other versions of a crate, unless it is asked not to"
    )
)]
impl MigrationPlanner {
    #[configure]
    fn new(settings: Settings) -> Result<Self, AgentError> {
        Ok(Self { settings })
    }

    /// Plans the migration of a project to a new version of a crate.
    #[capability(
        name = "migration.plan",
        version = "1.0.0",
        kind = "planning",
        command = "migrate plan"
    )]
    async fn plan(&self, input: PlanRequest, ctx: &Context) -> Result<Report, AgentError> {
        if input.to_latest {
            let updates = crate::latest_of(&input, &self.settings, &Told(ctx));
            let updates = updates.map_err(|error| record_of(&error))?;
            return Ok(present::updates(&updates));
        }
        let plan = crate::plan_of(&input, &self.settings, &Told(ctx));
        let plan = plan.map_err(|error| record_of(&error))?;
        Ok(present::report(&plan))
    }

    /// Has an agent carry out the steps of a plan, each in a worktree of its own and verified.
    #[capability(
        name = "migration.run",
        version = "1.0.0",
        kind = "planning",
        command = "migrate run",
        hands_over = "run",
        output = Report
    )]
    async fn run(&self, input: RunRequest) -> Result<Outcome, AgentError> {
        let run = crate::run_of(&input, &self.settings).map_err(|error| record_of(&error))?;
        let mut outcome = Outcome::new(&run.report)?;
        if let Some(plan) = &run.plan {
            outcome.hand_over_run(plan, Some(&run.folder))?;
        }
        Ok(outcome)
    }

    /// Says what is done of a plan, what broke and what has drifted since it was made.
    #[capability(
        name = "migration.check",
        version = "1.0.0",
        kind = "planning",
        command = "migrate check"
    )]
    async fn check(&self, input: CheckRequest, ctx: &Context) -> Result<Report, AgentError> {
        let mut check = crate::check::check(&input).map_err(|error| record_of(&error))?;
        if input.verify {
            check.verify(ctx).await?;
        }
        Ok(check.report())
    }

    /// Puts what a step changed together with what it builds on, and runs its command there.
    #[capability(name = "migration.verify", version = "1.0.0", kind = "test-run")]
    async fn verify(&self, input: VerifyRequest, ctx: &Context) -> Result<Verified, AgentError> {
        crate::verify::verify(&input, ctx).await
    }

    /// Shows a plan that was made before, a step of it with its instructions, or a place.
    #[capability(
        name = "migration.show",
        version = "1.0.0",
        kind = "planning",
        command = "migrate show"
    )]
    async fn show(&self, input: ShowRequest) -> Result<Report, AgentError> {
        crate::show(&input).map_err(|error| record_of(&error))
    }
}

guildhall_sdk::export!(MigrationPlanner);

/// What the host is told and asked while a plan is made.
struct Told<'a>(&'a Context);

impl Hooks for Told<'_> {
    fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }

    fn says(&self, what: &str) {
        self.0.progress(0, None, what);
    }

    fn warns(&self, what: &str) {
        self.0.log(LogLevel::Warn, what);
    }
}

fn record_of(error: &PlanError) -> AgentError {
    AgentError::new(error.code(), error.to_string())
}

#[cfg(test)]
mod tests {
    use guildhall_sdk::testing::{TestHost, run};

    use super::*;

    fn refusal(input: &Value) -> AgentError {
        let host = TestHost::configured::<MigrationPlanner>(&json!({})).unwrap();
        run(host.call("migration.plan", input)).unwrap_err()
    }

    #[test]
    fn a_request_for_nothing_says_what_can_be_asked_for() {
        let error = refusal(&json!({"path": "."}));
        assert!(error.is(ErrorCode::InvalidInput), "{error}");
        assert!(error.message.contains("--crate"), "{error}");
    }

    #[test]
    fn a_crate_without_a_version_is_refused() {
        for crates in [json!(["hyper"]), json!(["@1"]), json!(["a b@1"])] {
            let error = refusal(&json!({ "crate": crates }));
            assert!(error.is(ErrorCode::InvalidInput), "{error}");
        }
    }
}
