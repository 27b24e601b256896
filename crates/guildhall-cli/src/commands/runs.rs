//! `guildhall runs`: the runs there are.

use std::io::Write as _;
use std::time::{Duration, UNIX_EPOCH};

use clap::{ArgMatches, Command};

use super::BuiltIn;
use crate::app::App;
use crate::args::shared;
use crate::config::shown;
use crate::exit::{Failure, code};
use crate::output::Output;
use crate::records::{ListedRun, RunList};
use crate::running;

pub(crate) const COMMAND: BuiltIn = BuiltIn {
    name: "runs",
    define,
    run,
    runs_plugins: false,
};

/// Columns of a line before the plan's name.
const BEFORE_NAME: usize = 50;

fn define() -> Command {
    Command::new("runs")
        .about("List the runs there are, the newest first")
        .arg(
            shared::format_option(["text", "json"], "How the list is printed")
                .default_value("text"),
        )
}

fn run(app: &App, own: &ArgMatches) -> Result<u8, Failure> {
    running::with_runtime(app, async |runtime, _| {
        let rows = runtime.runs().await?;
        let rows = rows.into_iter().rev();
        let runs = rows.map(|row| {
            let being_worked_on = runtime.is_being_worked_on(row.run);
            ListedRun::new(row, being_worked_on)
        });
        let list = RunList::new(runs.collect());
        let mut output = Output::open(None)?;
        if shared::is_json(own) {
            output.json(&list)?;
        } else {
            print_text(&mut output, list.runs())?;
        }
        output.finish()?;
        Ok(code::CLEAN)
    })
}

fn print_text(output: &mut Output, runs: &[ListedRun]) -> Result<(), Failure> {
    if runs.is_empty() {
        let hint = "There are no runs yet. `guildhall run PLAN` makes one.";
        return Ok(writeln!(output, "{hint}")?);
    }
    writeln!(
        output,
        "{:<8}  {:<11}  {:>9}  {:<16}  PLAN",
        "RUN", "STATUS", "DONE", "MADE (UTC)"
    )?;
    let room = output.width().saturating_sub(BEFORE_NAME + 2);
    for run in runs {
        let done = format!("{}/{}", run.tasks.completed, run.tasks.total);
        writeln!(
            output,
            "{}  {:<11}  {done:>9}  {}  {}",
            running::short(run.run),
            run.status,
            minute(run.created_ms),
            super::results::first_line(&run.name, room)
        )?;
    }
    Ok(())
}

/// A moment to the minute, as `2026-01-31 09:05`.
fn minute(ms: u64) -> String {
    let moment = UNIX_EPOCH + Duration::from_millis(ms);
    let text = humantime::format_rfc3339_seconds(moment).to_string();
    shown::text(&text.replace('T', " ").chars().take(16).collect::<String>())
}
