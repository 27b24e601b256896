//! What it takes to set an agent to a task of a wave.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use guildhall_coordination::Durability;
use guildhall_host::Host;
use guildhall_runtime::process::{ProcessAgent, ProcessAgentConfig, ProcessSettings};
use guildhall_runtime::{Runtime, WorkOptions};
use serde_json::json;

use crate::Error;
use crate::agents::Coordinator;
use crate::graphs;
use crate::table::{Table, median};

const ROUNDS: usize = 5;
/// Agents of a wave, all at once.
const AGENTS: u32 = 100;
/// Programs at once: each is three processes on its way.
const PROGRAMS: u32 = 2;

pub(crate) async fn measure(table: &mut Table, echo: &Path) -> Result<(), Error> {
    let host = Host::builder()
        .agent(Coordinator::new())
        .plugin(echo)
        .build()?;
    let plugins = Runtime::builder(host).open().await?;
    let host = Host::builder()
        .agent(Coordinator::new())
        .agent(Arc::new(does_nothing()?))
        .build()?;
    let programs = Runtime::builder(host).open().await?;
    wave(&plugins, AGENTS).await?;
    let (mut plugin, mut program, mut floor) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        plugin.push(wave(&plugins, AGENTS).await?);
        program.push(wave(&programs, PROGRAMS).await?);
        floor.push(tokio::task::spawn_blocking(bare).await??);
    }
    let what = "S0-23 setting an agent of a wave of 100 to its task, plugin";
    table.check(what, median(plugin), "ms", 1.0);
    let (program, floor) = (median(program), median(floor));
    let what = "S0-23 the same, a program under its supervisor";
    table.check(what, program, "ms", 1.0);
    let what = "a program started and waited for, nothing else";
    table.add(what, format!("{floor:.2}"), "ms");
    Ok(())
}

/// Milliseconds that each of a wave of agents takes that do nothing.
async fn wave(runtime: &Runtime, at_once: u32) -> Result<f64, Error> {
    let plan = graphs::layers(AGENTS, AGENTS, at_once, Durability::Process);
    let run = runtime.create(plan, ".".as_ref()).await?;
    let runtime = runtime.clone();
    let started = Instant::now();
    let worked = tokio::spawn(async move { runtime.work(run, WorkOptions::default()).await });
    let ledger = worked.await??;
    let ms = started.elapsed().as_secs_f64() * 1e3;
    if ledger.open_tasks() > 0 {
        return Err("a wave that does nothing did not end".into());
    }
    Ok(ms / f64::from(AGENTS))
}

/// Milliseconds that a program takes that is started and waited for, as many at once.
fn bare() -> Result<f64, Error> {
    let started = Instant::now();
    for _ in 0..AGENTS / PROGRAMS {
        let children: Result<Vec<_>, _> = (0..PROGRAMS)
            .map(|_| Command::new("true").spawn())
            .collect();
        for mut child in children? {
            child.wait()?;
        }
    }
    Ok(started.elapsed().as_secs_f64() * 1e3 / f64::from(AGENTS))
}

fn does_nothing() -> Result<ProcessAgent, Error> {
    let config = json!({
        "command": "true",
        "stdin": "none",
        "max-concurrent-tasks": PROGRAMS,
        "capabilities": ["bench.echo@1.0.0"],
    });
    let id = "nothing".parse()?;
    let config = ProcessAgentConfig::from_json(&id, config)?;
    Ok(ProcessAgent::new(id, config, ProcessSettings::default()))
}
