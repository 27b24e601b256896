//! The APIs of versions, and those of the packages whose items they show.

use std::collections::BTreeMap;
use std::sync::Arc;

use semver::Version;

use super::{CrateFolder, CrateSources, Folder, SourceFailure};
use crate::api::{self, Api, Dependency, Package, World};
use crate::cache::ApiCache;
use crate::plan::TargetSource;
use crate::registry::{Family, Index as _, lowest, requirement};

/// How many packages one may show another's items through.
const DEEPEST: u32 = 2;

/// One side of a migration: its APIs, and what is missing.
#[derive(Debug, Default)]
pub struct Side {
    /// All of them, for resolving what one shows of another.
    pub world: World,
    /// Those that were asked for, by package.
    pub apis: BTreeMap<String, Arc<Api>>,
    /// What the user should know, as sentences without a final full stop.
    pub notes: Vec<String>,
    /// Why some that were asked for are not there; a plan with any is not complete.
    pub missing: Vec<SourceFailure>,
}

impl CrateSources<'_> {
    /// Reads the API of the sources that were found.
    ///
    /// # Errors
    /// [`SourceFailure::Missing`] where the folder holds no package that can be read.
    pub fn api_in(&self, found: &CrateFolder, cache: &ApiCache) -> Result<Api, SourceFailure> {
        let unread = |reason: String| SourceFailure::Missing {
            name: found
                .folder
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            version: found.version.clone(),
            reason,
        };
        let (root, package) = match self.own_package(found) {
            Some(package) => (self.root, Some(package)),
            None => (found.folder.as_path(), None),
        };
        let folder = Folder::new(root).map_err(|error| unread(error.to_string()))?;
        let package = match package {
            Some(package) => package,
            None => {
                let manifest = folder
                    .manifest()
                    .map_err(|error| unread(error.to_string()))?;
                let package = manifest.as_ref().and_then(Package::of_manifest);
                package
                    .ok_or_else(|| unread("its folder has no manifest of a package".to_owned()))?
            }
        };
        Ok(cache.api(found, || api::read(&folder, package)))
    }

    /// Reads the APIs of these versions and, for each, those of the packages whose items it
    /// shows, at the lowest version that it takes, which for one that is among these is that
    /// one.
    ///
    /// # Errors
    /// [`SourceFailure::Cancelled`] only: what cannot be had is in [`Side::missing`].
    pub fn side(
        &self,
        versions: &BTreeMap<String, Version>,
        cache: &ApiCache,
    ) -> Result<Side, SourceFailure> {
        let mut side = Side::default();
        let mut read: BTreeMap<(String, Version), Option<Arc<Api>>> = BTreeMap::new();
        for (name, version) in versions {
            match self.read(name, version, cache, &mut side) {
                Ok(api) => {
                    read.insert((name.clone(), version.clone()), Some(api.clone()));
                    side.apis.insert(name.clone(), api);
                }
                Err(SourceFailure::Cancelled) => return Err(SourceFailure::Cancelled),
                Err(failure) => side.missing.push(failure),
            }
        }
        let mut level: Vec<Arc<Api>> = side.apis.values().cloned().collect();
        for _ in 0..DEEPEST {
            let shown: Vec<Dependency> =
                level.iter().flat_map(|api| api.shown()).cloned().collect();
            level.clear();
            for dependency in shown {
                let Some(version) = self.taken(&dependency, versions) else {
                    continue;
                };
                let key = (dependency.package.clone(), version);
                if read.contains_key(&key) {
                    continue;
                }
                let api = match self.read(&key.0, &key.1, cache, &mut side) {
                    Err(SourceFailure::Cancelled) => return Err(SourceFailure::Cancelled),
                    // What it shows of this one is then known to be there, and no more.
                    other => other.ok(),
                };
                level.extend(api.clone());
                read.insert(key, api);
            }
        }
        for api in read.into_values().flatten() {
            side.world.add(api);
        }
        Ok(side)
    }

    fn read(
        &self,
        name: &str,
        version: &Version,
        cache: &ApiCache,
        side: &mut Side,
    ) -> Result<Arc<Api>, SourceFailure> {
        let found = self.nearest(name, version)?;
        side.notes.extend(found.note.clone());
        self.api_in(&found, cache).map(Arc::new)
    }

    /// The version that a dependency means.
    fn taken(
        &self,
        dependency: &Dependency,
        versions: &BTreeMap<String, Version>,
    ) -> Option<Version> {
        let wanted = requirement(&dependency.requirement)?;
        let own = versions.get(&dependency.package);
        if let Some(own) = own.filter(|own| Family::of(own).is_taken_by(&wanted, &[])) {
            return Some(own.clone());
        }
        let known = self.known(&dependency.package);
        let known = known.or_else(|| self.releases(&dependency.package));
        if let Some(release) = known.as_deref().and_then(|known| lowest(&wanted, known)) {
            return Some(release.version.clone());
        }
        let first = wanted.comparators.first()?;
        let (minor, patch) = (first.minor.unwrap_or(0), first.patch.unwrap_or(0));
        Some(Version::new(first.major, minor, patch))
    }

    /// What the project's manifests say of one of its own packages.
    fn own_package(&self, found: &CrateFolder) -> Option<Package> {
        if found.source != TargetSource::Path {
            return None;
        }
        let packages = self.tree.packages;
        let manifests = packages.manifests.iter();
        let mut folders = manifests.map(|manifest| self.root.join(manifest.folder()));
        let at = folders.position(|folder| folder == found.folder)?;
        Package::of(packages, at)
    }
}
