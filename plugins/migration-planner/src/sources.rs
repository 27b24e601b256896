//! Where the sources of a version of a crate come from, and what is known of its versions.
//!
//! In this order: the project itself (a package by a path, one from git that cargo has checked
//! out), the sources that it carries along, what cargo has unpacked, and cargo, which
//! downloads one package without building anything. Cargo runs apart from the project, so that
//! no file of it says what runs; see [`guildhall_source::cargo::Cargo`].

mod apis;
mod checkout;
mod folder;
mod index;

pub use apis::Side;
pub use folder::Folder;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use guildhall_source::SourceError;
use guildhall_source::cargo::{Cargo, CargoHome, Vendored};
use guildhall_source::process::Watch;
use semver::Version;

use crate::plan::TargetSource;
use crate::registry::{Family, Index, Release};
use crate::targets::{Tree, is_same};

/// What is asked for packages, while one plan is made.
pub struct CrateSources<'a> {
    root: &'a Path,
    tree: Tree<'a>,
    vendored: Vendored,
    home: Option<CargoHome>,
    /// None where the network is not to be asked.
    cargo: Option<&'a Cargo>,
    watch: Watch<'a>,
    releases: RefCell<BTreeMap<String, Looked>>,
    missing: RefCell<BTreeMap<(String, Version), String>>,
}

/// The sources of a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrateFolder {
    /// The folder of its manifest.
    pub folder: PathBuf,
    /// The version, which may be another than the one asked for; then `note` says so.
    pub version: Version,
    /// Where they come from.
    pub source: TargetSource,
    /// What the user should know, as a sentence without a final full stop.
    pub note: Option<String>,
}

/// Why there are no sources.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SourceFailure {
    /// They are nowhere. A plan can be made all the same, but not a complete one.
    #[error(
        "there are no sources of `{name}` {version}: {reason}; get them by `cargo info {name}@{version}` and plan again"
    )]
    Missing {
        /// The package.
        name: String,
        /// The version.
        version: Version,
        /// Why they could not be had.
        reason: String,
    },
    /// The caller asked for an end.
    #[error("it was cancelled")]
    Cancelled,
}

/// What is known of the versions of a package.
#[derive(Debug, Clone, Default)]
struct Looked {
    releases: Option<Arc<[Release]>>,
    /// Whether cargo was asked, which is done once.
    is_asked: bool,
}

impl<'a> CrateSources<'a> {
    /// Those for the project at `root`. `home` is where cargo keeps what it downloads; without
    /// a `cargo` nothing is asked of the network.
    pub fn new(
        root: &'a Path,
        tree: Tree<'a>,
        home: Option<CargoHome>,
        cargo: Option<&'a Cargo>,
        watch: Watch<'a>,
    ) -> Self {
        Self {
            root,
            tree,
            vendored: Vendored::of(root),
            home: home.or_else(|| cargo.map(|cargo| cargo.home().clone())),
            cargo,
            watch,
            releases: RefCell::default(),
            missing: RefCell::default(),
        }
    }

    /// The sources of exactly this version.
    ///
    /// # Errors
    /// [`SourceFailure`] says why there are none.
    pub fn exactly(&self, name: &str, version: &Version) -> Result<CrateFolder, SourceFailure> {
        let found = |folder, source| CrateFolder {
            folder,
            version: version.clone(),
            source,
            note: None,
        };
        if let Some(folder) = self.own(name, version) {
            return Ok(found(folder, TargetSource::Path));
        }
        if let Some(folder) = self.checked_out(name, version) {
            return Ok(found(folder, TargetSource::Git));
        }
        if let Some(folder) = self.vendored.package(name, &version.to_string()) {
            return Ok(found(folder, TargetSource::Vendored));
        }
        let folder = self.registry(name, version)?;
        Ok(found(folder, TargetSource::Registry))
    }

    /// The sources of this version, or, where there are none, of the nearest one that it may
    /// be taken for: a later one of its family before an earlier one. Which it is stands in
    /// [`CrateFolder::note`].
    ///
    /// # Errors
    /// [`SourceFailure`] says why there are none of the version itself.
    pub fn nearest(&self, name: &str, version: &Version) -> Result<CrateFolder, SourceFailure> {
        let failure = match self.exactly(name, version) {
            Err(failure @ SourceFailure::Missing { .. }) => failure,
            other => return other,
        };
        for other in self.relatives(name, version) {
            if let Ok(mut found) = self.exactly(name, &other) {
                found.note = Some(format!(
                    "there are no sources of `{name}` {version}; those of {other} were read instead"
                ));
                return Ok(found);
            }
        }
        Err(failure)
    }

    /// Versions of the same family: the next one, which may be downloaded, and all others that
    /// are there already.
    fn relatives(&self, name: &str, version: &Version) -> Vec<Version> {
        let releases = self.known(name).unwrap_or_default();
        let family = Family::of(version);
        let same = releases
            .iter()
            .filter(|it| Family::of(&it.version) == family && it.version != *version)
            .filter(|it| it.version.pre.is_empty() || !version.pre.is_empty());
        let same: Vec<&Release> = same.collect();
        let is_there = |it: &&&Release| {
            let home = self.home.as_ref();
            home.is_some_and(|home| home.package(name, &it.version.to_string()).is_some())
        };
        let later = || same.iter().filter(|it| it.version > *version);
        let next = later().find(|it| !it.is_yanked);
        let earlier = same.iter().rev().filter(|it| it.version < *version);
        let ordered = later()
            .filter(is_there)
            .chain(next)
            .chain(earlier.filter(is_there));
        ordered.map(|it| it.version.clone()).collect()
    }

    /// A package of the project itself.
    fn own(&self, name: &str, version: &Version) -> Option<PathBuf> {
        let packages = self.tree.packages;
        let written = version.to_string();
        let at = (0..packages.manifests.len()).find(|at| {
            let package = packages.manifests[*at].package.as_deref();
            package.is_some_and(|package| is_same(package, name))
                && packages.version(*at) == Some(&written)
        })?;
        Some(self.root.join(packages.manifests[at].folder()))
    }

    /// A package from git, where cargo has checked it out.
    fn checked_out(&self, name: &str, version: &Version) -> Option<PathBuf> {
        let home = self.home.as_ref()?;
        let written = version.to_string();
        let mut locked = self.tree.lock?.packages.iter();
        let locked = locked.find(|it| is_same(&it.name, name) && it.version == written)?;
        let source = locked.source.as_deref()?.strip_prefix("git+")?;
        let (_, commit) = source.rsplit_once('#')?;
        checkout::package(home.folder(), commit, name, version)
    }

    fn registry(&self, name: &str, version: &Version) -> Result<PathBuf, SourceFailure> {
        let written = version.to_string();
        let home = self.home.as_ref();
        if let Some(folder) = home.and_then(|home| home.package(name, &written)) {
            return Ok(folder);
        }
        let key = (name.to_owned(), version.clone());
        let missing = |reason: String| SourceFailure::Missing {
            name: name.to_owned(),
            version: version.clone(),
            reason,
        };
        if let Some(reason) = self.missing.borrow().get(&key) {
            return Err(missing(reason.clone()));
        }
        let fetched = match self.cargo {
            Some(cargo) => cargo.fetch(name, &written, &self.watch),
            None => return Err(missing("nothing may be downloaded".to_owned())),
        };
        fetched.map_err(|error| {
            let reason = match error {
                SourceError::Cancelled => return SourceFailure::Cancelled,
                SourceError::NoSources { reason, .. } => reason,
                other => other.to_string(),
            };
            self.missing.borrow_mut().insert(key, reason.clone());
            missing(reason)
        })
    }

    /// What cargo's copy of the index has, read once.
    fn looked(&self, package: &str) -> Looked {
        let key = package.replace('_', "-").to_ascii_lowercase();
        let mut all = self.releases.borrow_mut();
        let looked = all.entry(key).or_insert_with(|| Looked {
            releases: self.read_index(package),
            is_asked: false,
        });
        looked.clone()
    }

    fn read_index(&self, package: &str) -> Option<Arc<[Release]>> {
        let entries = self.home.as_ref()?.index(package)?;
        Some(index::releases(entries).into())
    }
}

impl Index for CrateSources<'_> {
    fn known(&self, package: &str) -> Option<Arc<[Release]>> {
        self.looked(package).releases
    }

    /// Cargo is asked once for each package, also where it has looked at it some other day. If
    /// it cannot tell, what it knew before has to do.
    fn releases(&self, package: &str) -> Option<Arc<[Release]>> {
        let looked = self.looked(package);
        let Some(cargo) = self.cargo.filter(|_| !looked.is_asked) else {
            return looked.releases;
        };
        let is_told = cargo.look_up(package, &self.watch).is_ok();
        let fresh = is_told.then(|| self.read_index(package)).flatten();
        let looked = Looked {
            releases: fresh.or(looked.releases),
            is_asked: true,
        };
        let key = package.replace('_', "-").to_ascii_lowercase();
        let releases = looked.releases.clone();
        self.releases.borrow_mut().insert(key, looked);
        releases
    }
}

#[cfg(test)]
mod tests;
