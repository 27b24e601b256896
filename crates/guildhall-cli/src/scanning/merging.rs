//! One document of what all agents have reported.

use std::time::Duration;

use guildhall_report::{
    AgentFailure, AgentRun, Document, FailedAgent, Part, Report, RunInfo, Standing, merge,
};

use super::Asked;
use super::asking::Answer;
use crate::scan_kept::States;

/// The states of all reports; none where not all have one.
pub(super) fn states(parts: &[Answer]) -> Option<States> {
    let state = |part: &Answer| {
        let called = part.result.as_ref().ok()?;
        let state = Standing::of(&called.outcome.extra).state?;
        Some((part.agent.clone(), (part.agent_version.clone(), state)))
    };
    parts.iter().map(state).collect()
}

/// The run with what agents say of it whose reports are known.
pub(super) fn with_facts(parts: Vec<Answer>, mut run: RunInfo) -> RunInfo {
    for part in parts {
        let report = part
            .result
            .and_then(|called| called.outcome.output::<Report>());
        let agent_run = AgentRun {
            version: Some(part.agent_version),
            duration_ms: Some(milliseconds(part.duration)),
            facts: report.map(|report| report.run).unwrap_or_default(),
            ..AgentRun::default()
        };
        run.agents.insert(part.agent.to_string(), agent_run);
    }
    run
}

/// The document of all that was reported, and who failed.
pub(super) fn put_together(asked: Asked, parts: Vec<Answer>, mut run: RunInfo) -> Document {
    let mut reports = Vec::new();
    for part in parts {
        let duration_ms = Some(milliseconds(part.duration));
        let agent = part.agent.to_string();
        let report = part
            .result
            .and_then(|called| called.outcome.output::<Report>());
        match report {
            Ok(report) => {
                let findings = report.findings.len();
                tracing::debug!(agent, duration_ms, findings, "the agent reported");
                let agent_run = AgentRun {
                    duration_ms,
                    ..AgentRun::default()
                };
                run.agents.insert(agent.clone(), agent_run);
                reports.push(Part {
                    agent,
                    agent_version: part.agent_version,
                    report,
                });
            }
            Err(error) => {
                tracing::debug!(agent, ?error, "the agent failed");
                let capability = asked.capability.to_owned();
                let (code, message) = (error.code, error.message);
                let failed = FailedAgent {
                    agent,
                    capability,
                    code,
                    message,
                };
                run.failures.push(AgentFailure {
                    failed,
                    duration_ms,
                });
            }
        }
    }
    merge(reports, run)
}

/// A duration as documents have it.
pub(super) fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1000.0).round()
}
