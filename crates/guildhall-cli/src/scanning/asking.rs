//! Asking agents, all at once, each with what is for it alone.

use std::future::poll_fn;
use std::path::Path;
use std::pin::Pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use guildhall_core::registry::Offer;
use guildhall_core::{AgentError, AgentId, ErrorCode, Outcome, path_text};
use guildhall_host::{CallRequest, Called, CancellationToken, Host, OnProgress};
use guildhall_report::Standing;
use serde::Serialize;
use serde_json::{Map, Value};

use super::Asked;
use crate::calling;
use crate::exit::Failure;
use crate::scan_kept::States;

/// What came of one agent.
pub(super) struct Answer {
    pub(super) agent: AgentId,
    pub(super) agent_version: String,
    pub(super) result: Result<Called, AgentError>,
    pub(super) duration: Duration,
}

impl Answer {
    /// Whether it left out a report that is known.
    pub(super) fn is_unchanged(&self) -> bool {
        let called = self.result.as_ref().ok();
        called.is_some_and(|called| Standing::of(&called.outcome.extra).unchanged)
    }
}

/// What every agent is asked.
pub(super) struct Call<'a, R> {
    pub(super) asked: Asked,
    pub(super) request: &'a R,
    pub(super) caches: Option<&'a Path>,
    pub(super) known: &'a States,
    pub(super) timeout: Option<Duration>,
    pub(super) on_progress: Option<OnProgress>,
}

impl<R: Serialize> Call<'_, R> {
    /// The request with what is for one agent alone.
    fn request_to(
        &self,
        agent: &AgentId,
        version: &str,
        options: &Map<String, Value>,
    ) -> Result<Value, AgentError> {
        let unwritable =
            |error: serde_json::Error| AgentError::new(ErrorCode::Failed, error.to_string());
        let mut request = serde_json::to_value(self.request).map_err(unwritable)?;
        if let Some(request) = request.as_object_mut() {
            let cache = self.caches.map(|caches| caches.join(agent.as_str()));
            let cache = cache.map(|cache| Value::String(path_text::encode(&cache)));
            request.extend(cache.map(|cache| ("cache".to_owned(), cache)));
            request.extend(options.clone());
            let known = self.known.get(agent).filter(|(of, _)| of == version);
            let known = known.map(|(_, state)| Value::String(state.clone()));
            request.extend(known.map(|state| ("known".to_owned(), state)));
        }
        Ok(request)
    }
}

/// Asks all agents at once.
pub(super) async fn ask_all<'a>(
    host: &Host,
    agents: impl Iterator<Item = (&'a Offer, &'a Map<String, Value>)>,
    call: &Call<'_, impl Serialize>,
    cancel: &CancellationToken,
) -> Result<Vec<Answer>, Failure> {
    let mut calls = Vec::new();
    for (offer, options) in agents {
        let wanted = calling::exactly(&call.asked.wanted()?.name, &offer.version);
        let agent_version = version_of(host, &offer.agent);
        let input = call.request_to(&offer.agent, &agent_version, options)?;
        let is_offered = input.get("known").is_some();
        let mut request = CallRequest::new(wanted, &input)?
            .to_agent(offer.agent.clone())
            .cancel_with(cancel.clone());
        if let Some(timeout) = call.timeout {
            request = request.timeout(timeout);
        }
        if let Some(on_progress) = &call.on_progress {
            request = request.on_progress(on_progress.clone());
        }
        let (host, agent) = (host.clone(), offer.agent.clone());
        let call: Pin<Box<dyn Future<Output = Answer>>> = Box::pin(async move {
            let started = Instant::now();
            let result = host.call(request).await;
            let result = result.and_then(|called| {
                insist_on_report(&called.outcome, is_offered)?;
                Ok(called)
            });
            Answer {
                agent,
                agent_version,
                result,
                duration: started.elapsed(),
            }
        });
        calls.push(call);
    }
    let mut parts = all(calls).await;
    parts.sort_by(|a, b| a.agent.cmp(&b.agent));
    Ok(parts)
}

/// What all of these give, in the order in which they come to an end. They are polled on
/// the caller's thread: the agents have threads of their own, and a long report is checked in memory
/// that the same thread then goes on to use.
async fn all<T>(mut running: Vec<Pin<Box<dyn Future<Output = T>>>>) -> Vec<T> {
    let mut done = Vec::new();
    poll_fn(|context| {
        running.retain_mut(|one| match one.as_mut().poll(context) {
            Poll::Ready(result) => {
                done.push(result);
                false
            }
            Poll::Pending => true,
        });
        match running.is_empty() {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    })
    .await;
    done
}

fn version_of(host: &Host, agent: &AgentId) -> String {
    let record = host.registry().agent(agent);
    record
        .map(|record| record.registration.version.to_string())
        .unwrap_or_default()
}

/// An agent that leaves out a report which nobody has would seem to have found nothing.
fn insist_on_report(outcome: &Outcome, is_offered: bool) -> Result<(), AgentError> {
    if is_offered || !Standing::of(&outcome.extra).unchanged {
        return Ok(());
    }
    let message = "it left out its report as unchanged, but was told of none before";
    let error = AgentError::new(ErrorCode::InvalidOutput, message);
    Err(error.with_help("this is a mistake in the agent; please tell its author"))
}

#[cfg(test)]
mod tests {
    use guildhall_report::Report;

    use super::*;

    #[test]
    fn a_report_is_left_out_only_by_whom_one_was_named_to() {
        let mut outcome = Outcome::new(&Report::default()).unwrap();
        Standing::new("a", false).add_to(&mut outcome.extra);
        assert!(insist_on_report(&outcome, false).is_ok());
        Standing::new("a", true).add_to(&mut outcome.extra);
        assert!(insist_on_report(&outcome, true).is_ok());
        let error = insist_on_report(&outcome, false).unwrap_err();
        assert!(error.is(ErrorCode::InvalidOutput), "{error}");
    }
}
