//! Reading texts and JSON that a user gives.

use std::fs;
use std::io;
use std::path::Path;

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
