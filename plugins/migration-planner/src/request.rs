//! What a plan is asked for.

use std::fmt;
use std::str::FromStr;

use guildhall_core::Schema;
use serde::{Deserialize, Serialize};

/// What to migrate, and where to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(default)]
pub struct PlanRequest {
    /// The folder of a workspace or package; the current folder where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Crates with the versions to move to, as `hyper@1`; those that are named move together.
    #[serde(rename = "crate", skip_serializing_if = "Vec::is_empty")]
    #[schema(as = "Vec<String>")]
    pub crates: Vec<CrateTarget>,
    /// The edition to move to, as `2024`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edition: Option<Edition>,
    /// The framework to move, with its major version, as `react@18`, of which a knowledge pack
    /// says what changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(as = "Option<String>")]
    pub framework: Option<FrameworkTarget>,
    /// Plans for the newest version of every direct dependency that is incompatible with the one
    /// in use: a plan for each family of crates that must move together, and their order.
    pub to_latest: bool,
    /// Files with knowledge packs, besides those that come along.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pack: Vec<String>,
    /// Has the compiler check the new versions in a copy of the project that is removed
    /// afterwards; this runs the build scripts and macros of the project and its dependencies.
    pub probe: bool,
    /// Asks the network for nothing.
    pub offline: bool,
    /// Worker threads at the most; as many as there are processors where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub threads: Option<u32>,
}

impl PlanRequest {
    /// Whether anything to move to is named.
    pub fn wants_something(&self) -> bool {
        !self.crates.is_empty()
            || self.edition.is_some()
            || self.to_latest
            || self.wants_framework()
    }

    /// Whether a framework is to be moved.
    pub fn wants_framework(&self) -> bool {
        self.framework.is_some() || !self.pack.is_empty()
    }
}

/// An edition of Rust.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Schema,
)]
pub enum Edition {
    /// The first one.
    #[serde(rename = "2015")]
    E2015,
    /// Paths by module, `async` as a keyword.
    #[serde(rename = "2018")]
    E2018,
    /// Disjoint captures, arrays that are iterators.
    #[serde(rename = "2021")]
    E2021,
    /// Unsafe attributes, `gen` as a keyword.
    #[serde(rename = "2024")]
    E2024,
}

/// A crate with the version to move to: `name@version`.
///
/// ```
/// use migration_planner::CrateTarget;
///
/// let target: CrateTarget = "hyper@1".parse()?;
/// assert_eq!((target.name.as_str(), target.version.as_str()), ("hyper", "1"));
/// assert_eq!(target.to_string(), "hyper@1");
/// # Ok::<(), migration_planner::request::BadTarget>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CrateTarget {
    /// The name of the package.
    pub name: String,
    /// One to three numbers, as a requirement of cargo's has them: `1`, `0.14` or `1.0.2`.
    pub version: String,
}

/// A text that is no [`CrateTarget`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no crate with a version; write the name, `@` and a version, as in hyper@1")]
pub struct BadTarget {
    /// The text given.
    pub text: String,
}

impl FromStr for CrateTarget {
    type Err = BadTarget;

    fn from_str(text: &str) -> Result<Self, BadTarget> {
        let bad = || BadTarget {
            text: text.to_owned(),
        };
        let (name, version) = text.rsplit_once('@').ok_or_else(bad)?;
        if !is_name(name) || !is_version(version) {
            return Err(bad());
        }
        Ok(Self {
            name: name.to_owned(),
            version: version.to_owned(),
        })
    }
}

impl TryFrom<String> for CrateTarget {
    type Error = BadTarget;

    fn try_from(text: String) -> Result<Self, BadTarget> {
        text.parse()
    }
}

impl From<CrateTarget> for String {
    fn from(target: CrateTarget) -> Self {
        target.to_string()
    }
}

impl fmt::Display for CrateTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.name, self.version)
    }
}

/// A framework with the version to move to: `react@18`, or `@scope/name@5`.
///
/// ```
/// use migration_planner::request::FrameworkTarget;
///
/// let target: FrameworkTarget = "@mui/material@5".parse()?;
/// assert_eq!((target.name.as_str(), target.version.as_str()), ("@mui/material", "5"));
/// # Ok::<(), migration_planner::request::BadFramework>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FrameworkTarget {
    /// The name of the package.
    pub name: String,
    /// One to three numbers, of which the first counts.
    pub version: String,
}

/// A text that is no [`FrameworkTarget`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is no framework with a version; write the name, `@` and a version, as in react@18"
)]
pub struct BadFramework {
    /// The text given.
    pub text: String,
}

impl FromStr for FrameworkTarget {
    type Err = BadFramework;

    fn from_str(text: &str) -> Result<Self, BadFramework> {
        let bad = || BadFramework {
            text: text.to_owned(),
        };
        let (name, version) = text.rsplit_once('@').ok_or_else(bad)?;
        let plain = name.strip_prefix('@').unwrap_or(name);
        let mut parts = plain.split('/');
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let is_part = |part: &str| !part.is_empty() && part.bytes().all(fits);
        if !parts.all(is_part) || !is_version(version) {
            return Err(bad());
        }
        Ok(Self {
            name: name.to_owned(),
            version: version.to_owned(),
        })
    }
}

impl TryFrom<String> for FrameworkTarget {
    type Error = BadFramework;

    fn try_from(text: String) -> Result<Self, BadFramework> {
        text.parse()
    }
}

impl From<FrameworkTarget> for String {
    fn from(target: FrameworkTarget) -> Self {
        format!("{}@{}", target.name, target.version)
    }
}

fn is_name(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    !text.is_empty() && text.bytes().all(fits)
}

/// A full version, or the numbers that one begins with.
fn is_version(text: &str) -> bool {
    if semver::Version::parse(text).is_ok() {
        return true;
    }
    let parts: Vec<&str> = text.split('.').collect();
    parts.len() < 3
        && parts.iter().all(|part| {
            part.parse::<u64>().is_ok() && part.bytes().all(|byte| byte.is_ascii_digit())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_has_a_name_and_the_beginning_of_a_version() {
        for good in ["a@1", "tokio-util@0.7", "x_y@1.2.3", "axum@0.8.0-rc.1"] {
            assert_eq!(good.parse::<CrateTarget>().unwrap().to_string(), good);
        }
        for bad in [
            "",
            "a",
            "a@",
            "@1",
            "a@x",
            "a@+1",
            "a@1.2.x",
            "a@^1",
            "a/b@1",
            "a@1.2.3.4",
        ] {
            assert!(bad.parse::<CrateTarget>().is_err(), "{bad}");
        }
    }
}
