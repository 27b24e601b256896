//! What cargo's copy of an index says, as releases.

use std::collections::BTreeSet;

use guildhall_source::cargo::{IndexEntry, IndexNeed, NeedKind};
use semver::{Version, VersionReq};

use crate::registry::{Release, ReleaseNeed, requirement};

/// The releases, ordered by version. One whose version cannot be read is no release.
pub(super) fn releases(entries: Vec<IndexEntry>) -> Vec<Release> {
    let mut releases: Vec<Release> = entries.into_iter().filter_map(release).collect();
    releases.sort_by(|one, other| one.version.cmp(&other.version));
    releases
}

fn release(entry: IndexEntry) -> Option<Release> {
    let version = Version::parse(&entry.version).ok()?;
    let features = features(&entry);
    let needs = entry.needs.into_iter();
    let needs = needs.filter(|need| need.kind != NeedKind::Development);
    Some(Release {
        version,
        is_yanked: entry.is_yanked,
        rust_version: entry.rust_version,
        features,
        needs: needs
            .map(|need| ReleaseNeed {
                requirement: requirement(&need.requirement).unwrap_or(VersionReq::STAR),
                package: need.package,
                is_optional: need.is_optional,
            })
            .collect(),
    })
}

/// The names of its features. A dependency that may be left out is one too, unless a feature
/// speaks of it as a dependency.
fn features(entry: &IndexEntry) -> BTreeSet<String> {
    let switched: BTreeSet<&str> = entry
        .features
        .values()
        .flatten()
        .filter_map(|what| what.strip_prefix("dep:"))
        .collect();
    let is_feature = |need: &&IndexNeed| {
        need.is_optional
            && need.kind != NeedKind::Development
            && !switched.contains(need.key.as_str())
    };
    let optional = entry.needs.iter().filter(is_feature);
    let optional = optional.map(|need| need.key.clone());
    entry.features.keys().cloned().chain(optional).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn need(key: &str, kind: NeedKind, is_optional: bool) -> IndexNeed {
        IndexNeed {
            key: key.to_owned(),
            package: key.to_owned(),
            requirement: "^1".to_owned(),
            kind,
            is_optional,
        }
    }

    fn entry(version: &str) -> IndexEntry {
        IndexEntry {
            version: version.to_owned(),
            needs: vec![
                need("serde", NeedKind::Normal, true),
                need("log", NeedKind::Normal, true),
                need("tests", NeedKind::Development, false),
                need("cc", NeedKind::Build, false),
            ],
            features: BTreeMap::from([("std".to_owned(), vec!["dep:log".to_owned()])]),
            is_yanked: false,
            rust_version: None,
        }
    }

    #[test]
    fn releases_are_ordered_by_version_and_not_by_day() {
        let entries = ["0.9.0", "0.10.0", "no version", "0.2.0"].map(entry);
        let releases = releases(entries.into());
        let versions: Vec<String> = releases.iter().map(|it| it.version.to_string()).collect();
        assert_eq!(versions, ["0.2.0", "0.9.0", "0.10.0"]);
    }

    #[test]
    fn what_only_tests_need_is_not_needed_and_what_may_be_left_out_is_a_feature() {
        let release = release(entry("1.0.0")).unwrap();
        let needs: Vec<&str> = release.needs.iter().map(|it| it.package.as_str()).collect();
        assert_eq!(needs, ["serde", "log", "cc"]);
        let features: Vec<&str> = release.features.iter().map(String::as_str).collect();
        assert_eq!(features, ["serde", "std"]);
    }
}
