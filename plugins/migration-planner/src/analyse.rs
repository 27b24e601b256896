//! From what is asked for to the whole plan: reads the project, finds what moves and what moves
//! along, compares the versions, and puts steps, effort and risk together.

mod edition;
mod framework;
mod latest;
mod made;
mod parts;
mod probed;
mod request;
mod sides;
mod tested;

use std::collections::BTreeSet;
use std::path::Path;

use guildhall_source::cargo::{Cargo, CargoHome, Packages};
use guildhall_source::process::Watch;
use guildhall_source::rust::uses::{FileUses, uses};

use crate::assess::{Assessment, assess};
use crate::cache::ApiCache;
use crate::edition::language::{Site, sites};
use crate::effort::effort;
use crate::evidence::{TreeUses, Unparsed};
use crate::latest::Updates;
use crate::plan::{Blind, BlindKind, Change, File, MigrationPlan, Target, TargetKind, VERSION};
use crate::project::{self, Project};
use crate::request::Edition;
use crate::sources::CrateSources;
use crate::steps::{self, Facts};
use crate::targets::{Compatible, Move, Resolved, Tree, resolve, scope};
use crate::together::Together;
use crate::{PlanError, PlanRequest, Settings, seen};
use sides::Exposures;

/// Whoever waits for a plan.
pub trait Hooks: Sync {
    /// Whether nobody wants it any more.
    fn is_cancelled(&self) -> bool;

    /// Is told what is done now, where that takes long.
    fn says(&self, _what: &str) {}

    /// Is told what went wrong without changing any plan.
    fn warns(&self, _what: &str) {}
}

/// What is made of a file of the project.
#[derive(Debug)]
struct Looked {
    uses: FileUses,
    has_tests: bool,
    /// Whether some of it is compiled under a condition only, tests aside.
    has_conditions: bool,
    /// Places that some edition up to the one asked for reads otherwise than the first.
    sites: Vec<Site>,
}

/// The plan that a request asks for.
///
/// # Errors
/// [`PlanError`] says why there is none. What only makes it incomplete stands in it.
pub fn plan_of(
    request: &PlanRequest,
    settings: &Settings,
    hooks: &dyn Hooks,
) -> Result<MigrationPlan, PlanError> {
    let mut plan = Planner::new(request, settings, hooks)?.plan(request)?;
    seen::note(&mut plan, &project::root_of(request.path.as_deref()));
    Ok(plan)
}

/// The plans for all incompatible updates of a project, each family of crates by itself.
///
/// # Errors
/// [`PlanError`] says why there are none. What only makes them incomplete stands in them.
pub fn latest_of(
    request: &PlanRequest,
    settings: &Settings,
    hooks: &dyn Hooks,
) -> Result<Updates, PlanError> {
    Planner::new(request, settings, hooks)?.latest(request)
}

/// What is the same for every plan that is made.
struct Planner<'a> {
    hooks: &'a dyn Hooks,
    cache: ApiCache,
    home: Option<CargoHome>,
    /// None where cargo has no home.
    cargo: Option<Cargo>,
    /// Whether the network is not to be asked.
    is_offline: bool,
    /// The folder that cargo runs in, which goes away with this.
    apart: Option<request::Apart>,
}

/// What a plan for crates is to be of.
struct Wish<'a> {
    /// What moves.
    moves: &'a [Move],
    /// What is only updated.
    compatible: &'a [Compatible],
    /// What will have moved before, so that it holds nothing back any more.
    moved: &'a BTreeSet<String>,
}

/// A project that was read, and where the crates come from.
struct Ready<'a> {
    read: &'a Project<Looked>,
    tree: Tree<'a>,
    sources: &'a CrateSources<'a>,
}

impl<'a> Planner<'a> {
    /// A planner that asks the network only where the request allows it.
    ///
    /// # Errors
    /// Where cargo can't be set apart from the project.
    fn new(
        request: &PlanRequest,
        settings: &'a Settings,
        hooks: &'a dyn Hooks,
    ) -> Result<Self, PlanError> {
        let home = CargoHome::locate(|name| std::env::var_os(name));
        let is_offline = request.offline || settings.offline;
        let (cargo, apart) = match &home {
            Some(home) => {
                let (cargo, apart) = request::cargo(settings, home.clone(), is_offline)?;
                (Some(cargo), Some(apart))
            }
            None => (None, None),
        };
        Ok(Self {
            hooks,
            cache: request::cache(settings),
            home,
            cargo,
            is_offline,
            apart,
        })
    }

    /// The plan that a request asks for.
    ///
    /// # Errors
    /// [`PlanError`] says why there is none. What only makes it incomplete stands in it.
    fn plan(&self, request: &PlanRequest) -> Result<MigrationPlan, PlanError> {
        if !request.wants_something() {
            return Err(PlanError::NothingWanted);
        }
        if request.edition.is_some() && !request.crates.is_empty() {
            return Err(PlanError::TwoAtOnce);
        }
        let root = project::root_of(request.path.as_deref());
        if request.wants_framework() {
            return self.of_framework(&root, request);
        }
        self.with_project(request, |ready| {
            let plan = match request.edition {
                Some(to) => self.of_edition(ready, to, request)?,
                None => {
                    let (moves, compatible) = moves(request, &ready.tree, ready.sources)?;
                    let exposures = Exposures::new(ready.sources, &self.cache);
                    let wish = Wish {
                        moves: &moves,
                        compatible: &compatible,
                        moved: &BTreeSet::new(),
                    };
                    self.of_crates(ready, &exposures, &wish, request.probe)?
                }
            };
            Ok(MigrationPlan {
                made: made::made(&root, &ready.read.inputs, &|| self.hooks.is_cancelled()),
                ..plan
            })
        })
    }

    /// Reads the project and hands it on, with what brings crates.
    fn with_project<T>(
        &self,
        request: &PlanRequest,
        make: impl FnOnce(&Ready<'_>) -> Result<T, PlanError>,
    ) -> Result<T, PlanError> {
        let root = project::root_of(request.path.as_deref());
        let read = self.read(&root, request)?;
        let packages = Packages::new(&read.manifests);
        let tree = Tree {
            packages: &packages,
            lock: read.lock.as_ref(),
        };
        let is_cancelled = || self.hooks.is_cancelled();
        let sources = CrateSources::new(
            &root,
            tree,
            self.home.clone(),
            self.cargo.as_ref().filter(|_| !self.is_offline),
            Watch::new(&is_cancelled),
        );
        let made = make(&Ready {
            read: &read,
            tree,
            sources: &sources,
        })?;
        self.cache.shrink();
        for fault in self.cache.faults() {
            self.hooks.warns(&fault);
        }
        Ok(made)
    }

    /// The plan for an edition.
    fn of_edition(
        &self,
        ready: &Ready<'_>,
        to: Edition,
        request: &PlanRequest,
    ) -> Result<MigrationPlan, PlanError> {
        let is_cancelled = || self.hooks.is_cancelled();
        let (cargo, watch) = (self.cargo.as_ref(), Watch::new(&is_cancelled));
        let threads = request::threads(request);
        let plan = edition::plan(ready.read, ready.tree.packages, to, cargo, threads, &watch)?;
        Ok(match request.probe {
            true => probed::without(plan),
            false => plan,
        })
    }

    fn read(&self, root: &Path, request: &PlanRequest) -> Result<Project<Looked>, PlanError> {
        let threads = request::threads(request);
        let is_cancelled = || self.hooks.is_cancelled();
        let read = Project::read(root, threads, &is_cancelled, |_, syntax| Looked {
            uses: uses(syntax),
            has_tests: tested::has_tests(syntax),
            has_conditions: request.probe && probed::has_conditions(syntax),
            sites: match request.edition {
                Some(to) => sites(syntax, Edition::E2015, to),
                None => Vec::new(),
            },
        })?;
        let is_root = |name: &str| name == "Cargo.toml";
        if let Some(skipped) = read.skipped.iter().find(|it| is_root(&it.path)) {
            return Err(PlanError::Manifest {
                reason: skipped.reason.clone(),
            });
        }
        if !read.manifests.iter().any(|it| is_root(&it.name)) {
            return Err(PlanError::NoManifest {
                path: root.to_owned(),
            });
        }
        Ok(read)
    }

    /// The plan for crates that move, and for those of which an update is all.
    fn of_crates(
        &self,
        ready: &Ready<'_>,
        exposures: &Exposures<'_>,
        wish: &Wish<'_>,
        probes: bool,
    ) -> Result<MigrationPlan, PlanError> {
        let Wish {
            moves, compatible, ..
        } = *wish;
        let Ready {
            read,
            tree,
            sources,
        } = ready;
        let updates: Vec<Target> = compatible.iter().map(target_of).collect();
        if moves.is_empty() {
            return Ok(nothing(updates));
        }
        let mut along = exposures.together(tree, moves)?;
        along.blockers.retain(|it| !wish.moved.contains(&it.name));
        let sides = sides::Sides::new(sources, moves, &along, &self.cache)?;
        let uses = tree_uses(read);
        let mut found = assess(&uses, &sides.world(moves), &along.blockers);
        let probe = match probes {
            true => {
                let wanted = probed::wanted(tree, moves, &along, *sources);
                self.probe(tree, read, wanted, &mut found)?
            }
            false => None,
        };
        let parts = parts::parts(&read.root, tree, &sides, moves, &along);
        let mut targets: Vec<Target> = moves.iter().map(|it| scope(tree, it, *sources)).collect();
        let steps = steps::steps(&Facts {
            targets: &targets,
            updates: &updates,
            companions: &along.companions,
            blockers: &along.blockers,
            files: &found.files,
            changes: &found.changes,
            parts: &parts,
            offers: &|path| sides.offers(path),
            edition: None,
        });
        let risk = made::risk(&made::Weighed {
            targets: &targets,
            blockers: &along.blockers,
            parts: &parts,
            found: &found,
            steps: &steps,
            files: &read.files,
        });
        let blind = blind(&found, &sides, &along, moves);
        let done = made::done(&targets, &along.blockers, &updates);
        targets.extend(updates);
        Ok(MigrationPlan {
            complete: sides.missing().is_empty() && along.unknown.is_empty(),
            done,
            alternatives: steps
                .iter()
                .filter_map(|it| it.alternative.clone())
                .collect(),
            targets,
            companions: along.companions,
            blockers: along.blockers,
            changes: found.changes,
            files: found.files,
            steps,
            risk,
            blind,
            probe,
            ..empty()
        })
    }
}

/// What the request's wishes mean for the project.
fn moves(
    request: &PlanRequest,
    tree: &Tree<'_>,
    sources: &CrateSources<'_>,
) -> Result<(Vec<Move>, Vec<Compatible>), PlanError> {
    let (mut moves, mut compatible) = (Vec::new(), Vec::new());
    for wanted in &request.crates {
        match resolve(tree, wanted, sources)? {
            Resolved::Moves(it) => moves.push(it),
            Resolved::Compatible(it) => compatible.push(it),
        }
    }
    Ok((moves, compatible))
}

fn tree_uses(read: &Project<Looked>) -> TreeUses {
    let unparsed = read.unparsed.iter().map(|file| Unparsed {
        path: file.name.clone(),
        reason: file.reason.clone(),
        text: file.text.clone(),
    });
    let files = read.files.iter();
    let files = files.map(|(name, looked)| (name.clone(), looked.uses.clone()));
    TreeUses::new(read.manifests.clone(), files.collect(), unparsed.collect())
}

/// A plan without anything in it.
pub(crate) fn empty() -> MigrationPlan {
    MigrationPlan {
        version: VERSION,
        complete: true,
        made: made::unknown(),
        targets: Vec::new(),
        companions: Vec::new(),
        blockers: Vec::new(),
        changes: Vec::<Change>::new(),
        files: Vec::<File>::new(),
        steps: Vec::new(),
        alternatives: Vec::new(),
        effort: effort(),
        risk: made::no_risk(),
        blind: Vec::new(),
        done: String::new(),
        probe: None,
    }
}

/// The plan where updates within the families are all.
fn nothing(updates: Vec<Target>) -> MigrationPlan {
    MigrationPlan {
        steps: steps::updates(&updates),
        done: made::done(&[], &[], &updates),
        targets: updates,
        ..empty()
    }
}

/// A crate of which an update is all.
fn target_of(compatible: &Compatible) -> Target {
    Target {
        name: compatible.name.clone(),
        from: compatible.from.to_string(),
        to: compatible.to.to_string(),
        kind: TargetKind::Crate,
        source: None,
        features: Vec::new(),
        rust_version: crate::plan::RustVersions::default(),
        yanked: false,
        likely: false,
    }
}

fn blind_of(kind: BlindKind, examples: Vec<String>) -> Blind {
    Blind {
        kind,
        count: u32::try_from(examples.len()).unwrap_or(u32::MAX),
        examples,
    }
}

/// What the plan cannot see: in the files, and because sources are missing.
fn blind(found: &Assessment, sides: &sides::Sides, along: &Together, moves: &[Move]) -> Vec<Blind> {
    let mut blind = found.blind.clone();
    let missing = sides.missing();
    let missing = missing.iter().map(ToString::to_string);
    let unknown = along.unknown.iter().map(|name| {
        format!(
            "whether `{name}` moves along is not known: its sources or its versions are not here"
        )
    });
    let reasons: Vec<String> = missing.chain(unknown).collect();
    if !reasons.is_empty() {
        blind.push(blind_of(BlindKind::MissingSources, reasons));
    }
    let notes = moves.iter().flat_map(|it| &it.notes).chain(sides.notes());
    let notes: Vec<String> = notes.cloned().collect();
    if !notes.is_empty() {
        blind.push(blind_of(BlindKind::Assumed, notes));
    }
    blind
}
