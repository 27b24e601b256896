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
        let mut scheduler = Scheduler::new();
        let turns = Turns::new(ctx);
        turns
            .drive(|reply| scheduler.step(reply.now_ms, reply.notices))
            .await
    }
}

guildhall_sdk::export!(SwarmCoordinator);
