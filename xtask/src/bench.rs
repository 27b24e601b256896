//! `cargo xtask bench`: builds what is measured and runs a benchmark.

mod peers;
mod scan;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::artifacts;
use crate::flags::usage;
use crate::process;
use crate::workspace::Workspace;

/// The plugin that the boundary is measured with.
const ECHO: &str = "echo-plugin";

/// The plugin that coordinates what is measured.
const COORDINATOR: &str = "swarm-coordinator";

pub(crate) fn run(mut arguments: Vec<String>) -> Result<ExitCode> {
    if arguments.is_empty() {
        return Err(usage(
            "which benchmark? `boundary`, `coordination`, `logs`, `migrate`, `replay`, or `scan`",
        ));
    }
    let name = arguments.remove(0);
    match name.as_str() {
        "boundary" => boundary(arguments),
        "logs" => bench("incident-responder", "logs", arguments, Vec::new()),
        "migrate" => bench("migration-planner", "plan", arguments, Vec::new()),
        "replay" => bench("resource-optimizer", "replay", arguments, Vec::new()),
        "scan" => scan::run(arguments),
        "coordination" => coordination(arguments),
        _ => Err(usage(format!(
            "there is no benchmark {name:?}, only `boundary`, `coordination`, `logs`, `migrate`, \
             `replay` and `scan`"
        ))),
    }
}

/// Built as `cargo xtask dist` builds, since the size of the library is measured too.
fn boundary(arguments: Vec<String>) -> Result<ExitCode> {
    let built = artifacts::build(&[ECHO], "dist")?;
    let library = built
        .iter()
        .find(|artifact| is_library(&artifact.file))
        .context("the echo plugin yielded no library")?;
    let environment = vec![("GUILDHALL_ECHO_PLUGIN", library.file.as_os_str().to_owned())];
    bench("guildhall-host", "boundary", arguments, environment)
}

/// With the plugins as users get them.
fn coordination(mut arguments: Vec<String>) -> Result<ExitCode> {
    let with_peers = arguments.iter().any(|it| it == "--peers");
    arguments.retain(|it| it != "--peers");
    let built = artifacts::build(&[ECHO, COORDINATOR], "release")?;
    let library = |name: &str| {
        let found = built
            .iter()
            .find(|artifact| is_library(&artifact.file) && is_named(&artifact.file, name));
        let found = found.with_context(|| format!("{name} yielded no library"))?;
        anyhow::Ok(found.file.as_os_str().to_owned())
    };
    let mut environment = vec![
        ("GUILDHALL_ECHO_PLUGIN", library(ECHO)?),
        ("GUILDHALL_COORDINATOR_PLUGIN", library(COORDINATOR)?),
    ];
    if with_peers {
        environment.extend(peers::measure(&Workspace::load()?.target)?);
    }
    bench("guildhall-runtime", "coordination", arguments, environment)
}

fn bench(
    package: &str,
    name: &str,
    arguments: Vec<String>,
    environment: Vec<(&str, OsString)>,
) -> Result<ExitCode> {
    let mut command = process::cargo();
    command.args([
        "bench",
        "--quiet",
        "--package",
        package,
        "--bench",
        name,
        "--",
    ]);
    command.args(arguments).envs(environment);
    Ok(process::exit_code(process::status(&mut command)?))
}

fn is_library(path: &Path) -> bool {
    path.extension()
        .is_some_and(|ending| ending == std::env::consts::DLL_EXTENSION)
}

/// Whether a library is the one of this package.
fn is_named(path: &Path, package: &str) -> bool {
    let stem = path.file_stem().and_then(|stem| stem.to_str());
    let name = package.replace('-', "_");
    stem.is_some_and(|stem| stem.trim_start_matches("lib") == name)
}
