//! The version of a dependency that is in use, and who brings one that nobody asks for.

use std::collections::{BTreeSet, VecDeque};

use guildhall_source::cargo::{Lock, Locked, Need};
use semver::{Version, VersionReq};

use super::{TargetError, Tree, is_same};
use crate::plan::TargetSource;
use crate::registry::{Release, lowest, requirement};

/// How alike two names must be for one to be meant by the other, from nought to one.
const SIMILAR: f64 = 0.8;

/// A version that is in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Before {
    pub(super) version: Version,
    pub(super) origin: TargetSource,
    pub(super) is_certain: bool,
    pub(super) notes: Vec<String>,
}

/// The versions in use, each once, ordered.
pub(super) fn before(
    tree: &Tree<'_>,
    name: &str,
    needs: &[Need],
    releases: &[Release],
) -> Vec<Before> {
    let mut all: Vec<Before> = Vec::new();
    for need in needs {
        let found = own(tree, need)
            .or_else(|| locked(tree.lock, name, need))
            .or_else(|| required(tree.lock, name, need, releases));
        let found = found.filter(|it| all.iter().all(|known| known.version != it.version));
        all.extend(found);
    }
    all.sort_by(|one, other| one.version.cmp(&other.version));
    all
}

/// Of a dependency by path: what its manifest says.
fn own(tree: &Tree<'_>, need: &Need) -> Option<Before> {
    let folder = need.path.as_deref()?;
    let manifests = tree.packages.manifests.iter();
    let at = manifests
        .enumerate()
        .find(|(_, manifest)| manifest.folder() == folder && manifest.package.is_some());
    let version = tree.packages.version(at?.0)?;
    Some(Before {
        version: Version::parse(version).ok()?,
        origin: TargetSource::Path,
        is_certain: true,
        notes: Vec::new(),
    })
}

/// The version that the lock file has for a need.
fn locked(lock: Option<&Lock>, name: &str, need: &Need) -> Option<Before> {
    let (version, package) = locked_of(lock?, name, need)?;
    let is_git = package
        .source
        .as_deref()
        .is_some_and(|it| it.starts_with("git+"));
    Some(Before {
        version,
        origin: match is_git {
            true => TargetSource::Git,
            false => TargetSource::Registry,
        },
        is_certain: true,
        notes: Vec::new(),
    })
}

/// What of the lock file a need is met by: the newest that fits.
pub(crate) fn locked_of<'a>(
    lock: &'a Lock,
    name: &str,
    need: &Need,
) -> Option<(Version, &'a Locked)> {
    let wanted = need.requirement.as_deref().and_then(requirement);
    let wanted = wanted.unwrap_or(VersionReq::STAR);
    let named = lock.packages.iter().filter(|it| is_same(&it.name, name));
    let fits = named.filter_map(|package| {
        let version = Version::parse(&package.version).ok()?;
        let is_any = need.requirement.is_none();
        (is_any || wanted.matches(&version)).then_some((version, package))
    });
    fits.max_by(|one, other| one.0.cmp(&other.0))
}

/// Without a lock file, or with one that does not fit: the lowest version that will do.
fn required(lock: Option<&Lock>, name: &str, need: &Need, releases: &[Release]) -> Option<Before> {
    let text = need.requirement.as_deref()?;
    let wanted = requirement(text)?;
    let version = match lowest(&wanted, releases) {
        Some(release) => release.version.clone(),
        None => written(&wanted)?,
    };
    let why = match lock {
        None => "there is no lock file",
        Some(_) => "the lock file has no version that fits",
    };
    Some(Before {
        notes: vec![format!(
            "{why}, so the lowest version of `{name}` that `{text}` takes is planned from: {version}"
        )],
        version,
        origin: TargetSource::Registry,
        is_certain: false,
    })
}

/// The version that a requirement is written with.
fn written(wanted: &VersionReq) -> Option<Version> {
    let first = wanted.comparators.first()?;
    let version = Version {
        pre: first.pre.clone(),
        ..Version::new(
            first.major,
            first.minor.unwrap_or(0),
            first.patch.unwrap_or(0),
        )
    };
    wanted.matches(&version).then_some(version)
}

/// Why there is no such dependency.
pub(super) fn absent(tree: &Tree<'_>, name: &str) -> TargetError {
    let direct = tree.direct();
    let through = tree.lock.and_then(|lock| {
        let is_direct = |it: &Locked| direct.keys().any(|direct| is_same(direct, &it.name));
        through(lock, name, is_direct)
    });
    if let Some((found, through)) = through {
        return TargetError::Through {
            name: found.name.clone(),
            through: through.name.clone(),
            version: through.version.clone(),
        };
    }
    let likeness = |known: &str| strsim::jaro_winkler(known, name);
    let similar = direct.keys().filter(|known| likeness(known) >= SIMILAR);
    let similar = similar.max_by(|one, other| likeness(one).total_cmp(&likeness(other)));
    TargetError::NotADependency {
        name: name.to_owned(),
        similar: similar.cloned(),
    }
}

/// The package of that name and the nearest of those that need it and are wanted themselves.
fn through<'a>(
    lock: &'a Lock,
    name: &str,
    is_direct: impl Fn(&Locked) -> bool,
) -> Option<(&'a Locked, &'a Locked)> {
    let found = lock
        .packages
        .iter()
        .position(|package| is_same(&package.name, name) && package.source.is_some())?;
    let mut queue = VecDeque::from([found]);
    let mut seen = BTreeSet::from([found]);
    while let Some(at) = queue.pop_front() {
        if at != found && is_direct(&lock.packages[at]) {
            return Some((&lock.packages[found], &lock.packages[at]));
        }
        let all = lock.packages.iter().enumerate();
        let users = all.filter(|(_, package)| package.needs.contains(&at));
        for (user, _) in users {
            if seen.insert(user) {
                queue.push_back(user);
            }
        }
    }
    None
}
