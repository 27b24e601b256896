//! `cargo xtask bench`: builds the plugins for measuring and runs a benchmark.

use std::process::ExitCode;

use anyhow::Result;

use crate::artifacts;
use crate::flags::usage;
use crate::process;
use crate::workspace::Workspace;

const BENCHMARKS: [&str; 2] = ["boundary", "scan"];

/// The benchmarks are in the package `bench`; here they only get their plugins.
pub(crate) fn run(arguments: Vec<String>) -> Result<ExitCode> {
    match arguments.first() {
        Some(name) if BENCHMARKS.contains(&name.as_str()) => {}
        Some(name) => {
            return Err(usage(format!(
                "there is no benchmark {name:?}, only {}",
                BENCHMARKS.join(" and ")
            )));
        }
        None => return Err(usage("which benchmark?")),
    }
    let host = artifacts::host(&Workspace::load()?, "release")?;
    let built = artifacts::build(&["bench"], "release")?;
    let program = built
        .iter()
        .find(|artifact| artifact.is_program)
        .ok_or_else(|| anyhow::anyhow!("the package bench yielded no program"))?;
    // Run as it is rather than by cargo, so that a PATH given is the user's own.
    let status = process::status(
        std::process::Command::new(&program.file)
            .args(arguments)
            .env("GUILDHALL_PLUGIN_PATH", host.plugins),
    )?;
    Ok(process::exit_code(status))
}
