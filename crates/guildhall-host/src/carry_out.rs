//! One call, from the wait for a free place to the checked output.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use guildhall_core::registry::Lease;
use guildhall_core::{
    AgentError, Capability, CapabilityRequest, CoreError, ErrorCode, Outcome, Task,
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::call::{self, Bounds, Fault, Reason};
use crate::host::Host;
use crate::panics;
use crate::place::Place;
use crate::request::{Ancestor, CallRequest, Called};
use crate::service::Caller;
use crate::services::TaskServices;
use crate::slot::Slot;
use crate::validation::Side;

/// An agent and one of its capabilities.
struct Chosen<'a> {
    slot: &'a Slot,
    capability: &'a Capability,
    /// Names the capability's schemas among all.
    key: String,
}

impl Host {
    /// Carries out a call.
    ///
    /// # Cancel safety
    /// Must be polled to its end; whoever withdraws the call cancels `cancel`.
    pub(crate) async fn carry_out(
        &self,
        mut request: CallRequest,
        cancel: CancellationToken,
    ) -> Result<Called, AgentError> {
        let asked = Instant::now();
        let timeout = request.timeout;
        let deadline = timeout.and_then(|timeout| asked.checked_add(timeout));
        self.check_running()?;
        self.check_ancestry(&request)?;
        let mut task = task_of(&mut request)?;
        let lease = self.lease(&request, &task, deadline, &cancel).await?;
        let chosen = self.chosen(&lease)?;
        task.capability_version = chosen.capability.version.clone();
        let ready = self.ready(&chosen, &task, deadline, &cancel).await;
        let started = Instant::now();
        let (id, agent) = (task.id, lease.agent().clone());
        let place = Place::new(self.clone(), lease);
        let done = match ready {
            Ok(()) => {
                if let Some(on_start) = &request.on_start {
                    on_start(&agent, id);
                }
                let limit = request.time_limit;
                let limit = limit.and_then(|limit| started.checked_add(limit));
                let deadline = [deadline, limit].into_iter().flatten().min();
                let bounds = Bounds {
                    deadline,
                    cancel,
                    grace: self.inner.limits.grace,
                };
                self.execute(request, task, &chosen, &place, bounds).await
            }
            Err(fault) => Err(fault),
        };
        let duration = started.elapsed();
        if let Some(lease) = place.end() {
            self.settle(chosen.slot, lease, &done, duration);
        }
        let outcome = done.map_err(|fault| fault.error)?;
        Ok(Called {
            outcome,
            agent,
            capability_version: chosen.capability.version.clone(),
            task: id,
            waited: started.saturating_duration_since(asked),
            duration,
        })
    }

    /// Sees to all that must hold before the agent is given the task: an input that
    /// fits, and an agent that runs.
    async fn ready(
        &self,
        chosen: &Chosen<'_>,
        task: &Task,
        deadline: Option<Instant>,
        cancel: &CancellationToken,
    ) -> Result<(), Fault> {
        let schema = &chosen.capability.input;
        self.inner
            .validators
            .check(&chosen.key, Side::Input, schema, &task.input)
            .map_err(Fault::agent)?;
        self.started(chosen.slot, deadline, cancel).await
    }

    /// Gives the agent its task, and checks what comes back.
    async fn execute(
        &self,
        request: CallRequest,
        mut task: Task,
        chosen: &Chosen<'_>,
        place: &Arc<Place>,
        bounds: Bounds,
    ) -> Result<Outcome, Fault> {
        task.deadline_ms = bounds
            .deadline
            .map(|deadline| milliseconds(deadline.saturating_duration_since(Instant::now())));
        let place = Arc::clone(place);
        let services = Arc::new(self.services(request, &task, place, &bounds));
        let done = chosen
            .slot
            .execute(&self.inner.pool, task, Arc::clone(&services), bounds)
            .await;
        services.end();
        let outcome = done?;
        let schema = &chosen.capability.output;
        self.inner
            .validators
            .check(&chosen.key, Side::Output, schema, &outcome.output)
            .map_err(Fault::plugin)?;
        Ok(outcome)
    }

    /// Sees to it that the agent runs. Where the bounds end the wait for its start, the
    /// start goes on for those who come later.
    pub(crate) async fn started(
        &self,
        slot: &Slot,
        deadline: Option<Instant>,
        cancel: &CancellationToken,
    ) -> Result<(), Fault> {
        if slot.is_running() {
            return Ok(());
        }
        let (host, id) = (self.clone(), slot.manifest().id.clone());
        let starting = tokio::spawn(async move {
            let limits = host.start_limits();
            host.slot(&id)?.start(&host.inner.pool, &limits).await
        });
        tokio::select! {
            biased;
            started = starting => match started {
                Ok(started) => started.map_err(Fault::plugin),
                Err(error) => Err(Fault::agent(panics::host_is_ending(&error))),
            },
            reason = call::withdrawn(deadline, cancel) => Err(Fault::agent(reason.error())),
        }
    }

    fn services(
        &self,
        request: CallRequest,
        task: &Task,
        place: Arc<Place>,
        bounds: &Bounds,
    ) -> TaskServices {
        let agent = place.agent().clone();
        let mut ancestry = request.ancestry;
        ancestry.push(Ancestor {
            task: task.id,
            agent: agent.clone(),
            capability: task.capability.clone(),
        });
        let caller = Caller {
            capability: Some(task.capability.clone()),
            parent: task.parent,
            deadline: bounds.deadline.map(Instant::into_std),
            ..Caller::new(agent, task.id).cancel_with(bounds.cancel.clone())
        };
        TaskServices {
            host: self.clone(),
            runtime: tokio::runtime::Handle::current(),
            caller: Arc::new(caller),
            deadline: bounds.deadline,
            on_progress: request.on_progress,
            trace: request.trace,
            ancestry,
            offers: request.offers,
            place,
            ended: AtomicBool::new(false),
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
            tokio::select! {
                () = released => {}
                reason = call::withdrawn(deadline, cancel) => return Err(match reason {
                    Reason::Cancelled => reason.error(),
                    Reason::DeadlineExceeded => {
                        AgentError::new(ErrorCode::Busy, busy.to_string()).retryable()
                    }
                }),
            }
        }
    }

    /// Why nobody can take a task, with the fault of the quarantined where that is why.
    fn nobody(&self, wanted: &CapabilityRequest, error: &CoreError) -> AgentError {
        if let CoreError::AllUnhealthy { agents, .. } = error {
            let quarantined = agents
                .iter()
                .find_map(|(id, _)| self.slot(id).ok()?.quarantined());
            return quarantined
                .unwrap_or_else(|| AgentError::new(ErrorCode::Unavailable, error.to_string()));
        }
        AgentError::new(ErrorCode::NoSuchCapability, error.to_string())
            .with_label("capability", wanted.to_string())
            .with_help("`guildhall plugin list` shows what is offered")
    }

    /// Gives the place back and judges the agent by how the task ended.
    fn settle(&self, slot: &Slot, lease: Lease, done: &Result<Outcome, Fault>, duration: Duration) {
        let agent = lease.agent().clone();
        let returned = match done {
            Ok(_) => {
                slot.succeeded();
                lease.release(true, milliseconds(duration))
            }
            Err(fault) if fault.plugin_at_fault => {
                if slot.failed(fault, self.inner.limits.faults) {
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

    /// The agent that the lease is of, and the capability that it is for.
    fn chosen(&self, lease: &Lease) -> Result<Chosen<'_>, AgentError> {
        let slot = self.slot(lease.agent())?;
        let capability = lease.capability().and_then(|(name, version)| {
            let capabilities = &slot.manifest().capabilities;
            capabilities
                .iter()
                .find(|own| own.name == *name && own.version == *version)
        });
        let capability = capability.ok_or_else(|| {
            let text = "the lease is for no capability";
            AgentError::new(ErrorCode::NoSuchCapability, text)
        })?;
        let key = format!(
            "{} {}@{}",
            lease.agent(),
            capability.name,
            capability.version
        );
        Ok(Chosen {
            slot,
            capability,
            key,
        })
    }
}

/// The task of a call, but for what the choice of an agent adds.
fn task_of(request: &mut CallRequest) -> Result<Task, AgentError> {
    let mut task = Task::from_raw(
        request.capability.name.clone(),
        semver::Version::new(0, 0, 0),
        request.input.clone(),
    );
    if let Some(id) = request.task {
        task.id = id;
    }
    task.parent = request.ancestry.last().map(|ancestor| ancestor.task);
    task.idempotency_key = request.idempotency_key.take();
    task.trace = request.trace;
    task.add_fields(std::mem::take(&mut request.extra))?;
    for attachment in request.attachments.drain(..) {
        task.attach(attachment);
    }
    Ok(task)
}

fn says_nothing_about_the_agent(error: &AgentError) -> bool {
    error.is(ErrorCode::Cancelled)
        || error.is(ErrorCode::InvalidInput)
        || error.is(ErrorCode::Yielded)
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
