//! `cargo xtask ci`: all that must pass before a change is taken, with times.

use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::flags::Flags;
use crate::process;
use crate::{docs, test, tidy};

type Step = (&'static str, fn() -> Result<ExitCode>);

/// Cheap steps first, so that a slip shows early.
const STEPS: &[Step] = &[
    ("format", || cargo(&["fmt", "--all", "--check"])),
    ("tidy", || tidy::run(Vec::new())),
    ("clippy", || {
        cargo(&["clippy", "--workspace", "--all-targets", "--", "-Dwarnings"])
    }),
    ("tests", || test::run(vec!["--all".to_owned()])),
    ("fuzz targets", || {
        let mut clippy = process::cargo();
        clippy.args(["clippy", "--manifest-path", "fuzz/Cargo.toml"]);
        done(clippy.args(["--all-targets", "--", "-Dwarnings"]))
    }),
    ("documentation", || {
        let mut doc = process::cargo();
        doc.args(["doc", "--workspace", "--no-deps"]);
        done(doc.env("RUSTDOCFLAGS", "-Dwarnings"))
    }),
    ("generated files", || docs::run(vec!["--check".to_owned()])),
];

/// Runs the steps until one fails.
pub(crate) fn run(arguments: Vec<String>) -> Result<ExitCode> {
    Flags::new(arguments).end()?;
    let mut times = Vec::new();
    let result = steps(STEPS, &mut times);
    print!("{}", summary(&times, result.is_ok()));
    result.map(|()| ExitCode::SUCCESS)
}

fn steps(steps: &[Step], times: &mut Vec<(&'static str, Duration)>) -> Result<()> {
    for (name, step) in steps {
        println!("\n== {name}");
        let start = Instant::now();
        let result = step().and_then(|code| {
            anyhow::ensure!(code == ExitCode::SUCCESS, "it found something");
            Ok(())
        });
        times.push((name, start.elapsed()));
        result.with_context(|| format!("step `{name}` failed"))?;
    }
    Ok(())
}

fn summary(times: &[(&str, Duration)], passed: bool) -> String {
    let mut text = String::from("\n== summary\n");
    for (at, (name, time)) in times.iter().enumerate() {
        let failed = !passed && at + 1 == times.len();
        let verdict = if failed { "FAILED" } else { "ok" };
        text += &format!("{:>7.1} s  {name}: {verdict}\n", time.as_secs_f64());
    }
    let total: Duration = times.iter().map(|(_, time)| *time).sum();
    text + &format!("{:>7.1} s  in total\n", total.as_secs_f64())
}

fn cargo(arguments: &[&str]) -> Result<ExitCode> {
    done(process::cargo().args(arguments))
}

fn done(command: &mut Command) -> Result<ExitCode> {
    process::run(command).map(|()| ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_runs_after_a_failure_and_the_summary_names_it() {
        let three: &[Step] = &[
            ("first", || Ok(ExitCode::SUCCESS)),
            ("second", || Ok(ExitCode::FAILURE)),
            ("third", || Ok(ExitCode::SUCCESS)),
        ];
        let mut times = Vec::new();
        let error = steps(three, &mut times).unwrap_err();
        assert!(format!("{error:#}").contains("step `second` failed"));
        let summary = summary(&times, false);
        assert!(summary.contains("first: ok"));
        assert!(summary.contains("second: FAILED"));
        assert!(!summary.contains("third"));
    }
}
