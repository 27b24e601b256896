//! For the kill suite: an agent that leaves traces, and a coordinator that misbehaves.

#[expect(
    unreachable_pub,
    reason = "the suite's program shares the file, where these are public"
)]
#[path = "../../src/traces.rs"]
mod traces;

mod coordinator;
mod effect;

use guildhall_sdk::prelude::*;

use coordinator::{Coordinator, Misconduct};
use guildhall_coordination::turn::{CoordinateReply, CoordinateRequest};

/// The plugin.
struct KillPlugin {
    misconduct: Option<Misconduct>,
}

/// Its configuration.
#[derive(Deserialize, Schema)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// What its coordinator does wrong; nothing where absent.
    #[serde(default)]
    misconduct: Option<Misconduct>,
}

#[agent(max_concurrent_tasks = 10)]
impl KillPlugin {
    #[configure]
    fn new(settings: Settings) -> Result<Self, AgentError> {
        Ok(Self {
            misconduct: settings.misconduct,
        })
    }

    /// Does what the program of the suite does, within the host.
    #[capability(name = "effect.plugin", version = "1.0.0", output = Value)]
    async fn effect(&self, task: &Task) -> Result<Outcome, AgentError> {
        effect::carry_out(task).await
    }

    /// Coordinates a run, more or less.
    #[capability(name = "guildhall.coordinate", version = "1.0.0")]
    async fn coordinate(
        &self,
        _request: CoordinateRequest,
        ctx: &Context,
    ) -> Result<CoordinateReply, AgentError> {
        Coordinator::new(self.misconduct).coordinate(ctx).await
    }
}

guildhall_sdk::export!(KillPlugin);
