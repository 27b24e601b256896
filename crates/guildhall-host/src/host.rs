//! The host: all agents, and calls to them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use guildhall_core::registry::{Registry, SystemClock};
use guildhall_core::{AgentError, AgentId, ErrorCode, Manifest, Registration};
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::agent::{HostedAgent, StartLimits};
use crate::bounds::Bounds;
use crate::builder::{HostBuilder, Limits};
use crate::call::{CallRequest, Called, Orderly};
use crate::error::HostError;
use crate::finding::{self, Discovered, Refusal, Refused};
use crate::info::AgentInfo;
use crate::pool::Pool;
use crate::service::Offers;
use crate::validation::{Side, Validators};

/// All agents, and calls to them. Cheap to clone.
#[derive(Clone)]
pub struct Host {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    agents: BTreeMap<AgentId, HostedAgent>,
    refused: Vec<Refused>,
    pub(crate) registry: Registry,
    pub(crate) validators: Validators,
    pub(crate) pool: Pool,
    pub(crate) limits: Limits,
    /// What is offered to every task.
    offers: Offers,
    /// Tells those who wait for a free agent that one was released.
    pub(crate) released: Arc<Notify>,
    /// Cancelled by the stop: it withdraws every call.
    pub(crate) stopping: CancellationToken,
    /// Whether somebody has asked for the stop.
    stopped: AtomicBool,
    /// Calls and starts that are under way.
    calls: AtomicUsize,
    /// Tells the stop that one of them has ended.
    ended: Notify,
}

/// A call or a start that is under way. Whoever has one looks afterwards whether the host
/// stops: then either that is seen, or the stop waits for it.
pub(crate) struct UnderWay {
    inner: Arc<Inner>,
}

impl UnderWay {
    pub(crate) fn begin(inner: &Arc<Inner>) -> Self {
        inner.calls.fetch_add(1, Ordering::SeqCst);
        Self {
            inner: Arc::clone(inner),
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.inner.calls.fetch_sub(1, Ordering::SeqCst);
        self.inner.ended.notify_waiters();
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // First, for the plugins' destructors are work for the pool.
        self.agents.clear();
        self.pool.close();
    }
}

impl Host {
    /// A builder without any place to look at.
    pub fn builder() -> HostBuilder {
        HostBuilder::default()
    }

    pub(crate) fn new(builder: HostBuilder, discovered: Discovered) -> Result<Self, HostError> {
        let registry = Registry::with(builder.registry_settings(), Arc::new(SystemClock::new()));
        let mut configs = builder.configs;
        let mut agents = BTreeMap::new();
        for agent in builder.agents {
            let agent = HostedAgent::native(agent);
            let manifest = agent.manifest();
            let id = manifest.id.clone();
            check_native(manifest)?;
            if agents.contains_key(&id) {
                return Err(HostError::DuplicateAgent { id });
            }
            registry.register(Registration::from_manifest(manifest))?;
            agents.insert(id, agent);
        }
        let mut refused = discovered.refused;
        for found in discovered.found {
            let manifest = &found.inspected.manifest;
            let id = manifest.id.clone();
            if agents.contains_key(&id) {
                let refusal = Refusal::NativeId { id };
                refused.push(found.refuse(refusal));
                continue;
            }
            registry.register(Registration::from_manifest(manifest))?;
            let config = configs.remove(&id);
            let config = config_json(&id, manifest.config.as_ref(), config)?;
            agents.insert(id, HostedAgent::plugin(found, config));
        }
        if let Some((id, _)) = configs.pop_first() {
            if agents.contains_key(&id) {
                return Err(HostError::NativeConfig { id });
            }
            return Err(HostError::NoSuchPlugin { id });
        }
        let inner = Inner {
            agents,
            refused,
            registry,
            validators: Validators::default(),
            pool: Pool::new(),
            limits: builder.limits,
            offers: builder.offers,
            released: Arc::new(Notify::new()),
            stopping: CancellationToken::new(),
            stopped: AtomicBool::new(false),
            calls: AtomicUsize::new(0),
            ended: Notify::new(),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// All agents by id: the plugins that were found, and those that are code of the
    /// program.
    pub fn agents(&self) -> Vec<AgentInfo> {
        self.inner.agents.values().map(HostedAgent::info).collect()
    }

    /// The files that are not taken as plugins, in the order in which they were found.
    pub fn refused(&self) -> &[Refused] {
        &self.inner.refused
    }

    /// Who offers what, and how everyone does.
    pub fn registry(&self) -> &Registry {
        &self.inner.registry
    }

    /// Loads and starts an agent now instead of at its first call.
    ///
    /// # Errors
    /// [`ErrorCode::NoSuchCapability`] where there is no such agent, else why it
    /// cannot be started.
    pub async fn start(&self, agent: &AgentId) -> Result<(), AgentError> {
        let hosted = self.agent(agent)?;
        // The stop of the host ends the start itself, which says so.
        self.started(hosted, None, &CancellationToken::new())
            .await
            .map_err(|fault| fault.error)
    }

    /// Calls a capability: finds an agent, waits for a free place, loads and starts it
    /// if need be, checks the input, runs the task, checks the output.
    ///
    /// # Errors
    /// What the agent answers, or a code of [`ErrorCode`].
    ///
    /// # Panics
    /// Outside of a tokio runtime with time enabled.
    ///
    /// # Cancel safety
    /// Dropping the future withdraws the task; the agent is asked to end and its
    /// place is free when it has.
    pub async fn call(&self, request: CallRequest) -> Result<Called, AgentError> {
        let withdraw = request.cancel.child_token();
        let host = self.clone();
        let cancel = withdraw.clone();
        let work = async move {
            let _under_way = UnderWay::begin(&host.inner);
            let stopping = host.inner.stopping.clone();
            let mut done = std::pin::pin!(host.carry_out(request, cancel.clone()));
            tokio::select! {
                biased;
                () = stopping.cancelled() => cancel.cancel(),
                done = &mut done => return done,
            }
            done.await
        };
        Orderly::new(work, withdraw).await
    }

    /// Ends the calls and starts that are under way as if their callers had withdrawn
    /// them, then stops all agents that run, all at once and within the time and the grace
    /// of [`Limits`] together. The host takes no calls and starts no agent from then on; a
    /// second stop does nothing.
    ///
    /// # Panics
    /// Outside of a tokio runtime with time enabled.
    ///
    /// # Cancel safety
    /// Where it is dropped, some agents are not stopped.
    pub async fn stop(&self) {
        if self.inner.stopped.swap(true, Ordering::SeqCst) {
            return;
        }
        self.inner.stopping.cancel();
        self.calls_ended().await;
        let deadline = Instant::now().checked_add(self.inner.limits.start);
        let mut stops = JoinSet::new();
        for agent in self.inner.agents.keys() {
            stops.spawn(self.clone().stop_agent(agent.clone(), deadline));
        }
        stops.join_all().await;
    }

    async fn stop_agent(self, agent: AgentId, deadline: Option<Instant>) {
        let bounds = Bounds {
            deadline,
            cancel: CancellationToken::new(),
            grace: self.inner.limits.grace,
        };
        let stopped = match self.agent(&agent) {
            Ok(hosted) => hosted.stop(&self.inner.pool, bounds).await,
            Err(error) => Err(error),
        };
        if let Err(error) = stopped {
            tracing::warn!(plugin = agent.as_str(), %error, "the agent did not stop cleanly");
        }
    }

    /// Waits until no call and no start is under way.
    async fn calls_ended(&self) {
        loop {
            let mut ended = std::pin::pin!(self.inner.ended.notified());
            // Registered before the look, so that no end falls in between.
            ended.as_mut().enable();
            if self.inner.calls.load(Ordering::SeqCst) == 0 {
                return;
            }
            ended.await;
        }
    }

    /// What is offered to every task.
    pub(crate) fn offers(&self) -> &Offers {
        &self.inner.offers
    }

    pub(crate) fn agent(&self, agent: &AgentId) -> Result<&HostedAgent, AgentError> {
        self.inner.agents.get(agent).ok_or_else(|| {
            let text = format!("there is no agent {agent}");
            AgentError::new(ErrorCode::NoSuchCapability, text)
        })
    }

    pub(crate) fn start_limits(&self) -> StartLimits {
        StartLimits {
            timeout: self.inner.limits.start,
            grace: self.inner.limits.grace,
            withdraw: self.inner.stopping.clone(),
        }
    }
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let agents: Vec<&str> = self.inner.agents.keys().map(AgentId::as_str).collect();
        f.debug_struct("Host")
            .field("agents", &agents)
            .finish_non_exhaustive()
    }
}

/// The manifest of an agent that is code of the program must be as good as a plugin's.
fn check_native(manifest: &Manifest) -> Result<(), HostError> {
    let bad = |reason: String| HostError::BadAgent {
        id: manifest.id.clone(),
        reason,
    };
    manifest.check().map_err(|error| bad(error.to_string()))?;
    finding::check_manifest(manifest).map_err(|refusal| bad(refusal.to_string()))
}

/// The configuration of a plugin as JSON, checked against its schema.
fn config_json(
    id: &AgentId,
    schema: Option<&Value>,
    config: Option<Value>,
) -> Result<Vec<u8>, HostError> {
    let bad = |reason: String| HostError::BadConfig {
        id: id.clone(),
        reason,
    };
    let Some(config) = config else {
        return Ok(Vec::new());
    };
    let Some(schema) = schema else {
        return Err(bad("the plugin takes no configuration".into()));
    };
    let raw: Box<RawValue> =
        serde_json::value::to_raw_value(&config).map_err(|error| bad(error.to_string()))?;
    Validators::default()
        .check(id.as_str(), Side::Input, schema, &raw)
        .map_err(|error| bad(error.message))?;
    Ok(raw.get().as_bytes().to_vec())
}
