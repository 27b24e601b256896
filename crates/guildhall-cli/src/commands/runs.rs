//! `guildhall runs`: the runs there are.

use std::io::Write as _;
use std::time::{Duration, UNIX_EPOCH};

use clap::{Arg, ArgMatches, Command};
use serde_json::{Value, json};

use super::BuiltIn;
use crate::app::App;
use crate::calling;
use crate::config::shown;
use crate::exit::{Failure, code};
use crate::output::Output;
use crate::running;

pub(crate) const COMMAND: BuiltIn = BuiltIn {
    name: "runs",
    define,
    run,
    runs_plugins: false,
};

fn define() -> Command {
    Command::new("runs")
        .about("List the runs there are, the newest first")
        .arg(
            Arg::new("format")
                .long("format")
                .value_name("FORMAT")
                .value_parser(["text", "json"])
                .default_value("text")
                .help("How the list is printed"),
        )
}

fn run(app: &App, own: &ArgMatches) -> Result<u8, Failure> {
    let as_json = own
        .get_one::<String>("format")
        .is_some_and(|it| it == "json");
    running::with_runtime(app, async |runtime, _| {
        let mut runs = runtime.runs().await?;
        runs.reverse();
        let mut output = Output::open(None)?;
        if as_json {
            let runs: Vec<Value> = runs
                .iter()
                .map(|row| {
                    json!({
                        "run": row.run,
                        "name": row.name,
                        "status": row.status,
                        "being_worked_on": runtime.is_being_worked_on(row.run),
                        "created_ms": row.created_ms,
                        "updated_ms": row.updated_ms,
                        "tasks": row.tasks.total(),
                        "completed": row.tasks.completed,
                        "failed": row.tasks.failed,
                    })
                })
                .collect();
            calling::print_json(&mut output, &json!({"version": 1, "runs": runs}))?;
        } else if runs.is_empty() {
            writeln!(
                output,
                "There are no runs yet. `guildhall run PLAN` makes one."
            )?;
        }
        if !as_json {
            for row in &runs {
                // A run that nobody works on any more was cut short.
                let cut = row.status == "running" && !runtime.is_being_worked_on(row.run);
                let status = if cut { "interrupted" } else { &row.status };
                let made = UNIX_EPOCH + Duration::from_millis(row.created_ms);
                writeln!(
                    output,
                    "{}  {:<11} {:>4}/{:<4} {}  {}",
                    row.run,
                    status,
                    row.tasks.completed,
                    row.tasks.total(),
                    humantime::format_rfc3339_seconds(made),
                    shown::text(&row.name)
                )?;
            }
        }
        output.finish()?;
        Ok(code::CLEAN)
    })
}
