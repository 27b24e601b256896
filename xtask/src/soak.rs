//! `cargo xtask soak`: kills processes at work again and again, and judges what came of it.

use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;

use crate::flags::Flags;
use crate::process;

/// Kills where none are asked for.
const KILLS: u64 = 1_000;

pub(crate) fn run(arguments: Vec<String>) -> Result<ExitCode> {
    let mut flags = Flags::new(arguments);
    let kills = flags.number("--kills")?.unwrap_or(KILLS);
    let seed = match flags.number("--seed")? {
        Some(seed) => seed,
        None => SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs(),
    };
    flags.end()?;
    let mut cargo = process::cargo();
    cargo.args(["run", "--package", "kill-suite", "--bin", "soak", "--"]);
    let status = process::status(cargo.args([kills.to_string(), seed.to_string()]))?;
    Ok(process::exit_code(status))
}
