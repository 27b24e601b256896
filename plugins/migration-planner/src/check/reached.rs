//! Which versions a project has reached of those that a step of a plan is to bring.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use guildhall_source::cargo::{Lock, Manifest, Packages, Vendored};
use guildhall_source::read;
use guildhall_source::walk::{Found, Wanted, walk};
use semver::Version;

use super::{MOST_BYTES, Told};
use crate::packs::{PACKAGE_MANIFEST, is_carried, major, version_in};
use crate::plan::{Companion, MigrationPlan, Step, StepKind, Target, TargetKind};
use crate::registry::Family;
use crate::targets::is_same;

/// What a step has to bring, and whether it is there.
pub(super) struct Reached {
    /// What is open where it is not there, in a few words.
    pub(super) open: String,
    pub(super) is_there: bool,
}

/// The versions of a project, held against those of a plan.
pub(super) struct Versions<'a> {
    plan: &'a MigrationPlan,
    /// None where there is no lock file that can be read.
    lock: Option<Lock>,
    /// The manifests of cargo's; read for an edition only.
    manifests: Vec<Manifest>,
    /// Those of the JavaScript family by name; read for a framework only.
    packages: BTreeMap<String, String>,
}

impl<'a> Versions<'a> {
    pub(super) fn of(plan: &'a MigrationPlan, folder: &Path) -> Self {
        let is_of = |kind: TargetKind| plan.targets.iter().any(|it| it.kind == kind);
        let name = "Cargo.lock";
        let text = read::read(&folder.join(name), MOST_BYTES);
        let lock = text.ok().and_then(|text| Lock::read(name, &text).ok());
        let manifests = match is_of(TargetKind::Edition) {
            true => texts(folder, "Cargo.toml"),
            false => BTreeMap::new(),
        };
        let manifests = manifests.iter();
        let mut packages = match is_of(TargetKind::Framework) || is_of(TargetKind::Pack) {
            true => texts(folder, PACKAGE_MANIFEST),
            false => BTreeMap::new(),
        };
        packages.retain(|name, _| !is_carried(name));
        Self {
            manifests: manifests
                .filter_map(|(name, text)| Manifest::read(name, text).ok())
                .collect(),
            packages,
            plan,
            lock,
        }
    }

    /// What a step has to bring; nothing where it brings no version.
    pub(super) fn of_step(&self, step: &Step, drifted: &mut BTreeSet<Told>) -> Vec<Reached> {
        match step.kind {
            StepKind::Prepare | StepKind::Format | StepKind::ProbeFix => Vec::new(),
            StepKind::Cleanup => self.held(),
            StepKind::Update | StepKind::Bump | StepKind::Adapt => {
                let is_of = |name: &str| {
                    step.crates.is_empty() || step.crates.iter().any(|it| is_same(it, name))
                };
                let targets = self.plan.targets.iter().filter(|it| is_of(&it.name));
                let mut reached: Vec<Reached> = targets
                    .filter(|it| step.kind == StepKind::Update || !is_update(it))
                    .map(|it| new(&it.name, self.target(it, step, drifted)))
                    .collect();
                let along = self.plan.companions.iter().filter(|it| is_of(&it.name));
                reached.extend(along.map(|it| new(&it.name, self.companion(it))));
                reached
            }
        }
    }

    fn target(&self, target: &Target, step: &Step, drifted: &mut BTreeSet<Told>) -> bool {
        match target.kind {
            TargetKind::Crate => self.of_lock(target, drifted),
            TargetKind::Edition => self.edition(target, step),
            TargetKind::Framework | TargetKind::Pack => {
                let asked = version_in(&self.packages, &target.name);
                asked.is_some_and(|asked| major(&asked) == major(&target.to))
            }
        }
    }

    /// What packages of others hold back is gone only when the lock file has it no more.
    fn held(&self) -> Vec<Reached> {
        let held: BTreeSet<&str> = self
            .plan
            .blockers
            .iter()
            .map(|it| it.holds.as_str())
            .collect();
        let held = held.into_iter().map(|name| {
            let from = self.plan.targets.iter().find(|it| is_same(&it.name, name));
            let from = from.and_then(|it| Version::parse(&it.from).ok());
            Reached {
                open: format!("the old version of {name} is still there"),
                is_there: self.lock.is_some() && !self.has(name, from.as_ref()),
            }
        });
        held.collect()
    }

    fn versions(&self, name: &str) -> Vec<Version> {
        let packages = self.lock.iter().flat_map(|lock| &lock.packages);
        let named = packages.filter(|it| is_same(&it.name, name));
        named
            .filter_map(|it| Version::parse(&it.version).ok())
            .collect()
    }

    /// Whether the lock file has a version of the family of this one.
    fn has(&self, name: &str, version: Option<&Version>) -> bool {
        let family = version.map(Family::of);
        self.versions(name)
            .iter()
            .any(|it| Some(Family::of(it)) == family)
    }

    /// Whether the lock file has the new version, and the old one only where a package holds it.
    fn of_lock(&self, target: &Target, drifted: &mut BTreeSet<Told>) -> bool {
        let (from, to) = (
            Version::parse(&target.from).ok(),
            Version::parse(&target.to).ok(),
        );
        let versions = self.versions(&target.name);
        if is_update(target) {
            return is_updated(to.as_ref(), &versions);
        }
        let has_old = self.has(&target.name, from.as_ref());
        let has_new = self.has(&target.name, to.as_ref());
        if let Some(other) = versions.first().filter(|_| !has_old && !has_new) {
            drifted.insert(Told {
                of: target.name.clone(),
                what: format!(
                    "it is at {other}, and the plan is from {} to {}",
                    target.from, target.to
                ),
            });
        }
        let is_held = self.plan.blockers.iter().any(|it| it.holds == target.name);
        has_new && (is_held || !has_old)
    }

    /// Whether the lock file has the version that takes the new ones, or a later one, and not
    /// the old one.
    fn companion(&self, companion: &Companion) -> bool {
        let from = Version::parse(&companion.from).ok();
        let least = companion.to.as_ref().and_then(|to| Version::parse(to).ok());
        let versions = self.versions(&companion.name);
        let is_later = |it: &Version| match (&least, &from) {
            (Some(least), _) => it >= least,
            (None, Some(from)) => it > from,
            (None, None) => false,
        };
        versions.iter().any(is_later) && !self.has(&companion.name, from.as_ref())
    }

    /// Whether each package that moves is of the new edition, or of a later one.
    fn edition(&self, target: &Target, step: &Step) -> bool {
        let packages = Packages::new(&self.manifests);
        let is_named = |at: &usize| {
            let package = self.manifests[*at].package.as_ref();
            package.is_some_and(|package| step.packages.contains(package))
        };
        let mut named = (0..self.manifests.len()).filter(is_named).peekable();
        let is_new = |at: usize| {
            packages
                .edition(at)
                .is_some_and(|it| it >= target.to.as_str())
        };
        named.peek().is_some() && named.all(is_new)
    }
}

fn new(name: &str, is_there: bool) -> Reached {
    Reached {
        open: format!("{name} is not at the new version"),
        is_there,
    }
}

/// Whether a target stays within its family.
fn is_update(target: &Target) -> bool {
    let family = |text: &str| Version::parse(text).ok().map(|it| Family::of(&it));
    target.kind == TargetKind::Crate && family(&target.from) == family(&target.to)
}

/// Whether a version of the same family is the wanted one, or a later one, and none of it is
/// older.
fn is_updated(wanted: Option<&Version>, versions: &[Version]) -> bool {
    let Some(wanted) = wanted else {
        return false;
    };
    let family = Family::of(wanted);
    let mut of_family = versions
        .iter()
        .filter(|it| Family::of(it) == family)
        .peekable();
    of_family.peek().is_some() && of_family.all(|it| it >= wanted)
}

/// The files of this name below the folder that are the project's own.
fn texts(folder: &Path, name: &str) -> BTreeMap<String, String> {
    let is_it = |path: &Path| path.ends_with(name);
    let wanted = Wanted::languages(&[])
        .named("manifest", "not-manifest")
        .also(&is_it);
    let Ok(walked) = walk(folder, &wanted, 1, &|| false) else {
        return BTreeMap::new();
    };
    let vendored = Vendored::of(folder);
    let own = walked
        .files
        .into_iter()
        .filter(|file| !vendored.holds(&file.path));
    let texts = own
        .filter_map(|Found { name, path, .. }| Some((name, read::read(&path, MOST_BYTES).ok()?)));
    texts.collect()
}
