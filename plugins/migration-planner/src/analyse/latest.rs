//! All incompatible updates: the newest version of every direct dependency, the families that
//! move together, and a plan for each.

use std::collections::BTreeSet;

use semver::Version;

use super::sides::Exposures;
use super::{Planner, Ready, Wish, made};
use crate::latest::{Family, Force, Held, Update, Updates, VERSION, families};
use crate::plan::{After, Shown};
use crate::registry::{self, Index as _, Release};
use crate::request::CrateTarget;
use crate::sources::CrateSources;
use crate::targets::{Move, Resolved, Tree, is_same, resolve};
use crate::together::takes;
use crate::{PlanError, PlanRequest, seen};

/// The direct dependencies, sorted by whether there is something to plan.
#[derive(Default)]
struct Candidates {
    /// Those with an incompatible update, by name.
    moves: Vec<Move>,
    /// How many have none.
    current: u32,
    /// How many are not known.
    unknown: u32,
    notes: Vec<String>,
}

/// How the newest version of a crate stands to a new version of another.
enum Stance {
    /// It takes it.
    Takes,
    /// It does not need that crate any more.
    Leaves,
    /// It takes no newer one than this, which is incompatible with the one in use as well.
    TakesUpTo(Version),
    /// It still takes the version in use.
    Stays,
}

impl Planner<'_> {
    /// Plans for all incompatible updates.
    ///
    /// # Errors
    /// [`PlanError`] says why there are none. What only makes them incomplete stands in them.
    pub(super) fn latest(&self, request: &PlanRequest) -> Result<Updates, PlanError> {
        let is_alone = request.crates.is_empty() && request.edition.is_none();
        if !is_alone || request.wants_framework() {
            return Err(PlanError::LatestAndMore);
        }
        self.with_project(request, |ready| self.updates(ready, request.probe))
    }

    fn updates(&self, ready: &Ready<'_>, probes: bool) -> Result<Updates, PlanError> {
        let is_cancelled = || self.hooks.is_cancelled();
        self.hooks.says("the newest versions are looked up");
        let mut found = candidates(&ready.tree, ready.sources, &is_cancelled)?;
        let exposures = Exposures::new(ready.sources, &self.cache);
        let related = Related {
            ready,
            exposures: &exposures,
        };
        let held = related.lower(&mut found.moves)?;
        let forces = related.forces(&found.moves)?;
        let made = made::made(&ready.read.root, &ready.read.inputs, &is_cancelled);
        let mut plans: Vec<Update> = Vec::new();
        for family in families(found.moves.len(), &forces) {
            let moves: Vec<Move> = family
                .members
                .iter()
                .map(|at| found.moves[*at].clone())
                .collect();
            let wish = Wish {
                moves: &moves,
                compatible: &[],
                moved: &before(&family, &plans),
            };
            let mut plan = self.of_crates(ready, &exposures, &wish, probes)?;
            plan.made = made.clone();
            seen::note(&mut plan, &ready.read.root);
            let after = after(&family, &plans);
            plans.push(Update {
                id: moves[0].name.clone(),
                because: family.because,
                after,
                plan,
            });
        }
        if self.is_offline {
            found.notes.insert(0, OFFLINE.to_owned());
        }
        Ok(Updates {
            version: VERSION,
            complete: found.unknown == 0 && plans.iter().all(|it| it.plan.complete),
            offline: self.is_offline,
            current: found.current,
            plans,
            held,
            notes: found.notes,
        })
    }
}

const OFFLINE: &str = "the newest versions are those that cargo's copy of the index has, which may \
                       be old; without --offline cargo is asked for newer ones";

/// The crates that have moved when a family moves: those of the plans that come before it, and
/// before these.
fn before(family: &Family, plans: &[Update]) -> BTreeSet<String> {
    let mut ids: BTreeSet<&str> = BTreeSet::new();
    ids.extend(family.after.iter().map(|(at, _)| plans[*at].id.as_str()));
    // Each stands behind those that it comes after.
    for plan in plans.iter().rev() {
        if ids.contains(plan.id.as_str()) {
            ids.extend(plan.after.iter().map(|it| it.step.as_str()));
        }
    }
    let before = plans.iter().filter(|it| ids.contains(it.id.as_str()));
    let targets = before.flat_map(|it| &it.plan.targets);
    targets.map(|target| target.name.clone()).collect()
}

fn after(family: &Family, before: &[Update]) -> Vec<After> {
    let after = family.after.iter().map(|(at, shown)| After {
        step: before[*at].id.clone(),
        because: format!("{} shows {}", shown.place, shown.item),
    });
    after.collect()
}

/// What has an incompatible update: the newest version that is finished and was not taken back.
fn candidates(
    tree: &Tree<'_>,
    sources: &CrateSources<'_>,
    is_cancelled: &dyn Fn() -> bool,
) -> Result<Candidates, PlanError> {
    let mut found = Candidates::default();
    for (name, needs) in tree.direct() {
        if is_cancelled() {
            return Err(PlanError::Cancelled);
        }
        if needs.iter().all(|need| need.git.is_some()) {
            found.unknown += 1;
            found.notes.push(format!(
                "`{name}` comes from a git repository, so which version is its newest is not known"
            ));
            continue;
        }
        let releases = sources.releases(&name);
        let newest = releases.as_deref().and_then(newest);
        let Some(newest) = newest else {
            found.unknown += 1;
            found.notes.push(match releases {
                Some(_) => format!("no finished version of `{name}` is offered"),
                None => format!(
                    "which versions of `{name}` there are is not known; let cargo look by `cargo info {name}`"
                ),
            });
            continue;
        };
        let wanted = CrateTarget {
            name,
            version: newest.version.to_string(),
        };
        match resolve(tree, &wanted, sources) {
            Ok(Resolved::Moves(it)) => found.moves.push(it),
            Ok(Resolved::Compatible(_)) | Err(crate::targets::TargetError::NotNewer { .. }) => {
                found.current += 1;
            }
            Err(error) => {
                found.unknown += 1;
                found.notes.push(error.to_string());
            }
        }
    }
    Ok(found)
}

/// The newest version that is finished and was not taken back.
fn newest(releases: &[Release]) -> Option<&Release> {
    let is_offered = |it: &&Release| !it.is_yanked && it.version.pre.is_empty();
    releases.iter().rev().find(is_offered)
}

/// Finds out what forces updates together or behind one another.
struct Related<'a> {
    ready: &'a Ready<'a>,
    exposures: &'a Exposures<'a>,
}

impl Related<'_> {
    /// Lowers what another update holds back: where the newest version of a crate that shows
    /// its types takes a newer version, but not the newest one.
    fn lower(&self, moves: &mut [Move]) -> Result<Vec<Held>, PlanError> {
        let mut held: Vec<Held> = Vec::new();
        // Versions only fall, so this ends.
        while let Some((at, to, by, because)) = self.too_new(moves)? {
            let newest = moves[at].to.to_string();
            let known = held.iter().position(|it| it.name == moves[at].name);
            let newest = match known {
                Some(known) => held.remove(known).newest,
                None => newest,
            };
            moves[at].notes.push(format!(
                "{newest} of `{}` is there, and the newest `{by}` takes none after {to}",
                moves[at].name
            ));
            held.push(Held {
                name: moves[at].name.clone(),
                to: to.to_string(),
                newest,
                by,
                because,
            });
            moves[at].to = to;
        }
        held.sort();
        Ok(held)
    }

    /// An update to a version that another cannot follow to, the version that it can follow to,
    /// which that is, and what it shows.
    fn too_new(
        &self,
        moves: &[Move],
    ) -> Result<Option<(usize, Version, String, Shown)>, PlanError> {
        for (at, it) in moves.iter().enumerate() {
            for (other, shown) in self.users(at, moves)? {
                if let Stance::TakesUpTo(to) = self.stance(&moves[other], it) {
                    return Ok(Some((at, to, moves[other].name.clone(), shown)));
                }
            }
        }
        Ok(None)
    }

    fn forces(&self, moves: &[Move]) -> Result<Vec<Force>, PlanError> {
        let mut forces = Vec::new();
        for (at, it) in moves.iter().enumerate() {
            let users = self.users(at, moves)?;
            for (other, shown) in &users {
                match self.stance(&moves[*other], it) {
                    Stance::Takes => forces.push(Force::Together(*other, at, shown.clone())),
                    Stance::Leaves => forces.push(Force::Before(*other, at, shown.clone())),
                    Stance::TakesUpTo(_) | Stance::Stays => {}
                }
            }
            let is_user = |of: usize| users.iter().any(|(other, _)| *other == of);
            for (other, user) in moves.iter().enumerate() {
                if other == at || is_user(other) {
                    continue;
                }
                if let Some(shown) = self.begins_to_show(user, it)? {
                    forces.push(Force::Before(at, other, shown));
                }
            }
        }
        Ok(forces)
    }

    /// The updates whose version in use shows items of the one at `at`, each with the first.
    fn users(&self, at: usize, moves: &[Move]) -> Result<Vec<(usize, Shown)>, PlanError> {
        let it = &moves[at];
        let along = self.exposures.together(&self.ready.tree, &moves[at..=at])?;
        let companions = along.companions.iter().filter_map(|companion| {
            let mut because = companion.because.iter();
            let shown = because.find(|shown| is_same(&shown.name, &it.name))?;
            Some((companion.name.clone(), shown.clone()))
        });
        let mut users: Vec<(String, Shown)> = companions.collect();
        for blocker in along
            .blockers
            .iter()
            .filter(|blocker| is_same(&blocker.holds, &it.name))
        {
            let version = Version::parse(&blocker.version);
            let shown = match version {
                Ok(version) => self.exposures.of(&blocker.name, &version, &it.name)?,
                Err(_) => Vec::new(),
            };
            users.extend(
                shown
                    .into_iter()
                    .next()
                    .map(|shown| (blocker.name.clone(), shown)),
            );
        }
        let place = |name: &str| moves.iter().position(|it| is_same(&it.name, name));
        let users = users
            .into_iter()
            .filter_map(|(name, shown)| Some((place(&name)?, shown)));
        Ok(users.filter(|(other, _)| *other != at).collect())
    }

    fn stance(&self, user: &Move, it: &Move) -> Stance {
        let sources = self.ready.sources;
        let family = registry::Family::of;
        let taken = |version: &Version| self.takes(user, &it.name, version);
        match taken(&it.to) {
            Some(true) => return Stance::Takes,
            None => return Stance::Leaves,
            Some(false) => {}
        }
        let known = sources.known(&it.name).unwrap_or_default();
        let between = known.iter().rev().filter(|release| {
            let version = &release.version;
            !release.is_yanked
                && version.pre.is_empty()
                && *version > it.from
                && *version < it.to
                && family(version) != family(&it.from)
        });
        let mut fits = between.filter(|release| taken(&release.version) == Some(true));
        match fits.next() {
            Some(release) => Stance::TakesUpTo(release.version.clone()),
            None => Stance::Stays,
        }
    }

    /// Whether the new version of `user` takes this version of a package.
    fn takes(&self, user: &Move, package: &str, version: &Version) -> Option<bool> {
        let sources = self.ready.sources;
        let known = sources.known(&user.name)?;
        let release = known.iter().find(|it| it.version == user.to)?;
        let family = registry::Family::of(version);
        takes(sources, &user.name, release, package, family)
    }

    /// What the new version of `user` shows of the new version of another, where it does not
    /// take the one in use.
    fn begins_to_show(&self, user: &Move, it: &Move) -> Result<Option<Shown>, PlanError> {
        let taken = |version: &Version| self.takes(user, &it.name, version) == Some(true);
        if !taken(&it.to) || taken(&it.from) {
            return Ok(None);
        }
        let shown = self.exposures.of(&user.name, &user.to, &it.name)?;
        Ok(shown.into_iter().next())
    }
}
