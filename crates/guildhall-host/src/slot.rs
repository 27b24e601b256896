//! An agent within the host, wherever its code comes from.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use guildhall_abi::codec;
use guildhall_abi::guest::Operation;
use guildhall_core::{AgentError, Manifest, Outcome, Task};
use tokio::time::Instant;

use crate::call::{self, Bounds, Fault, Run};
use crate::info::{AgentInfo, Origin};
use crate::native::Native;
use crate::plugin::{Plugin, PluginInfo, StartLimits};
use crate::pool::Pool;
use crate::quarantine::Quarantine;
use crate::services::TaskServices;

/// An agent within the host.
pub(crate) struct Slot {
    member: Member,
    /// Faults since the last success.
    faults: AtomicU32,
}

enum Member {
    Plugin(Plugin),
    Native(Native),
}

impl Slot {
    pub(crate) fn plugin(plugin: Plugin) -> Self {
        Self::new(Member::Plugin(plugin))
    }

    pub(crate) fn native(agent: Native) -> Self {
        Self::new(Member::Native(agent))
    }

    fn new(member: Member) -> Self {
        Self {
            member,
            faults: AtomicU32::new(0),
        }
    }

    pub(crate) fn manifest(&self) -> &Manifest {
        match &self.member {
            Member::Plugin(plugin) => plugin.manifest(),
            Member::Native(agent) => agent.manifest(),
        }
    }

    pub(crate) fn info(&self) -> AgentInfo {
        let (origin, state) = match &self.member {
            Member::Plugin(plugin) => (Origin::File(plugin.path().to_owned()), plugin.state()),
            Member::Native(agent) => (Origin::Native, agent.state()),
        };
        AgentInfo {
            manifest: self.manifest().clone(),
            origin,
            state,
        }
    }

    /// The same of a plugin only.
    pub(crate) fn plugin_info(&self) -> Option<PluginInfo> {
        match &self.member {
            Member::Plugin(plugin) => Some(PluginInfo {
                manifest: plugin.manifest().clone(),
                path: plugin.path().to_owned(),
                state: plugin.state(),
            }),
            Member::Native(_) => None,
        }
    }

    pub(crate) fn is_running(&self) -> bool {
        match &self.member {
            Member::Plugin(plugin) => plugin.running().is_some(),
            Member::Native(agent) => agent.is_running(),
        }
    }

    /// Starts the agent where that has not been done.
    ///
    /// # Cancel safety
    /// Where the first call is dropped the next one begins anew.
    pub(crate) async fn start(&self, pool: &Pool, limits: &StartLimits) -> Result<(), AgentError> {
        match &self.member {
            Member::Plugin(plugin) => plugin.instance(pool, limits).await.map(|_| ()),
            Member::Native(agent) => agent.start(limits).await,
        }
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
        let plugin = match &self.member {
            Member::Plugin(plugin) => plugin,
            Member::Native(agent) => return agent.execute(task, services, bounds).await,
        };
        let Some(instance) = plugin.running() else {
            return Err(Fault::plugin(plugin.unavailable("it is not running")));
        };
        let run = Run {
            instance,
            operation: Operation::Execute,
            services,
            head: codec::encode_task(&task).map_err(Fault::agent)?,
            attachments: task.attachments,
        };
        let reply = call::run(pool, run, bounds).await?;
        codec::decode_outcome(reply).map_err(Fault::plugin)
    }

    /// Stops the agent where it runs and can be trusted to.
    ///
    /// # Errors
    /// What the agent answers.
    pub(crate) async fn stop(&self, pool: &Pool, limits: &StartLimits) -> Result<(), AgentError> {
        if self.quarantine().reason().is_some() || !self.is_running() {
            return Ok(());
        }
        match &self.member {
            Member::Plugin(plugin) => {
                let Some(instance) = plugin.running() else {
                    return Ok(());
                };
                let deadline = Some(Instant::now() + limits.timeout);
                let operation = Operation::Stop;
                plugin
                    .operate(pool, &instance, operation, deadline, limits.grace)
                    .await
            }
            Member::Native(agent) => agent.operate(Operation::Stop, limits).await,
        }
    }

    /// Gives the agent up: a plugin's destructor runs on the pool, like all of its code.
    pub(crate) fn discard(&mut self, pool: &Pool) {
        if let Member::Plugin(plugin) = &mut self.member
            && let Some(instance) = plugin.take_instance()
        {
            pool.spawn(async move { drop(instance) });
        }
    }

    pub(crate) fn quarantine(&self) -> &Quarantine {
        match &self.member {
            Member::Plugin(plugin) => plugin.quarantine(),
            Member::Native(agent) => agent.quarantine(),
        }
    }

    /// Whoever asks for the agent is told this, where it is quarantined.
    pub(crate) fn quarantined(&self) -> Option<AgentError> {
        self.quarantine().error(&self.manifest().id)
    }

    /// The agent did well: the faults before are forgotten.
    pub(crate) fn succeeded(&self) {
        self.faults.store(0, Ordering::Relaxed);
    }

    /// Counts a fault; gives whether the agent is quarantined by it. `most` is how many
    /// are borne in a row.
    pub(crate) fn failed(&self, fault: &Fault, most: u32) -> bool {
        let faults = self.faults.fetch_add(1, Ordering::Relaxed) + 1;
        let out = fault.quarantine || faults >= most;
        if out {
            self.quarantine().begin(&fault.error);
        }
        out
    }
}
