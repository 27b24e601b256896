//! What moves from which version to which: a crate that the user named, held against what
//! the project asks for, what its lock file has, and what there is.
//!
//! Values in, values out. What cannot be is a [`TargetError`], whose text says what would do;
//! what is only not certain is a note of the [`Move`].

mod from;
mod scope;
mod to;

pub(crate) use from::locked_of;
pub use scope::{features, scope};

use std::collections::BTreeMap;
use std::fmt;

use guildhall_sdk::ErrorCode;
use guildhall_source::cargo::{Lock, Need, Packages};
use semver::Version;

use crate::plan::TargetSource;
use crate::registry::{Family, Index};
use crate::request::CrateTarget;
use from::Before;

/// The packages of a project and what its lock file says of those of others.
#[derive(Debug, Clone, Copy)]
pub struct Tree<'a> {
    /// Its manifests.
    pub packages: &'a Packages<'a>,
    /// Its lock file, where it has one.
    pub lock: Option<&'a Lock>,
}

/// A crate that moves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// The package's name, as its registry spells it.
    pub name: String,
    /// The version before: the newest of those in use from which the way is not compatible.
    pub from: Version,
    /// The version after.
    pub to: Version,
    /// Whether the new version was taken back by its publisher.
    pub is_yanked: bool,
    /// Where the sources of the version before come from.
    pub origin: TargetSource,
    /// Whether both versions are what cargo would take, and not only likely.
    pub is_certain: bool,
    /// What the user should know of how the versions were found, as sentences without a final
    /// full stop.
    pub notes: Vec<String>,
}

/// What became of a wish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolved {
    /// There is something to plan.
    Moves(Move),
    /// There is not, since any version of the family will do.
    Compatible(Compatible),
}

/// A wish for which an update is all that is needed. Its text says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compatible {
    /// The package.
    pub name: String,
    /// The oldest version in use.
    pub from: Version,
    /// The version wished for.
    pub to: Version,
}

/// Why a crate cannot move as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TargetError {
    /// Nothing of the project needs it.
    #[error("`{name}` is not a dependency of this workspace{}", mend(similar.as_deref()))]
    NotADependency {
        /// The name given.
        name: String,
        /// A dependency that is written in a similar way.
        similar: Option<String>,
    },
    /// Only other packages need it.
    #[error(
        "`{name}` is no direct dependency; it comes through `{through} {version}`, so migrate `{through}`"
    )]
    Through {
        /// The name given.
        name: String,
        /// The direct dependency that leads to it in the fewest steps.
        through: String,
        /// Its version.
        version: String,
    },
    /// No such version was published.
    #[error("there is no version {wanted} of `{name}`; {}", nearest_of(nearest))]
    NoSuchVersion {
        /// The package.
        name: String,
        /// What was asked for.
        wanted: String,
        /// The versions that are nearest to it, ordered.
        nearest: Vec<Version>,
    },
    /// All that were published were taken back.
    #[error(
        "every version {wanted} of `{name}` was yanked; to plan for one all the same, name it in full: {}",
        list(versions)
    )]
    Yanked {
        /// The package.
        name: String,
        /// What was asked for.
        wanted: String,
        /// Those that were taken back, ordered.
        versions: Vec<Version>,
    },
    /// The project is there already, or past it.
    #[error("`{name}` is at {from}, and {to} is not newer; name a later version")]
    NotNewer {
        /// The package.
        name: String,
        /// The version in use.
        from: Version,
        /// What was asked for.
        to: Version,
    },
    /// What versions there are is not known here.
    #[error(
        "which versions {wanted} of `{name}` there are is not known offline; name one in full, as `{name}@1.2.3`, or let cargo look by `cargo info {name}`"
    )]
    NoIndex {
        /// The package.
        name: String,
        /// What was asked for.
        wanted: String,
    },
    /// The version in use cannot be told.
    #[error(
        "which version of `{name}` is in use is not known: there is neither a lock file nor a requirement that names one; make a lock file by `cargo generate-lockfile`"
    )]
    NoVersionInUse {
        /// The package.
        name: String,
    },
}

impl TargetError {
    /// The code under which the host tells it.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::NoIndex { .. } => ErrorCode::Unavailable,
            _ => ErrorCode::InvalidInput,
        }
    }
}

/// Finds what a wish means for a project.
///
/// # Errors
/// Where there is nothing that could move so; see [`TargetError`].
pub fn resolve(
    tree: &Tree<'_>,
    wanted: &CrateTarget,
    index: &dyn Index,
) -> Result<Resolved, TargetError> {
    let needs = tree.needs_of(&wanted.name);
    let name = match needs.first() {
        Some(need) => need.package.clone(),
        None => return Err(from::absent(tree, &wanted.name)),
    };
    let releases = index.releases(&name);
    let known = releases.as_deref().unwrap_or_default();
    let after = to::after(&name, &wanted.version, releases.as_deref())?;
    let before = from::before(tree, &name, &needs, known);
    if before.is_empty() {
        return Err(TargetError::NoVersionInUse { name });
    }
    let family = Family::of(&after.version);
    let moves = |it: &&Before| it.version < after.version && Family::of(&it.version) != family;
    let Some(moving) = before.iter().filter(moves).max_by_key(|it| &it.version) else {
        return compatible(name, &before, after.version);
    };
    let mut notes = moving.notes.clone();
    notes.extend(others(&name, &before, moving));
    notes.extend(after.notes);
    Ok(Resolved::Moves(Move {
        from: moving.version.clone(),
        to: after.version,
        is_yanked: after.is_yanked,
        origin: moving.origin,
        is_certain: moving.is_certain && after.is_certain,
        name,
        notes,
    }))
}

impl Tree<'_> {
    /// What packages of the project ask of a package of others or, by a path, of another of
    /// the project's.
    fn needs_of(&self, name: &str) -> Vec<Need> {
        let packages = 0..self.packages.manifests.len();
        let needs = packages.flat_map(|package| self.packages.needs(package));
        needs.filter(|need| is_same(&need.package, name)).collect()
    }

    /// All that packages of the project ask of packages of others, by package.
    pub fn direct(&self) -> BTreeMap<String, Vec<Need>> {
        let mut direct: BTreeMap<String, Vec<Need>> = BTreeMap::new();
        for package in 0..self.packages.manifests.len() {
            let needs = self.packages.needs(package).into_iter();
            for need in needs.filter(|need| need.path.is_none()) {
                direct.entry(need.package.clone()).or_default().push(need);
            }
        }
        let own = self.packages.manifests.iter();
        for name in own.filter_map(|manifest| manifest.package.as_ref()) {
            direct.remove(name);
        }
        direct
    }
}

impl fmt::Display for Compatible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, from, to } = self;
        write!(
            f,
            "{from} -> {to} is compatible: `cargo update -p {name}` is all"
        )
    }
}

/// Whether two names are of one package.
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    let plain = |name: &str| name.replace('-', "_").to_ascii_lowercase();
    plain(one) == plain(other)
}

/// That nothing breaks, or that there is nothing to move.
fn compatible(name: String, before: &[Before], to: Version) -> Result<Resolved, TargetError> {
    let family = Family::of(&to);
    let behind = before
        .iter()
        .filter(|it| it.version < to && Family::of(&it.version) == family);
    if let Some(behind) = behind.min_by_key(|it| &it.version) {
        let from = behind.version.clone();
        return Ok(Resolved::Compatible(Compatible { name, from, to }));
    }
    let newest = before.iter().map(|it| &it.version).max();
    let from = newest.cloned().unwrap_or_else(|| to.clone());
    Err(TargetError::NotNewer { name, from, to })
}

/// That other versions are in use as well.
fn others(name: &str, before: &[Before], moving: &Before) -> Option<String> {
    let others = before.iter().filter(|it| it.version != moving.version);
    let others: Vec<String> = others.map(|it| it.version.to_string()).collect();
    let others = (!others.is_empty()).then(|| others.join(", "))?;
    Some(format!(
        "the workspace also uses `{name}` {others}; the plan is for what is at {}",
        moving.version
    ))
}

fn mend(similar: Option<&str>) -> String {
    match similar {
        Some(similar) => format!("; did you mean `{similar}`?"),
        None => "; name one that stands in a Cargo.toml".to_owned(),
    }
}

fn nearest_of(nearest: &[Version]) -> String {
    match nearest {
        [] => "nothing was published under that name".to_owned(),
        all => format!("the nearest are {}", list(all)),
    }
}

fn list(versions: &[Version]) -> String {
    let all: Vec<String> = versions.iter().map(Version::to_string).collect();
    all.join(", ")
}

#[cfg(test)]
mod tests;
