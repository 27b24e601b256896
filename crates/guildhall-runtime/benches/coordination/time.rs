//! How close a run comes to what cannot be beaten, what a cancellation takes, and a
//! speed-up against a measured serial run.

use std::sync::Arc;
use std::time::{Duration, Instant};

use guildhall_coordination::graph::critical_path_ms;
use guildhall_coordination::ledger::Phase;
use guildhall_coordination::{
    Compiled, Durability, Estimate, Ledger, Need, NeedOn, Random, RunId, RunReport, TaskIndex, Work,
};
use guildhall_host::Host;
use guildhall_runtime::process::{ProcessAgent, ProcessAgentConfig, ProcessSettings};
use guildhall_runtime::{RunUpdate, Runtime, WorkOptions};
use serde_json::json;

use crate::Error;
use crate::agents::{Coordinator, Sleeper};
use crate::graphs;
use crate::table::{Table, median};

const ROUNDS: u64 = 5;
/// Tasks of a random graph, and how many of them can be done at once.
const TASKS: u32 = 200;
const WORKERS: u32 = 8;
/// Attempts that are cancelled together.
const CANCELLED: u32 = 100;

pub(crate) async fn measure(table: &mut Table) -> Result<(), Error> {
    let host = Host::builder()
        .agent(Coordinator::new())
        .agent(Sleeper::new(CANCELLED))
        .build()?;
    let runtime = Runtime::builder(host).open().await?;
    makespan(table, &runtime).await?;
    speed_up(table, &runtime).await?;
    cancellation(table, &runtime, "native agents").await?;
    programs(table).await
}

async fn makespan(table: &mut Table, runtime: &Runtime) -> Result<(), Error> {
    let mut over = Vec::new();
    for seed in 0..ROUNDS {
        let plan = random_graph(seed);
        let work: u64 = plan.tasks.iter().map(|it| it.estimate.duration_ms()).sum();
        let path = critical_path_ms(&plan.tasks).into_iter().max().unwrap_or(0);
        let bound = path.max(work / u64::from(WORKERS));
        let (_, ledger) = run(runtime, plan).await?;
        over.push(ledger.worked_ms(ledger.last_event_ms()) as f64 / bound as f64);
    }
    let what = "G8 makespan over max(critical path, work / workers)";
    table.check(what, median(over), "x", 1.10);
    Ok(())
}

async fn speed_up(table: &mut Table, runtime: &Runtime) -> Result<(), Error> {
    let (serial, serial_ledger) = run(runtime, sleeps(32, 1, 20)).await?;
    let (parallel, ledger) = run(runtime, sleeps(32, WORKERS, 20)).await?;
    let report = RunReport::of(parallel, &ledger, Some((serial, &serial_ledger)));
    let factor = report
        .speed_up
        .map(|it| it.factor)
        .ok_or("no speed-up was measured")?;
    let what = "G10 speed-up of 32 tasks on 8 places, against its own serial run";
    table.add(what, format!("{factor:.2}"), "x");
    Ok(())
}

/// Programs that sleep, under their supervisors.
async fn programs(table: &mut Table) -> Result<(), Error> {
    let config = json!({
        "command": "sleep",
        "args": ["1000"],
        "stdin": "none",
        "max-concurrent-tasks": CANCELLED,
        "capabilities": ["bench.echo@1.0.0"],
    });
    let id = "sleeper".parse()?;
    let config = ProcessAgentConfig::from_json(&id, config)?;
    let agent = ProcessAgent::new(id, config, ProcessSettings::default());
    let host = Host::builder()
        .agent(Coordinator::new())
        .agent(Arc::new(agent))
        .build()?;
    let runtime = Runtime::builder(host).open().await?;
    cancellation(table, &runtime, "programs").await
}

/// From the request until the run has ended.
async fn cancellation(table: &mut Table, runtime: &Runtime, whose: &str) -> Result<(), Error> {
    let mut took = Vec::new();
    for _ in 0..ROUNDS {
        took.push(cancel_all(runtime).await?.as_secs_f64() * 1000.0);
    }
    let what = format!("G9 cancelling {CANCELLED} attempts in flight, {whose}");
    table.check(&what, median(took), "ms", 100.0);
    Ok(())
}

async fn cancel_all(runtime: &Runtime) -> Result<Duration, Error> {
    let run = runtime
        .create(sleeps(CANCELLED, CANCELLED, 1_000_000), ".".as_ref())
        .await?;
    let (send, mut in_flight) = tokio::sync::watch::channel(0);
    let on_update = move |update: &RunUpdate<'_>| {
        if let RunUpdate::Event { ledger, .. } = update {
            let _ = send.send(ledger.in_flight());
        }
    };
    let options = WorkOptions {
        on_update: Some(Arc::new(on_update)),
        ..WorkOptions::default()
    };
    let working = {
        let runtime = runtime.clone();
        tokio::spawn(async move { runtime.work(run, options).await })
    };
    in_flight.wait_for(|count| *count == CANCELLED).await?;
    // Programs take a moment from their start until they sleep.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let asked = Instant::now();
    runtime.cancel(run, None, "measured").await?;
    working.await??;
    Ok(asked.elapsed())
}

async fn run(runtime: &Runtime, plan: Compiled) -> Result<(RunId, Ledger), Error> {
    let run = runtime.create(plan, ".".as_ref()).await?;
    let ledger = runtime.work(run, WorkOptions::default()).await?;
    if !matches!(ledger.phase(), Some(Phase::Ended(_))) {
        return Err(format!("the run did not end: {:?}", ledger.phase()).into());
    }
    Ok((run, ledger))
}

fn sleeps(count: u32, at_once: u32, ms: u64) -> Compiled {
    let mut plan = graphs::layers(count, count, at_once, Durability::Process);
    for task in &mut plan.tasks {
        if let Work::Call(call) = &mut task.work {
            call.input = json!({"ms": ms});
        }
    }
    plan
}

/// Tasks of 10 to 60 ms, each needing up to three of those before it.
fn random_graph(seed: u64) -> Compiled {
    let mut random = Random::new(seed);
    let mut plan = sleeps(TASKS, WORKERS, 0);
    for (task, at) in plan.tasks.iter_mut().zip(0..) {
        let ms = 10 + random.up_to(50);
        if let Work::Call(call) = &mut task.work {
            call.input = json!({"ms": ms});
        }
        task.estimate = Estimate {
            measured_ms: Some(ms),
            ..Estimate::default()
        };
        for _ in 0..random.up_to(3) {
            let Some(before) = u64::checked_sub(at, 1) else {
                continue;
            };
            let needed = TaskIndex(u32::try_from(random.up_to(before)).unwrap_or(0));
            if task.needs.iter().all(|need| need.task != needed) {
                task.needs.push(Need {
                    task: needed,
                    on: NeedOn::Completed,
                });
            }
        }
    }
    plan
}
