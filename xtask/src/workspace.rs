//! What is in the workspace, as cargo tells it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::process;

/// The root of the workspace.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap_or(Path::new("."))
}

/// The workspace.
#[derive(Debug)]
pub(crate) struct Workspace {
    /// Where cargo builds.
    pub(crate) target: PathBuf,
    /// Its members, ordered by name.
    pub(crate) members: Vec<Member>,
}

/// One package of the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) version: String,
    /// Its Cargo.toml.
    pub(crate) manifest: PathBuf,
    /// Its folder, relative to the root, with forward slashes.
    pub(crate) folder: String,
    /// Whether a library for the host comes of it.
    pub(crate) is_plugin_library: bool,
    /// `package.metadata.guildhall.ship`, where it says so.
    pub(crate) ship: Option<bool>,
    /// Other members that it names, and as what.
    pub(crate) needs: Vec<Need>,
}

/// A dependency of one member on another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Need {
    pub(crate) name: String,
    /// Whether only its tests, examples and benchmarks need it.
    pub(crate) for_tests: bool,
}

impl Member {
    /// Whether it is one of the agents in `plugins/`.
    pub(crate) fn is_plugin(&self) -> bool {
        self.folder.starts_with("plugins/")
    }

    /// Whether the host is delivered with it: every plugin that does not say
    /// `ship = false`.
    pub(crate) fn is_shipped(&self) -> bool {
        self.is_plugin() && self.ship != Some(false)
    }
}

impl Workspace {
    /// Asks cargo.
    ///
    /// # Errors
    /// Where cargo cannot read the workspace.
    pub(crate) fn load() -> Result<Self> {
        let text = process::output(process::cargo().args([
            "metadata",
            "--no-deps",
            "--format-version=1",
        ]))?;
        let metadata: Value = serde_json::from_str(&text).context("cargo metadata is not JSON")?;
        Self::from_metadata(&metadata)
    }

    fn from_metadata(metadata: &Value) -> Result<Self> {
        let root = Path::new(text(metadata, "workspace_root")?);
        let packages = metadata["packages"].as_array().context("no packages")?;
        let mut members = packages
            .iter()
            .map(|package| member(package, root))
            .collect::<Result<Vec<_>>>()?;
        members.sort_by(|a, b| a.name.cmp(&b.name));
        let names: Vec<String> = members.iter().map(|member| member.name.clone()).collect();
        for member in &mut members {
            member.needs.retain(|need| names.contains(&need.name));
        }
        Ok(Self {
            target: text(metadata, "target_directory")?.into(),
            members,
        })
    }

    /// The member of this name.
    ///
    /// # Errors
    /// Where there is none.
    pub(crate) fn member(&self, name: &str) -> Result<&Member> {
        self.members
            .iter()
            .find(|member| member.name == name)
            .with_context(|| format!("the workspace has no package {name}"))
    }
}

fn member(package: &Value, root: &Path) -> Result<Member> {
    let manifest = PathBuf::from(text(package, "manifest_path")?);
    let folder = manifest
        .parent()
        .and_then(|folder| folder.strip_prefix(root).ok())
        .context("a member lies outside the workspace")?
        .to_string_lossy()
        .replace('\\', "/");
    let dependencies = package["dependencies"]
        .as_array()
        .context("no dependencies")?;
    let targets = package["targets"].as_array().context("no targets")?;
    Ok(Member {
        name: text(package, "name")?.to_owned(),
        version: text(package, "version")?.to_owned(),
        is_plugin_library: targets
            .iter()
            .any(|target| strings(&target["crate_types"]).any(|kind| kind == "cdylib")),
        ship: package["metadata"]["guildhall"]["ship"].as_bool(),
        needs: dependencies
            .iter()
            .map(|dependency| {
                Ok(Need {
                    name: text(dependency, "name")?.to_owned(),
                    for_tests: dependency["kind"] == "dev",
                })
            })
            .collect::<Result<_>>()?,
        manifest,
        folder,
    })
}

/// The text in a field.
///
/// # Errors
/// Where there is none.
pub(crate) fn text<'a>(value: &'a Value, field: &str) -> Result<&'a str> {
    value[field]
        .as_str()
        .with_context(|| format!("cargo gave no {field}"))
}

/// The texts in a list; nothing where it is none.
pub(crate) fn strings(value: &Value) -> impl Iterator<Item = &str> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_workspace_is_read() {
        let workspace = Workspace::load().unwrap();
        let scanner = workspace.member("tech-debt-scanner").unwrap();
        assert!(scanner.is_shipped() && scanner.is_plugin_library);
        assert!(!workspace.member("example-hello").unwrap().is_shipped());
        let xtask = workspace.member("xtask").unwrap();
        assert_eq!(xtask.folder, "xtask");
        assert!(!xtask.is_plugin() && !xtask.is_plugin_library);
        let abi = workspace.member("guildhall-abi").unwrap();
        assert!(
            abi.needs
                .iter()
                .any(|need| need.name == "guildhall-core" && !need.for_tests)
        );
        assert!(workspace.member("nobody").is_err());
    }
}
