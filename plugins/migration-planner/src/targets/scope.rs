//! What a plan says of a crate that moves: its features, and the Rust that it needs.

use std::collections::BTreeSet;

use semver::Version;

use super::{Move, Tree};
use crate::plan::{FeatureChange, FeatureFate, RustVersions, Target, TargetKind};
use crate::registry::{Index, Release};

/// How alike a feature that is gone and a new one must be for the one to have become the
/// other, from nought to one.
const ALIKE: f64 = 0.85;

/// The scope of a move: what the project asks of the crate and will not find, and the oldest
/// Rust of both versions.
pub fn scope(tree: &Tree<'_>, moving: &Move, index: &dyn Index) -> Target {
    let releases = index.known(&moving.name).unwrap_or_default();
    let rust_of = |version: &Version| {
        let mut releases = releases.iter();
        releases
            .find(|it| it.version == *version)?
            .rust_version
            .clone()
    };
    Target {
        name: moving.name.clone(),
        from: moving.from.to_string(),
        to: moving.to.to_string(),
        kind: TargetKind::Crate,
        source: Some(moving.origin),
        features: features(tree, &moving.name, &moving.from, &moving.to, index),
        rust_version: RustVersions {
            old: rust_of(&moving.from),
            new: rust_of(&moving.to),
            yours: promised(tree, &moving.name),
        },
        yanked: moving.is_yanked,
        likely: !moving.is_certain,
    }
}

/// The features that the project asks of a package and that its new version does not have, as
/// far as an index knows both versions.
pub fn features(
    tree: &Tree<'_>,
    name: &str,
    from: &Version,
    to: &Version,
    index: &dyn Index,
) -> Vec<FeatureChange> {
    let releases = index.known(name).unwrap_or_default();
    let of = |version: &Version| releases.iter().find(|it| it.version == *version);
    match (of(from), of(to)) {
        (Some(old), Some(new)) => lost(&asked(tree, name), old, new),
        _ => Vec::new(),
    }
}

/// The features that the project asks of a package.
fn asked(tree: &Tree<'_>, name: &str) -> BTreeSet<String> {
    let needs = tree.needs_of(name).into_iter();
    needs.flat_map(|need| need.features).collect()
}

/// Those that the new version does not have.
fn lost(asked: &BTreeSet<String>, old: &Release, new: &Release) -> Vec<FeatureChange> {
    let gone = asked.iter().filter(|name| !new.features.contains(*name));
    let fresh: Vec<&str> = new
        .features
        .difference(&old.features)
        .map(String::as_str)
        .collect();
    gone.map(|name| {
        let to = successor(name, &fresh);
        FeatureChange {
            name: name.clone(),
            change: match to {
                Some(_) => FeatureFate::Renamed,
                None => FeatureFate::Gone,
            },
            to,
        }
    })
    .collect()
}

/// The one new feature that has nearly the same name.
fn successor(name: &str, fresh: &[&str]) -> Option<String> {
    let alike = |other: &&&str| strsim::jaro_winkler(name, other) >= ALIKE;
    let mut alike = fresh.iter().filter(alike);
    let first = alike.next()?;
    alike.next().is_none().then(|| (*first).to_owned())
}

/// The oldest Rust that a package which uses the crate promises.
fn promised(tree: &Tree<'_>, name: &str) -> Option<String> {
    let packages = tree.packages;
    let users = (0..packages.manifests.len()).filter(|at| {
        let needs = packages.needs(*at);
        needs.iter().any(|need| super::is_same(&need.package, name))
    });
    let promised = users.filter_map(|at| packages.rust_version(at));
    promised.min_by_key(|text| numbers(text)).map(str::to_owned)
}

/// The numbers of a version of Rust, of which the last may be left out.
fn numbers(text: &str) -> Vec<u64> {
    let parts = text.split('.').map(|part| part.parse().unwrap_or(0));
    parts.collect()
}
