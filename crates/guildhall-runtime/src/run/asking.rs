//! The call of an agent for an attempt.

use std::sync::Arc;
use std::time::{Duration, Instant};

use guildhall_coordination::{RunId, TaskKey};
use guildhall_core::{
    AgentError, AgentId, AttemptInfo, Capability, CapabilityRequest, ErrorCode, Outcome, Progress,
    ServiceRequest, TaskId, attempt,
};
use guildhall_host::{CallRequest, Caller, Service, async_trait};
use semver::VersionReq;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::process::AttemptContext;
use crate::store::Digest;

use super::attempt::{Handle, Job, Workshop};
use super::failure::Failure;
use super::latest::Latest;
use super::message::Message;

/// Calls the agent.
pub(super) async fn ask(
    workshop: &Workshop,
    job: &Job,
    capability: &Capability,
    input: String,
) -> Result<Outcome, Failure> {
    let request = request(workshop, job, capability, input)?;
    let (request, of_call) = workshop.services.offer(request);
    let limit = Duration::from_millis(job.spec.timeout_ms);
    let began = Instant::now();
    let called = workshop.host.call(request).await;
    of_call.close().await;
    match called {
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
            attempt::SERVICE,
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
        extra.insert(attempt::STATE_FIELD.to_owned(), state.clone());
    }
    let info = AttemptInfo::new(
        workshop.run.to_string(),
        job.spec.key.as_str(),
        job.attempt.number,
        &workshop.folder,
    );
    let said = match &workshop.state_folder {
        Some(state_folder) => json!(AttemptContext::new(info, state_folder)),
        None => json!(info),
    };
    extra.insert(attempt::FIELD.to_owned(), said);
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
