//! `guildhall results`: what came of a run's tasks.

use std::io::Write as _;
use std::path::PathBuf;

use clap::{Arg, ArgMatches, Command, value_parser};
use guildhall_coordination::{Ledger, RunId, RunReport, TaskKey, TaskResult};
use guildhall_runtime::{Runtime, RuntimeError};
use serde_json::Value;

use super::BuiltIn;
use crate::app::App;
use crate::calling;
use crate::config::shown;
use crate::exit::{Failure, code};
use crate::output::Output;
use crate::records::RunResults;
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
                .help(running::RUN_HELP),
        )
        .arg(
            Arg::new("task")
                .value_name("TASK")
                .help("Show this task alone, with its whole output"),
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
    let text = own.get_one::<String>("run").cloned().unwrap_or_default();
    let task = own.get_one::<String>("task");
    let task = task.map(|task| TaskKey::new(task.as_str())).transpose()?;
    let format = own.get_one::<String>("format").map(String::as_str);
    let mut output = Output::open(own.get_one::<PathBuf>("output").map(PathBuf::as_path))?;
    running::with_runtime(app, async |runtime, _| {
        let (run, ledger) = running::find(&runtime, &text).await?;
        match (task, format) {
            (Some(key), format) => {
                let result = result_of(&runtime, run, &ledger, key).await?;
                match format {
                    Some("json") => calling::print_json(&mut output, &result)?,
                    _ => print_task(&mut output, &result)?,
                }
            }
            (None, format) => {
                let report = RunReport::of(run, &ledger, None);
                let results = running::results(&runtime, &ledger).await;
                match format {
                    Some("json") => print_json(&mut output, &report, results)?,
                    _ => print_text(&mut output, &report, &results)?,
                }
            }
        }
        output.finish()?;
        Ok(code::CLEAN)
    })
}

async fn result_of(
    runtime: &Runtime,
    run: RunId,
    ledger: &Ledger,
    key: TaskKey,
) -> Result<TaskResult, Failure> {
    let index = ledger.find(&key);
    let known = index.and_then(|index| Some((index, TaskResult::of(ledger, index)?)));
    let Some((index, mut result)) = known else {
        return Err(RuntimeError::NoSuchTask { run, task: key }.into());
    };
    result.result = runtime.output(ledger, index).await?;
    Ok(result)
}

/// The run and the results of its tasks as one object.
pub(super) fn print_json(
    output: &mut Output,
    report: &RunReport,
    results: Vec<TaskResult>,
) -> Result<(), Failure> {
    calling::print_json(output, &RunResults::new(report, results))
}

/// A line a task, and what came of the run.
pub(super) fn print_text(
    output: &mut Output,
    report: &RunReport,
    results: &[TaskResult],
) -> Result<(), Failure> {
    let ids = results.iter().map(|it| it.task_id.chars().count());
    let width = ids.max().unwrap_or(0).clamp(4, 32);
    for result in results {
        let what = match (&result.error, &result.result) {
            (Some(error), _) => error.clone(),
            (None, Some(Value::String(text))) => text.clone(),
            (None, Some(value)) => value.to_string(),
            (None, None) => result.agent_context.title.clone(),
        };
        let before = width.max(result.task_id.chars().count()) + 22;
        let line = format!(
            "{:<width$}  {:<9} {:>8}  {}",
            shown::text(&result.task_id),
            result.status,
            duration(result.duration_ms),
            first_line(&what, output.width().saturating_sub(before).max(20)),
        );
        writeln!(output, "{}", line.trim_end())?;
    }
    let run = running::short(report.run);
    writeln!(
        output,
        "\nrun {run} is {}: {}",
        report.status,
        counts(report)
    )?;
    if let Some(reason) = &report.reason {
        writeln!(output, "{}", shown::lines(reason))?;
    }
    Ok(())
}

/// How the tasks of a run stand, without what is nothing.
pub(super) fn counts(report: &RunReport) -> String {
    let tasks = &report.tasks;
    let mut text = format!("{} of {} tasks completed", tasks.completed, tasks.total);
    for (count, what) in [
        (tasks.failed, "failed"),
        (tasks.cancelled, "cancelled"),
        (tasks.skipped, "skipped"),
        (tasks.running, "running"),
        (tasks.pending, "not begun"),
    ] {
        if count > 0 {
            text.push_str(&format!(", {count} {what}"));
        }
    }
    text
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

/// The first line of a text, cut where it is longer than `most` characters or where more
/// lines follow.
pub(super) fn first_line(text: &str, most: usize) -> String {
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
