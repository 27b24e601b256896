//! A plugin that was found: loaded when it is first needed, quarantined when it
//! cannot be trusted any more.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use guildhall_abi::guest::Operation;
use guildhall_abi::peer::{CallServices, HostServices, Instance, ServiceCall};
use guildhall_core::{AgentCall, AgentError, ErrorCode, LogLevel, LogLine, Manifest, Progress};
use tokio::sync::{OnceCell, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::call::{self, Bounds, Run};
use crate::discovery::Found;
use crate::log;
use crate::pool::Pool;
use crate::quarantine::Quarantine;
use crate::{ending, library, stdout};

/// State of a plugin, or of a native agent.
#[derive(Debug, Clone, PartialEq)]
pub enum PluginState {
    /// Found and checked, not loaded: none of its code has run. Of a native agent: not
    /// started.
    Found,
    /// Loaded and started.
    Running,
    /// It could not be loaded or started.
    Failed(AgentError),
    /// It broke down and gets no further calls.
    Quarantined(AgentError),
}

/// A plugin that was found.
#[derive(Debug, Clone)]
pub struct PluginInfo {
    /// What it says of itself.
    pub manifest: Manifest,
    /// Its file.
    pub path: PathBuf,
    /// Its state now.
    pub state: PluginState,
}

/// A plugin within the host.
pub(crate) struct Plugin {
    found: Found,
    config: Vec<u8>,
    instance: OnceCell<Result<Arc<Instance>, AgentError>>,
    quarantine: Quarantine,
}

impl Plugin {
    /// `config` is JSON; empty for none.
    pub(crate) fn new(found: Found, config: Vec<u8>) -> Self {
        Self {
            found,
            config,
            instance: OnceCell::new(),
            quarantine: Quarantine::default(),
        }
    }

    pub(crate) fn manifest(&self) -> &Manifest {
        &self.found.inspected.manifest
    }

    pub(crate) fn path(&self) -> &Path {
        &self.found.path
    }

    pub(crate) fn state(&self) -> PluginState {
        match (self.quarantine.reason(), self.instance.get()) {
            (Some(error), _) => PluginState::Quarantined(error.clone()),
            (None, Some(Ok(_))) => PluginState::Running,
            (None, Some(Err(error))) => PluginState::Failed(error.clone()),
            (None, None) => PluginState::Found,
        }
    }

    pub(crate) fn quarantine(&self) -> &Quarantine {
        &self.quarantine
    }

    /// The running instance; the first call loads and starts the plugin.
    ///
    /// # Cancel safety
    /// Where the first call is dropped the next one begins anew.
    pub(crate) async fn instance(
        &self,
        pool: &Pool,
        limits: &StartLimits,
    ) -> Result<Arc<Instance>, AgentError> {
        self.instance
            .get_or_init(|| self.start(pool, limits))
            .await
            .clone()
    }

    /// Takes the instance out, so that whoever has it decides where its destructor runs.
    pub(crate) fn take_instance(&mut self) -> Option<Arc<Instance>> {
        self.instance.take().and_then(Result::ok)
    }

    pub(crate) fn running(&self) -> Option<Arc<Instance>> {
        self.instance
            .get()
            .and_then(|instance| instance.as_ref().ok().cloned())
    }

    async fn start(&self, pool: &Pool, limits: &StartLimits) -> Result<Arc<Instance>, AgentError> {
        let instance = tokio::time::timeout(limits.timeout, self.create(pool))
            .await
            .unwrap_or_else(
                |_| Err(self.unavailable("it did not come back while it was loaded")),
            )?;
        let deadline = Some(Instant::now() + limits.timeout);
        self.operate(pool, &instance, Operation::Start, deadline, limits.grace)
            .await?;
        Ok(instance)
    }

    /// Loads the library and makes the instance, on a thread that may wait.
    async fn create(&self, pool: &Pool) -> Result<Arc<Instance>, AgentError> {
        let (send, created) = oneshot::channel();
        let (found, config) = (self.found.clone(), self.config.clone());
        let services = Arc::new(PluginServices {
            plugin: self.manifest().id.to_string(),
            cancel: CancellationToken::new(),
        });
        pool.spawn(async move {
            let _ = send.send(create(&found, services, &config));
        });
        created
            .await
            .unwrap_or_else(|_| Err(Box::new(self.unavailable("no thread could be started"))))
            .map_err(|error| *error)
    }

    /// Runs `start` or `stop`.
    pub(crate) async fn operate(
        &self,
        pool: &Pool,
        instance: &Arc<Instance>,
        operation: Operation,
        deadline: Option<Instant>,
        grace: Duration,
    ) -> Result<(), AgentError> {
        let cancel = CancellationToken::new();
        let services = Arc::new(PluginServices {
            plugin: self.manifest().id.to_string(),
            cancel: cancel.clone(),
        });
        let instance = Arc::clone(instance);
        let run = Run {
            instance,
            operation,
            services,
            head: Vec::new(),
            attachments: Vec::new(),
        };
        let bounds = Bounds {
            deadline,
            cancel,
            grace,
        };
        call::run(pool, run, bounds)
            .await
            .map(|_| ())
            .map_err(|fault| {
                if fault.quarantine {
                    self.quarantine.begin(&fault.error);
                }
                fault.error
            })
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

/// What bounds the start of a plugin.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StartLimits {
    pub(crate) timeout: Duration,
    pub(crate) grace: Duration,
}

fn create(
    found: &Found,
    services: Arc<PluginServices>,
    config: &[u8],
) -> Result<Arc<Instance>, Box<AgentError>> {
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
        ServiceCall::ended(Err(call::not_between_tasks(&call)))
    }
}
