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
use guildhall_runtime::{Retry, Runtime, WorkOptions};

pub(crate) use self::arguments::{of_both, of_new};
pub(crate) use self::plan::{GivenPlan, Source, parameters_of};
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

/// The run that is worked on.
pub(crate) enum Begin {
    New(Box<GivenPlan>),
    Resumed(Vec<Retry>),
}

fn run(app: &App, own: &ArgMatches) -> Result<u8, Failure> {
    plugins::insist(&app.host)?;
    let begin = match plan::source(own)? {
        Some(source) => {
            let given = GivenPlan::new(app, own, source, &plan::parameters(own)?)?;
            Begin::New(Box::new(given))
        }
        None => Begin::Resumed(resume::retries(own)?),
    };
    carry_out(app, own, begin)
}

/// Works on a run until it ends or is paused, and prints its results.
pub(crate) fn carry_out(app: &App, own: &ArgMatches, begin: Begin) -> Result<u8, Failure> {
    let coordinator = coordinator(own)?;
    // Opened before the work: a name that cannot be written is told at once.
    let mut output = Output::open(shared::output_path(own))?;
    running::with_runtime(app, async |runtime, interrupt| {
        let accept_changes = matches!(begin, Begin::Resumed(_)) && own.get_flag("accept-changes");
        let run = match begin {
            Begin::New(given) => {
                given.check(&runtime)?;
                if own.get_flag("check") {
                    return checked(&runtime, output, &given);
                }
                create(own, &runtime, *given).await?
            }
            Begin::Resumed(retries) => resume::run(own, &runtime, &retries).await?,
        };
        let options = WorkOptions {
            coordinator,
            accept_changes,
            interrupt: interrupt.clone(),
            ..WorkOptions::default()
        };
        let ledger = work(app, &runtime, run, options).await?;
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
    runtime: &Runtime,
    run: RunId,
    options: WorkOptions,
) -> Result<Ledger, Failure> {
    let progress = Arc::new(RunProgress::new(run, app.globals.shows_progress()));
    let watching = Arc::clone(&progress);
    let options = WorkOptions {
        on_update: Some(Arc::new(move |update| watching.take(update))),
        ..options
    };
    // On a task of its own: the main thread would have to be woken for every step.
    let working = runtime.clone();
    let worked = tokio::spawn(async move { working.work(run, options).await }).await;
    progress.end();
    let worked = worked.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()));
    worked.map_err(|error| ending::broken_off(run, error))
}
