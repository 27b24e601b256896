//! `guildhall log`: the journal of a run as lines of JSON.

use std::io::Write as _;
use std::path::PathBuf;

use clap::{Arg, ArgMatches, Command, value_parser};
use guildhall_coordination::session_log;
use serde_json::Value;

use super::BuiltIn;
use crate::app::App;
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
        .arg(
            Arg::new("run")
                .value_name("RUN")
                .required(true)
                .help(running::RUN_HELP),
        )
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
        .arg(
            Arg::new("output")
                .long("output")
                .short('o')
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("Write the lines to a file, which appears whole or not at all"),
        )
}

fn run(app: &App, own: &ArgMatches) -> Result<u8, Failure> {
    let text = own.get_one::<String>("run").cloned().unwrap_or_default();
    let mut output = Output::open(own.get_one::<PathBuf>("output").map(PathBuf::as_path))?;
    running::with_runtime(app, async |runtime, _| {
        let run = runtime.find(&text).await?;
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
