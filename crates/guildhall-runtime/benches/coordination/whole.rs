//! Whole runs: the shipped coordinator and a loaded agent plugin, with a journal.

use std::path::Path;
use std::time::Instant;

use guildhall_coordination::ledger::Phase;
use guildhall_coordination::{Durability, RunStatus};
use guildhall_host::Host;
use guildhall_runtime::{Runtime, WorkOptions};

use crate::Error;
use crate::graphs;
use crate::table::{Table, median};

const TASKS: u32 = 1_000;
const WIDTH: u32 = 10;
const ROUNDS: usize = 5;

pub(crate) async fn measure(
    table: &mut Table,
    echo: &Path,
    coordinator: &Path,
) -> Result<(), Error> {
    let folder = tempfile::tempdir()?;
    let host = Host::builder().plugin(echo).plugin(coordinator).build()?;
    let kept = Runtime::builder(host.clone())
        .state_folder(folder.path())
        .open()
        .await?;
    let forgotten = Runtime::builder(host).open().await?;
    let (mut memory, mut process, mut power) = (Vec::new(), Vec::new(), Vec::new());
    run(&kept, Durability::Process).await?;
    for _ in 0..ROUNDS {
        memory.push(run(&forgotten, Durability::Process).await?);
        process.push(run(&kept, Durability::Process).await?);
        power.push(run(&kept, Durability::Power).await?);
    }
    let each = |seconds: Vec<f64>| median(seconds) * 1e6 / f64::from(TASKS);
    let (memory, process, power) = (each(memory), each(process), each(power));
    table.add("G1 journal in memory", format!("{memory:.1}"), "us a task");
    table.check(
        "G1 kill -9-durable graph of 1,000 in layers of 10",
        process,
        "us a task",
        60.0,
    );
    peers(table, process, power);
    table.add(
        "G2 power-safe, the same graph",
        format!("{power:.1}"),
        "us a task",
    );
    Ok(())
}

/// Seconds that a run takes, its making left out.
async fn run(runtime: &Runtime, durability: Durability) -> Result<f64, Error> {
    let plan = graphs::layers(TASKS, WIDTH, WIDTH, durability);
    let run = runtime.create(plan, ".".as_ref()).await?;
    let started = Instant::now();
    // As the command does it.
    let runtime = runtime.clone();
    let worked = tokio::spawn(async move { runtime.work(run, WorkOptions::default()).await });
    let ledger = worked.await??;
    let seconds = started.elapsed().as_secs_f64();
    if ledger.phase() != Some(&Phase::Ended(RunStatus::Completed)) {
        return Err(format!("the run ended otherwise: {:?}", ledger.phase()).into());
    }
    Ok(seconds)
}

/// Others with the same graph, where `--peers` has measured them.
fn peers(table: &mut Table, process: f64, power: f64) {
    let measured = |variable: &str| std::env::var(variable).ok()?.parse::<f64>().ok();
    if let Some(langgraph) = measured("GUILDHALL_PEER_LANGGRAPH") {
        table.add(
            "LangGraph with its SQLite saver",
            format!("{langgraph:.0}"),
            "us a task",
        );
        let ratio = format!("{:.1}", langgraph / process);
        table.add("LangGraph over G1", ratio, "x");
    }
    if let Some(restate) = measured("GUILDHALL_PEER_RESTATE") {
        table.add(
            "Restate, durable steps",
            format!("{restate:.0}"),
            "us a task",
        );
        table.check("G1 over Restate", process / restate, "x", 0.10);
        table.check("G2 over Restate", power / restate, "x", 1.0);
    }
}
