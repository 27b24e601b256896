//! The later version of a package that takes the new versions of what moves.

use semver::Version;

use super::{Moving, is_front};
use crate::registry::{Index, Release, lowest};
use crate::targets::is_same;

/// What is looked for: a version of this package for all of these.
pub(super) struct Later<'a> {
    pub(super) name: &'a str,
    pub(super) index: &'a dyn Index,
    pub(super) moving: &'a [Moving],
}

impl Later<'_> {
    /// Whether the version in use takes the new versions as well, so that it can stay.
    pub(super) fn is_ready(&self, releases: &[Release], version: &Version) -> bool {
        let mut same = releases.iter().filter(|it| it.version == *version);
        same.any(|release| self.has_moved(release))
    }

    /// The lowest later version that has moved. One that is not finished is taken only where
    /// there is no other.
    pub(super) fn first(&self, releases: &[Release], version: &Version) -> Option<Version> {
        let later = |it: &&Release| it.version > *version && !it.is_yanked;
        let mut moved = releases
            .iter()
            .filter(later)
            .filter(|it| self.has_moved(it));
        let first = moved.next()?;
        let mut all = std::iter::once(first).chain(moved);
        let finished = all.find(|it| it.version.pre.is_empty());
        Some(finished.unwrap_or(first).version.clone())
    }

    /// Whether it needs at least one of what moves, and none of it only as it was.
    fn has_moved(&self, release: &Release) -> bool {
        let taken: Vec<Option<bool>> = self
            .moving
            .iter()
            .map(|moving| self.taken(release, moving))
            .collect();
        taken.iter().all(|it| *it != Some(false)) && taken.contains(&Some(true))
    }

    /// Whether it takes the new version, itself or through what it is the front of.
    pub(super) fn taken(&self, release: &Release, moving: &Moving) -> Option<bool> {
        self.takes(release, moving)
            .or_else(|| self.takes_behind(release, moving))
    }

    /// Whether it takes the new version; `None` where it does not need the crate. It may need
    /// several versions side by side.
    fn takes(&self, release: &Release, moving: &Moving) -> Option<bool> {
        let known = self.index.known(&moving.name).unwrap_or_default();
        let needs = release.needs.iter();
        let needs = needs.filter(|need| is_same(&need.package, &moving.name));
        let taken = needs.map(|need| moving.to.is_taken_by(&need.requirement, &known));
        taken.reduce(|one, other| one || other)
    }

    /// The same of the packages that it is the front of.
    fn takes_behind(&self, release: &Release, moving: &Moving) -> Option<bool> {
        let needs = release.needs.iter();
        let behind = needs.filter(|need| is_front(self.name, &need.package));
        let taken = behind.filter_map(|need| {
            let known = self.index.known(&need.package)?;
            self.takes(lowest(&need.requirement, &known)?, moving)
        });
        taken.reduce(|one, other| one && other)
    }
}
