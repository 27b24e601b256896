//! The call of an agent for an attempt.

use std::sync::Arc;
use std::time::{Duration, Instant};

use guildhall_coordination::{RunId, TaskKey};
use guildhall_core::{
    AgentError, AgentId, Capability, CapabilityRequest, ErrorCode, Outcome, Progress,
    ServiceRequest, TaskId,
};
use guildhall_host::{CallRequest, Caller, Service, async_trait};
use semver::VersionReq;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::process::{ATTEMPT_FIELD, AttemptContext};
use crate::store::Digest;

use super::attempt::{Handle, Job, Workshop};
use super::failure::Failure;
use super::latest::Latest;
use super::session::Message;

/// The service through which an agent learns why it is asked to end.
pub const ATTEMPT_SERVICE: &str = "guildhall.attempt";
/// Field of a task's extra in which an agent that gave way finds what it left.
pub const STATE_FIELD: &str = "guildhall.state";

/// Calls the agent.
pub(super) async fn ask(
    workshop: &Workshop,
    job: &Job,
    capability: &Capability,
    input: String,
) -> Result<Outcome, Failure> {
    let request = request(workshop, job, capability, input)?;
    let limit = Duration::from_millis(job.spec.timeout_ms);
    let began = Instant::now();
    match workshop.host.call(request).await {
        Ok(called) => Ok(called.outcome),
        Err(error) if began.elapsed() >= limit => Err(with_limit(error, limit).into()),
        Err(error) => Err(error.into()),
    }
}

/// The error, which names the limit where the task's time is over.
fn with_limit(mut error: AgentError, limit: Duration) -> AgentError {
    if error.is(ErrorCode::DeadlineExceeded) {
        error.message = format!("Task exceeded {}s timeout", limit.as_secs_f64());
    }
    error
}

fn request(
    workshop: &Workshop,
    job: &Job,
    capability: &Capability,
    input: String,
) -> Result<CallRequest, AgentError> {
    let versions = VersionReq::parse(&format!("={}", capability.version));
    let wanted = CapabilityRequest {
        name: capability.name.clone(),
        versions: versions.unwrap_or(VersionReq::STAR),
    };
    let key = idempotency_key(workshop.run, &job.spec.key, &input);
    let raw = RawValue::from_string(input)
        .map_err(|error| AgentError::new(ErrorCode::InvalidInput, error.to_string()))?;
    let messages = workshop.messages.clone();
    let task = job.attempt.task;
    let latest = Latest::default();
    let on_progress = move |_: &AgentId, _: TaskId, progress: &Progress| {
        if latest.put(progress.clone()) {
            let latest = latest.clone();
            let _ = messages.send(Message::Progress { task, latest });
        }
    };
    Ok(CallRequest::from_raw(wanted, raw)
        .to_agent(job.attempt.agent.clone())
        .time_limit(Duration::from_millis(job.spec.timeout_ms))
        .cancel_with(job.handle.cancel.clone())
        .idempotency_key(key)
        .offer(
            ATTEMPT_SERVICE,
            Arc::new(AttemptService(job.handle.clone())),
        )
        .on_progress(Arc::new(on_progress))
        .extra(extra(workshop, job)))
}

/// Equal for every attempt at the same work: of the same task of the same run, from the
/// same input.
fn idempotency_key(run: RunId, task: &TaskKey, input: &str) -> String {
    Digest::of(format!("{run} {task} {input}").as_bytes()).to_string()
}

fn extra(workshop: &Workshop, job: &Job) -> Map<String, Value> {
    let mut extra = Map::new();
    if let Some(state) = &job.state {
        extra.insert(STATE_FIELD.to_owned(), state.clone());
    }
    if let Some(state_folder) = &workshop.state_folder {
        let context = AttemptContext {
            run: workshop.run.to_string(),
            task_key: job.spec.key.to_string(),
            attempt: job.attempt.number,
            folder: workshop.folder.clone(),
            state_folder: state_folder.clone(),
        };
        extra.insert(ATTEMPT_FIELD.to_owned(), json!(context));
    }
    extra
}

/// Tells an agent whose task is withdrawn why: one that is to give way may leave its state
/// behind and go on from there in its next attempt.
struct AttemptService(Handle);

#[async_trait]
impl Service for AttemptService {
    async fn request(
        &self,
        _caller: &Caller,
        request: ServiceRequest,
    ) -> Result<Outcome, AgentError> {
        if request.method != "why" {
            return Err(request.no_such_method());
        }
        Outcome::new(&self.0.why.get())
    }
}
