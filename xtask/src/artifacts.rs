//! Building packages, and knowing which files came of it.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::process;
use crate::stage;
use crate::workspace::{Member, Workspace, strings};

/// Package of the command.
pub(crate) const HOST: &str = "guildhall-cli";

/// A host with its plugins beside it, ready to be run.
#[derive(Debug)]
pub(crate) struct Host {
    /// The command.
    pub(crate) program: PathBuf,
    /// The folder of its plugins.
    pub(crate) plugins: PathBuf,
}

/// A file that came of a build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Artifact {
    /// Cargo.toml of its package.
    pub(crate) manifest: PathBuf,
    pub(crate) file: PathBuf,
    pub(crate) is_program: bool,
}

/// Builds the host and every shipped plugin in one go, and puts the plugins where the
/// host finds them.
///
/// # Errors
/// Where the build fails or a plugin yields no library.
pub(crate) fn host(workspace: &Workspace, profile: &str) -> Result<Host> {
    let plugins: Vec<&Member> = workspace
        .members
        .iter()
        .filter(|member| member.is_shipped())
        .collect();
    let mut packages = vec![HOST];
    packages.extend(plugins.iter().map(|plugin| plugin.name.as_str()));
    let artifacts = build(&packages, profile)?;

    let host = workspace.member(HOST)?;
    let program = artifacts
        .iter()
        .find(|artifact| artifact.is_program && artifact.manifest == host.manifest)
        .map(|artifact| artifact.file.clone())
        .with_context(|| format!("{HOST} yielded no program"))?;
    let libraries = plugins
        .iter()
        .map(|plugin| library(&artifacts, plugin))
        .collect::<Result<Vec<_>>>()?;
    let folder = program
        .parent()
        .context("the program lies in no folder")?
        .join("plugins");
    stage::stage(&libraries, &folder)?;
    Ok(Host {
        program,
        plugins: folder,
    })
}

/// Builds packages. Progress and warnings go to standard error as ever.
///
/// # Errors
/// Where the build fails.
pub(crate) fn build(packages: &[&str], profile: &str) -> Result<Vec<Artifact>> {
    let mut command = process::cargo();
    command.args(["build", "--message-format=json-render-diagnostics"]);
    command.args(["--profile", profile]);
    for package in packages {
        command.args(["--package", package]);
    }
    let output = command
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start cargo")?;
    if !output.status.success() {
        bail!("{} failed ({})", process::shown(&command), output.status);
    }
    Ok(String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .flat_map(|message: Value| artifacts_of(&message))
        .collect())
}

/// The files that one of cargo's messages tells of.
fn artifacts_of(message: &Value) -> Vec<Artifact> {
    if message["reason"] != "compiler-artifact" {
        return Vec::new();
    }
    let manifest = PathBuf::from(message["manifest_path"].as_str().unwrap_or_default());
    let program = message["executable"].as_str();
    let is_library = strings(&message["target"]["crate_types"]).any(|kind| kind == "cdylib");
    let libraries = strings(&message["filenames"])
        .filter(|file| is_library && is_loadable(Path::new(file)))
        .map(|file| (file, false));
    program
        .map(|file| (file, true))
        .into_iter()
        .chain(libraries)
        .map(|(file, is_program)| Artifact {
            manifest: manifest.clone(),
            file: file.into(),
            is_program,
        })
        .collect()
}

/// Whether a file is named like a library of this platform.
pub(crate) fn is_loadable(file: &Path) -> bool {
    file.extension()
        .is_some_and(|ending| ending == std::env::consts::DLL_EXTENSION)
}

fn library(artifacts: &[Artifact], plugin: &Member) -> Result<PathBuf> {
    artifacts
        .iter()
        .find(|artifact| !artifact.is_program && artifact.manifest == plugin.manifest)
        .map(|artifact| artifact.file.clone())
        .with_context(|| {
            format!(
                "{} yielded no library: give it `crate-type = [\"cdylib\", \"rlib\"]`, or `ship = false` under [package.metadata.guildhall]",
                plugin.name
            )
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn programs_and_loadable_libraries_are_told_apart() {
        let ending = std::env::consts::DLL_EXTENSION;
        let message = json!({
            "reason": "compiler-artifact",
            "manifest_path": "a/Cargo.toml",
            "target": {"crate_types": ["cdylib", "rlib"]},
            "filenames": [format!("liba.{ending}"), "liba.rlib"],
            "executable": null,
        });
        let found = artifacts_of(&message);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].file, Path::new(&format!("liba.{ending}")));
        assert!(!found[0].is_program);

        let message = json!({
            "reason": "compiler-artifact",
            "manifest_path": "b/Cargo.toml",
            "target": {"crate_types": ["bin"]},
            "filenames": ["b"],
            "executable": "b",
        });
        assert!(artifacts_of(&message)[0].is_program);
        assert!(artifacts_of(&json!({"reason": "build-finished"})).is_empty());
    }
}
