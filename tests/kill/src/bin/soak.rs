//! `cargo xtask soak`: as many kills as wanted, with a summary of what came of them.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it talks to the person who runs it"
)]

use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context as _, Result};
use kill_suite::campaign::campaign;

fn main() -> Result<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |what: &str| -> Result<u64> {
        let argument = arguments.next();
        let argument = argument.with_context(|| format!("{what} is missing"))?;
        argument
            .parse()
            .with_context(|| format!("{argument:?} is no {what}"))
    };
    let kills = usize::try_from(number("number of kills")?)?;
    let seed = number("seed")?;
    eprintln!("seed {seed}, {kills} kills");
    let start = Instant::now();
    let summary = campaign(seed.., kills, |seed, summary| {
        let (runs, done, seconds) = (summary.runs, summary.kills, start.elapsed().as_secs());
        eprintln!("{seconds:>5} s  seed {seed}: {done} of {kills} kills in {runs} runs");
    })?;
    for failure in &summary.failures {
        eprintln!("error: {failure}\n");
    }
    print!("{summary}");
    Ok(ExitCode::from(u8::from(!summary.failures.is_empty())))
}
