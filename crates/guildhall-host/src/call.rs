//! One call, from the wait for a free place to the checked output: the steps that the
//! front page of this crate names.

mod ancestry;
mod orderly;
mod place;
mod request;
mod waiting;

use std::sync::Arc;
use std::time::Duration;

use guildhall_core::{AgentError, AgentId, Capability, ErrorCode, Outcome, Task};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::agent::HostedAgent;
use crate::bounds::{self, Bounds};
use crate::fault::{self, Blame, Fault};
use crate::host::{Host, UnderWay};
use crate::panics;
use crate::service::{Caller, Live, TaskServices};
use crate::validation::Side;
use place::Place;

pub use request::{CallRequest, Called, OnProgress, OnStart};

pub(crate) use ancestry::Ancestor;
pub(crate) use orderly::Orderly;
pub(crate) use place::{Lender, Lent};

/// An agent and one of its capabilities.
struct Chosen<'a> {
    agent: &'a HostedAgent,
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
        let place = self.place(&request, &task, deadline, &cancel).await?;
        let chosen = self.chosen(&place)?;
        task.capability_version = chosen.capability.version.clone();
        let ready = self.ready(&chosen, &task, deadline, &cancel).await;
        let started = Instant::now();
        let (id, agent) = (task.id, place.agent().clone());
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
        self.settle(chosen.agent, place, &done, duration);
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
            .map_err(Fault::nobodys)?;
        self.started(chosen.agent, deadline, cancel).await
    }

    /// Gives the agent its task, and checks what comes back.
    async fn execute(
        &self,
        request: CallRequest,
        mut task: Task,
        chosen: &Chosen<'_>,
        place: &Place,
        bounds: Bounds,
    ) -> Result<Outcome, Fault> {
        task.deadline_ms = bounds
            .deadline
            .map(|deadline| milliseconds(deadline.saturating_duration_since(Instant::now())));
        let services = self.services(request, &task, place, &bounds);
        let done = chosen
            .agent
            .execute(&self.inner.pool, task, Arc::clone(&services), bounds)
            .await;
        services.end();
        let outcome = done?;
        let schema = &chosen.capability.output;
        self.inner
            .validators
            .check(&chosen.key, Side::Output, schema, &outcome.output)
            .map_err(Fault::of_agent)?;
        Ok(outcome)
    }

    /// Sees to it that the agent runs. Where the bounds end the wait for its start, the
    /// start goes on for those who come later.
    pub(crate) async fn started(
        &self,
        hosted: &HostedAgent,
        deadline: Option<Instant>,
        cancel: &CancellationToken,
    ) -> Result<(), Fault> {
        if let Some(error) = hosted.quarantined() {
            return Err(Fault::of_host(error));
        }
        if hosted.is_running() {
            return Ok(());
        }
        let starting = tokio::spawn(self.clone().start_at_last(hosted.manifest().id.clone()));
        tokio::select! {
            biased;
            started = starting => match started {
                Ok(started) => started,
                Err(error) => Err(Fault::of_host(panics::host_is_ending(&error))),
            },
            reason = bounds::withdrawn(deadline, cancel) => Err(Fault::nobodys(reason.error())),
        }
    }

    /// Starts an agent, whoever waits for it. The stop of the host waits for the end of
    /// this, and nothing starts after it.
    async fn start_at_last(self, agent: AgentId) -> Result<(), Fault> {
        let _under_way = UnderWay::begin(&self.inner);
        self.check_running().map_err(Fault::of_host)?;
        let hosted = self.agent(&agent).map_err(Fault::of_host)?;
        let started = hosted.start(&self.inner.pool, &self.start_limits()).await;
        if let Some(reason) = hosted.quarantine().reason() {
            self.take_out(&agent, reason);
        }
        started
    }

    fn services(
        &self,
        request: CallRequest,
        task: &Task,
        place: &Place,
        bounds: &Bounds,
    ) -> Arc<TaskServices> {
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
        let live = Live {
            host: self.clone(),
            on_progress: request.on_progress,
            trace: request.trace,
            ancestry,
            offers: request.offers,
            lender: place.lender(),
        };
        TaskServices::new(caller, bounds.deadline, live)
    }

    /// Gives the place back and judges the agent by how the task ended.
    fn settle(
        &self,
        hosted: &HostedAgent,
        place: Place,
        done: &Result<Outcome, Fault>,
        duration: Duration,
    ) {
        match done {
            Ok(_) => hosted.succeeded(),
            Err(fault) if fault.counts() && hosted.failed(fault, self.inner.limits.faults) => {
                self.take_out(place.agent(), &fault.error);
            }
            Err(_) => {}
        }
        place.give_back(|lease| match done {
            Err(fault) if says_nothing_about_the_agent(fault) => lease.withdraw(),
            _ => lease.release(done.is_ok(), milliseconds(duration)),
        });
    }

    /// Tells the registry of a quarantine.
    fn take_out(&self, agent: &AgentId, reason: &AgentError) {
        // The id was registered when the host was built.
        let _ = self.inner.registry.take_out(agent, reason.message.clone());
    }

    fn check_running(&self) -> Result<(), AgentError> {
        if self.inner.stopping.is_cancelled() {
            return Err(fault::host_stopped());
        }
        Ok(())
    }

    /// The agent that the place is at, and the capability that it is for.
    fn chosen(&self, place: &Place) -> Result<Chosen<'_>, AgentError> {
        let hosted = self.agent(place.agent())?;
        let capability = place.look(|lease| {
            let (name, version) = lease.capability()?;
            let capabilities = &hosted.manifest().capabilities;
            capabilities
                .iter()
                .find(|own| own.name == *name && own.version == *version)
        });
        let capability = capability.flatten().ok_or_else(|| {
            let text = "the lease is for no capability";
            AgentError::new(ErrorCode::NoSuchCapability, text)
        })?;
        let key = format!(
            "{} {}@{}",
            place.agent(),
            capability.name,
            capability.version
        );
        Ok(Chosen {
            agent: hosted,
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

fn says_nothing_about_the_agent(fault: &Fault) -> bool {
    let said = |code| fault.blame == Blame::Nobody && fault.error.is(code);
    fault.blame == Blame::Host
        || said(ErrorCode::Cancelled)
        || said(ErrorCode::InvalidInput)
        || said(ErrorCode::Yielded)
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
