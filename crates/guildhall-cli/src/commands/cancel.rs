//! `guildhall cancel`: cancels a run, or one of its tasks.

use std::io::Write as _;

use clap::{Arg, ArgMatches, Command};
use guildhall_coordination::ledger::Phase;
use guildhall_runtime::RuntimeError;

use super::BuiltIn;
use crate::app::App;
use crate::args::shared;
use crate::exit::{Failure, code};
use crate::output::Output;
use crate::running;

pub(crate) const COMMAND: BuiltIn = BuiltIn {
    name: "cancel",
    define,
    run,
    runs_plugins: false,
};

fn define() -> Command {
    Command::new("cancel")
        .about("Cancel a run or one of its tasks, whoever works on it")
        .arg(shared::run_argument())
        .arg(shared::task_argument("Cancel this task alone"))
        .arg(
            Arg::new("reason")
                .long("reason")
                .value_name("TEXT")
                .default_value("cancelled by the user")
                .help("Why; it stands in the results"),
        )
}

fn run(app: &App, own: &ArgMatches) -> Result<u8, Failure> {
    let reason = own.get_one::<String>("reason").cloned().unwrap_or_default();
    running::with_runtime(app, async |runtime, _| {
        let (run, ledger) = running::find(&runtime, shared::run_of(own)).await?;
        let task = shared::task_of(own)?;
        // The ledger would only say that it cannot.
        if let (None, Some(Phase::Ended(status))) = (&task, ledger.phase()) {
            let status = *status;
            return Err(RuntimeError::HasEnded { run, status }.into());
        }
        let working = runtime.is_being_worked_on(run);
        runtime.cancel(run, task.as_ref(), &reason).await?;
        let mut output = Output::open(None)?;
        let run = running::short(run);
        let what = match task {
            Some(task) => format!("task {task} of run {run}"),
            None => format!("run {run}"),
        };
        if working {
            writeln!(output, "{what} is being cancelled")?;
        } else {
            writeln!(output, "{what} is cancelled")?;
        }
        output.finish()?;
        Ok(code::CLEAN)
    })
}
