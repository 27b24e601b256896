//! Reading JSON that a user gives.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use serde_json::Value;

use crate::exit::Failure;

/// Reads JSON from the file named `source`, or from standard input where it is `-`.
pub(crate) fn read_json(source: &str) -> Result<Value, Failure> {
    let text = read(source)?;
    serde_json::from_str(&text).map_err(|error| {
        let name = if source == "-" {
            "standard input"
        } else {
            source
        };
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

fn read(source: &str) -> Result<String, Failure> {
    let failed = |error: std::io::Error| {
        Failure::input(
            format!("{source} cannot be read: {error}"),
            "check the name and its permissions",
        )
    };
    if source != "-" {
        return fs::read_to_string(Path::new(source)).map_err(failed);
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).map_err(failed)?;
    Ok(text)
}
