//! `guildhall log`: the journal of a run as lines of JSON.

use std::io::Write as _;

use clap::{Arg, ArgMatches, Command};
use guildhall_coordination::session_log;
use serde_json::Value;

use super::BuiltIn;
use crate::app::App;
use crate::args::shared;
use crate::exit::{Failure, code};
use crate::output::Output;
use crate::running;

pub(crate) const COMMAND: BuiltIn = BuiltIn {
    name: "log",
    define,
    run,
    runs_plugins: false,
};

fn define() -> Command {
    Command::new("log")
        .about("Print the journal of a run as lines of JSON")
        .arg(shared::run_argument())
        .arg(
            Arg::new("task")
                .long("task")
                .value_name("TASK")
                .help("Only what is about this task"),
        )
        .arg(
            Arg::new("agent")
                .long("agent")
                .value_name("AGENT")
                .help("Only attempts of this agent and what it completed"),
        )
        .arg(shared::output_option("the lines"))
}

fn run(app: &App, own: &ArgMatches) -> Result<u8, Failure> {
    let mut output = Output::open(shared::output_path(own))?;
    running::with_runtime(app, async |runtime, _| {
        let run = runtime.find(shared::run_of(own)).await?;
        let events = runtime.events(run).await?;
        for line in session_log(run, &events) {
            if is_wanted(&line, own) {
                writeln!(output, "{line}")?;
            }
        }
        output.finish()?;
        Ok(code::CLEAN)
    })
}

fn is_wanted(line: &Value, own: &ArgMatches) -> bool {
    let task = own.get_one::<String>("task");
    let agent = own.get_one::<String>("agent");
    let by = [&line["agent"], &line["receipt"]["agent"]];
    task.is_none_or(|task| line["task"] == **task)
        && agent.is_none_or(|agent| by.iter().any(|by| **by == **agent))
}
