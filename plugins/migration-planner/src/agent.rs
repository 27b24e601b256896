//! What the host sees: the capabilities of the agent.

use guildhall_sdk::prelude::*;

use crate::plan::MigrationPlan;
use crate::{PlanError, PlanRequest, Settings};

struct MigrationPlanner {
    #[expect(dead_code, reason = "read by the steps that are not here yet")]
    settings: Settings,
}

#[agent(
    permission(
        kind = "read",
        reason = "reads the source files of the project, and the sources of the crates it uses"
    ),
    permission(
        kind = "run",
        scope = "cargo",
        reason = "asks cargo for the sources of other versions of a crate"
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
    async fn plan(&self, input: PlanRequest) -> Result<MigrationPlan, AgentError> {
        Err(record_of(&refused(&input)))
    }
}

guildhall_sdk::export!(MigrationPlanner);

/// Why there is no plan: a request for nothing, or, as long as the analysis is not here, any.
fn refused(request: &PlanRequest) -> PlanError {
    match request.wants_something() {
        true => PlanError::NotPlanned,
        false => PlanError::NothingWanted,
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
    fn a_plan_is_refused_as_long_as_there_is_no_analysis() {
        let error = refusal(&json!({"crate": ["hyper@1"]}));
        assert!(error.is(ErrorCode::Unavailable), "{error}");
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
