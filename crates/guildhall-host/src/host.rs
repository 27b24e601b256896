//! The host: all plugins, and calls to them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;

use guildhall_abi::codec;
use guildhall_abi::guest::Operation;
use guildhall_abi::peer::Instance;
use guildhall_core::registry::{Lease, Registry, SystemClock};
use guildhall_core::{
    AgentError, AgentId, Capability, CapabilityRequest, CoreError, ErrorCode, Outcome,
    Registration, Task,
};
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::builder::{HostBuilder, Limits};
use crate::call::{self, Bounds, Fault, Run};
use crate::discovery::{Discovered, Refused};
use crate::error::HostError;
use crate::orderly::Orderly;
use crate::plugin::{Plugin, PluginInfo, StartLimits};
use crate::pool::Pool;
use crate::request::{Ancestor, CallRequest, Called};
use crate::services::TaskServices;
use crate::validation::{Side, Validators};

/// All plugins, and calls to them. Cheap to clone.
#[derive(Clone)]
pub struct Host {
    inner: Arc<Inner>,
}

struct Inner {
    plugins: BTreeMap<AgentId, Slot>,
    refused: Vec<Refused>,
    registry: Registry,
    validators: Validators,
    pool: Pool,
    limits: Limits,
    /// Tells those who wait for a free agent that one was released.
    released: Notify,
    /// Cancelled by the stop: it withdraws every call.
    stopping: CancellationToken,
    /// Calls that are under way.
    calls: AtomicUsize,
    /// Tells the stop that a call has ended.
    ended: Notify,
}

/// A call that is under way.
struct UnderWay {
    inner: Arc<Inner>,
}

impl UnderWay {
    fn begin(inner: &Arc<Inner>) -> Self {
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
    /// The last reference may go anywhere, on an async worker for example; the plugins'
    /// destructors run on the pool like all of their code.
    fn drop(&mut self) {
        for slot in self.plugins.values_mut() {
            if let Some(instance) = slot.plugin.take_instance() {
                self.pool.spawn(async move { drop(instance) });
            }
        }
    }
}

struct Slot {
    plugin: Plugin,
    /// Faults since the last success.
    faults: AtomicU32,
}

impl Host {
    /// A builder without any place to look at.
    pub fn builder() -> HostBuilder {
        HostBuilder::default()
    }

    pub(crate) fn new(builder: HostBuilder, discovered: Discovered) -> Result<Self, HostError> {
        let registry = Registry::with(builder.registry_settings(), Arc::new(SystemClock::new()));
        let mut configs = builder.configs;
        let mut plugins = BTreeMap::new();
        for found in discovered.found {
            let manifest = &found.inspected.manifest;
            let id = manifest.id.clone();
            registry.register(Registration::from_manifest(manifest))?;
            let config = configs.remove(&id);
            let config = config_json(&id, manifest.config.as_ref(), config)?;
            let plugin = Plugin::new(found, config);
            plugins.insert(
                id,
                Slot {
                    plugin,
                    faults: AtomicU32::new(0),
                },
            );
        }
        if let Some((id, _)) = configs.pop_first() {
            return Err(HostError::NoSuchPlugin { id });
        }
        let inner = Inner {
            plugins,
            refused: discovered.refused,
            registry,
            validators: Validators::default(),
            pool: Pool::default(),
            limits: builder.limits,
            released: Notify::new(),
            stopping: CancellationToken::new(),
            calls: AtomicUsize::new(0),
            ended: Notify::new(),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// The plugins that were found, by id.
    pub fn plugins(&self) -> Vec<PluginInfo> {
        self.inner
            .plugins
            .values()
            .map(|slot| slot.plugin.info())
            .collect()
    }

    /// The files that are not taken as plugins, in the order in which they were found.
    pub fn refused(&self) -> &[Refused] {
        &self.inner.refused
    }

    /// Who offers what, and how everyone does.
    pub fn registry(&self) -> &Registry {
        &self.inner.registry
    }

    /// Loads and starts a plugin now instead of at its first call.
    ///
    /// # Errors
    /// [`ErrorCode::NoSuchCapability`] where there is no such plugin, else why it
    /// cannot be started.
    pub async fn start(&self, plugin: &AgentId) -> Result<(), AgentError> {
        let slot = self.slot(plugin)?;
        self.instance(slot, None, &self.inner.stopping)
            .await
            .map(|_| ())
            .map_err(|fault| fault.error)
    }

    /// Calls a capability: finds an agent, waits for a free place, loads its plugin
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

    /// Ends the calls that are under way as if their callers had withdrawn them, then
    /// stops all plugins that run, each within its grace. The host takes no calls from
    /// then on; a second stop does nothing.
    ///
    /// # Cancel safety
    /// Where it is dropped, some plugins are not stopped.
    pub async fn stop(&self) {
        if self.inner.stopping.is_cancelled() {
            return;
        }
        self.inner.stopping.cancel();
        self.calls_ended().await;
        for slot in self.inner.plugins.values() {
            let Some(instance) = slot.plugin.running() else {
                continue;
            };
            if slot.plugin.quarantined().is_some() {
                continue;
            }
            let deadline = Some(Instant::now() + self.inner.limits.start);
            let stopped = slot
                .plugin
                .operate(
                    &self.inner.pool,
                    &instance,
                    Operation::Stop,
                    deadline,
                    self.inner.limits.grace,
                )
                .await;
            if let Err(error) = stopped {
                let plugin = slot.plugin.manifest().id.as_str();
                tracing::warn!(plugin, %error, "the plugin did not stop cleanly");
            }
        }
    }

    /// Waits until no call is under way.
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

    async fn carry_out(
        &self,
        request: CallRequest,
        cancel: CancellationToken,
    ) -> Result<Called, AgentError> {
        let deadline = request
            .timeout
            .and_then(|timeout| Instant::now().checked_add(timeout));
        self.check_running()?;
        self.check_ancestry(&request)?;
        let mut task = Task::from_raw(
            request.capability.name.clone(),
            semver::Version::new(0, 0, 0),
            request.input.clone(),
        );
        let lease = self.lease(&request, &task, deadline, &cancel).await?;
        let slot = self.slot(lease.agent())?;
        let capability = chosen(&lease, slot)?.clone();
        task.capability_version = capability.version.clone();
        task.parent = request.ancestry.last().map(|ancestor| ancestor.task);
        task.idempotency_key.clone_from(&request.idempotency_key);
        task.trace = request.trace;
        let started = Instant::now();
        let done = self
            .execute(&request, task.clone(), slot, &capability, deadline, cancel)
            .await;
        let duration = started.elapsed();
        let agent = lease.agent().clone();
        self.settle(slot, lease, &done, duration);
        let outcome = done.map_err(|fault| fault.error)?;
        Ok(Called {
            outcome,
            agent,
            capability_version: capability.version,
            task: task.id,
            duration,
        })
    }

    /// Runs the task in its plugin.
    async fn execute(
        &self,
        request: &CallRequest,
        mut task: Task,
        slot: &Slot,
        capability: &Capability,
        deadline: Option<Instant>,
        cancel: CancellationToken,
    ) -> Result<Outcome, Fault> {
        let key = format!(
            "{} {}@{}",
            slot.plugin.manifest().id,
            capability.name,
            capability.version
        );
        let validators = &self.inner.validators;
        validators
            .check(&key, Side::Input, &capability.input, &task.input)
            .map_err(withdrawn)?;
        let instance = self.instance(slot, deadline, &cancel).await?;
        for attachment in request.attachments.iter().cloned() {
            task.attach(attachment);
        }
        task.deadline_ms = deadline
            .map(|deadline| milliseconds(deadline.saturating_duration_since(Instant::now())));
        let head = codec::encode_task(&task).map_err(withdrawn)?;
        let run = Run {
            instance,
            operation: Operation::Execute,
            services: Arc::new(self.services(request, &task, slot, deadline, &cancel)),
            head,
            attachments: task.attachments,
        };
        let bounds = Bounds {
            deadline,
            cancel,
            grace: self.inner.limits.grace,
        };
        let reply = call::run(&self.inner.pool, run, bounds).await?;
        let outcome = codec::decode_outcome(reply).map_err(Fault::plugin)?;
        validators
            .check(&key, Side::Output, &capability.output, &outcome.output)
            .map_err(Fault::plugin)?;
        Ok(outcome)
    }

    /// The running instance of a plugin. Where the bounds end the wait for its start,
    /// the start goes on for those who come later.
    async fn instance(
        &self,
        slot: &Slot,
        deadline: Option<Instant>,
        cancel: &CancellationToken,
    ) -> Result<Arc<Instance>, Fault> {
        if let Some(instance) = slot.plugin.running() {
            return Ok(instance);
        }
        let (host, id) = (self.clone(), slot.plugin.manifest().id.clone());
        let starting = tokio::spawn(async move {
            let limits = host.start_limits();
            host.slot(&id)?
                .plugin
                .instance(&host.inner.pool, &limits)
                .await
        });
        tokio::select! {
            biased;
            started = starting => match started {
                Ok(started) => started.map_err(Fault::plugin),
                Err(error) => Err(withdrawn(AgentError::new(
                    ErrorCode::Unavailable,
                    format!("the host is ending: {error}"),
                ))),
            },
            reason = call::withdrawn(deadline, cancel) => Err(withdrawn(reason.error())),
        }
    }

    fn services(
        &self,
        request: &CallRequest,
        task: &Task,
        slot: &Slot,
        deadline: Option<Instant>,
        cancel: &CancellationToken,
    ) -> TaskServices {
        let agent = slot.plugin.manifest().id.clone();
        let mut ancestry = request.ancestry.clone();
        ancestry.push(Ancestor {
            task: task.id,
            agent: agent.clone(),
            capability: task.capability.clone(),
        });
        TaskServices {
            host: self.clone(),
            runtime: tokio::runtime::Handle::current(),
            agent,
            task: task.id,
            cancel: cancel.clone(),
            deadline,
            on_progress: request.on_progress.clone(),
            trace: request.trace,
            ancestry,
        }
    }

    /// A place at an agent; waits where all that would do are at their limits.
    async fn lease(
        &self,
        request: &CallRequest,
        task: &Task,
        deadline: Option<Instant>,
        cancel: &CancellationToken,
    ) -> Result<Lease, AgentError> {
        let registry = &self.inner.registry;
        loop {
            let mut released = std::pin::pin!(self.inner.released.notified());
            // Registered before the attempt, so that no release falls in between.
            released.as_mut().enable();
            let leased = match &request.agent {
                Some(agent) => registry.acquire_from(agent, &request.capability, task.id),
                None => registry.acquire(&request.capability, task.id),
            };
            let busy = match leased {
                Ok(lease) => return Ok(lease),
                Err(error @ CoreError::AllBusy { .. }) => error,
                Err(error) => return Err(self.nobody(&request.capability, &error)),
            };
            let timed_out = async {
                match deadline {
                    Some(deadline) => tokio::time::sleep_until(deadline).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = released => {}
                () = cancel.cancelled() => {
                    return Err(AgentError::new(ErrorCode::Cancelled, "the task was cancelled"));
                }
                () = timed_out => {
                    return Err(AgentError::new(ErrorCode::Busy, busy.to_string()).retryable());
                }
            }
        }
    }

    /// Why nobody can take a task, with the fault of the quarantined where that is why.
    fn nobody(&self, wanted: &CapabilityRequest, error: &CoreError) -> AgentError {
        if let CoreError::AllUnhealthy { agents, .. } = error {
            let quarantined = agents
                .iter()
                .find_map(|(id, _)| self.inner.plugins.get(id)?.plugin.quarantined());
            return quarantined
                .unwrap_or_else(|| AgentError::new(ErrorCode::Unavailable, error.to_string()));
        }
        AgentError::new(ErrorCode::NoSuchCapability, error.to_string())
            .with_label("capability", wanted.to_string())
            .with_help("`guildhall plugin list` shows what is offered")
    }

    /// Gives the place back and judges the plugin by how the task ended.
    fn settle(&self, slot: &Slot, lease: Lease, done: &Result<Outcome, Fault>, duration: Duration) {
        let agent = lease.agent().clone();
        let returned = match done {
            Ok(_) => {
                slot.faults.store(0, Ordering::Relaxed);
                lease.release(true, milliseconds(duration))
            }
            Err(fault) if fault.plugin_at_fault => {
                let faults = slot.faults.fetch_add(1, Ordering::Relaxed) + 1;
                if fault.quarantine || faults >= self.inner.limits.faults {
                    slot.plugin.quarantine(&fault.error);
                    // The id was registered when the host was built.
                    let _ = self
                        .inner
                        .registry
                        .mark_failed(&agent, fault.error.message.clone());
                }
                lease.release(false, milliseconds(duration))
            }
            Err(fault) if says_nothing_about_the_agent(&fault.error) => lease.withdraw(),
            Err(_) => lease.release(false, milliseconds(duration)),
        };
        if let Err(error) = returned {
            tracing::debug!(%error, "a place was given back late");
        }
        self.inner.released.notify_waiters();
    }

    fn check_running(&self) -> Result<(), AgentError> {
        if self.inner.stopping.is_cancelled() {
            let text = "the host was stopped and takes no more calls";
            return Err(AgentError::new(ErrorCode::Unavailable, text));
        }
        Ok(())
    }

    fn check_ancestry(&self, request: &CallRequest) -> Result<(), AgentError> {
        let chain = || {
            let names = request
                .ancestry
                .iter()
                .map(|ancestor| ancestor.capability.as_str());
            names
                .chain([request.capability.name.as_str()])
                .collect::<Vec<_>>()
                .join(" -> ")
        };
        let again = |ancestor: &Ancestor| {
            ancestor.capability == request.capability.name
                && request
                    .agent
                    .as_ref()
                    .is_none_or(|agent| *agent == ancestor.agent)
        };
        if request.ancestry.iter().any(again) {
            let text = format!(
                "the call leads back to a capability that waits for it: {}",
                chain()
            );
            return Err(AgentError::new(ErrorCode::Cycle, text));
        }
        if request.ancestry.len() >= self.inner.limits.depth {
            let text = format!(
                "calls between agents go deeper than {}: {}",
                self.inner.limits.depth,
                chain()
            );
            return Err(AgentError::new(ErrorCode::TooDeep, text));
        }
        Ok(())
    }

    fn slot(&self, plugin: &AgentId) -> Result<&Slot, AgentError> {
        self.inner.plugins.get(plugin).ok_or_else(|| {
            AgentError::new(
                ErrorCode::NoSuchCapability,
                format!("there is no plugin {plugin}"),
            )
            .with_help("`guildhall plugin list` shows the plugins that were found")
        })
    }

    fn start_limits(&self) -> StartLimits {
        StartLimits {
            timeout: self.inner.limits.start,
            grace: self.inner.limits.grace,
        }
    }
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let plugins: Vec<&str> = self.inner.plugins.keys().map(AgentId::as_str).collect();
        f.debug_struct("Host")
            .field("plugins", &plugins)
            .finish_non_exhaustive()
    }
}

/// The capability of the plugin that the lease is for.
fn chosen<'a>(lease: &Lease, slot: &'a Slot) -> Result<&'a Capability, AgentError> {
    let manifest = slot.plugin.manifest();
    lease
        .capability()
        .and_then(|(name, version)| {
            manifest
                .capabilities
                .iter()
                .find(|own| own.name == *name && own.version == *version)
        })
        .ok_or_else(|| {
            AgentError::new(
                ErrorCode::NoSuchCapability,
                "the lease is for no capability",
            )
        })
}

/// A failure that came before the plugin was asked.
fn withdrawn(error: AgentError) -> Fault {
    Fault {
        error,
        plugin_at_fault: false,
        quarantine: false,
    }
}

fn says_nothing_about_the_agent(error: &AgentError) -> bool {
    error.is(ErrorCode::Cancelled) || error.is(ErrorCode::InvalidInput)
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

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
