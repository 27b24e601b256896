//! Coordinates runs over many agents.
//!
//! It decides: which task is begun next, at which agent, what happens when one fails. All
//! of that is in the scheduling core of `guildhall-coordination`; this agent carries the
//! core's actions to the host and the host's notices back. What is decided is journaled,
//! executed and fenced by the host, so nothing is lost where this agent is.

use guildhall_coordination::Scheduler;
use guildhall_coordination::turn::{CoordinateReply, CoordinateRequest, Turns};
use guildhall_sdk::prelude::*;

/// The coordinator. It keeps nothing between runs.
#[derive(Default)]
pub struct SwarmCoordinator;

#[agent(max_concurrent_tasks = 16)]
impl SwarmCoordinator {
    /// Coordinates a run until it is over.
    #[capability(name = "guildhall.coordinate", version = "1.0.0")]
    async fn coordinate(
        &self,
        _request: CoordinateRequest,
        ctx: &Context,
    ) -> Result<CoordinateReply, AgentError> {
        let turns = Turns::new(ctx);
        let mut scheduler = Scheduler::new();
        let mut reply = turns.take(Vec::new(), Some(0)).await?;
        let mut count = 1;
        while !reply.over {
            ctx.check_cancelled()?;
            let decision = scheduler.step(reply.now_ms, reply.notices);
            reply = turns.take(decision.actions, decision.wake_at_ms).await?;
            count += 1;
        }
        Ok(CoordinateReply { turns: count })
    }
}

guildhall_sdk::export!(SwarmCoordinator);
