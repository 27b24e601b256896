//! `guildhall receipt`: who did what from what in a run, for people or signed.

use std::io::Write as _;
use std::time::{Duration, SystemTime};

use clap::{Arg, ArgAction, ArgMatches, Command};
use guildhall_runtime::receipts::{Envelope, PublicKey, Statement};
use serde_json::Value;

use super::BuiltIn;
use super::results::duration;
use crate::app::App;
use crate::args::shared;
use crate::config::shown;
use crate::exit::{Failure, code};
use crate::output::Output;
use crate::records::ReceiptList;
use crate::running;

pub(crate) const COMMAND: BuiltIn = BuiltIn {
    name: "receipt",
    define,
    run,
    runs_plugins: false,
};

fn define() -> Command {
    Command::new("receipt")
        .about("Show who did what from what in a run; as JSON, signed for `guildhall verify`")
        .arg(
            shared::run_argument()
                .required(false)
                .required_unless_present("public-key"),
        )
        .arg(shared::task_argument("Only this task's"))
        .arg(
            Arg::new("without-input")
                .long("without-input")
                .action(ArgAction::SetTrue)
                .help("Leave out what agents were asked; then the work cannot be repeated"),
        )
        .arg(
            Arg::new("public-key")
                .long("public-key")
                .action(ArgAction::SetTrue)
                .conflicts_with_all(["run", "without-input"])
                .help("Print the key by which others check what this installation signs"),
        )
        .arg(
            shared::format_option(["text", "json"], "How the receipts are printed")
                .default_value("text"),
        )
        .arg(shared::output_option("the receipts"))
}

fn run(app: &App, own: &ArgMatches) -> Result<u8, Failure> {
    let task = shared::task_of(own)?;
    let with_input = !own.get_flag("without-input");
    let mut output = Output::open(shared::output_path(own))?;
    running::with_runtime(app, async |runtime, _| {
        if own.get_flag("public-key") {
            writeln!(output, "{}", runtime.public_key()?)?;
            output.finish()?;
            return Ok(code::CLEAN);
        }
        let (run, ledger) = running::find(&runtime, shared::run_of(own)).await?;
        let receipts = match &task {
            Some(task) => vec![runtime.receipt(run, &ledger, task, with_input).await?],
            None => runtime.receipts(run, &ledger, with_input).await?,
        };
        if shared::is_json(own) {
            output.json(&ReceiptList::new(receipts))?;
        } else if receipts.is_empty() {
            writeln!(output, "no agent has completed a task of this run")?;
        } else {
            print_text(&mut output, &receipts)?;
        }
        output.finish()?;
        Ok(code::CLEAN)
    })
}

fn print_text(output: &mut Output, receipts: &[Envelope]) -> Result<(), Failure> {
    let mut key: Option<PublicKey> = None;
    for receipt in receipts {
        let (statement, by) = receipt.open()?;
        print_statement(output, &statement)?;
        key = Some(by);
    }
    if let Some(key) = key {
        writeln!(output, "signed by\n  {key}")?;
    }
    Ok(())
}

/// A receipt for people, with an empty line after it.
fn print_statement(output: &mut Output, statement: &Statement) -> Result<(), Failure> {
    let receipt = &statement.receipt;
    let attempt = match statement.attempt {
        1 => String::new(),
        number => format!(", attempt {number}"),
    };
    writeln!(output, "{}{attempt}", shown::text(statement.task.as_str()))?;
    writeln!(output, "  agent   {} {}", receipt.agent, receipt.version)?;
    writeln!(output, "          {}", shown::text(&receipt.agent_hash))?;
    if let (Some(name), Some(version)) = (&receipt.capability, &receipt.capability_version) {
        writeln!(output, "  asked   {name} {version}")?;
    }
    writeln!(output, "  input   {}", shown::text(&receipt.input_hash))?;
    writeln!(output, "  output  {}", shown::text(&receipt.output_hash))?;
    writeln!(
        output,
        "  time    {}, {}",
        moment(receipt.started_ms),
        duration(receipt.duration_ms())
    )?;
    if let Some(exit) = &receipt.exit {
        writeln!(output, "  exit    {}", shown::text(exit))?;
    }
    if let Some(from) = &receipt.cached_from {
        writeln!(output, "  reused  from {}", shown::text(from))?;
    }
    for (name, value) in &receipt.details {
        let value = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        writeln!(output, "  {name:<7} {}", shown::text(&value))?;
    }
    writeln!(output)?;
    Ok(())
}

/// A moment as RFC 3339 has it, to the millisecond.
fn moment(ms: u64) -> String {
    let at = SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(ms));
    // Humantime knows the years up to 9999.
    let at = at.filter(|_| ms < 253_402_300_800_000);
    at.map_or_else(
        || format!("{ms} ms after 1970"),
        |at| humantime::format_rfc3339_millis(at).to_string(),
    )
}
