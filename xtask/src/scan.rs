//! `cargo xtask scan`: builds the host and its plugins, and lets it scan.

use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::artifacts;
use crate::process;
use crate::workspace::{self, Workspace, text};

/// Broken on purpose: files below may be left out of a scan.
const FIXTURES: &str = "tests/fixtures/";

/// Every argument goes to `guildhall scan` as it is, so whatever that understands
/// works here; it runs in the user's own folder and its exit code is the task's.
pub(crate) fn run(arguments: Vec<String>) -> Result<ExitCode> {
    let host = artifacts::host(&Workspace::load()?, "dev")?;
    let status = process::status(Command::new(host.program).arg("scan").args(arguments))?;
    Ok(process::exit_code(status))
}

/// What we make, used on what we make it of. Findings are fine, and are work for some
/// other day; a scan that fails or leaves one of our files out is not.
///
/// # Errors
/// Where the scan fails or is not complete.
pub(crate) fn own_tree() -> Result<ExitCode> {
    let host = artifacts::host(&Workspace::load()?, "dev")?;
    let output = Command::new(host.program)
        .args(["scan", "--format", "json"])
        .current_dir(workspace::root())
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start guildhall")?;
    ensure!(
        matches!(output.status.code(), Some(0 | 1)),
        "guildhall scan failed ({})",
        output.status
    );
    let report = serde_json::from_slice(&output.stdout).context("the report is no JSON")?;
    println!("{}", complete(&report)?);
    Ok(ExitCode::SUCCESS)
}

/// The figures of a scan that looked at every file.
fn complete(report: &Value) -> Result<String> {
    let skipped = report["skipped"].as_array().context("no `skipped`")?;
    for place in skipped {
        let path = text(place, "path")?;
        // Nobody mends what a program wrote.
        let is_generated = place["code"] == "generated";
        ensure!(
            is_generated || path.starts_with(FIXTURES),
            "{path} was left out of the scan: {}",
            text(place, "reason")?
        );
    }
    let agents = report["run"]["agents"].as_object().context("no agents")?;
    ensure!(!agents.is_empty(), "no agent took part in the scan");
    let findings = report["findings"].as_array().context("no `findings`")?;
    Ok(format!(
        "{} findings, {} places left out, all in {FIXTURES}",
        findings.len(),
        skipped.len()
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_fixtures_may_be_left_out() {
        let report = |path: &str| {
            json!({
                "findings": [{}],
                "skipped": [{"path": path, "reason": "unparsable"}],
                "run": {"agents": {"a": {}}},
            })
        };
        let figures = complete(&report("tests/fixtures/shop/src/broken.rs")).unwrap();
        assert!(figures.starts_with("1 findings, 1 places"), "{figures}");
        let error = complete(&report("crates/a/src/lib.rs")).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("crates/a/src/lib.rs was left out")
        );
    }

    #[test]
    fn a_scan_without_agents_is_no_scan() {
        let report = json!({"findings": [], "skipped": [], "run": {"agents": {}}});
        let error = complete(&report).unwrap_err();
        assert!(error.to_string().contains("no agent took part"));
    }
}
