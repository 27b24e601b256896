//! `guildhall results`: what came of a run's tasks.

use std::io::Write as _;

use clap::{Arg, ArgMatches, Command};
use guildhall_coordination::{RunReport, TaskKey, TaskResult};
use serde_json::{Value, json};

use super::BuiltIn;
use crate::app::App;
use crate::calling;
use crate::config::shown;
use crate::exit::{Failure, code};
use crate::output::Output;
use crate::running;

pub(crate) const COMMAND: BuiltIn = BuiltIn {
    name: "results",
    define,
    run,
    runs_plugins: false,
};

fn define() -> Command {
    Command::new("results")
        .about("Show what came of the tasks of a run")
        .arg(
            Arg::new("run")
                .value_name("RUN")
                .required(true)
                .help("Its id, a unique part of it, its name, or latest"),
        )
        .arg(
            Arg::new("task")
                .value_name("TASK")
                .help("Show this task alone, in full"),
        )
        .arg(
            Arg::new("format")
                .long("format")
                .value_name("FORMAT")
                .value_parser(["text", "json"])
                .default_value("text")
                .help("How the results are printed"),
        )
}

fn run(app: &App, own: &ArgMatches) -> Result<u8, Failure> {
    let text = own.get_one::<String>("run").cloned().unwrap_or_default();
    let as_json = own
        .get_one::<String>("format")
        .is_some_and(|it| it == "json");
    running::with_runtime(app, async |runtime, _| {
        let (run, ledger) = running::find(&runtime, &text).await?;
        let mut output = Output::open(None)?;
        if let Some(task) = own.get_one::<String>("task") {
            let key = TaskKey::new(task.as_str())?;
            let index = ledger
                .find(&key)
                .ok_or(guildhall_runtime::RuntimeError::NoSuchTask { run, task: key })?;
            let Some(mut result) = TaskResult::of(&ledger, index) else {
                return Ok(code::CLEAN);
            };
            result.result = runtime.output(&ledger, index).await?;
            if as_json {
                calling::print_json(&mut output, &result)?;
            } else {
                print_task(&mut output, &result)?;
            }
        } else {
            let report = RunReport::of(run, &ledger, None);
            let results = TaskResult::all(&ledger);
            if as_json {
                print_json(&mut output, &report, &results)?;
            } else {
                print_text(&mut output, &report, &results)?;
            }
        }
        output.finish()?;
        Ok(code::CLEAN)
    })
}

/// The run and the results of its tasks as one object.
pub(super) fn print_json(
    output: &mut Output,
    report: &RunReport,
    results: &[TaskResult],
) -> Result<(), Failure> {
    let whole = json!({
        "version": 1,
        "run": report.run,
        "name": report.name,
        "status": report.status,
        "tasks": results,
    });
    calling::print_json(output, &whole)
}

/// A line a task, and what came of the run.
pub(super) fn print_text(
    output: &mut Output,
    report: &RunReport,
    results: &[TaskResult],
) -> Result<(), Failure> {
    let width = results.iter().map(|it| it.task_id.len()).max().unwrap_or(0);
    let width = width.clamp(4, 32);
    for result in results {
        let what = match (&result.error, &result.result) {
            (Some(error), _) => error.clone(),
            (None, Some(Value::String(text))) => text.clone(),
            (None, Some(value)) => value.to_string(),
            (None, None) => result.agent_context.title.clone(),
        };
        let what = first_line(&what, 80_usize.saturating_sub(width + 22));
        writeln!(
            output,
            "{:<width$}  {:<9} {:>7}  {what}",
            shown::text(&result.task_id),
            result.status,
            duration(result.duration_ms),
        )?;
    }
    let tasks = &report.tasks;
    writeln!(
        output,
        "\nrun {} is {}: {} of {} tasks completed, {} failed, {} cancelled, {} skipped",
        report.run,
        report.status,
        tasks.completed,
        tasks.total,
        tasks.failed,
        tasks.cancelled,
        tasks.skipped
    )?;
    if let Some(reason) = &report.reason {
        writeln!(output, "{}", shown::lines(reason))?;
    }
    Ok(())
}

fn print_task(output: &mut Output, result: &TaskResult) -> Result<(), Failure> {
    let context = &result.agent_context;
    writeln!(
        output,
        "{} is {}",
        shown::text(&result.task_id),
        result.status
    )?;
    writeln!(output, "{}", shown::lines(&context.title))?;
    if let Some(agent) = &context.agent {
        let (attempts, time) = (context.attempts, duration(result.duration_ms));
        writeln!(output, "by {agent}, attempts: {attempts}, time: {time}")?;
    }
    if let Some(error) = &result.error {
        writeln!(output, "\n{}", shown::lines(error))?;
    }
    match &result.result {
        Some(Value::String(text)) => writeln!(output, "\n{}", shown::lines(text))?,
        Some(value) => {
            writeln!(output)?;
            calling::print_json(output, value)?;
        }
        None => {}
    }
    Ok(())
}

fn first_line(text: &str, most: usize) -> String {
    let line = shown::text(text.lines().next().unwrap_or_default());
    if line.chars().count() <= most && text.lines().count() <= 1 {
        return line;
    }
    let cut: String = line.chars().take(most.saturating_sub(1)).collect();
    format!("{cut}…")
}

/// Milliseconds for people.
pub(super) fn duration(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{:.1} s", ms as f64 / 1000.0),
        _ => format!("{}m{:02}s", ms / 60_000, ms / 1000 % 60),
    }
}
