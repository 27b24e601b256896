//! `cargo xtask scan`: builds the host and its plugins, and lets it scan.

use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::artifacts;
use crate::process;
use crate::workspace::Workspace;

/// Every argument goes to `guildhall scan` as it is, so whatever that understands
/// works here; it runs in the user's own folder and its exit code is the task's.
pub(crate) fn run(arguments: Vec<String>) -> Result<ExitCode> {
    let host = artifacts::host(&Workspace::load()?, "dev")?;
    let status = process::status(Command::new(host.program).arg("scan").args(arguments))?;
    Ok(process::exit_code(status))
}
