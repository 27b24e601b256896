//! What a registry offers: the versions of a package, and what each of them needs.
//!
//! Values only. Where they come from, cargo's own copy of the index, is a matter of whoever
//! offers an [`Index`]; what that copy does not understand is not known here either.

use std::collections::BTreeSet;
use std::sync::Arc;

use semver::{Comparator, Op, Version, VersionReq};

/// A version of a package, as its registry tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// The version.
    pub version: Version,
    /// Whether its publisher took it back.
    pub is_yanked: bool,
    /// The oldest Rust that it says it needs.
    pub rust_version: Option<String>,
    /// The names of its features.
    pub features: BTreeSet<String>,
    /// What it needs to be built; what only its tests need is left out.
    pub needs: Vec<ReleaseNeed>,
}

/// What a version of a package needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseNeed {
    /// The package.
    pub package: String,
    /// Which versions of it are taken.
    pub requirement: VersionReq,
    /// Whether only a feature asks for it.
    pub is_optional: bool,
}

/// Where the versions of packages are told.
///
/// In names `-` and `_` count as one, as for registries. Answers are ordered by version and
/// stay the same while a plan is made.
pub trait Index {
    /// The versions that are known without asking anybody.
    fn known(&self, package: &str) -> Option<Arc<[Release]>>;

    /// The versions, for which others may be asked.
    fn releases(&self, package: &str) -> Option<Arc<[Release]>>;
}

/// The versions that may take one another's place: what must not change is the first of the
/// three numbers that is not nought. Between two families a change may break.
///
/// ```
/// use migration_planner::registry::Family;
/// use semver::Version;
///
/// let of = |text: &str| Family::of(&Version::parse(text).unwrap());
/// assert_eq!(of("1.2.3"), of("1.9.0"));
/// assert_ne!(of("0.8.5"), of("0.9.0"));
/// assert_ne!(of("0.0.1"), of("0.0.2"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Family {
    major: u64,
    minor: u64,
    patch: u64,
}

impl Family {
    /// That of a version.
    pub const fn of(version: &Version) -> Self {
        let (major, minor, patch) = (version.major, version.minor, version.patch);
        match (major, minor) {
            (0, 0) => Self {
                major,
                minor,
                patch,
            },
            (0, _) => Self {
                major,
                minor,
                patch: 0,
            },
            _ => Self {
                major,
                minor: 0,
                patch: 0,
            },
        }
    }

    /// Whether a requirement takes a version of this family: one of those that are `known`, or
    /// the one that the requirement names.
    pub fn is_taken_by(self, requirement: &VersionReq, known: &[Release]) -> bool {
        let takes = |release: &Release| {
            Self::of(&release.version) == self && requirement.matches(&release.version)
        };
        let named = requirement.comparators.iter().filter_map(named);
        let mut named = named.filter(|version| requirement.matches(version));
        known.iter().any(takes) || named.any(|version| Self::of(&version) == self)
    }
}

/// Reads a requirement, also one whose parts have only spaces between them, as old manifests
/// may have it.
///
/// ```
/// use migration_planner::registry::requirement;
///
/// assert!(requirement(">=0.8 <0.10").unwrap().matches(&"0.9.1".parse().unwrap()));
/// assert_eq!(requirement("the newest"), None);
/// ```
pub fn requirement(text: &str) -> Option<VersionReq> {
    if let Ok(requirement) = VersionReq::parse(text) {
        return Some(requirement);
    }
    let parts: Vec<&str> = text.split([' ', ',']).filter(|it| !it.is_empty()).collect();
    VersionReq::parse(&parts.join(", ")).ok()
}

/// The lowest version that a requirement takes; one that was taken back only where it is the
/// very one that the requirement names and nothing else fits.
pub fn lowest<'a>(requirement: &VersionReq, releases: &'a [Release]) -> Option<&'a Release> {
    let fits = |release: &&Release| requirement.matches(&release.version);
    let offered = || releases.iter().filter(fits);
    offered()
        .find(|release| !release.is_yanked)
        .or_else(|| offered().next())
}

/// The newest version that a requirement takes and that was not taken back.
pub fn newest<'a>(requirement: &VersionReq, releases: &'a [Release]) -> Option<&'a Release> {
    let fits = |release: &&Release| requirement.matches(&release.version) && !release.is_yanked;
    releases.iter().rev().find(fits)
}

/// The version that a part of a requirement is written with, where it is a lower bound.
fn named(comparator: &Comparator) -> Option<Version> {
    let is_bound = matches!(
        comparator.op,
        Op::Exact | Op::GreaterEq | Op::Tilde | Op::Caret | Op::Wildcard
    );
    is_bound.then(|| Version {
        pre: comparator.pre.clone(),
        ..Version::new(
            comparator.major,
            comparator.minor.unwrap_or(0),
            comparator.patch.unwrap_or(0),
        )
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// An index that was written down: each release with its needs.
    #[derive(Debug, Default)]
    pub(crate) struct Written(BTreeMap<String, Vec<Release>>);

    impl Written {
        /// Adds `package version`, with `!` behind it where it was taken back, and its needs as
        /// `package requirement`.
        pub(crate) fn with(mut self, release: &str, needs: &[&str]) -> Self {
            let (package, version) = release.split_once(' ').unwrap();
            let is_yanked = version.ends_with('!');
            let need = |need: &&str| {
                let (package, wanted) = need.split_once(' ').unwrap();
                ReleaseNeed {
                    package: package.to_owned(),
                    requirement: requirement(wanted).unwrap(),
                    is_optional: false,
                }
            };
            let releases = self.0.entry(package.to_owned()).or_default();
            releases.push(Release {
                version: Version::parse(version.trim_end_matches('!')).unwrap(),
                is_yanked,
                rust_version: None,
                features: BTreeSet::new(),
                needs: needs.iter().map(need).collect(),
            });
            releases.sort_by(|one, other| one.version.cmp(&other.version));
            self
        }

        /// Gives a release features and the oldest Rust that it needs.
        pub(crate) fn with_features(
            mut self,
            release: &str,
            features: &[&str],
            rust_version: Option<&str>,
        ) -> Self {
            let (package, version) = release.split_once(' ').unwrap();
            let releases = self.0.get_mut(package).unwrap().iter_mut();
            let mut found = releases.filter(|it| it.version.to_string() == version);
            let release = found.next().unwrap();
            release.features = features.iter().map(|it| (*it).to_owned()).collect();
            release.rust_version = rust_version.map(str::to_owned);
            self
        }
    }

    impl Index for Written {
        fn known(&self, package: &str) -> Option<Arc<[Release]>> {
            self.0.get(package).map(|all| all.clone().into())
        }

        fn releases(&self, package: &str) -> Option<Arc<[Release]>> {
            self.known(package)
        }
    }

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap()
    }

    fn releases(all: &[&str]) -> Arc<[Release]> {
        let add = |index: Written, release: &&str| index.with(&format!("a {release}"), &[]);
        all.iter()
            .fold(Written::default(), add)
            .known("a")
            .unwrap_or_default()
    }

    #[test]
    fn the_lowest_version_of_a_requirement_is_itself() {
        let all = releases(&["0.8.0", "0.9.0", "0.9.1", "1.0.0"]);
        let lowest = |wanted: &str| lowest(&requirement(wanted).unwrap(), &all).unwrap();
        assert_eq!(lowest("0.9").version, version("0.9.0"));
        assert_eq!(lowest("0.9.1").version, version("0.9.1"));
        assert_eq!(lowest(">0.9.0").version, version("0.9.1"));
    }

    #[test]
    fn what_was_taken_back_is_passed_over_where_anything_else_fits() {
        let all = releases(&["0.6.0!", "0.6.1", "0.6.2!", "0.7.0!"]);
        let of = |wanted: &str| requirement(wanted).unwrap();
        assert_eq!(lowest(&of("0.6"), &all).unwrap().version, version("0.6.1"));
        assert_eq!(newest(&of("0.6"), &all).unwrap().version, version("0.6.1"));
        assert_eq!(lowest(&of("0.7"), &all).unwrap().version, version("0.7.0"));
        assert_eq!(newest(&of("0.7"), &all), None);
    }

    #[test]
    fn a_range_takes_all_the_families_that_have_a_version_in_it() {
        let all = releases(&["0.8.0", "0.9.3", "0.10.0"]);
        let range = requirement(">=0.8, <0.10").unwrap();
        let taken = |text: &str, known| Family::of(&version(text)).is_taken_by(&range, known);
        assert!(taken("0.8.7", &[]) && taken("0.9.0", &all));
        assert!(!taken("0.10.0", &all));
        assert!(!taken("0.9.0", &[]), "nobody said that there is one");
    }

    #[test]
    fn a_requirement_of_a_release_candidate_takes_its_family() {
        let wanted = requirement("0.6.0-alpha1").unwrap();
        assert!(Family::of(&version("0.6.0")).is_taken_by(&wanted, &[]));
        assert!(!Family::of(&version("0.5.0")).is_taken_by(&wanted, &[]));
    }

    proptest! {
        #[test]
        fn any_text_as_a_requirement_is_survived(text in ".{0,40}") {
            let _ = requirement(&text);
        }

        #[test]
        fn a_plain_requirement_takes_exactly_its_own_family(
            a in 0_u64..3, b in 0_u64..3, c in 0_u64..3, x in 0_u64..3, y in 0_u64..3, z in 0_u64..3,
        ) {
            let wanted = requirement(&format!("{a}.{b}.{c}")).unwrap();
            let (own, other) = (Version::new(a, b, c), Version::new(x, y, z));
            prop_assert_eq!(
                Family::of(&other).is_taken_by(&wanted, &[]),
                Family::of(&own) == Family::of(&other)
            );
        }
    }
}
