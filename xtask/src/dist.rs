//! `cargo xtask dist`: an archive with the host and its plugins, tried out before it
//! is called done.
//!
//! `tar` and `sha256sum` of the system do the packing (on macOS `shasum -a 256`), so
//! that no archive or hash crate has to be built; this works on Unix only.

mod documents;
mod third_party;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::artifacts::{self, Host};
use crate::flags::Flags;
use crate::fuzz;
use crate::process;
use crate::workspace::{self, Workspace};

/// Whose code is in the archive.
const THIRD_PARTY: &str = "THIRD-PARTY.md";

/// Source with one thing that a scan must find.
const FIXTURE: &str = "//! A fixture.\n\n// FIXME: the scan must find this.\nfn main() {}\n";

pub(crate) fn run(arguments: Vec<String>) -> Result<ExitCode> {
    Flags::new(arguments).end()?;
    ensure!(
        cfg!(unix),
        "`dist` needs a Unix system with tar and sha256sum"
    );
    let workspace = Workspace::load()?;
    let host = artifacts::host(&workspace, "dist")?;
    let version = &workspace.member(artifacts::HOST)?.version;
    let name = format!("guildhall-{version}-{}", fuzz::platform()?);
    let work = workspace.target.join("dist").join("archive");
    remove(&work)?;

    let archive = workspace.target.join("dist").join(format!("{name}.tar.gz"));
    fill(&workspace, &host, &work.join(&name))?;
    process::run(
        tar()
            .current_dir(&work)
            .arg("-czf")
            .arg(&archive)
            .arg(&name),
    )?;

    let agents: Vec<&str> = workspace
        .members
        .iter()
        .filter(|member| member.is_shipped())
        .map(|member| member.name.as_str())
        .collect();
    check(&archive, &name, &agents)?;
    println!("{}", archive.display());
    Ok(ExitCode::SUCCESS)
}

/// Makes the folder that becomes the archive.
fn fill(workspace: &Workspace, host: &Host, folder: &Path) -> Result<()> {
    let plugins = folder.join("plugins");
    fs::create_dir_all(&plugins).with_context(|| format!("cannot make {}", plugins.display()))?;
    copy(&host.program, folder)?;
    documents::pack(workspace::root(), folder)?;
    let others = folder.join(THIRD_PARTY);
    fs::write(&others, third_party::document(workspace)?)
        .with_context(|| format!("cannot write {}", others.display()))?;
    for library in libraries(&host.plugins)? {
        copy(&library, &plugins)?;
    }
    let sums = process::output(checksum_tool().current_dir(folder).args(files_of(folder)?))?;
    let list = folder.join("SHA256SUMS");
    fs::write(&list, sums).with_context(|| format!("cannot write {}", list.display()))
}

/// Unpacks the archive elsewhere and uses it as somebody without Rust would.
fn check(archive: &Path, name: &str, agents: &[&str]) -> Result<()> {
    let place = std::env::temp_dir().join(format!("guildhall-dist-{}", std::process::id()));
    remove(&place)?;
    let result = check_in(&place, archive, name, agents);
    remove(&place)?;
    result.context("the archive does not work")
}

fn check_in(place: &Path, archive: &Path, name: &str, agents: &[&str]) -> Result<()> {
    let code = place.join("code");
    fs::create_dir_all(&code).and_then(|()| fs::write(code.join("main.rs"), FIXTURE))?;
    process::run(tar().current_dir(place).arg("-xzf").arg(archive))?;
    let unpacked = place.join(name);
    process::run(
        checksum_tool()
            .current_dir(&unpacked)
            .args(["-c", "SHA256SUMS"]),
    )?;

    documents::check(&unpacked)?;
    let doctor = alone(&unpacked, place, &["doctor"])?;
    let said = String::from_utf8_lossy(&doctor.stdout).into_owned();
    ensure!(
        doctor.status.success(),
        "`guildhall doctor` failed: {}\n{said}",
        doctor.status
    );
    for agent in agents {
        ensure!(
            said.contains(agent),
            "`guildhall doctor` does not name {agent}:\n{said}"
        );
    }

    let scan = alone(&unpacked, place, &["scan", "code", "--format", "json"])?;
    let report: Value = serde_json::from_slice(&scan.stdout).with_context(|| {
        let errors = String::from_utf8_lossy(&scan.stderr);
        format!("`guildhall scan` gave no JSON ({}): {errors}", scan.status)
    })?;
    if report["findings"].as_array().is_none_or(Vec::is_empty) {
        bail!("`guildhall scan` found nothing in a file with a FIXME");
    }
    println!(
        "checked: it finds {} beside itself and scans",
        agents.join(", ")
    );
    Ok(())
}

/// Runs the unpacked program without any variable of this environment.
fn alone(unpacked: &Path, place: &Path, arguments: &[&str]) -> Result<Output> {
    Command::new(unpacked.join("guildhall"))
        .args(arguments)
        .current_dir(place)
        .env_clear()
        .env("PATH", "")
        .env("HOME", place)
        .output()
        .context("cannot start the unpacked guildhall")
}

/// `COPYFILE_DISABLE` keeps macOS from adding files of its own.
fn tar() -> Command {
    let mut command = Command::new("tar");
    command.env("COPYFILE_DISABLE", "1");
    command
}

fn checksum_tool() -> Command {
    if cfg!(target_os = "macos") {
        let mut command = Command::new("shasum");
        command.args(["-a", "256"]);
        return command;
    }
    Command::new("sha256sum")
}

/// The files in a folder and its folders, relative to it, in order.
fn files_of(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path.strip_prefix(folder)?.to_owned());
            }
        }
    }
    files.sort();
    Ok(files)
}

fn libraries(folder: &Path) -> Result<Vec<PathBuf>> {
    let files = files_of(folder)?;
    Ok(files
        .iter()
        .filter(|file| artifacts::is_loadable(file))
        .map(|file| folder.join(file))
        .collect())
}

fn copy(file: &Path, folder: &Path) -> Result<()> {
    let name = file.file_name().context("a file without a name")?;
    fs::copy(file, folder.join(name))
        .map(drop)
        .with_context(|| format!("cannot copy {}", file.display()))
}

fn remove(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)
            .with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    Ok(())
}
