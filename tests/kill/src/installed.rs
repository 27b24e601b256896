//! The program, its plugins and the suite's own, built once and put where nothing lies
//! beside them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

/// The packages that are built.
const PACKAGES: [&str; 5] = [
    "guildhall-cli",
    "swarm-coordinator",
    "example-fifo-coordinator",
    "kill-plugin",
    "kill-suite",
];

/// Where everything is.
#[derive(Debug)]
pub struct Installed {
    /// The command.
    pub guildhall: PathBuf,
    /// The program of the process agents.
    pub effect: PathBuf,
    /// The folder of all three plugins.
    pub plugins: PathBuf,
    /// A folder for runs, on the disk on which was built.
    pub runs: PathBuf,
}

/// Builds and installs at the first call.
///
/// # Errors
/// Where something cannot be built, or its files cannot be put in place.
pub fn installed() -> Result<&'static Installed> {
    static INSTALLED: OnceLock<Result<Installed, String>> = OnceLock::new();
    let installed = INSTALLED.get_or_init(|| install().map_err(|error| format!("{error:#}")));
    installed.as_ref().map_err(anyhow::Error::msg)
}

fn install() -> Result<Installed> {
    let built = build()?;
    let guildhall = file_of(&built, "guildhall")?;
    let target = guildhall.parent().and_then(Path::parent);
    let folder = target.context("the program lies in no target folder")?;
    let folder = folder.join("tmp/kill-suite");
    let plugins = folder.join("plugins");
    for library in [
        "swarm_coordinator",
        "example_fifo_coordinator",
        "kill_plugin",
    ] {
        put(&file_of(&built, library)?, &plugins)?;
    }
    let runs = folder.join("runs");
    fs::create_dir_all(&runs)?;
    Ok(Installed {
        // The program looks for plugins beside itself, where none are to be found.
        guildhall: put(&guildhall, &folder.join("bin"))?,
        effect: put(&file_of(&built, "effect")?, &folder.join("bin"))?,
        plugins,
        runs,
    })
}

/// Builds as this suite was built; gives cargo's messages.
fn build() -> Result<Vec<Value>> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.arg("build").current_dir(env!("CARGO_MANIFEST_DIR"));
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    cargo.args(PACKAGES.iter().flat_map(|package| ["--package", package]));
    let built = cargo
        .arg("--message-format=json-render-diagnostics")
        .output()
        .context("cargo cannot be run")?;
    ensure!(
        built.status.success(),
        "what the suite needs does not build:\n{}",
        String::from_utf8_lossy(&built.stderr)
    );
    let lines = built.stdout.split(|byte| *byte == b'\n');
    Ok(lines
        .filter_map(|line| serde_json::from_slice(line).ok())
        .collect())
}

/// The program or the library that a target has become.
fn file_of(messages: &[Value], target: &str) -> Result<PathBuf> {
    let loadable = |path: &&str| path.ends_with(std::env::consts::DLL_SUFFIX);
    let mut artifacts = messages.iter().filter(|message| {
        message["reason"] == "compiler-artifact" && message["target"]["name"] == target
    });
    let file = artifacts.find_map(|message| {
        let files = message["filenames"].as_array()?;
        let library = files.iter().filter_map(Value::as_str).find(loadable);
        message["executable"].as_str().or(library)
    });
    file.map(PathBuf::from)
        .with_context(|| format!("cargo built nothing of the name {target}"))
}

/// Links a file into a folder, under its own name.
fn put(file: &Path, folder: &Path) -> Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let target = folder.join(file.file_name().context("a file has no name")?);
    // Several processes may be here at once: the rename replaces in one step.
    let link = folder.join(format!("{}.link", std::process::id()));
    fs::hard_link(file, &link).or_else(|_| fs::copy(file, &link).map(drop))?;
    fs::rename(&link, &target)?;
    // Renaming between two links to one file does nothing.
    let _ = fs::remove_file(&link);
    Ok(target)
}
