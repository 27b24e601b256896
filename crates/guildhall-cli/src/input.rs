//! Reading texts and JSON that a user gives.

use std::fs;
use std::io;
use std::path::Path;

use guildhall_report::{Document, SCHEMA};
use serde_json::Value;

use crate::exit::Failure;

/// Reads JSON from the file named `source`, or from standard input where it is `-`.
pub(crate) fn read_json(source: &str) -> Result<Value, Failure> {
    let text = read(source).map_err(|error| {
        Failure::input(
            format!("{source} cannot be read: {error}"),
            "check the name and its permissions",
        )
    })?;
    serde_json::from_str(&text).map_err(|error| {
        let name = name_of(source);
        Failure::input(
            format!(
                "{name}:{}:{}: not JSON: {error}",
                error.line(),
                error.column()
            ),
            "give one JSON value, for example {\"name\": \"Ada\"}",
        )
    })
}

/// Reads a report, as `guildhall scan --format json` prints it, from the file named `source`,
/// or from standard input where it is `-`.
pub(crate) fn read_report(source: &str) -> Result<Document, Failure> {
    let value = read_json(source)?;
    let name = name_of(source);
    let help = "give what `guildhall scan --format json` prints";
    match value["schema"].as_str() {
        Some(SCHEMA) => {}
        Some(other) if other.starts_with("guildhall.report/") => {
            let message = format!(
                "{name} is a report of another version of Guildhall; this one reads {SCHEMA}"
            );
            return Err(Failure::input(message, "scan anew with this version"));
        }
        _ => {
            return Err(Failure::input(
                format!("{name} is no report of a scan"),
                help,
            ));
        }
    }
    serde_json::from_value(value)
        .map_err(|error| Failure::input(format!("{name} is a damaged report: {error}"), help))
}

/// What messages call `source`.
pub(crate) fn name_of(source: &str) -> &str {
    match source {
        "-" => "standard input",
        file => file,
    }
}

/// The text of the file named `source`, or of standard input where it is `-`.
pub(crate) fn read(source: &str) -> io::Result<String> {
    if source == "-" {
        return io::read_to_string(io::stdin());
    }
    fs::read_to_string(Path::new(source))
}
