//! Licences, sources and bans of what the workspace depends on, by cargo-deny.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::process;
use crate::workspace::{self, Workspace};

/// The version that `deny.toml` is written for. Another one with the same first two
/// numbers reads it alike.
const VERSION: &str = "0.20.2";

/// Runs cargo-deny: the one that is installed where its version fits, else one of our
/// own, which is installed into the target folder so that nobody's tools change.
///
/// Advisories are not among the checks: their database is a repository that not every
/// machine can reach, and a gate must not depend on that. `cargo deny check` with no
/// more words checks them too.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    process::run(
        Command::new(program(&workspace.target)?)
            .current_dir(workspace::root())
            .args(["check", "--hide-inclusion-graph"])
            .args(["bans", "licenses", "sources"]),
    )
}

fn program(target: &Path) -> Result<OsString> {
    let tools = target.join("tools");
    let own = tools.join("bin").join("cargo-deny").into_os_string();
    for program in ["cargo-deny".into(), own.clone()] {
        if version(&program).is_some_and(|version| fits(&version)) {
            return Ok(program);
        }
    }
    // Without optimisation it is built in half the time and still runs in one second.
    let mut install = process::cargo();
    install.args(["install", "--locked", "--debug", "--root"]);
    install
        .arg(&tools)
        .args(["cargo-deny", "--version", VERSION]);
    process::run(&mut install).context("cargo-deny cannot be installed")?;
    Ok(own)
}

/// What a program says of its version; nothing where it cannot be run.
fn version(program: &OsString) -> Option<String> {
    let output = Command::new(program)
        .arg("--version")
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.split_whitespace().nth(1).map(str::to_owned)
}

fn fits(version: &str) -> bool {
    let minor = |version: &str| {
        let mut numbers = version.split('.').map(str::to_owned);
        Some((numbers.next()?, numbers.next()?))
    };
    minor(version).is_some_and(|found| Some(found) == minor(VERSION))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_versions_with_the_same_first_two_numbers_fit() {
        for version in [VERSION, "0.20.0", "0.20.11"] {
            assert!(fits(version), "{version}");
        }
        for version in ["0.2.0", "0.19.2", "0.21.2", "1.20.2", "0", "", "none"] {
            assert!(!fits(version), "{version}");
        }
    }

    #[test]
    fn a_program_that_is_not_there_has_no_version() {
        assert_eq!(version(&"no-such-program".into()), None);
    }
}
