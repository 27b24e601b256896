//! Agents of the benchmark itself: one that coordinates, one that sleeps.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use guildhall_coordination::Scheduler;
use guildhall_coordination::turn::Turns;
use guildhall_core::{Agent, AgentError, Context, Manifest, Outcome, Task};
use serde_json::{Value, json};

/// Coordinates with the shipped core, in this process.
pub(crate) struct Coordinator(Manifest);

/// Sleeps for the milliseconds of its input, or until it is cancelled.
pub(crate) struct Sleeper(Manifest);

impl Coordinator {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(manifest("coordinator", "guildhall.coordinate", 16)))
    }
}

impl Sleeper {
    pub(crate) fn new(places: u32) -> Arc<Self> {
        Arc::new(Self(manifest("sleeper", "bench.echo", places)))
    }
}

#[async_trait]
impl Agent for Coordinator {
    fn manifest(&self) -> &Manifest {
        &self.0
    }

    async fn execute(&self, _task: Task, ctx: &Context) -> Result<Outcome, AgentError> {
        let mut scheduler = Scheduler::new();
        let turns = Turns::new(ctx);
        let reply = turns
            .drive(|reply| scheduler.step(reply.now_ms, reply.notices))
            .await?;
        Outcome::new(&reply)
    }
}

#[async_trait]
impl Agent for Sleeper {
    fn manifest(&self) -> &Manifest {
        &self.0
    }

    async fn execute(&self, task: Task, ctx: &Context) -> Result<Outcome, AgentError> {
        let input: Value = task.input()?;
        let wait = Duration::from_millis(input["ms"].as_u64().unwrap_or(0));
        tokio::select! {
            () = tokio::time::sleep(wait) => Outcome::new(&input),
            () = ctx.cancelled() => Err(AgentError::new("cancelled", "cancelled")),
        }
    }
}

fn manifest(id: &str, capability: &str, places: u32) -> Manifest {
    let manifest = json!({
        "id": id,
        "version": "1.0.0",
        "protocol": "^1",
        "panic": "unwind",
        "max_concurrent_tasks": places,
        "capabilities": [{"name": capability, "version": "1.0.0"}],
    });
    Manifest::from_json(manifest.to_string().as_bytes()).expect("a manifest")
}
