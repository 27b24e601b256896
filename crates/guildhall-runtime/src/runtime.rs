//! The runtime: runs on a host, kept in a store.

mod builder;
mod changes;
mod manage;
mod newest;
mod options;
mod requirements;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use guildhall_coordination::turn::COORDINATE_CAPABILITY;
use guildhall_coordination::{
    Compiled, Conductor, Created, Durability as RunDurability, Ledger, RunId, TaskSpec,
};
use guildhall_core::{AgentId, path_text};
use guildhall_host::Host;
use tokio::sync::mpsc;

use crate::RuntimeError;
use crate::process::Redactor;
use crate::run::{
    Agents, Outputs, Roster, RunLocks, Session, SessionParts, SingleFlight, Workshop, fold, now_ms,
    to_new_events, wanted_coordinator,
};
use crate::services::Services;
use crate::store::{Blobs, Digest, Durability, Journal};

use newest::Newest;

pub use builder::RuntimeBuilder;
pub(crate) use builder::open_store;
pub use changes::Change;
pub use manage::Retry;
pub use options::WorkOptions;
pub use requirements::Unmet;

/// How long an attempt or a coordinator may give no sign of life.
const LEASE: Duration = Duration::from_secs(30);

/// Runs on a host, kept in a store. Cheap to clone.
///
/// ```no_run
/// use guildhall_coordination::{Plan, PlanFormat};
/// use guildhall_host::Host;
/// use guildhall_runtime::{Runtime, WorkOptions};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let host = Host::builder().folder("plugins").build()?;
/// let runtime = Runtime::builder(host).state_folder("state").open().await?;
/// let text = std::fs::read_to_string("plan.toml")?;
/// let plan = Plan::parse(&text, PlanFormat::Toml, "plan.toml")?.compile();
/// let run = runtime.create(plan, ".".as_ref()).await?;
/// let ledger = runtime.work(run, WorkOptions::default()).await?;
/// println!("{:?}", ledger.phase());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Runtime {
    host: Host,
    journal: Arc<dyn Journal>,
    blobs: Arc<dyn Blobs>,
    state_folder: Option<PathBuf>,
    locks: RunLocks,
    newest: Newest,
    redactor: Redactor,
    agents: Agents,
    services: Services,
}

impl Runtime {
    /// A builder for runs on `host`.
    pub fn builder(host: Host) -> RuntimeBuilder {
        RuntimeBuilder::new(host)
    }

    /// The host.
    pub fn host(&self) -> &Host {
        &self.host
    }

    pub(crate) fn state_folder(&self) -> Option<&Path> {
        self.state_folder.as_deref()
    }

    pub(crate) fn blobs(&self) -> Arc<dyn Blobs> {
        Arc::clone(&self.blobs)
    }

    pub(crate) fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    pub(crate) fn services(&self) -> &Services {
        &self.services
    }

    pub(crate) async fn roster(&self) -> Result<Arc<Roster>, RuntimeError> {
        self.agents.roster().await
    }

    /// Makes a run of a plan that works on `folder`. Nothing is begun yet.
    ///
    /// # Errors
    /// [`RuntimeError::Unmet`] where a task asks for what no agent of the host offers, and
    /// whatever the store gives.
    pub async fn create(&self, plan: Compiled, folder: &Path) -> Result<RunId, RuntimeError> {
        self.check(&plan)?;
        let run = RunId::new();
        let mut settings = plan.settings;
        settings.outcomes = self.recorded_outcomes(&settings, &plan.tasks).await?;
        let durability = durability(settings.durability);
        let folder = std::path::absolute(folder).map_err(|source| RuntimeError::File {
            path: folder.to_owned(),
            verb: "found",
            source,
        })?;
        let created = Created {
            name: settings.name.clone(),
            settings,
            folder: path_text::encode(&folder),
            plan_hash: hash_of(&plan.tasks),
            made_by: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let tasks = self.with_measured_estimates(plan.tasks).await?;
        let mut events = Vec::new();
        let ledger = Ledger::create(now_ms(), created, tasks, &mut events).map_err(|refusal| {
            RuntimeError::BadPlan {
                reason: refusal.to_string(),
            }
        })?;
        let events = to_new_events(&events, &ledger);
        self.journal.append(run, events, 0, durability).await?;
        self.newest.put(run, ledger);
        Ok(run)
    }

    /// Works on a run until it has ended or is paused, and gives what is true of it then.
    /// What was in flight when the last process ended is done again; nothing else is.
    ///
    /// A run of many small tasks goes faster on a task of its own, by [`tokio::spawn`], than
    /// under a `block_on`, whose thread has to be woken for every step.
    ///
    /// # Errors
    /// [`RuntimeError::NoSuchRun`]; [`RuntimeError::RunIsBusy`] where another process works
    /// on it and [`RuntimeError::TakenOver`] where one takes it over;
    /// [`RuntimeError::HasEnded`] where nothing is left to do; [`RuntimeError::Changed`]
    /// where agents or declared files are not those of before and the options do not accept
    /// that; [`RuntimeError::NoCoordinator`] and [`RuntimeError::CoordinatorFailed`]; and
    /// whatever the store gives.
    ///
    /// # Panics
    /// Outside of a tokio runtime with time enabled.
    ///
    /// # Cancel safety
    /// Where it is dropped, attempts in flight are withdrawn; the run can be worked on
    /// again.
    pub async fn work(&self, run: RunId, options: WorkOptions) -> Result<Ledger, RuntimeError> {
        let _lock = self.locks.take(run).await?;
        let ledger = match self.newest.take(run, &*self.journal).await? {
            Some(ledger) => ledger,
            None => fold(&*self.journal, run).await?,
        };
        let Some(created) = ledger.created().cloned() else {
            return Err(RuntimeError::NoSuchRun {
                run: run.to_string(),
            });
        };
        if let Some(guildhall_coordination::ledger::Phase::Ended(status)) = ledger.phase() {
            return Err(RuntimeError::HasEnded {
                run,
                status: *status,
            });
        }
        let agents = self.agents.roster().await?;
        if !options.accept_changes {
            changes::check_changes(run, &ledger, &agents).await?;
        }
        let asked = options.coordinator.as_ref();
        let coordinator = self.coordinator(asked.or(created.settings.coordinator.as_ref()))?;
        let (send, messages) = mpsc::unbounded_channel();
        let mut conductor = Conductor::take_over(
            run,
            ledger,
            agents.offers(),
            now_ms(),
            std::process::id(),
            agents.identities(),
        );
        let writes = conductor.take_writes();
        let workshop = Workshop {
            run,
            host: self.host.clone(),
            agents,
            journal: Arc::clone(&self.journal),
            outputs: Outputs::new(Arc::clone(&self.blobs)),
            redactor: self.redactor.clone(),
            services: self.services.clone(),
            folder: folder_of(&created),
            state_folder: self.state_folder.clone(),
            durability: durability(created.settings.durability),
            cache: created.settings.cache,
            in_progress: SingleFlight::default(),
            messages: send,
        };
        let session = Session::new(SessionParts {
            conductor,
            workshop: Arc::new(workshop),
            messages,
            coordinator,
            interrupt: options.interrupt,
            on_update: options.on_update,
            lease: options.lease.unwrap_or(LEASE),
        });
        session.work(writes).await
    }

    /// What is true of a run.
    ///
    /// # Errors
    /// [`RuntimeError::NoSuchRun`], and whatever the store gives.
    pub async fn ledger(&self, run: RunId) -> Result<Ledger, RuntimeError> {
        fold(&*self.journal, run).await
    }

    /// The agent that is to coordinate: the one that is asked for, or `None` where any that
    /// can will do.
    ///
    /// # Errors
    /// [`RuntimeError::NoCoordinator`] where nobody can, or the one asked for cannot.
    pub fn coordinator(&self, asked: Option<&AgentId>) -> Result<Option<AgentId>, RuntimeError> {
        let wanted = wanted_coordinator().map_err(|error| RuntimeError::NoCoordinator {
            reason: error.to_string(),
        })?;
        let offers = self.host.registry().find(&wanted, false);
        let Some(agent) = asked else {
            if offers.is_empty() {
                let reason = format!("no agent offers {COORDINATE_CAPABILITY}");
                return Err(RuntimeError::NoCoordinator { reason });
            }
            return Ok(None);
        };
        if offers.iter().any(|offer| offer.agent == *agent) {
            return Ok(Some(agent.clone()));
        }
        let reason = format!("{agent} does not offer {wanted}");
        Err(RuntimeError::NoCoordinator { reason })
    }
}

impl std::fmt::Debug for Runtime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runtime")
            .field("host", &self.host)
            .field("state_folder", &self.state_folder)
            .finish_non_exhaustive()
    }
}

/// The folder that a run works on.
fn folder_of(created: &Created) -> PathBuf {
    path_text::decode(&created.folder)
}

/// SHA-256 of the tasks as they were planned: two runs with the same one can be compared.
fn hash_of(tasks: &[TaskSpec]) -> String {
    Digest::of(&serde_json::to_vec(tasks).unwrap_or_default()).to_string()
}

fn durability(of: RunDurability) -> Durability {
    Durability::from(of)
}
