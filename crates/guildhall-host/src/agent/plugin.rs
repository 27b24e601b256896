//! A plugin that was found, and its instance once it was loaded.

use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use guildhall_abi::guest::Operation;
use guildhall_abi::host::{Begun, CallServices, HostServices, Instance, ServiceCall};
use guildhall_core::{AgentCall, AgentError, ErrorCode, LogLevel, LogLine, Manifest, Progress};
use tokio::sync::oneshot;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::library;
use crate::bounds::Bounds;
use crate::fault::{self, Blame, Fault};
use crate::finding::Found;
use crate::operation::{self, Run};
use crate::pool::{self, Pool};
use crate::{ending, log, stdout};

/// A plugin within the host.
pub(crate) struct Plugin {
    found: Found,
    config: Vec<u8>,
    /// Set when it has started.
    running: OnceLock<Arc<Loaded>>,
}

impl Plugin {
    /// `config` is JSON; empty for none.
    pub(crate) fn new(found: Found, config: Vec<u8>) -> Self {
        Self {
            found,
            config,
            running: OnceLock::new(),
        }
    }

    pub(crate) fn manifest(&self) -> &Manifest {
        &self.found.inspected.manifest
    }

    pub(crate) fn path(&self) -> &Path {
        &self.found.path
    }

    /// Loads the library, makes an instance and starts it.
    pub(crate) async fn start(&self, pool: &Pool, limits: &StartLimits) -> Result<(), Fault> {
        let loaded = self.load_within(pool, limits).await?;
        self.operate(pool, &loaded, Operation::Start, limits.bounds())
            .await?;
        self.running.get_or_init(|| loaded);
        Ok(())
    }

    /// The instance, where the plugin has started.
    pub(crate) fn running(&self) -> Option<&Arc<Loaded>> {
        self.running.get()
    }

    async fn load_within(&self, pool: &Pool, limits: &StartLimits) -> Result<Arc<Loaded>, Fault> {
        let loaded = tokio::select! {
            biased;
            loaded = tokio::time::timeout(limits.timeout, self.load(pool)) => loaded,
            () = limits.withdraw.cancelled() => return Err(Fault::of_host(fault::host_stopped())),
        };
        loaded.unwrap_or_else(|_| {
            let error = self.unavailable("it did not come back while it was loaded");
            Err(Fault::of_agent(error))
        })
    }

    /// Loads the library and makes the instance, on a thread that may wait.
    async fn load(&self, pool: &Pool) -> Result<Arc<Loaded>, Fault> {
        let (send, created) = oneshot::channel();
        let (found, config) = (self.found.clone(), self.config.clone());
        let services = Arc::new(PluginServices {
            plugin: self.manifest().id.to_string(),
            cancel: CancellationToken::new(),
        });
        let own = pool.clone();
        pool.spawn(async move {
            let created = create(&found, services, &config);
            // Where nobody waits any more it is dropped here.
            let _ = send.send(created.map(|instance| Loaded::new(instance, own)));
        });
        match created.await {
            Ok(Ok(loaded)) => Ok(Arc::new(loaded)),
            Ok(Err(error)) => Err(Fault::of_agent(*error)),
            Err(_) => Err(Fault::of_host(fault::no_thread())),
        }
    }

    /// Runs `start` or `stop`.
    pub(crate) async fn operate(
        &self,
        pool: &Pool,
        loaded: &Arc<Loaded>,
        operation: Operation,
        bounds: Bounds,
    ) -> Result<(), Fault> {
        let services = Arc::new(PluginServices {
            plugin: self.manifest().id.to_string(),
            cancel: bounds.cancel.clone(),
        });
        let run = Run {
            instance: Arc::clone(loaded),
            operation,
            services,
            head: Vec::new(),
            attachments: Vec::new(),
        };
        operation::run(pool, run, bounds).await.map(|_| ())
    }

    pub(crate) fn unavailable(&self, reason: &str) -> AgentError {
        AgentError::new(
            ErrorCode::Unavailable,
            format!(
                "the plugin {} cannot be started: {reason}",
                self.manifest().id
            ),
        )
    }
}

/// An instance of a plugin. Wherever the last reference goes, the plugin's destructor
/// runs on the pool like all of its code.
pub(crate) struct Loaded {
    /// Taken out by the drop alone.
    instance: Option<Arc<Instance>>,
    pool: Pool,
}

impl Loaded {
    fn new(instance: Arc<Instance>, pool: Pool) -> Self {
        let instance = Some(instance);
        Self { instance, pool }
    }

    /// Begins an operation: see [`Instance::begin`].
    ///
    /// # Errors
    /// What the plugin answers, or that it broke the rules.
    pub(crate) fn begin<S: CallServices>(
        &self,
        operation: Operation,
        services: Arc<S>,
        head: &[u8],
        attachments: &[Bytes],
    ) -> Result<Begun, AgentError> {
        debug_assert!(pool::is_here(), "a plugin's code runs on the pool");
        let Some(instance) = &self.instance else {
            let text = "the plugin's instance is gone";
            return Err(AgentError::new(ErrorCode::Unavailable, text));
        };
        instance.begin(operation, services, head, attachments)
    }
}

impl Drop for Loaded {
    fn drop(&mut self) {
        if let Some(instance) = self.instance.take() {
            self.pool.spawn_bound(async move {
                debug_assert!(pool::is_here(), "a plugin's destructor runs on the pool");
                drop(instance);
            });
        }
    }
}

/// What bounds the start of an agent.
#[derive(Debug, Clone)]
pub(crate) struct StartLimits {
    /// For loading it, and for its start.
    pub(crate) timeout: Duration,
    pub(crate) grace: Duration,
    /// Cancelled where the host stops.
    pub(crate) withdraw: CancellationToken,
}

impl StartLimits {
    pub(crate) fn bounds(&self) -> Bounds {
        Bounds {
            deadline: Instant::now().checked_add(self.timeout),
            cancel: self.withdraw.child_token(),
            grace: self.grace,
        }
    }

    /// A start that the stop of the host ended says nothing about the agent.
    pub(crate) fn judge(&self, fault: Fault) -> Fault {
        if self.withdraw.is_cancelled() && fault.blame == Blame::Nobody {
            return Fault::of_host(fault::host_stopped());
        }
        fault
    }
}

fn create(
    found: &Found,
    services: Arc<PluginServices>,
    config: &[u8],
) -> Result<Arc<Instance>, Box<AgentError>> {
    debug_assert!(pool::is_here(), "a plugin's code runs on the pool");
    // Both before any code of the plugin runs: see the modules.
    ending::guard_exit();
    if let Err(error) = stdout::claim() {
        tracing::warn!(%error, "standard output could not be moved away from plugins");
    }
    let entry = library::load(&found.path, &found.inspected).map_err(|refusal| {
        let text = format!("the plugin {} is refused: {refusal}", found.path.display());
        AgentError::new(ErrorCode::Unavailable, text).with_help(refusal.help())
    })?;
    Ok(entry.create(services, config)?)
}

/// What a plugin gets outside of tasks.
struct PluginServices {
    plugin: String,
    /// Cancelled where a start or stop takes too long.
    cancel: CancellationToken,
}

impl HostServices for PluginServices {
    fn log(&self, line: LogLine) {
        log::write(&self.plugin, None, &line);
    }

    fn log_enabled(&self, level: LogLevel) -> bool {
        log::enabled(level)
    }
}

impl CallServices for PluginServices {
    fn is_cancelled(&self) -> bool {
        self.cancel.is_cancelled()
    }

    fn progress(&self, _progress: Progress) {}

    fn log(&self, line: LogLine) {
        log::write(&self.plugin, None, &line);
    }

    fn call(&self, call: AgentCall) -> ServiceCall {
        ServiceCall::ended(Err(fault::not_between_tasks(&call)))
    }
}
