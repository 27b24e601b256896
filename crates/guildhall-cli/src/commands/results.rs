//! `guildhall results`: what came of a run's tasks.

use std::io::Write as _;

use clap::{ArgMatches, Command};
use guildhall_coordination::ledger::TaskRecord;
use guildhall_coordination::{Ledger, RunEvent, RunId, RunReport, TaskIndex, TaskKey, TaskResult};
use guildhall_runtime::{Runtime, RuntimeError};
use serde_json::Value;

use super::BuiltIn;
use crate::app::App;
use crate::args::shared;
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
        .arg(shared::run_argument())
        .arg(shared::task_argument(
            "Show this task alone, with its whole output",
        ))
        .arg(
            shared::format_option(["text", "json"], "How the results are printed")
                .default_value("text"),
        )
        .arg(shared::output_option("the results"))
}

fn run(app: &App, own: &ArgMatches) -> Result<u8, Failure> {
    let task = shared::task_of(own)?;
    let as_json = shared::is_json(own);
    let mut output = Output::open(shared::output_path(own))?;
    running::with_runtime(app, async |runtime, _| {
        let (run, ledger) = running::find(&runtime, shared::run_of(own)).await?;
        match task {
            Some(key) => {
                let (index, result) = result_of(&runtime, run, &ledger, key).await?;
                if as_json {
                    output.json(&result)?;
                } else {
                    let why = why_divided(&runtime, run, &ledger, index).await?;
                    print_task(&mut output, &result, why.as_deref())?;
                }
            }
            None => print_run(&mut output, &runtime, run, &ledger, as_json).await?,
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
) -> Result<(TaskIndex, TaskResult), Failure> {
    let index = ledger.find(&key);
    let known = index.and_then(|index| Some((index, TaskResult::of(ledger, index)?)));
    let Some((index, mut result)) = known else {
        return Err(RuntimeError::NoSuchTask { run, task: key }.into());
    };
    result.result = runtime.output(ledger, index).await?;
    Ok((index, result))
}

/// Why a task became several, or stayed one; none where that was never the question.
async fn why_divided(
    runtime: &Runtime,
    run: RunId,
    ledger: &Ledger,
    index: TaskIndex,
) -> Result<Option<String>, Failure> {
    let record = ledger.task(index);
    if !record.is_some_and(TaskRecord::is_expansion) {
        return Ok(None);
    }
    let events = runtime.events(run).await?.into_iter();
    // The last one counts: a task that is tried again is divided again.
    Ok(events.rev().find_map(|recorded| match recorded.event {
        RunEvent::Expanded { task, why, .. } if task == index => Some(why),
        _ => None,
    }))
}

/// The run and the results of all its tasks, as one object or for people.
pub(super) async fn print_run(
    output: &mut Output,
    runtime: &Runtime,
    run: RunId,
    ledger: &Ledger,
    as_json: bool,
) -> Result<(), Failure> {
    let report = running::report_of(runtime, run, ledger, None);
    let results = runtime.results(ledger).await;
    if as_json {
        return Ok(output.json(&RunResults::new(&report, results))?);
    }
    print_text(output, &report, &results)
}

/// A line a task, and what came of the run.
fn print_text(
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

fn print_task(output: &mut Output, result: &TaskResult, why: Option<&str>) -> Result<(), Failure> {
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
    if let Some(why) = why {
        writeln!(output, "{}", shown::lines(why))?;
    }
    if let Some(error) = &result.error {
        writeln!(output, "\n{}", shown::lines(error))?;
    }
    match &result.result {
        Some(Value::String(text)) => writeln!(output, "\n{}", shown::lines(text))?,
        Some(value) => {
            writeln!(output)?;
            output.json(value)?;
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
