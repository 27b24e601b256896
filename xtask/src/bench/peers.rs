//! What others take for the same graph: LangGraph with its SQLite saver by pip, Restate's
//! server by npm, both in a scratch folder under `target/`.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::process;
use crate::workspace;

/// The scripts that measure the peers.
const SCRIPTS: &str = "crates/guildhall-runtime/benches/peers";

/// Sets the peers up and measures each; gives variables for the benchmark, whose values are
/// microseconds a task.
pub(super) fn measure(target: &Path) -> Result<Vec<(&'static str, OsString)>> {
    let scratch = target.join("bench-peers");
    fs::create_dir_all(&scratch)?;
    let scripts = workspace::root().join(SCRIPTS);
    Ok(vec![
        ("GUILDHALL_PEER_LANGGRAPH", langgraph(&scratch, &scripts)?),
        ("GUILDHALL_PEER_RESTATE", restate(&scratch, &scripts)?),
    ])
}

fn langgraph(scratch: &Path, scripts: &Path) -> Result<OsString> {
    let venv = scratch.join("venv");
    let python = venv.join("bin/python");
    if !python.exists() {
        process::run(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
        let packages = ["langgraph", "langgraph-checkpoint-sqlite"];
        let install = ["-m", "pip", "install", "--quiet"];
        process::run(Command::new(&python).args(install).args(packages))?;
    }
    let database = fresh(scratch, "langgraph")?.join("checkpoints.db");
    microseconds(
        Command::new(&python)
            .arg(scripts.join("layers_langgraph.py"))
            .arg(database),
    )
}

fn restate(scratch: &Path, scripts: &Path) -> Result<OsString> {
    let folder = scratch.join("npm");
    let server = folder.join("node_modules/.bin/restate-server");
    if !server.exists() {
        fs::create_dir_all(&folder)?;
        let packages = ["@restatedev/restate-server", "@restatedev/restate-sdk"];
        let install = ["install", "--silent", "--no-audit", "--no-fund", "--prefix"];
        process::run(
            Command::new("npm")
                .args(install)
                .arg(&folder)
                .args(packages),
        )?;
    }
    // Modules are looked for beside the script.
    let script = folder.join("layers_restate.mjs");
    fs::copy(scripts.join("layers_restate.mjs"), &script)?;
    let base = fresh(scratch, "restate")?;
    microseconds(Command::new("node").arg(script).arg(base).arg(server))
}

/// An empty folder of this name.
fn fresh(scratch: &Path, name: &str) -> Result<PathBuf> {
    let folder = scratch.join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Runs a peer; its last line says how long it took.
fn microseconds(command: &mut Command) -> Result<OsString> {
    let output = command
        .output()
        .with_context(|| format!("{command:?} cannot be started"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let last = text.lines().last().unwrap_or_default();
    let figures: Value = serde_json::from_str(last).unwrap_or_default();
    match (figures["seconds"].as_f64(), figures["tasks"].as_f64()) {
        (Some(seconds), Some(tasks)) if output.status.success() && tasks > 0.0 => {
            Ok((seconds * 1e6 / tasks).to_string().into())
        }
        _ => bail!(
            "{command:?} did not measure anything: {}",
            String::from_utf8_lossy(&output.stderr)
        ),
    }
}
