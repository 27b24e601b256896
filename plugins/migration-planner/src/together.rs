//! What has to move along with the crates that move, and what cannot.
//!
//! A direct dependency that shows types of a moving crate in its own API hands them to us, so
//! after the move its types and ours are two different ones. Where it has a later version for
//! the new types it is a companion; where it has none it is a blocker, and values have to be
//! converted wherever they meet it.
//!
//! Values only: who needs whom is in the lock file, later versions are in the [`Index`], and
//! what a version shows is asked of the caller. [`Together::unknown`] has what none of them
//! could tell.

mod later;

use std::collections::{BTreeMap, BTreeSet};

use guildhall_source::cargo::{Lock, Need};
use semver::Version;

use crate::plan::{Blocker, Companion, Found, Shown, Way};
use crate::registry::{Family, Index, Release, lowest, requirement};
use crate::targets::{Move, Tree, is_same, locked_of};
use later::Later;

/// How often a companion may bring others: each round takes in those that show types of what
/// the round before has found.
const ROUNDS: u32 = 3;

/// Which items of a package (the last argument) a version of another (the first two) shows in
/// its public API; `None` where its sources are not there.
pub type Shows<'a> = dyn Fn(&str, &Version, &str) -> Option<Vec<Shown>> + 'a;

/// What moves along, and what does not; each ordered by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Together {
    /// What has to move along.
    pub companions: Vec<Companion>,
    /// What exchanges types with us and has no version that could move along.
    pub blockers: Vec<Blocker>,
    /// Packages that depend on what moves and of which nothing could be found out; a plan with
    /// any is not complete.
    pub unknown: Vec<String>,
}

/// Finds the companions and the blockers of crates that move.
pub fn together(tree: &Tree<'_>, moves: &[Move], index: &dyn Index, shows: &Shows<'_>) -> Together {
    let mut search = Search::new(tree.lock, moves, index, shows);
    let direct = tree.direct();
    for _ in 0..ROUNDS {
        let moving = search.moving.len();
        for (name, needs) in &direct {
            search.look_at(name, needs);
        }
        if search.moving.len() == moving {
            break;
        }
    }
    search.found
}

/// Whether a release takes the versions of a family of a package, which it needs itself or
/// through one that it is the front of; `None` where it does not need it.
pub fn takes(
    index: &dyn Index,
    name: &str,
    release: &Release,
    needed: &str,
    family: Family,
) -> Option<bool> {
    let moving = Moving {
        name: needed.to_owned(),
        from: family,
        to: family,
    };
    let later = Later {
        name,
        index,
        moving: &[],
    };
    later.taken(release, &moving)
}

/// A crate that moves.
#[derive(Debug, Clone)]
struct Moving {
    name: String,
    from: Family,
    to: Family,
}

/// A dependency that hands out types of crates that move, and which.
#[derive(Debug, Default)]
struct Hit {
    moving: Vec<Moving>,
    shown: BTreeSet<Shown>,
}

struct Search<'a> {
    lock: Option<&'a Lock>,
    index: &'a dyn Index,
    shows: &'a Shows<'a>,
    moving: Vec<Moving>,
    /// What has been decided and need not be looked at again.
    settled: BTreeSet<String>,
    /// What the caller said of what is shown, by package, version and the other package.
    said: BTreeMap<(String, Version, String), Option<Vec<Shown>>>,
    found: Together,
}

impl<'a> Search<'a> {
    fn new(
        lock: Option<&'a Lock>,
        moves: &[Move],
        index: &'a dyn Index,
        shows: &'a Shows<'a>,
    ) -> Self {
        let moving = moves.iter().map(|it| Moving {
            name: it.name.clone(),
            from: Family::of(&it.from),
            to: Family::of(&it.to),
        });
        Self {
            lock,
            index,
            shows,
            moving: moving.collect(),
            settled: moves.iter().map(|it| it.name.clone()).collect(),
            said: BTreeMap::new(),
            found: Together::default(),
        }
    }

    /// Decides about one direct dependency, as far as that can be done now.
    fn look_at(&mut self, name: &str, needs: &[Need]) {
        if self.settled.contains(name) {
            return;
        }
        let Some(version) = self.in_use(name, needs) else {
            return;
        };
        let needed = self.needed_by(name, &version);
        let Some(hit) = self.hit(name, &version, &needed) else {
            self.found.unknown.push(name.to_owned());
            self.settled.insert(name.to_owned());
            return;
        };
        if !hit.moving.is_empty() {
            self.settled.insert(name.to_owned());
            self.decide(name, version, hit);
        }
    }

    /// The version of a dependency that is in use; `None` for one that cannot be concerned, or
    /// of which nothing is known.
    fn in_use(&self, name: &str, needs: &[Need]) -> Option<Version> {
        if let Some(lock) = self.lock {
            let locked = needs.iter().filter_map(|need| locked_of(lock, name, need));
            let locked = locked.filter(|(_, package)| package.source.is_some());
            return locked.map(|(version, _)| version).max();
        }
        // Without a lock file only the index tells who needs whom. Nobody is asked about
        // everything: what is related by its name, and else what was looked at before.
        let is_related = self.moving.iter().any(|it| shares_a_word(&it.name, name));
        let releases = match is_related {
            true => self.index.releases(name),
            false => self.index.known(name),
        }?;
        let wanted = needs.iter().filter_map(|need| need.requirement.as_deref());
        let wanted = wanted.filter_map(requirement);
        let lowest = wanted.filter_map(|wanted| lowest(&wanted, &releases));
        lowest.map(|release| release.version.clone()).max()
    }

    /// What a version needs, with the versions that are meant.
    fn needed_by(&self, name: &str, version: &Version) -> Vec<(String, Version)> {
        match self.lock {
            Some(lock) => locked_needs(lock, name, version),
            None => self.released_needs(name, version).unwrap_or_default(),
        }
    }

    fn released_needs(&self, name: &str, version: &Version) -> Option<Vec<(String, Version)>> {
        let releases = self.index.known(name)?;
        let release = releases.iter().find(|it| it.version == *version)?;
        let needs = release.needs.iter().filter_map(|need| {
            let known = self.index.known(&need.package)?;
            let version = lowest(&need.requirement, &known)?.version.clone();
            Some((need.package.clone(), version))
        });
        Some(needs.collect())
    }

    /// Which of the moving crates' types a dependency shows, itself or through a package that
    /// it is the front of. `None` where its sources are not there.
    fn hit(&mut self, name: &str, version: &Version, needed: &[(String, Version)]) -> Option<Hit> {
        let mut hit = Hit::default();
        let mut is_unknown = false;
        for moving in self.on_the_old(needed) {
            match self.shown(name, version, &moving.name) {
                None => is_unknown = true,
                Some(shown) if shown.is_empty() => {}
                Some(shown) => hit.add(moving, shown),
            }
        }
        if hit.moving.is_empty() {
            for (behind, version) in needed.iter().filter(|(it, _)| is_front(name, it)) {
                let further = self.needed_by(behind, version);
                for moving in self.on_the_old(&further) {
                    let shown = self.shown(behind, version, &moving.name);
                    is_unknown |= shown.is_none();
                    if let Some(shown) = shown.filter(|it| !it.is_empty()) {
                        hit.add(moving, shown);
                    }
                }
            }
        }
        (!is_unknown || !hit.moving.is_empty()).then_some(hit)
    }

    /// Those of the moving crates that are needed as they were before.
    fn on_the_old(&self, needed: &[(String, Version)]) -> Vec<Moving> {
        let is_needed = |moving: &&Moving| {
            let mut named = needed
                .iter()
                .filter(|(name, _)| is_same(name, &moving.name));
            named.any(|(_, version)| Family::of(version) == moving.from)
        };
        self.moving.iter().filter(is_needed).cloned().collect()
    }

    fn shown(&mut self, name: &str, version: &Version, of: &str) -> Option<Vec<Shown>> {
        let key = (name.to_owned(), version.clone(), of.to_owned());
        let shows = self.shows;
        let said = self.said.entry(key);
        said.or_insert_with(|| shows(name, version, of)).clone()
    }

    /// What becomes of a dependency that has to move.
    fn decide(&mut self, name: &str, version: Version, hit: Hit) {
        let later = Later {
            name,
            index: self.index,
            moving: &hit.moving,
        };
        let Some(releases) = self.index.releases(name) else {
            self.found.unknown.push(name.to_owned());
            return self.companion(name, &version, None, hit);
        };
        if later.is_ready(&releases, &version) {
            return;
        }
        match later.first(&releases, &version) {
            Some(next) if Family::of(&next) == Family::of(&version) => {}
            Some(next) => self.companion(name, &version, Some(next), hit),
            None => {
                let is_newest = releases
                    .iter()
                    .all(|it| it.is_yanked || it.version <= version);
                self.blocker(name, &version, is_newest, &hit);
            }
        }
    }

    fn companion(&mut self, name: &str, from: &Version, to: Option<Version>, hit: Hit) {
        if let Some(to) = &to {
            self.moving.push(Moving {
                name: name.to_owned(),
                from: Family::of(from),
                to: Family::of(to),
            });
        }
        let found = match to {
            Some(_) => Found::Index,
            None => Found::Unknown,
        };
        let companion = Companion {
            name: name.to_owned(),
            from: from.to_string(),
            to: to.map(|it| it.to_string()),
            because: hit.shown.into_iter().collect(),
            found,
        };
        let all = &mut self.found.companions;
        let place = all.partition_point(|it| it.name < companion.name);
        all.insert(place, companion);
    }

    /// One entry for each crate that is held back.
    fn blocker(&mut self, name: &str, version: &Version, is_newest: bool, hit: &Hit) {
        let mut ways = vec![Way::TwoMajors, Way::Wait];
        // Nothing was published after it, so nothing says that waiting will help.
        if is_newest {
            ways.push(Way::Replace);
        }
        for moving in &hit.moving {
            let of_it = hit
                .shown
                .iter()
                .filter(|it| is_same(&it.name, &moving.name));
            let exposes: BTreeSet<String> = of_it.map(|it| it.item.clone()).collect();
            let blocker = Blocker {
                name: name.to_owned(),
                version: version.to_string(),
                holds: moving.name.clone(),
                exposes: exposes.into_iter().collect(),
                ways: ways.clone(),
            };
            let all = &mut self.found.blockers;
            let key = |it: &Blocker| (it.name.clone(), it.holds.clone());
            let place = all.partition_point(|it| key(it) < key(&blocker));
            all.insert(place, blocker);
        }
    }
}

impl Hit {
    fn add(&mut self, moving: Moving, shown: Vec<Shown>) {
        self.shown.extend(shown);
        if self.moving.iter().all(|known| known.name != moving.name) {
            self.moving.push(moving);
        }
    }
}

/// What the lock file says that a version needs.
fn locked_needs(lock: &Lock, name: &str, version: &Version) -> Vec<(String, Version)> {
    let written = version.to_string();
    let is_it = |it: &&guildhall_source::cargo::Locked| {
        is_same(&it.name, name) && it.version == written && it.source.is_some()
    };
    let package = lock.packages.iter().find(is_it);
    let needs = package.into_iter().flat_map(|package| &package.needs);
    let needs = needs.filter_map(|at| {
        let package = lock.packages.get(*at)?;
        Some((package.name.clone(), Version::parse(&package.version).ok()?))
    });
    needs.collect()
}

/// Whether a package may be the front of another, as actix-web is of actix-http: both begin
/// with the same word.
fn is_front(name: &str, behind: &str) -> bool {
    words(name).next() == words(behind).next()
}

fn shares_a_word(one: &str, other: &str) -> bool {
    words(one).any(|word| words(other).any(|other| other == word))
}

fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(['-', '_']).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests;
