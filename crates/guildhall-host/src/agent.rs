//! An agent within the host, wherever its code comes from.

mod library;
mod native;
mod plugin;
mod quarantine;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use guildhall_abi::codec;
use guildhall_abi::guest::Operation;
use guildhall_core::{Agent, AgentError, Manifest, Outcome, Task};
use tokio::sync::OnceCell;

use crate::bounds::Bounds;
use crate::fault::{Blame, Fault};
use crate::finding::Found;
use crate::info::{AgentInfo, AgentState, Origin};
use crate::operation::{self, Run};
use crate::pool::Pool;
use crate::service::TaskServices;
use native::Native;
use plugin::Plugin;
use quarantine::Quarantine;

pub(crate) use plugin::{Loaded, StartLimits};

/// An agent within the host.
pub(crate) struct HostedAgent {
    kind: Kind,
    /// What came of its start, once it was tried.
    started: OnceCell<Result<(), AgentError>>,
    quarantine: Quarantine,
    /// Faults since the last success.
    faults: AtomicU32,
}

/// Where its code comes from.
enum Kind {
    Plugin(Plugin),
    Native(Native),
}

impl HostedAgent {
    /// A plugin that was found; `config` is JSON, empty for none.
    pub(crate) fn plugin(found: Found, config: Vec<u8>) -> Self {
        Self::new(Kind::Plugin(Plugin::new(found, config)))
    }

    pub(crate) fn native(agent: Arc<dyn Agent>) -> Self {
        Self::new(Kind::Native(Native::new(agent)))
    }

    fn new(kind: Kind) -> Self {
        Self {
            kind,
            started: OnceCell::new(),
            quarantine: Quarantine::default(),
            faults: AtomicU32::new(0),
        }
    }

    pub(crate) fn manifest(&self) -> &Manifest {
        match &self.kind {
            Kind::Plugin(plugin) => plugin.manifest(),
            Kind::Native(agent) => agent.manifest(),
        }
    }

    pub(crate) fn info(&self) -> AgentInfo {
        let origin = match &self.kind {
            Kind::Plugin(plugin) => Origin::File(plugin.path().to_owned()),
            Kind::Native(_) => Origin::Native,
        };
        AgentInfo {
            manifest: self.manifest().clone(),
            origin,
            state: self.state(),
        }
    }

    fn state(&self) -> AgentState {
        match (self.quarantine.reason(), self.started.get()) {
            (Some(error), _) => AgentState::Quarantined(error.clone()),
            (None, Some(Ok(()))) => AgentState::Running,
            (None, Some(Err(error))) => AgentState::Failed(error.clone()),
            (None, None) => AgentState::Found,
        }
    }

    pub(crate) fn is_running(&self) -> bool {
        matches!(self.started.get(), Some(Ok(())))
    }

    /// Starts the agent where that has not been done. A start that fails is not tried
    /// again, unless the host was what failed.
    ///
    /// # Cancel safety
    /// Where the first call is dropped the next one begins anew.
    pub(crate) async fn start(&self, pool: &Pool, limits: &StartLimits) -> Result<(), Fault> {
        let start = async || {
            let started = match &self.kind {
                Kind::Plugin(plugin) => plugin.start(pool, limits).await,
                Kind::Native(agent) => agent.operate(Operation::Start, limits.bounds()).await,
            };
            match started.map_err(|fault| limits.judge(fault)) {
                Err(fault) if fault.blame == Blame::Host => Err(fault),
                Err(fault) => Ok(Err(self.noted(fault))),
                Ok(()) => Ok(Ok(())),
            }
        };
        let started = self.started.get_or_try_init(start).await?;
        started.clone().map_err(Fault::of_agent)
    }

    /// Carries out a task of an agent that was started.
    ///
    /// # Cancel safety
    /// Must be polled to its end; whoever withdraws the call cancels `bounds.cancel`.
    pub(crate) async fn execute(
        &self,
        pool: &Pool,
        task: Task,
        services: Arc<TaskServices>,
        bounds: Bounds,
    ) -> Result<Outcome, Fault> {
        let plugin = match &self.kind {
            Kind::Plugin(plugin) => plugin,
            Kind::Native(agent) => return agent.execute(task, services, bounds).await,
        };
        let Some(instance) = plugin.running() else {
            return Err(Fault::of_agent(plugin.unavailable("it is not running")));
        };
        let run = Run {
            instance: Arc::clone(instance),
            operation: Operation::Execute,
            services,
            head: codec::encode_task(&task).map_err(Fault::nobodys)?,
            attachments: task.attachments,
        };
        let reply = operation::run(pool, run, bounds).await?;
        codec::decode_outcome(reply).map_err(Fault::of_agent)
    }

    /// Stops the agent where it runs and can be trusted to.
    ///
    /// # Errors
    /// What the agent answers.
    pub(crate) async fn stop(&self, pool: &Pool, bounds: Bounds) -> Result<(), AgentError> {
        if self.quarantine.reason().is_some() || !self.is_running() {
            return Ok(());
        }
        let stopped = match &self.kind {
            Kind::Plugin(plugin) => {
                let Some(loaded) = plugin.running() else {
                    return Ok(());
                };
                let operation = Operation::Stop;
                plugin.operate(pool, loaded, operation, bounds).await
            }
            Kind::Native(agent) => agent.operate(Operation::Stop, bounds).await,
        };
        stopped.map_err(|fault| self.noted(fault))
    }

    /// The error of a start or stop, after which one that is wedged is quarantined.
    fn noted(&self, fault: Fault) -> AgentError {
        if fault.blame == Blame::Wedged {
            self.quarantine.begin(&fault.error);
        }
        fault.error
    }

    pub(crate) fn quarantine(&self) -> &Quarantine {
        &self.quarantine
    }

    /// Whoever asks for the agent is told this, where it is quarantined.
    pub(crate) fn quarantined(&self) -> Option<AgentError> {
        self.quarantine.error(&self.manifest().id)
    }

    /// The agent did well: the faults before are forgotten.
    pub(crate) fn succeeded(&self) {
        self.faults.store(0, Ordering::Relaxed);
    }

    /// Counts a fault; gives whether the agent is quarantined by now. `most` is how many
    /// are borne in a row.
    pub(crate) fn failed(&self, fault: &Fault, most: u32) -> bool {
        let faults = self.faults.fetch_add(1, Ordering::Relaxed) + 1;
        if fault.blame == Blame::Wedged || faults >= most {
            self.quarantine.begin(&fault.error);
        }
        self.quarantine.reason().is_some()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::time::Duration;

    use serde_json::json;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::finding::Inspected;

    #[tokio::test]
    async fn a_start_for_which_there_was_no_thread_is_tried_again() {
        let manifest = json!({
            "id": "any", "version": "1.0.0", "protocol": "^1", "panic": "unwind",
            "capabilities": [],
        });
        let inspected = Inspected {
            manifest: serde_json::from_value(manifest).unwrap(),
            manifest_json: Vec::new(),
        };
        let found = Found {
            path: "no-such-library".into(),
            inspected,
            by_name: true,
        };
        let agent = HostedAgent::plugin(found, Vec::new());
        let limits = StartLimits {
            timeout: Duration::from_secs(30),
            grace: Duration::from_secs(1),
            withdraw: CancellationToken::new(),
        };
        let fault = agent.start(&Pool::without_threads(), &limits).await;
        assert_eq!(fault.unwrap_err().blame, Blame::Host);
        assert_eq!(agent.state(), AgentState::Found);
        // With threads it is the plugin that fails.
        let fault = agent.start(&Pool::new(), &limits).await;
        assert_eq!(fault.unwrap_err().blame, Blame::Agent);
        assert!(matches!(agent.state(), AgentState::Failed(_)));
    }
}
