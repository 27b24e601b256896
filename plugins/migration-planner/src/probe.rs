//! What the compiler says of the new versions, in a copy of the project.
//!
//! This is the one part of a plan that runs code of the project: its build scripts and its
//! macros, as `cargo check` does. So it is only done where the user asks for it. The user's
//! checkout is read and never written: the manifests are edited in a copy, which is removed
//! afterwards, and what is built goes to a folder of the caller's.
//!
//! The project is checked as it is and with the new versions. Where it is not fine as it is,
//! today's tool chain says as much about itself as about the migration;
//! [`Probe::built_before`](crate::plan::Probe::built_before) tells.

mod compiled;
mod copy;
mod edit;
mod features;
mod merge;
mod messages;

pub use edit::{EditFailure, bumped};
pub use merge::merge;
pub use messages::Checked;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use guildhall_source::SourceError;
use guildhall_source::cargo::Manifest;
use guildhall_source::process::{self, Setting, Watch};
use guildhall_source::read;
use semver::Version;

use crate::plan::{FeatureChange, Probe};

/// Bytes of a manifest that are read.
const MOST_OF_MANIFEST: u64 = 1 << 20;

/// Bytes of what cargo says that stand in a plan.
const MOST_OF_REASON: usize = 1000;

/// What is built is thrown away, so that it may be small.
const LEAN: [(&str, &str); 2] = [("CARGO_INCREMENTAL", "0"), ("CARGO_PROFILE_DEV_DEBUG", "0")];

/// What is probed.
#[derive(Debug, Clone)]
pub struct ProbeRequest<'a> {
    /// The project.
    pub root: &'a Path,
    /// The names of its manifests, below the root, with `/`.
    pub manifests: Vec<String>,
    /// The packages that move, and where to: what the user named and what moves along.
    pub versions: BTreeMap<String, Version>,
    /// What became of features that the project asks of them, by package.
    pub features: BTreeMap<String, Vec<FeatureChange>>,
    /// A folder that is not there yet, for the copy. It is removed afterwards.
    pub scratch: &'a Path,
    /// The folder for what is built, which may stay for the next time.
    pub target: &'a Path,
    /// Whether cargo may not use the network.
    pub is_offline: bool,
}

/// What a probe found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probed {
    /// What the plan says of it.
    pub probe: Probe,
    /// Manifests, below the root, of packages that the compiler passes with the new versions.
    pub passed: BTreeSet<String>,
    /// Those of packages that it did not reach, since what they need was refused.
    pub not_reached: BTreeSet<String>,
    /// Those of packages that the compiler passes as they are. What it says of others, with the
    /// new versions, says as much about them as about the migration.
    pub fine_before: BTreeSet<String>,
    /// Files below the root that the compiler read with some of the features and conditions of
    /// this machine. What it did not read it could not refuse.
    pub compiled: BTreeSet<String>,
    /// Why the project could not be checked as it is, where cargo did not come to that.
    pub unbuilt: Option<String>,
}

/// Why nothing could be probed. The plan stays what it is without.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProbeFailure {
    /// The project cannot be copied.
    #[error("the project cannot be copied: {0}; plan without --probe")]
    Copy(io::Error),
    /// A manifest cannot be edited.
    #[error(transparent)]
    Edit(#[from] EditFailure),
    /// Cargo finds no set of versions, or cannot download them.
    #[error("cargo cannot check the project with the new versions: {0}")]
    Cargo(String),
    /// Cargo could not be run, or was ended.
    #[error(transparent)]
    Run(#[from] SourceError),
}

/// Probes a project with cargo, which is run as it is set but within the copy.
///
/// # Errors
/// [`ProbeFailure`] says why there is no answer; the copy is removed all the same.
pub fn probe(
    request: &ProbeRequest<'_>,
    cargo: &Setting,
    watch: &Watch<'_>,
    is_cancelled: &dyn Fn() -> bool,
) -> Result<Probed, ProbeFailure> {
    let scratch = Scratch(request.scratch);
    copy::copy(request.root, scratch.0, is_cancelled).map_err(|error| match error.kind() {
        io::ErrorKind::Interrupted => ProbeFailure::Run(SourceError::Cancelled),
        _ => ProbeFailure::Copy(error),
    })?;
    // The compiler writes the real path of the folder.
    let root = scratch.0.canonicalize().map_err(ProbeFailure::Copy)?;
    let setting = within(cargo, &root, request.target);
    let toolchain = version_of(&setting, watch)?;
    let before = check(&setting, &root, request.is_offline, watch)?;
    let unbuilt = before.as_ref().err().cloned();
    let before = before.unwrap_or_default();
    edit(request, &root)?;
    // What was read with the old versions is not read with the new ones.
    compiled::forget(request.target).map_err(ProbeFailure::Copy)?;
    let after = check(&setting, &root, request.is_offline, watch)?.map_err(ProbeFailure::Cargo)?;
    let is_reached =
        |manifest: &String| after.passed.contains(manifest) || after.failed.contains(manifest);
    let not_reached = request.manifests.iter().filter(|manifest| {
        let text = read::read(&root.join(manifest), MOST_OF_MANIFEST).unwrap_or_default();
        let is_package = Manifest::read(manifest, &text).is_ok_and(|it| it.package.is_some());
        is_package && !is_reached(manifest)
    });
    Ok(Probed {
        not_reached: not_reached.cloned().collect(),
        probe: Probe {
            sites: after.sites.difference(&before.sites).cloned().collect(),
            // As it is, and with the new versions.
            rounds: 2,
            toolchain,
            built_before: before.is_success,
        },
        passed: own(request, after.passed),
        fine_before: own(request, before.passed),
        compiled: compiled::files(request.target),
        unbuilt,
    })
}

/// Those of these manifests that are the project's: what it carries of others is not its own.
fn own(request: &ProbeRequest<'_>, manifests: BTreeSet<String>) -> BTreeSet<String> {
    let manifests = manifests.into_iter();
    manifests
        .filter(|manifest| request.manifests.contains(manifest))
        .collect()
}

/// A folder that goes away.
struct Scratch<'a>(&'a Path);

impl Drop for Scratch<'_> {
    fn drop(&mut self) {
        // What cannot be removed lies where the user's temporary files do.
        let _ = fs::remove_dir_all(self.0);
    }
}

/// Cargo's setting within the copy: the project's own configuration counts there.
fn within(cargo: &Setting, root: &Path, target: &Path) -> Setting {
    let mut setting = cargo.clone();
    setting.folder = root.to_owned();
    let name = "CARGO_TARGET_DIR";
    setting.environment.retain(|(known, _)| known != name);
    setting.environment.push((name.into(), target.into()));
    let lean = LEAN.map(|(name, value)| (name.into(), value.into()));
    setting.environment.extend(lean);
    setting
}

fn version_of(setting: &Setting, watch: &Watch<'_>) -> Result<String, SourceError> {
    let ended = process::run(setting, ["--version"], &[], watch)?;
    let said = String::from_utf8_lossy(&ended.output);
    Ok(said.lines().next().unwrap_or_default().trim().to_owned())
}

/// Checks everything; gives cargo's own words where it did not come to that.
fn check(
    setting: &Setting,
    root: &Path,
    is_offline: bool,
    watch: &Watch<'_>,
) -> Result<Result<Checked, String>, SourceError> {
    let mut arguments: Vec<OsString> = [
        "check",
        "--workspace",
        "--all-targets",
        "--keep-going",
        "--quiet",
        "--message-format=json",
    ]
    .map(OsString::from)
    .into();
    if is_offline {
        arguments.push("--offline".into());
    }
    let ended = process::run(setting, arguments, &[], watch)?;
    let checked = Checked::read(&ended.output, &root.to_string_lossy());
    let has_begun = checked.is_success || !checked.failed.is_empty() || !checked.passed.is_empty();
    Ok(match ended.code {
        Some(0) => Ok(checked),
        _ if has_begun => Ok(checked),
        _ => Err(reason_of(&ended.errors)),
    })
}

/// Writes the new requirements into the manifests of the copy, and the features that are there.
fn edit(request: &ProbeRequest<'_>, root: &Path) -> Result<(), ProbeFailure> {
    for name in &request.manifests {
        let path: PathBuf = root.join(name);
        // A link could lead to a file of the user's.
        let is_file = fs::symlink_metadata(&path).is_ok_and(|it| it.is_file());
        let Some(before) = is_file
            .then(|| read::read(&path, MOST_OF_MANIFEST).ok())
            .flatten()
        else {
            continue;
        };
        let mut text = before.clone();
        for (package, version) in &request.versions {
            let requirement = format!("={version}");
            if let Some(edited) = bumped(name, &text, package, &requirement)? {
                text = edited;
            }
        }
        for (package, changes) in &request.features {
            if let Some(edited) = features::with_features(name, &text, package, changes)? {
                text = edited;
            }
        }
        if text != before {
            fs::write(&path, text).map_err(ProbeFailure::Copy)?;
        }
    }
    Ok(())
}

/// What cargo says went wrong, in one line that is not too long.
fn reason_of(errors: &[u8]) -> String {
    let text = String::from_utf8_lossy(errors);
    let from_error = text.find("error").map_or(&*text, |at| &text[at..]);
    let mut words = from_error.split_whitespace();
    let mut reason = String::new();
    for word in words.by_ref() {
        if reason.len() + word.len() > MOST_OF_REASON {
            reason += " ...";
            break;
        }
        if !reason.is_empty() {
            reason.push(' ');
        }
        reason += word;
    }
    match reason.is_empty() {
        true => "it gives no reason".to_owned(),
        false => reason,
    }
}

#[cfg(test)]
mod tests;
