//! Cargo's files: manifests and lock files, read without cargo; and what it keeps of packages
//! that are not in the tree.
//!
//! [`CargoHome`] and [`Vendored`] only read. [`Cargo`] runs it, to fetch sources for example,
//! in a way in which no code of the tree is run. [`messages`] reads what a build has written.
//!
//! Manifests and lock files are text of strangers: one that is not understood is a [`CargoFailure`] of that
//! file, and parts that are not known are passed over.
//!
//! ```
//! use guildhall_source::cargo::{Lock, Manifest};
//!
//! let text = "[package]\nname = 'a-b'\n[dependencies]\nc = { path = '../c' }\n";
//! let manifest = Manifest::read("a/Cargo.toml", text)?;
//! assert_eq!(manifest.folder(), "a");
//! assert_eq!(manifest.library_name(), Some("a_b".to_owned()));
//! assert_eq!(manifest.needs[0].path.as_deref(), Some("c"));
//!
//! let text = "[[package]]\nname = 'a-b'\nversion = '1.0.0'\n";
//! assert_eq!(Lock::read("Cargo.lock", text)?.packages[0].version, "1.0.0");
//! # Ok::<(), guildhall_source::cargo::CargoFailure>(())
//! ```

mod home;
mod lock;
mod manifest;
mod messages;
mod packages;
mod run;

pub use home::{CargoHome, IndexEntry, IndexNeed, Vendored};
pub use lock::{Lock, Locked};
pub use manifest::{Manifest, Need, NeedKind, OwnTarget, Stated, Workspace};
pub use messages::{BuiltTarget, CargoMessage, Code, Diagnostic, Span, messages};
pub use packages::Packages;
pub use run::Cargo;

use guildhall_report::Skipped;

/// Why a file of cargo's was not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is no {what}: {reason}")]
pub struct CargoFailure {
    name: String,
    what: &'static str,
    reason: String,
}

impl CargoFailure {
    fn new(name: &str, what: &'static str, reason: impl ToString) -> Self {
        let reason = reason.to_string();
        let line = reason.split_whitespace().collect::<Vec<_>>().join(" ");
        Self {
            name: name.to_owned(),
            what,
            reason: line,
        }
    }

    /// How a report lists the file.
    pub fn skipped(&self) -> Skipped {
        let reason = format!("it is no {}: {}", self.what, self.reason);
        let code = self.what.replace(' ', "-");
        Skipped::new(&self.name, code, reason)
    }
}

/// `path` below `folder`, both with `/`, without `.` and `..`; `None` where it leads out of
/// the tree or is absolute.
pub(crate) fn below(folder: &str, path: &str) -> Option<String> {
    if path.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The folder of a file, both with `/`; empty at the root.
pub(crate) fn folder_of(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(folder, _)| folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_joined_within_the_tree() {
        assert_eq!(below("a/b", "../c/./d").as_deref(), Some("a/c/d"));
        assert_eq!(below("", "x").as_deref(), Some("x"));
        assert_eq!(below("a", "..").as_deref(), Some(""));
        assert_eq!(below("a", "../.."), None);
        assert_eq!(below("a", "/b"), None);
    }
}
