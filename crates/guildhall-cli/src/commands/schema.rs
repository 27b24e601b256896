//! `guildhall schema`: the JSON Schemas of what the host reads and writes.

use std::io::Write as _;

use clap::{Arg, ArgAction, ArgMatches, Command};
use guildhall_coordination::{Plan, RunReport};
use guildhall_core::schema::to_value;
use guildhall_report::{Baseline, Diff, Document, Report, RuleList, ScanRequest};
use serde_json::{Value, json};

use super::BuiltIn;
use super::suppressions::SuppressionList;
use crate::app::App;
use crate::exit::{Failure, code};
use crate::output::Output;
use crate::records::{ReceiptList, RunList, RunResults, VerificationList};

pub(crate) const COMMAND: BuiltIn = BuiltIn {
    name: "schema",
    define,
    run,
    runs_plugins: false,
};

/// A published schema: its name, what it describes, and the schema.
type Published = (&'static str, &'static str, fn() -> Value);

const SCHEMAS: [Published; 13] = [
    (
        "report",
        "what `guildhall scan --format json` prints",
        to_value::<Document>,
    ),
    (
        "baseline",
        "the file that `guildhall baseline write` writes",
        to_value::<Baseline>,
    ),
    (
        "diff",
        "what `guildhall diff --format json` prints",
        to_value::<Diff>,
    ),
    (
        "suppressions",
        "what `guildhall suppressions --format json` prints",
        to_value::<SuppressionList>,
    ),
    (
        "agent-report",
        "what an agent answers to guildhall.scan",
        to_value::<Report>,
    ),
    (
        "rules",
        "what an agent answers to guildhall.rules",
        to_value::<RuleList>,
    ),
    (
        "scan-request",
        "what an agent is asked by guildhall.scan",
        to_value::<ScanRequest>,
    ),
    ("plan", "a plan, as `guildhall run` reads it", Plan::schema),
    (
        "run-results",
        "what `guildhall run` and `guildhall results` print with --format json",
        to_value::<RunResults>,
    ),
    (
        "run-report",
        "what `guildhall report --format json` prints",
        to_value::<RunReport>,
    ),
    (
        "run-list",
        "what `guildhall runs --format json` prints",
        to_value::<RunList>,
    ),
    (
        "receipts",
        "what `guildhall receipt --format json` prints",
        to_value::<ReceiptList>,
    ),
    (
        "verification",
        "what `guildhall verify --format json` prints",
        to_value::<VerificationList>,
    ),
];

fn define() -> Command {
    Command::new("schema")
        .about("Print a JSON Schema of what the host reads or writes")
        .arg(
            Arg::new("name")
                .value_name("NAME")
                .required_unless_present("list")
                .value_parser(SCHEMAS.map(|(name, _, _)| name)),
        )
        .arg(
            Arg::new("list")
                .long("list")
                .action(ArgAction::SetTrue)
                .conflicts_with("name")
                .help("List the names"),
        )
}

fn run(_app: &App, own: &ArgMatches) -> Result<u8, Failure> {
    let mut output = Output::open(None)?;
    match own.get_one::<String>("name") {
        Some(wanted) => {
            for (_, _, schema) in SCHEMAS.iter().filter(|(name, _, _)| name == wanted) {
                output.json(&dated(schema()))?;
            }
        }
        None => {
            for (name, about, _) in SCHEMAS {
                writeln!(output, "{name:14}{about}")?;
            }
        }
    }
    output.finish()?;
    Ok(code::CLEAN)
}

/// The schema with the dialect that it is written in.
fn dated(mut schema: Value) -> Value {
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema
}
