//! `cargo xtask ci`: all that must pass before a change is taken, with times.

use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::flags::Flags;
use crate::process;
use crate::watchdog::Watchdog;
use crate::{docs, scan, test, tidy};

/// Something that must pass.
struct Step {
    name: &'static str,
    /// Longer than it takes from a clean checkout on two cores, so that only what hangs
    /// is ended.
    limit: Duration,
    run: fn() -> Result<ExitCode>,
}

/// For steps that build and look.
const SHORT: Duration = Duration::from_secs(15 * 60);

/// For the tests: they build everything, several times with other flags.
const LONG: Duration = Duration::from_secs(65 * 60);

/// Cheap steps first, so that a slip shows early.
const STEPS: &[Step] = &[
    step("lock files", SHORT, lock_files),
    step("format", SHORT, || cargo(&["fmt", "--all", "--check"])),
    step("tidy", SHORT, || tidy::run(Vec::new())),
    step("clippy", SHORT, || {
        cargo(&["clippy", "--workspace", "--all-targets", "--", "-Dwarnings"])
    }),
    step("tests", LONG, || test::run(vec!["--all".to_owned()])),
    step("fuzz targets", SHORT, || {
        let mut clippy = process::cargo();
        clippy.args(["clippy", "--manifest-path", FUZZ]);
        done(clippy.args(["--all-targets", "--", "-Dwarnings"]))
    }),
    step("documentation", SHORT, || {
        let mut doc = process::cargo();
        doc.args(["doc", "--workspace", "--no-deps", "--all-features"]);
        done(doc.env("RUSTDOCFLAGS", "-Dwarnings"))
    }),
    step("generated files", SHORT, || {
        docs::run(vec!["--check".to_owned()])
    }),
    step("our own scan", SHORT, scan::own_tree),
];

const FUZZ: &str = "fuzz/Cargo.toml";

const fn step(name: &'static str, limit: Duration, run: fn() -> Result<ExitCode>) -> Step {
    Step { name, limit, run }
}

/// Runs the steps until one fails.
pub(crate) fn run(arguments: Vec<String>) -> Result<ExitCode> {
    Flags::new(arguments).end()?;
    let mut times = Vec::new();
    let result = steps(STEPS, &mut times);
    print!("{}", summary(&times, result.is_ok()));
    result.map(|()| ExitCode::SUCCESS)
}

fn steps(steps: &[Step], times: &mut Vec<(&'static str, Duration)>) -> Result<()> {
    for step in steps {
        println!("\n== {}", step.name);
        let start = Instant::now();
        let watchdog = Watchdog::start(step.limit);
        let result = (step.run)();
        let in_time = !watchdog.has_expired();
        drop(watchdog);
        times.push((step.name, start.elapsed()));
        judge(step, result, in_time)?;
    }
    Ok(())
}

/// Says which step failed, and where it was ended, that it was.
fn judge(step: &Step, result: Result<ExitCode>, in_time: bool) -> Result<()> {
    let name = step.name;
    let result = result.and_then(|code| {
        ensure!(code == ExitCode::SUCCESS, "it found something");
        ensure!(in_time, "it went on after its programs had been ended");
        Ok(())
    });
    result.with_context(|| {
        if in_time {
            return format!("step `{name}` failed");
        }
        let minutes = step.limit.as_secs() / 60;
        format!("step `{name}` was ended: it took longer than {minutes} minutes")
    })
}

/// Nothing of what follows may change a version: the lock files fit the manifests.
fn lock_files() -> Result<ExitCode> {
    for manifest in ["Cargo.toml", FUZZ] {
        let mut command = process::cargo();
        command.args(["metadata", "--locked", "--format-version=1"]);
        process::output(command.args(["--manifest-path", manifest]))?;
    }
    Ok(ExitCode::SUCCESS)
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
            step("first", SHORT, || Ok(ExitCode::SUCCESS)),
            step("second", SHORT, || Ok(ExitCode::FAILURE)),
            step("third", SHORT, || Ok(ExitCode::SUCCESS)),
        ];
        let mut times = Vec::new();
        let error = steps(three, &mut times).unwrap_err();
        assert!(format!("{error:#}").contains("step `second` failed"));
        let summary = summary(&times, false);
        assert!(summary.contains("first: ok"));
        assert!(summary.contains("second: FAILED"));
        assert!(!summary.contains("third"));
    }

    #[test]
    fn a_step_that_was_ended_is_named_with_its_limit() {
        let hangs = step("tests", LONG, || Ok(ExitCode::SUCCESS));
        for result in [
            Err(anyhow::anyhow!("cargo test failed (signal: 9)")),
            Ok(ExitCode::FAILURE),
            Ok(ExitCode::SUCCESS),
        ] {
            let error = judge(&hangs, result, false).unwrap_err().to_string();
            let expected = "step `tests` was ended: it took longer than 65 minutes";
            assert_eq!(error, expected);
        }
        judge(&hangs, Ok(ExitCode::SUCCESS), true).unwrap();
    }
}
