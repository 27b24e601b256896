//! `cargo xtask fuzz`: builds the fuzz targets with a stable compiler and runs them.
//!
//! libFuzzer needs its coverage counters and nothing else: no sanitizer, no nightly.
//! What is found goes to `fuzz/artifacts`, what is interesting to `fuzz/corpus`; neither
//! is kept in the repository. A file that showed a fault belongs into `fuzz/seeds`.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::flags::{Flags, usage};
use crate::process;
use crate::workspace;

const TARGETS: [&str; 8] = [
    "expression",
    "frame",
    "intake",
    "log_lines",
    "manifest",
    "merge",
    "patch_log",
    "plan",
];

/// Seconds for all targets together, where nothing else is said.
const SECONDS: u64 = 60;

/// Counters for each edge of the code, and the operands of comparisons.
const COVERAGE: &str = "-Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares \
    --cfg fuzzing";

/// Runs one target or all of them.
pub(crate) fn run(arguments: Vec<String>) -> Result<ExitCode> {
    let mut flags = Flags::new(arguments);
    let seconds = flags.number("--seconds")?.unwrap_or(SECONDS);
    let chosen = flags.name();
    flags.end()?;
    let targets: Vec<&str> = match &chosen {
        Some(name) => match TARGETS.iter().find(|target| *target == name) {
            Some(target) => vec![target],
            None => {
                return Err(usage(format!(
                    "there is no target {name:?}, only {}",
                    TARGETS.join(", ")
                )));
            }
        },
        None => TARGETS.to_vec(),
    };
    fuzz(&targets, seconds, &[])?;
    Ok(ExitCode::SUCCESS)
}

/// Every target with as many inputs, the same ones each time: what is new in a change is found
/// or not, and no change fails for what another run would have found. `seconds` in total end it
/// on a slow machine.
///
/// # Errors
/// Where a target does not build, or something was found.
pub(crate) fn all(seconds: u64) -> Result<()> {
    fuzz(&TARGETS, seconds, &["-seed=1", "-runs=10000"])
}

fn fuzz(targets: &[&str], seconds: u64, more: &[&str]) -> Result<()> {
    let folder = workspace::root().join("fuzz");
    let platform = platform()?;
    build(&folder, &platform)?;
    let each = (seconds / targets.len() as u64).max(1);
    for target in targets {
        let program = folder
            .join("target")
            .join(&platform)
            .join("release")
            .join(target);
        let (corpus, artifacts) = (format!("corpus/{target}"), format!("artifacts/{target}"));
        for made in [&corpus, &artifacts] {
            fs::create_dir_all(folder.join(made)).with_context(|| format!("cannot make {made}"))?;
        }
        process::run(
            Command::new(program)
                .current_dir(&folder)
                .arg(corpus)
                .arg(format!("seeds/{target}"))
                .arg(format!("-max_total_time={each}"))
                .arg("-timeout=10")
                .arg("-rss_limit_mb=2048")
                .arg("-print_final_stats=1")
                .arg("-verbosity=0")
                .args(more)
                .arg(format!("-artifact_prefix={artifacts}/")),
        )
        .with_context(|| {
            format!(
                "target {target} found a fault: the input is in fuzz/{artifacts}; mend it and keep the input in fuzz/seeds/{target}"
            )
        })?;
    }
    Ok(())
}

/// Naming the platform keeps the flags from build scripts and macros.
fn build(folder: &Path, platform: &str) -> Result<()> {
    process::run(
        process::cargo()
            .current_dir(folder)
            .args(["build", "--release", "--bins", "--target", platform])
            .env("RUSTFLAGS", COVERAGE)
            .env("CARGO_TARGET_DIR", folder.join("target")),
    )
}

/// The platform that this compiler builds for.
pub(crate) fn platform() -> Result<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let text = process::output(Command::new(rustc).arg("-vV"))?;
    text.lines()
        .find_map(|line| line.strip_prefix("host: "))
        .map(str::to_owned)
        .context("rustc names no host")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_has_code_and_seeds() {
        let folder = workspace::root().join("fuzz");
        let mut sources: Vec<String> = fs::read_dir(folder.join("fuzz_targets"))
            .unwrap()
            .map(|file| {
                file.unwrap()
                    .path()
                    .file_stem()
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned()
            })
            .collect();
        sources.sort();
        assert_eq!(sources, TARGETS);
        for target in TARGETS {
            assert!(
                fs::read_dir(folder.join("seeds").join(target))
                    .unwrap()
                    .count()
                    > 0
            );
        }
    }

    #[test]
    fn an_unknown_target_is_a_usage_error() {
        let error = run(vec!["frames".into()]).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("expression, frame, intake, log_lines, manifest, merge, patch_log, plan"),
            "{error}"
        );
    }
}
