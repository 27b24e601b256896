//! `cargo xtask test`: builds what tests need, and runs all of them.

use std::process::ExitCode;

use anyhow::Result;

use crate::artifacts;
use crate::deny;
use crate::flags::Flags;
use crate::fuzz;
use crate::loom;
use crate::process;
use crate::workspace::{Member, Workspace};

/// A smoke test only, for all targets together: long enough to show that they work.
const FUZZ_SECONDS: u64 = 40;

pub(crate) fn run(arguments: Vec<String>) -> Result<ExitCode> {
    let mut flags = Flags::new(arguments);
    let all = flags.flag("--all");
    flags.end()?;
    let workspace = Workspace::load()?;
    ordinary(&workspace)?;
    if all {
        extra(&workspace)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The tests of every package, with doctests. Cargo does not build libraries of other
/// packages for a test, so the host, its plugins and the hostile ones come first.
fn ordinary(workspace: &Workspace) -> Result<()> {
    artifacts::host(workspace, "dev")?;
    let others: Vec<&str> = workspace
        .members
        .iter()
        .filter(|member| member.is_plugin_library && !member.is_shipped())
        .map(|member: &Member| member.name.as_str())
        .collect();
    if !others.is_empty() {
        artifacts::build(&others, "dev")?;
    }
    let mut test = process::cargo();
    // Hostile plugins panic on purpose, hundreds of times: with their backtraces a failure is
    // hard to find. One that is left out of the list is not known to pass, so all are run.
    test.env("RUST_BACKTRACE", "0");
    process::run(test.args(["test", "--workspace", "--no-fail-fast"]))
}

/// What takes other tools or another build.
fn extra(workspace: &Workspace) -> Result<()> {
    loom::run(workspace)?;
    fuzz::all(FUZZ_SECONDS)?;
    deny::run(workspace)
}
