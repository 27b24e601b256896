//! The crates that others show items of: one side of a migration, before or after.

use std::collections::BTreeMap;
use std::sync::Arc;

use semver::VersionReq;

use super::resolve::{Indexed, Meaning, Resolver};
use super::{Api, Dependency, ModuleIndex, Name};

/// The APIs that are known on one side of a migration.
///
/// What a crate shows of another that is not among them exists, and nothing more is known.
#[derive(Debug, Clone, Default)]
pub struct World {
    /// By package, the lowest version first.
    crates: BTreeMap<String, Vec<Arc<Indexed>>>,
}

impl World {
    /// A world of these.
    pub fn new(apis: impl IntoIterator<Item = Arc<Api>>) -> Self {
        let mut world = Self::default();
        for api in apis {
            world.add(api);
        }
        world
    }

    /// Adds an API, unless that version of that package is there.
    pub fn add(&mut self, api: Arc<Api>) {
        let known = self.crates.entry(api.package.name.clone()).or_default();
        let place = known.binary_search_by(|known| known.version().cmp(&api.package.version));
        if let Err(place) = place {
            known.insert(place, Arc::new(Indexed::new(api)));
        }
    }

    /// The API that a dependency means: the lowest version that fits, as a version that was
    /// built against it can use no more than that.
    pub fn api(&self, dependency: &Dependency) -> Option<&Arc<Api>> {
        Some(&self.indexed(dependency)?.api)
    }

    /// What a path that is written in a module of an API means.
    pub fn meaning(&self, api: &Arc<Api>, module: ModuleIndex, path: &[Name]) -> Vec<Meaning> {
        let mut resolver = Resolver::new(self);
        match self.indexed_api(api) {
            Some(indexed) => resolver.resolve(indexed, module, path, false),
            None => resolver.resolve(&Indexed::new(api.clone()), module, path, false),
        }
    }

    pub(super) fn indexed(&self, dependency: &Dependency) -> Option<&Arc<Indexed>> {
        let known = self.crates.get(&dependency.package)?;
        let requirement = VersionReq::parse(&dependency.requirement).ok()?;
        // A pre-release is only taken where it is asked for by name, and a world may hold
        // nothing else.
        let fits = |known: &&Arc<Indexed>| requirement.matches(known.version());
        known.iter().find(fits)
    }

    pub(super) fn indexed_api(&self, api: &Arc<Api>) -> Option<&Arc<Indexed>> {
        let known = self.crates.get(&api.package.name)?;
        known.iter().find(|known| Arc::ptr_eq(&known.api, api))
    }
}

impl Api {
    /// The dependencies of which it may show items, so whose APIs belong into its world: those
    /// that a public `use` leads into.
    pub fn shown(&self) -> Vec<&Dependency> {
        let uses = self.modules.iter().flat_map(|module| &module.uses);
        let public = uses.filter(|used| used.visibility == super::Visibility::Public);
        let roots = public.filter_map(|used| used.path.first());
        let shown = roots.filter_map(|root| self.package.dependencies.get(root));
        let by_package: BTreeMap<&str, &Dependency> =
            shown.map(|shown| (shown.package.as_str(), shown)).collect();
        by_package.into_values().collect()
    }
}
