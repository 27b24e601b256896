//! `guildhall run`: carries a plan out, or goes on with a run.

mod arguments;
mod ending;
mod plan;
mod resume;

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use clap::ArgMatches;
use guildhall_coordination::{Ledger, RunId};
use guildhall_core::AgentId;
use guildhall_host::CancellationToken;
use guildhall_runtime::{Runtime, WorkOptions};

use self::plan::GivenPlan;
use super::{BuiltIn, results};
use crate::app::App;
use crate::args::shared;
use crate::config::shown;
use crate::exit::{Failure, code};
use crate::output::Output;
use crate::run_progress::RunProgress;
use crate::{plugins, running};

pub(crate) const COMMAND: BuiltIn = BuiltIn {
    name: "run",
    define: arguments::define,
    run,
    runs_plugins: true,
};

fn run(app: &App, own: &ArgMatches) -> Result<u8, Failure> {
    plugins::insist(&app.host)?;
    let coordinator = coordinator(own)?;
    let given = plan::given(app, own, coordinator.as_ref())?;
    let retries = resume::retries(own)?;
    // Opened before the work: a name that cannot be written is told at once.
    let mut output = Output::open(shared::output_path(own))?;
    running::with_runtime(app, async |runtime, interrupt| {
        let run = match given {
            Some(given) => {
                given.check(&runtime)?;
                if own.get_flag("check") {
                    return checked(&runtime, output, &given);
                }
                create(own, &runtime, given).await?
            }
            None => resume::run(own, &runtime, &retries).await?,
        };
        let ledger = work(app, own, &runtime, run, coordinator, interrupt.clone()).await?;
        runtime.host().stop().await;
        let as_json = shared::is_json(own);
        let printed = results::print_run(&mut output, &runtime, run, &ledger, as_json).await;
        printed
            .and_then(|()| Ok(output.finish()?))
            .map_err(|failure| ending::not_printed(run, failure))?;
        ending::judge(run, &ledger, interrupt.is_cancelled())
    })
}

fn coordinator(own: &ArgMatches) -> Result<Option<AgentId>, Failure> {
    let given = own.get_one::<String>("coordinator");
    let id = given.map(|agent| AgentId::new(agent.as_str())).transpose();
    id.map_err(|error| {
        let help = "`guildhall plugin list` shows the ids of all agents";
        Failure::usage(format!("--coordinator: {error}"), help)
    })
}

fn checked(runtime: &Runtime, mut output: Output, given: &GivenPlan) -> Result<u8, Failure> {
    let settings = &given.compiled.settings;
    let agent = runtime.coordinator(settings.coordinator.as_ref())?;
    let count = given.compiled.tasks.len();
    let stages = match settings.stages.len() {
        0 => String::new(),
        1 => " in 1 stage".to_owned(),
        stages => format!(" in {stages} stages"),
    };
    let tasks = if count == 1 { "task" } else { "tasks" };
    writeln!(
        output,
        "The plan {} can be carried out: {count} {tasks}{stages}, strategy {}, up to {} at once.",
        shown::text(&settings.name),
        settings.strategy,
        settings.limits.concurrency
    )?;
    if let Some(agent) = agent {
        writeln!(output, "It is coordinated by {agent}.")?;
    }
    output.finish()?;
    Ok(code::CLEAN)
}

async fn create(own: &ArgMatches, runtime: &Runtime, given: GivenPlan) -> Result<RunId, Failure> {
    let folder = own.get_one::<PathBuf>("folder").cloned();
    let folder = folder.unwrap_or_else(|| PathBuf::from("."));
    let unusable = |reason: String| {
        let text = format!("{} cannot be worked on: {reason}", shown::path(&folder));
        Failure::input(text, "give a folder that exists")
    };
    let real = folder
        .canonicalize()
        .map_err(|error| unusable(error.to_string()))?;
    if !real.is_dir() {
        return Err(unusable("it is no folder".to_owned()));
    }
    Ok(runtime.create(given.compiled, &real).await?)
}

async fn work(
    app: &App,
    own: &ArgMatches,
    runtime: &Runtime,
    run: RunId,
    coordinator: Option<AgentId>,
    interrupt: CancellationToken,
) -> Result<Ledger, Failure> {
    let progress = Arc::new(RunProgress::new(run, app.globals.shows_progress()));
    let watching = Arc::clone(&progress);
    let options = WorkOptions {
        coordinator,
        accept_changes: own.get_flag("accept-changes"),
        interrupt,
        on_update: Some(Arc::new(move |update| watching.take(update))),
        ..WorkOptions::default()
    };
    // On a task of its own: the main thread would have to be woken for every step.
    let working = runtime.clone();
    let worked = tokio::spawn(async move { working.work(run, options).await }).await;
    progress.end();
    let worked = worked.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()));
    worked.map_err(|error| ending::broken_off(run, error))
}
