//! Licences, sources and bans of what the workspace depends on, by cargo-deny.

use std::process::{Command, Stdio};

use anyhow::Result;

use crate::process;

/// The version that `deny.toml` is written for.
const VERSION: &str = "0.20.2";

/// Installs cargo-deny where it is missing, and runs it.
///
/// Advisories are not among the checks: their database is a repository that not every
/// machine can reach, and a gate must not depend on that. `cargo deny check` with no
/// more words checks them too.
pub(crate) fn run() -> Result<()> {
    if !is_installed() {
        // Without optimisation it is built in half the time and still runs in one second.
        process::run(process::cargo().args([
            "install",
            "--locked",
            "--debug",
            "cargo-deny",
            "--version",
            VERSION,
        ]))?;
    }
    process::run(process::cargo().args([
        "deny",
        "check",
        "--hide-inclusion-graph",
        "bans",
        "licenses",
        "sources",
    ]))
}

fn is_installed() -> bool {
    Command::new("cargo-deny")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
