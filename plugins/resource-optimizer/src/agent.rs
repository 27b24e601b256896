//! What the host sees: the capabilities of the agent.

use std::time::{SystemTime, UNIX_EPOCH};

use guildhall_report::Report;
use guildhall_sdk::prelude::*;

use crate::apply::{self, ApplyRequest, Made};
use crate::driving::{self, WatchRequest};
use crate::observe::Observed;
use crate::status::{Asked, ExplainRequest, RecommendRequest, StatusRequest, Told};
use crate::{OptimizerError, ReplayRequest, Settings, status};

struct ResourceOptimizer {
    settings: Settings,
}

#[agent(
    permission(
        kind = "read",
        reason = "reads the traces, histories and records of load that it is given"
    ),
    permission(
        kind = "guildhall.records",
        reason = "reads when the attempts of runs could begin, began and ended, and their cost"
    ),
    permission(
        kind = "guildhall.control",
        reason = "changes how many attempts of a run are done at once, where it is told to"
    )
)]
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
        let asked = input
            .asked(&self.settings)
            .map_err(|error| record_of(&error))?;
        let told = match &asked {
            Some(asked) => Some(told(asked, ctx).await?),
            None => None,
        };
        // From here on it never waits, and the host polls agents on threads of their own.
        let replayed = crate::replay(&input, &self.settings, told.as_ref(), &|| {
            ctx.is_cancelled()
        });
        replayed.map_err(|error| record_of(&error))
    }

    /// Says how busy agents are, where work waits, and how healthy that is.
    #[capability(
        name = "optimize.status",
        version = "1.0.0",
        kind = "analysis",
        command = "optimize status"
    )]
    async fn status(&self, input: StatusRequest, ctx: &Context) -> Result<Report, AgentError> {
        let asked = input
            .asked(&self.settings)
            .map_err(|error| record_of(&error))?;
        Ok(status::status(&told(&asked, ctx).await?))
    }

    /// Recommends places and agents, with what they would cost and how sure that is.
    #[capability(
        name = "optimize.recommend",
        version = "1.0.0",
        kind = "analysis",
        command = "optimize recommend"
    )]
    async fn recommend(
        &self,
        input: RecommendRequest,
        ctx: &Context,
    ) -> Result<Report, AgentError> {
        let asked = input
            .asked(&self.settings)
            .map_err(|error| record_of(&error))?;
        let told = told(&asked, ctx).await?;
        status::recommendations(&told).map_err(|error| record_of(&error))
    }

    /// Computes again what was said, step by step.
    #[capability(
        name = "optimize.explain",
        version = "1.0.0",
        kind = "analysis",
        command = "optimize explain"
    )]
    async fn explain(&self, input: ExplainRequest, ctx: &Context) -> Result<Report, AgentError> {
        let request = input.of_recommendation();
        let asked = request
            .asked(&self.settings)
            .map_err(|error| record_of(&error))?;
        let told = told(&asked, ctx).await?;
        status::explain(&told, &input.id).map_err(|error| record_of(&error))
    }

    /// Applies what is recommended to a run: shows it, and does it with --commit.
    #[capability(
        name = "optimize.apply",
        version = "1.0.0",
        kind = "analysis",
        command = "optimize apply"
    )]
    async fn apply(&self, input: ApplyRequest, ctx: &Context) -> Result<Report, AgentError> {
        input.checked().map_err(|error| record_of(&error))?;
        if let Some(id) = &input.undo {
            let applied = ctx.undo_limit(id).await?;
            let limits = ctx.run_limits(&applied.change.run).await?;
            let made = Made {
                change: applied.change.clone(),
                applied: Some(applied),
            };
            return Ok(apply::report(&limits, &[], &[made], true));
        }
        let run = input.run.as_deref().unwrap_or("latest");
        let limits = ctx.run_limits(run).await?;
        apply::check_goes_on(&limits).map_err(|error| record_of(&error))?;
        let request = input.of_run(&limits.run);
        let asked = request
            .asked(&self.settings)
            .map_err(|error| record_of(&error))?;
        let told = told(&asked, ctx).await?;
        let applying = apply::plan(&told, &limits, input.id.as_deref(), &self.settings);
        let applying = applying.map_err(|error| record_of(&error))?;
        let mut made = Vec::new();
        for change in applying.iter().flat_map(|it| &it.changes) {
            let applied = match input.commit {
                true => Some(ctx.change_limit(change).await?),
                false => None,
            };
            made.push(Made {
                change: change.clone(),
                applied,
            });
        }
        Ok(apply::report(&limits, &applying, &made, input.commit))
    }

    /// Watches a run and gives its agents the places that keep the promise: tells what it would
    /// do, and does it with --commit.
    #[capability(
        name = "optimize.watch",
        version = "1.0.0",
        kind = "analysis",
        command = "optimize watch"
    )]
    async fn watch(&self, input: WatchRequest, ctx: &Context) -> Result<Report, AgentError> {
        let watching = input.checked(&self.settings);
        let watching = watching.map_err(|error| record_of(&error))?;
        driving::watch(&watching, ctx).await
    }
}

guildhall_sdk::export!(ResourceOptimizer);

/// What the records say, those of a file or the host's.
async fn told<'a>(asked: &Asked<'a>, ctx: &Context) -> Result<Told<'a>, AgentError> {
    let observed = match asked.file() {
        Some(file) => Observed::read(file).map_err(|error| record_of(&error))?,
        None => Observed::of(ctx.records(asked.query(now_ms())).await?),
    };
    asked.told(observed).map_err(|error| record_of(&error))
}

/// The only clock of this agent: it limits what the host is asked for.
fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(u64::MAX, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}

fn record_of(error: &OptimizerError) -> AgentError {
    AgentError::new(error.code(), error.to_string())
}

#[cfg(test)]
mod tests {
    use guildhall_sdk::testing::{TestHost, run};

    use super::*;

    #[test]
    fn a_host_without_records_says_so_and_a_file_needs_none() {
        let host = TestHost::configured::<ResourceOptimizer>(&json!({})).unwrap();
        let error = run(host.call("optimize.status", &json!({}))).unwrap_err();
        assert!(error.is(ErrorCode::NoSuchService), "{error}");
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/steady.csv");
        let replayed = run(host.call("optimize.replay", &json!({"trace": file})));
        let report: Value = replayed.unwrap();
        assert_eq!(report["jobs"], 320);
    }

    #[test]
    fn settings_that_contradict_each_other_are_refused() {
        let error = TestHost::configured::<ResourceOptimizer>(&json!({"min": 9, "max": 3}));
        let error = error.err().expect("they are refused").to_string();
        assert!(error.contains("`min` is 9 and `max` is 3"), "{error}");
    }
}
