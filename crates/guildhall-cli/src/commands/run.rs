//! `guildhall run`: carries a plan out, or goes on with a run.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use guildhall_coordination::ledger::Phase;
use guildhall_coordination::{
    Budget, Compiled, Ledger, Plan, PlanFormat, RunId, RunReport, RunStatus, TaskKey, TaskResult,
};
use guildhall_core::AgentId;
use guildhall_host::CancellationToken;
use guildhall_runtime::{Retry, Runtime, WorkOptions};

use super::BuiltIn;
use crate::app::App;
use crate::exit::{Failure, code};
use crate::output::Output;
use crate::run_progress::RunProgress;
use crate::{plugins, running};

pub(crate) const COMMAND: BuiltIn = BuiltIn {
    name: "run",
    define,
    run,
    runs_plugins: true,
};

fn define() -> Command {
    Command::new("run")
        .about("Carry out a plan with many agents, or go on with a run")
        .arg(
            Arg::new("plan")
                .value_name("PLAN")
                .required_unless_present("resume")
                .conflicts_with("resume")
                .help("The plan, a TOML or JSON file; - reads TOML from standard input"),
        )
        .arg(
            Arg::new("resume")
                .long("resume")
                .value_name("RUN")
                .help("Go on with this run: its id, a unique part of it, its name, or latest"),
        )
        .arg(
            Arg::new("retry-failed")
                .long("retry-failed")
                .requires("resume")
                .action(ArgAction::SetTrue)
                .help("Try the tasks again that failed, and what was skipped for their sake"),
        )
        .arg(
            Arg::new("retry")
                .long("retry")
                .value_name("TASK")
                .requires("resume")
                .action(ArgAction::Append)
                .help("Try this task again that ended without a result"),
        )
        .arg(
            Arg::new("accept-changes")
                .long("accept-changes")
                .requires("resume")
                .action(ArgAction::SetTrue)
                .help("Go on though agents or declared files are others than before"),
        )
        .arg(
            Arg::new("set")
                .long("set")
                .value_name("NAME=VALUE")
                .conflicts_with("resume")
                .action(ArgAction::Append)
                .help("Give a parameter of the plan a value"),
        )
        .arg(
            Arg::new("folder")
                .long("folder")
                .value_name("FOLDER")
                .conflicts_with("resume")
                .value_parser(value_parser!(PathBuf))
                .default_value(".")
                .help("The folder that the run works on"),
        )
        .arg(
            Arg::new("instructions")
                .long("instructions")
                .value_name("FILE")
                .conflicts_with("resume")
                .value_parser(value_parser!(PathBuf))
                .help("Instructions that every agent with a prompt is given beside it"),
        )
        .arg(
            Arg::new("coordinator")
                .long("coordinator")
                .value_name("AGENT")
                .help("The agent that coordinates [default: the plan's, or any that can]"),
        )
        .arg(
            Arg::new("concurrency")
                .long("concurrency")
                .value_name("N")
                .conflicts_with("resume")
                .value_parser(value_parser!(u32).range(1..))
                .help("Attempts at once at the most [default: the plan's]"),
        )
        .arg(
            Arg::new("budget-usd")
                .long("budget-usd")
                .value_name("USD")
                .value_parser(value_parser!(f64))
                .help("What the run may cost in all"),
        )
        .arg(
            Arg::new("budget-tokens")
                .long("budget-tokens")
                .value_name("N")
                .value_parser(value_parser!(u64))
                .help("Tokens that the run may take in all"),
        )
        .arg(
            Arg::new("budget-seconds")
                .long("budget-seconds")
                .value_name("SECONDS")
                .value_parser(value_parser!(u64).range(1..))
                .help("How long the run may be worked on in all"),
        )
        .arg(
            Arg::new("check")
                .long("check")
                .action(ArgAction::SetTrue)
                .conflicts_with("resume")
                .help("Check the plan and what it needs, and begin nothing"),
        )
        .arg(
            Arg::new("format")
                .long("format")
                .value_name("FORMAT")
                .value_parser(["text", "json"])
                .default_value("text")
                .help("How the results are printed"),
        )
        .arg(
            Arg::new("output")
                .long("output")
                .short('o')
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("Write the results to a file, which appears whole or not at all"),
        )
}

fn run(app: &App, own: &ArgMatches) -> Result<u8, Failure> {
    plugins::insist(&app.host)?;
    let compiled = match own.get_one::<String>("plan") {
        Some(plan) => Some(compiled(own, plan)?),
        None => None,
    };
    // Opened before the work: a name that cannot be written is told at once.
    let output = Output::open(own.get_one::<PathBuf>("output").map(PathBuf::as_path))?;
    let check = own.get_flag("check");
    running::with_runtime(app, async |runtime, interrupt| {
        if let (true, Some(plan)) = (check, &compiled) {
            runtime.check(plan)?;
            return checked(output, plan);
        }
        let run = match compiled {
            Some(plan) => create(own, &runtime, plan).await?,
            None => resume(own, &runtime).await?,
        };
        let ledger = work(app, own, &runtime, run, interrupt.clone()).await?;
        runtime.host().stop().await;
        print(own, &runtime, run, &ledger, output).await?;
        Ok(exit_code(&ledger, &interrupt))
    })
}

/// The plan with what the command line says over it.
fn compiled(own: &ArgMatches, plan: &str) -> Result<Compiled, Failure> {
    let (text, shown) = read(plan)?;
    let values = parameters(own)?;
    let plan = Plan::with_parameters(&text, PlanFormat::of_file(&shown), &shown, &values)?;
    let mut compiled = plan.compile();
    let settings = &mut compiled.settings;
    if let Some(concurrency) = own.get_one::<u32>("concurrency") {
        settings.limits.concurrency = *concurrency;
    }
    settings.budget = budget(own, settings.budget)?;
    if let Some(path) = own.get_one::<PathBuf>("instructions") {
        let text = fs::read_to_string(path).map_err(|error| {
            let text = format!("{} cannot be read: {error}", path.display());
            Failure::input(text, "give a text file")
        })?;
        settings.instructions = Some(text);
    }
    Ok(compiled)
}

/// The text of a plan, and its name in messages.
fn read(plan: &str) -> Result<(String, String), Failure> {
    let unreadable = |error: std::io::Error| {
        Failure::input(
            format!("{plan} cannot be read: {error}"),
            "give a plan, a TOML or JSON file; docs/plan.md describes them",
        )
    };
    if plan == "-" {
        let text = std::io::read_to_string(std::io::stdin()).map_err(unreadable)?;
        return Ok((text, "<stdin>".to_owned()));
    }
    let text = fs::read_to_string(plan).map_err(unreadable)?;
    Ok((text, plan.to_owned()))
}

fn parameters(own: &ArgMatches) -> Result<BTreeMap<String, String>, Failure> {
    let given = own.get_many::<String>("set").into_iter().flatten();
    given
        .map(|text| {
            let (name, value) = text.split_once('=').ok_or_else(|| {
                Failure::usage(
                    format!("--set {text:?} is not NAME=VALUE"),
                    "for example --set feature=login",
                )
            })?;
            Ok((name.to_owned(), value.to_owned()))
        })
        .collect()
}

/// `budget` with what the command line says over it.
fn budget(own: &ArgMatches, budget: Budget) -> Result<Budget, Failure> {
    let mut budget = budget;
    if let Some(usd) = own.get_one::<f64>("budget-usd") {
        if !usd.is_finite() || *usd < 0.0 {
            return Err(Failure::usage(
                format!("--budget-usd {usd} is no amount of money"),
                "give a number of US dollars, for example 2.50",
            ));
        }
        budget.usd = Some(*usd);
    }
    if let Some(tokens) = own.get_one::<u64>("budget-tokens") {
        budget.tokens = Some(*tokens);
    }
    if let Some(seconds) = own.get_one::<u64>("budget-seconds") {
        budget.time_ms = Some(seconds.saturating_mul(1000));
    }
    Ok(budget)
}

fn checked(mut output: Output, plan: &Compiled) -> Result<u8, Failure> {
    use std::io::Write as _;
    let (name, tasks) = (&plan.settings.name, plan.tasks.len());
    writeln!(output, "The plan {name:?} is sound: {tasks} tasks.")?;
    output.finish()?;
    Ok(code::CLEAN)
}

async fn create(own: &ArgMatches, runtime: &Runtime, plan: Compiled) -> Result<RunId, Failure> {
    let folder = own.get_one::<PathBuf>("folder").cloned();
    let folder = folder.unwrap_or_else(|| PathBuf::from("."));
    let folder = folder.canonicalize().map_err(|error| {
        let text = format!("{} cannot be worked on: {error}", folder.display());
        Failure::input(text, "give a folder that exists")
    })?;
    Ok(runtime.create(plan, &folder).await?)
}

/// The run to go on with, with what the command line changes of it.
async fn resume(own: &ArgMatches, runtime: &Runtime) -> Result<RunId, Failure> {
    let text = own.get_one::<String>("resume").cloned().unwrap_or_default();
    let (run, ledger) = running::find(runtime, &text).await?;
    let wanted = budget(own, ledger.budget())?;
    if wanted != ledger.budget() {
        runtime.change_budget(run, wanted).await?;
    }
    let named = own.get_many::<String>("retry").into_iter().flatten();
    let named: Result<Vec<Retry>, Failure> = named
        .map(|key| {
            Ok(Retry {
                task: TaskKey::new(key.as_str())?,
                input: None,
                prompt: None,
            })
        })
        .collect();
    let named = named?;
    if own.get_flag("retry-failed") || !named.is_empty() {
        runtime.reopen(run, &named).await?;
    }
    Ok(run)
}

async fn work(
    app: &App,
    own: &ArgMatches,
    runtime: &Runtime,
    run: RunId,
    interrupt: CancellationToken,
) -> Result<Ledger, Failure> {
    let coordinator = match own.get_one::<String>("coordinator") {
        Some(agent) => Some(AgentId::new(agent.as_str()).map_err(|error| {
            Failure::usage(error.to_string(), "`guildhall plugin list` shows all ids")
        })?),
        None => None,
    };
    let progress = Arc::new(RunProgress::new(run, app.globals.shows_progress()));
    let watching = Arc::clone(&progress);
    let options = WorkOptions {
        coordinator,
        accept_changes: own.get_flag("accept-changes"),
        interrupt,
        on_update: Some(Arc::new(move |update| watching.take(update))),
    };
    let worked = runtime.work(run, options).await;
    progress.end();
    Ok(worked?)
}

async fn print(
    own: &ArgMatches,
    runtime: &Runtime,
    run: RunId,
    ledger: &Ledger,
    mut output: Output,
) -> Result<(), Failure> {
    let report = RunReport::of(run, ledger, None);
    let mut results = TaskResult::all(ledger);
    for result in &mut results {
        let task = TaskKey::new(result.task_id.as_str()).ok();
        if let Some(task) = task.and_then(|key| ledger.find(&key)) {
            result.result = runtime.output(ledger, task).await?;
        }
    }
    match own.get_one::<String>("format").map(String::as_str) {
        Some("json") => super::results::print_json(&mut output, &report, &results)?,
        _ => super::results::print_text(&mut output, &report, &results)?,
    }
    Ok(output.finish()?)
}

fn exit_code(ledger: &Ledger, interrupt: &CancellationToken) -> u8 {
    match ledger.phase() {
        Some(Phase::Ended(RunStatus::Completed)) => code::CLEAN,
        Some(Phase::Ended(_)) => code::FINDINGS,
        _ if interrupt.is_cancelled() => code::INTERRUPTED,
        _ => code::PAUSED,
    }
}
