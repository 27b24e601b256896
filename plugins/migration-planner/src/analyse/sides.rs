//! Both sides of a migration: the APIs before and after, and what is shown of whom.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::Arc;

use semver::Version;

use crate::PlanError;
use crate::api::{Api, Paths};
use crate::cache::ApiCache;
use crate::exposure::exposes;
use crate::plan::Shown;
use crate::sources::{CrateSources, Side, SourceFailure};
use crate::targets::{Move, Tree};
use crate::together::{self, Together};
use crate::world::{self, World};

/// The API of a version, with all that is needed to resolve what it shows; none where its
/// sources are not there.
type Known = Option<(Paths, Side)>;

/// What versions of packages show of one another, each read once while plans are made.
pub(super) struct Exposures<'a> {
    sources: &'a CrateSources<'a>,
    cache: &'a ApiCache,
    known: RefCell<BTreeMap<(String, Version), Known>>,
    is_cancelled: Cell<bool>,
}

impl<'a> Exposures<'a> {
    pub(super) fn new(sources: &'a CrateSources<'a>, cache: &'a ApiCache) -> Self {
        Self {
            sources,
            cache,
            known: RefCell::default(),
            is_cancelled: Cell::new(false),
        }
    }

    /// What has to move along, and what cannot.
    ///
    /// # Errors
    /// [`PlanError::Cancelled`] only.
    pub(super) fn together(&self, tree: &Tree<'_>, moves: &[Move]) -> Result<Together, PlanError> {
        let shows = |package: &str, version: &Version, of: &str| self.shown(package, version, of);
        let found = together::together(tree, moves, self.sources, &shows);
        self.unless_cancelled(found)
    }

    /// Which items of the package `of` a version of another shows; none where its sources are
    /// not there.
    ///
    /// # Errors
    /// [`PlanError::Cancelled`] only.
    pub(super) fn of(
        &self,
        package: &str,
        version: &Version,
        of: &str,
    ) -> Result<Vec<Shown>, PlanError> {
        let shown = self.shown(package, version, of).unwrap_or_default();
        self.unless_cancelled(shown)
    }

    fn shown(&self, package: &str, version: &Version, of: &str) -> Option<Vec<Shown>> {
        let key = (package.to_owned(), version.clone());
        let mut known = self.known.borrow_mut();
        let read = known.entry(key).or_insert_with(|| {
            let wanted = BTreeMap::from([(package.to_owned(), version.clone())]);
            match self.sources.side(&wanted, self.cache) {
                Ok(side) => {
                    let api = side.apis.get(package)?.clone();
                    Some((api.paths(&side.world), side))
                }
                Err(_) => {
                    self.is_cancelled.set(true);
                    None
                }
            }
        });
        let (paths, side) = read.as_ref()?;
        Some(exposes(paths, &side.world, of))
    }

    fn unless_cancelled<T>(&self, found: T) -> Result<T, PlanError> {
        match self.is_cancelled.get() {
            true => Err(PlanError::Cancelled),
            false => Ok(found),
        }
    }
}

/// The APIs of all that moves, before and after.
pub(super) struct Sides {
    old: Side,
    new: Side,
    /// The packages that move along, beside those that the user named.
    along: Vec<String>,
}

impl Sides {
    /// Reads them.
    ///
    /// # Errors
    /// [`PlanError::Cancelled`]; what is not there is [`Sides::missing`].
    pub(super) fn new(
        sources: &CrateSources<'_>,
        moves: &[Move],
        together: &Together,
        cache: &ApiCache,
    ) -> Result<Self, PlanError> {
        let version = |text: &str| Version::parse(text).ok();
        let mut old: BTreeMap<String, Version> = BTreeMap::new();
        let mut new = BTreeMap::new();
        let mut along = Vec::new();
        for companion in &together.companions {
            let from = version(&companion.from);
            let to = companion.to.as_deref().and_then(version);
            if let (Some(from), Some(to)) = (from, to) {
                old.insert(companion.name.clone(), from);
                new.insert(companion.name.clone(), to);
                along.push(companion.name.clone());
            }
        }
        for it in moves {
            old.insert(it.name.clone(), it.from.clone());
            new.insert(it.name.clone(), it.to.clone());
        }
        let read = |versions| {
            sources
                .side(versions, cache)
                .map_err(|failure| match failure {
                    SourceFailure::Cancelled => PlanError::Cancelled,
                    other => PlanError::Sources {
                        reason: other.to_string(),
                    },
                })
        };
        Ok(Self {
            old: read(&old)?,
            new: read(&new)?,
            along,
        })
    }

    /// What is asked for evidence: every crate of which both versions are there.
    pub(super) fn world(&self, moves: &[Move]) -> World {
        let named = moves.iter().map(|it| (&it.name, true));
        let along = self.along.iter().map(|name| (name, false));
        let both = named.chain(along).filter_map(|(name, is_named)| {
            Some(world::Move {
                old: self.old.apis.get(name)?.paths(&self.old.world),
                new: self.new.apis.get(name)?.paths(&self.new.world),
                is_named,
            })
        });
        World::new(both.collect())
    }

    /// Why the sources of some versions are not there.
    pub(super) fn missing(&self) -> Vec<&SourceFailure> {
        self.old.missing.iter().chain(&self.new.missing).collect()
    }

    /// What the user should know of the sources that were read.
    pub(super) fn notes(&self) -> impl Iterator<Item = &String> {
        self.old.notes.iter().chain(&self.new.notes)
    }

    /// The APIs before.
    pub(super) fn old(&self) -> &Side {
        &self.old
    }

    /// Whether the version before of a crate has something at a path that begins with the name
    /// of its library.
    pub(super) fn offers(&self, path: &str) -> bool {
        let mut names = path.split("::");
        let library = names.next().unwrap_or_default();
        let rest: Vec<&str> = names.collect();
        let mut of_library = self.old.apis.values();
        let api: Option<&Arc<Api>> = of_library.find(|api| api.package.library == library);
        api.is_some_and(|api| {
            let paths = api.paths(&self.old.world);
            let names: Vec<_> = rest.iter().map(|name| (*name).into()).collect();
            paths.has(&names)
        })
    }
}
