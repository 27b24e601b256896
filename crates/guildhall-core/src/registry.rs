//! The capability registry: who can do what, who is able to take a task now, and how
//! everyone does.
//!
//! Invariants, whatever the threads do:
//! - No agent is given a task beyond its limit. A task that has lent its place counts
//!   for nothing in it, and gets a place again before tasks that have not begun. One that
//!   is unregistered, silent, failed or taken out is given none (a failed one may prove
//!   itself with one task at a time).
//! - A [`Lease`] is given back exactly once, by [`Lease::release`],
//!   [`Lease::withdraw`] or its drop; one that comes back after its agent is gone
//!   changes nothing.
//! - Totals add up: tasks taken are those in flight and those that ended, for each
//!   agent, for each capability and for all; agents that leave take nothing with them.
//! - An operation is done in full or, where it gives an error, changes nothing.
//! - The same history gives the same choices, the same order and the same bytes.
//!
//! The life of an agent: it registers and is `available` or `busy`; heartbeats that
//! stay away make it `offline`, failures in a row `failed`, and a heartbeat or a
//! success brings it back, unless it was taken out of service. Unregistered, it is `draining` while it has tasks and the
//! grace lasts, then `terminated`; its record is seen until the grace is over, and is
//! gone then. A terminated id may register again.
//!
//! Time comes from a [`Clock`]. It takes effect with the next operation, whichever
//! that is, or with [`Registry::expire`]; no thread of the registry's own runs.
//!
//! Nothing is read or written here: [`Registry::persist`] hands a [`Snapshot`] to a
//! [`RegistryStore`].

mod clock;
mod counts;
mod entry;
mod events;
mod health;
mod lease;
mod offer;
mod places;
mod record;
mod refusal;
mod registration;
mod settings;
mod state;
mod statistics;
mod store;
mod strategy;
mod sync;

pub use clock::{Clock, ManualClock, SystemClock};
pub use counts::Counts;
pub use events::{MAX_SUBSCRIPTION, RegistryChange, RegistryEvent, Subscription};
pub use health::Health;
pub use lease::Lease;
pub use offer::Offer;
pub use record::{AgentRecord, AgentStatus, ResourceUsage};
pub use registration::{AgentUpdate, Registration};
pub use settings::RegistrySettings;
pub use statistics::Statistics;
pub use store::{MemoryStore, RegistryStore, Snapshot};
pub use strategy::Strategy;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::capability::{CapabilityRequest, TaskKind};
use crate::error::CoreError;
use crate::id::{AgentId, TaskId};

use clock::milliseconds;
use state::{State, Wanted};
use sync::{Mutex, MutexGuard, lock};

/// The capability registry. Cheap to clone; every clone is the same registry.
///
/// ```
/// use guildhall_core::{Capability, Registration, Registry, TaskId};
/// use serde_json::json;
///
/// let registry = Registry::new();
/// let mut hello = Registration::new("hello".parse()?, "1.0.0".parse()?);
/// let greet = json!({"name": "example.greet", "version": "1.2.0"});
/// hello.capabilities.push(serde_json::from_value::<Capability>(greet)?);
/// hello.max_concurrent_tasks = 1;
/// registry.register(hello)?;
///
/// let wanted = "example.greet@^1".parse()?;
/// let lease = registry.acquire(&wanted, TaskId::new())?;
/// assert_eq!(lease.agent().as_str(), "hello");
/// assert!(registry.acquire(&wanted, TaskId::new()).is_err(), "its one place is taken");
///
/// lease.release(true, 12)?;
/// let statistics = registry.statistics();
/// assert_eq!((statistics.available, statistics.tasks.completed), (1, 1));
/// assert_eq!(statistics.tasks.success_rate(), Some(1.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Registry {
    shared: Arc<Shared>,
}

/// What the clones of a registry and its leases share.
///
/// Lock order: `saved` before `state`. Nothing foreign runs under `state`; the store
/// runs under `saved` alone.
struct Shared {
    clock: Arc<dyn Clock>,
    store: Option<Arc<dyn RegistryStore>>,
    /// The revision that the store holds.
    saved: Mutex<Option<u64>>,
    state: Mutex<State>,
}

/// Making a registry, and keeping it.
impl Registry {
    /// An empty registry with the default settings, the computer's clock and no store.
    pub fn new() -> Self {
        Self::with(RegistrySettings::default(), Arc::new(SystemClock::new()))
    }

    /// An empty registry without a store.
    pub fn with(settings: RegistrySettings, clock: Arc<dyn Clock>) -> Self {
        Self::from_state(State::new(settings), clock, None)
    }

    /// The registry that `store` keeps; an empty one where it keeps none yet.
    ///
    /// Agents from the store are offline until they register again, and keep what was
    /// counted for them. Tasks that were in flight count as abandoned.
    ///
    /// # Errors
    /// Whatever the store gives, and [`CoreError::BadSnapshot`] where what it keeps
    /// contradicts itself.
    pub fn open(
        settings: RegistrySettings,
        clock: Arc<dyn Clock>,
        store: Arc<dyn RegistryStore>,
    ) -> Result<Self, CoreError> {
        let state = match store.load()? {
            Some(snapshot) => State::restored(settings, snapshot)?,
            None => State::new(settings),
        };
        Ok(Self::from_state(state, clock, Some(store)))
    }

    /// Hands the store a snapshot, where there is a store and anything changed since
    /// the last time. Gives whether it did.
    ///
    /// The store is not called under the registry's lock, so other threads go on
    /// while it works.
    ///
    /// # Errors
    /// Whatever the store gives. Nothing is lost by it: the registry goes on, and the
    /// next call tries again.
    pub fn persist(&self) -> Result<bool, CoreError> {
        let Some(store) = &self.shared.store else {
            return Ok(false);
        };
        let mut saved = lock(&self.shared.saved);
        let (snapshot, revision) = {
            let state = self.shared.enter();
            if *saved == Some(state.revision) {
                return Ok(false);
            }
            (state.snapshot(), state.revision)
        };
        store.save(&snapshot)?;
        *saved = Some(revision);
        Ok(true)
    }

    /// All that a store would be given, by id.
    pub fn snapshot(&self) -> Snapshot {
        self.shared.enter().snapshot()
    }

    fn from_state(
        state: State,
        clock: Arc<dyn Clock>,
        store: Option<Arc<dyn RegistryStore>>,
    ) -> Self {
        let (saved, state) = (Mutex::new(None), Mutex::new(state));
        Self {
            shared: Arc::new(Shared {
                clock,
                store,
                saved,
                state,
            }),
        }
    }
}

/// Agents come, change and go.
impl Registry {
    /// Registers an agent.
    ///
    /// # Errors
    /// [`CoreError::AlreadyRegistered`] where the id is taken by an agent that is not
    /// terminated; [`CoreError::BadRegistration`] where the registration contradicts
    /// itself.
    pub fn register(&self, registration: Registration) -> Result<(), CoreError> {
        self.shared.enter().register(registration)
    }

    /// Changes the registration of an agent.
    ///
    /// # Errors
    /// [`CoreError::NoSuchAgent`], or [`CoreError::BadRegistration`] where it would
    /// contradict itself afterwards.
    pub fn update(&self, agent: &AgentId, update: AgentUpdate) -> Result<(), CoreError> {
        self.shared.enter().update(agent, update)
    }

    /// Unregisters an agent with the grace of the settings: it is given nothing more,
    /// and what it has may end. Doing so again changes nothing.
    ///
    /// # Errors
    /// [`CoreError::NoSuchAgent`].
    pub fn unregister(&self, agent: &AgentId) -> Result<(), CoreError> {
        let mut state = self.shared.enter();
        let grace = milliseconds(state.settings.grace);
        state.unregister(agent, grace)
    }

    /// Unregisters an agent with a grace of its own. A grace that runs already is
    /// made shorter by it, never longer.
    ///
    /// # Errors
    /// [`CoreError::NoSuchAgent`].
    pub fn unregister_within(&self, agent: &AgentId, grace: Duration) -> Result<(), CoreError> {
        self.shared.enter().unregister(agent, milliseconds(grace))
    }

    /// Takes a sign of life: a silent agent is back, and a failed one may prove
    /// itself at once.
    ///
    /// # Errors
    /// [`CoreError::NoSuchAgent`]; an agent from a store registers again first.
    pub fn heartbeat(&self, agent: &AgentId) -> Result<(), CoreError> {
        self.shared.enter().heartbeat(agent)
    }

    /// Takes an agent for failed that somebody found so, for example because its
    /// process is gone. It is given nothing until its next heartbeat, or until a task
    /// that it has succeeds.
    ///
    /// # Errors
    /// [`CoreError::NoSuchAgent`].
    pub fn mark_failed(&self, agent: &AgentId, reason: impl Into<String>) -> Result<(), CoreError> {
        self.shared.enter().mark_failed(agent, reason.into())
    }

    /// Takes an agent out of service that cannot be trusted with another task. It is
    /// given none from now on: no heartbeat, no success of a task that it has and no time
    /// lifts this, only a new registration after it was unregistered. The first reason
    /// counts.
    ///
    /// ```
    /// # use guildhall_core::{Capability, Registration, Registry, TaskId};
    /// # use serde_json::json;
    /// # let registry = Registry::new();
    /// # let mut hello = Registration::new("hello".parse()?, "1.0.0".parse()?);
    /// # let greet = json!({"name": "example.greet", "version": "1.2.0"});
    /// # hello.capabilities.push(serde_json::from_value::<Capability>(greet)?);
    /// # registry.register(hello)?;
    /// let wanted = "example.greet".parse()?;
    /// let held = registry.acquire(&wanted, TaskId::new())?;
    /// registry.take_out(held.agent(), "it does not come back")?;
    /// held.release(true, 12)?;
    /// assert!(registry.acquire(&wanted, TaskId::new()).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`CoreError::NoSuchAgent`].
    pub fn take_out(&self, agent: &AgentId, reason: impl Into<String>) -> Result<(), CoreError> {
        self.shared.enter().take_out(agent, reason.into())
    }

    /// Lets time take effect, and gives the agents that went offline by this call for
    /// want of heartbeats. Other operations do so too, without saying which.
    pub fn expire(&self) -> Vec<AgentId> {
        let now = self.shared.clock.now_ms();
        lock(&self.shared.state).advance(now)
    }
}

/// Tasks come and go.
impl Registry {
    /// Takes an agent that offers what is asked for, chosen by the strategy of the
    /// settings.
    ///
    /// # Errors
    /// [`CoreError::NoSuchCapability`], [`CoreError::NoSuchVersion`],
    /// [`CoreError::AllBusy`] or [`CoreError::AllUnhealthy`], the first that holds.
    pub fn acquire(&self, request: &CapabilityRequest, task: TaskId) -> Result<Lease, CoreError> {
        self.take(
            Wanted {
                agent: None,
                request: Some(request),
            },
            task,
            None,
        )
    }

    /// Takes an agent that offers what is asked for, chosen by another strategy.
    ///
    /// # Errors
    /// As [`Registry::acquire`].
    pub fn acquire_with(
        &self,
        request: &CapabilityRequest,
        task: TaskId,
        strategy: Strategy,
    ) -> Result<Lease, CoreError> {
        self.take(
            Wanted {
                agent: None,
                request: Some(request),
            },
            task,
            Some(strategy),
        )
    }

    /// Takes this agent for what is asked for.
    ///
    /// # Errors
    /// [`CoreError::NoSuchAgent`], [`CoreError::NotOffered`], [`CoreError::AllBusy`]
    /// or [`CoreError::AllUnhealthy`], the first that holds.
    pub fn acquire_from(
        &self,
        agent: &AgentId,
        request: &CapabilityRequest,
        task: TaskId,
    ) -> Result<Lease, CoreError> {
        self.take(
            Wanted {
                agent: Some(agent),
                request: Some(request),
            },
            task,
            None,
        )
    }

    /// Takes this agent, whatever for.
    ///
    /// # Errors
    /// [`CoreError::NoSuchAgent`], [`CoreError::AllBusy`] or
    /// [`CoreError::AllUnhealthy`], the first that holds.
    pub fn acquire_agent(&self, agent: &AgentId, task: TaskId) -> Result<Lease, CoreError> {
        self.take(
            Wanted {
                agent: Some(agent),
                request: None,
            },
            task,
            None,
        )
    }

    fn take(
        &self,
        wanted: Wanted<'_>,
        task: TaskId,
        strategy: Option<Strategy>,
    ) -> Result<Lease, CoreError> {
        let held = {
            let mut state = self.shared.enter();
            let strategy = strategy.unwrap_or(state.settings.strategy);
            state.acquire(wanted, task, strategy)?
        };
        Ok(Lease::new(Arc::clone(&self.shared), held))
    }
}

/// Looking.
impl Registry {
    /// The agents that offer what is asked for, by id: those that could take a task
    /// now, or all that are not terminated.
    pub fn find(&self, request: &CapabilityRequest, only_available: bool) -> Vec<Offer> {
        self.shared.enter().find(request, only_available)
    }

    /// What is known of an agent.
    pub fn agent(&self, agent: &AgentId) -> Option<AgentRecord> {
        self.shared.enter().record(agent)
    }

    /// What is known of the agents that are not unregistered, by id; of those that do
    /// this kind of work, where one is given.
    pub fn active_agents(&self, kind: Option<&TaskKind>) -> Vec<AgentRecord> {
        self.shared.enter().active(kind)
    }

    /// Figures about all agents.
    pub fn statistics(&self) -> Statistics {
        self.shared.enter().statistics()
    }

    /// Tells what changes from now on, through a queue of this many events.
    pub fn subscribe(&self, capacity: usize) -> Subscription {
        self.shared.enter().events.add(capacity)
    }
}

impl Default for Registry {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let agents = self.shared.enter().len();
        f.debug_struct("Registry")
            .field("agents", &agents)
            .finish_non_exhaustive()
    }
}

impl Shared {
    /// The state, at the present time. The clock is read before the lock is taken:
    /// it is foreign code.
    fn enter(&self) -> MutexGuard<'_, State> {
        let now = self.clock.now_ms();
        let mut state = lock(&self.state);
        state.advance(now);
        state
    }
}
