//! The version that is meant by what the user wrote behind the `@`.

use semver::{Version, VersionReq};

use super::TargetError;
use crate::registry::{Release, newest};

/// How many versions are named where the one asked for does not exist.
const MOST_NEAREST: usize = 4;

/// The version to move to.
#[derive(Debug)]
pub(super) struct After {
    pub(super) version: Version,
    pub(super) is_yanked: bool,
    pub(super) is_certain: bool,
    pub(super) notes: Vec<String>,
}

/// What `wanted` means among the releases; `None` for those where they are not known.
pub(super) fn after(
    name: &str,
    wanted: &str,
    releases: Option<&[Release]>,
) -> Result<After, TargetError> {
    match Version::parse(wanted) {
        Ok(version) => exactly(name, version, releases),
        Err(_) => beginning_with(name, wanted, releases),
    }
}

/// A version given in full.
fn exactly(
    name: &str,
    version: Version,
    releases: Option<&[Release]>,
) -> Result<After, TargetError> {
    let Some(releases) = releases else {
        return Ok(After {
            notes: vec![format!(
                "whether there is a version {version} of `{name}` is not known offline"
            )],
            version,
            is_yanked: false,
            is_certain: false,
        });
    };
    let is_it = |release: &&Release| same_number(&release.version, &version);
    let Some(release) = releases.iter().find(is_it) else {
        return Err(TargetError::NoSuchVersion {
            name: name.to_owned(),
            nearest: nearest(&version, releases),
            wanted: version.to_string(),
        });
    };
    let yanked = format!("{version} of `{name}` was yanked by its publisher");
    Ok(After {
        version: release.version.clone(),
        is_yanked: release.is_yanked,
        is_certain: true,
        notes: release.is_yanked.then_some(yanked).into_iter().collect(),
    })
}

/// The newest version of those that begin so, as for a requirement of cargo's.
fn beginning_with(
    name: &str,
    wanted: &str,
    releases: Option<&[Release]>,
) -> Result<After, TargetError> {
    let (name, text) = (name.to_owned(), wanted.to_owned());
    let Some(releases) = releases else {
        return Err(TargetError::NoIndex { name, wanted: text });
    };
    // The request was read before, so it is one or two numbers.
    let wanted = VersionReq::parse(wanted).unwrap_or(VersionReq::STAR);
    if let Some(release) = newest(&wanted, releases) {
        return Ok(After {
            version: release.version.clone(),
            is_yanked: false,
            is_certain: true,
            notes: Vec::new(),
        });
    }
    let fit = releases.iter().filter(|it| wanted.matches(&it.version));
    let versions: Vec<Version> = fit.map(|it| it.version.clone()).collect();
    if !versions.is_empty() {
        return Err(TargetError::Yanked {
            name,
            wanted: text,
            versions,
        });
    }
    let first = wanted.comparators.first();
    let around = first.map(|it| Version::new(it.major, it.minor.unwrap_or(0), 0));
    let around = around.unwrap_or_else(|| Version::new(0, 0, 0));
    Err(TargetError::NoSuchVersion {
        name,
        wanted: text,
        nearest: nearest(&around, releases),
    })
}

/// Whether they differ in nothing but what was built, which no registry tells apart.
fn same_number(one: &Version, other: &Version) -> bool {
    one.cmp_precedence(other).is_eq()
}

/// The versions that lie around one that does not exist, half of them below it: of those that
/// were not taken back, ordered.
fn nearest(version: &Version, releases: &[Release]) -> Vec<Version> {
    let offered = releases.iter().filter(|release| !release.is_yanked);
    let offered: Vec<&Version> = offered.map(|release| &release.version).collect();
    let place = offered.partition_point(|it| *it < version);
    let half = MOST_NEAREST / 2;
    let start = place.saturating_sub(half.max(MOST_NEAREST.saturating_sub(offered.len() - place)));
    let around = offered.into_iter().skip(start).take(MOST_NEAREST);
    around.cloned().collect()
}
