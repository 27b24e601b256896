//! The agent that leaves traces.

use std::path::PathBuf;
use std::time::Duration;

use guildhall_sdk::prelude::*;

use crate::traces::{EFFECTS_VARIABLE, SESSION_VARIABLE, Trace};

/// How often something is written while it works.
const STEP_MS: u64 = 5;

/// The input, as far as it matters here.
#[derive(Deserialize)]
struct Work {
    ms: u64,
    #[serde(default)]
    fails_first: bool,
    #[serde(default)]
    padding: usize,
    #[serde(default)]
    items: u32,
}

#[derive(Serialize)]
struct Output {
    task: String,
    items: Vec<u32>,
    padding: String,
}

pub(crate) async fn carry_out(task: &Task) -> Result<Outcome, AgentError> {
    let work: Work = task.input()?;
    let attempt = task.attempt()?.ok_or_else(|| {
        AgentError::new(ErrorCode::InvalidInput, "the task is no attempt of a run")
    })?;
    let effects = PathBuf::from(variable(EFFECTS_VARIABLE)?);
    let session = variable(SESSION_VARIABLE)?.parse().unwrap_or(0);
    let mut trace = Trace::begin(&effects, &attempt.task_key, attempt.attempt, session)?;
    for _ in 0..work.ms.div_ceil(STEP_MS) {
        tokio::time::sleep(Duration::from_millis(STEP_MS)).await;
        trace.say("work")?;
    }
    if work.fails_first && attempt.attempt == 1 {
        trace.say("fail")?;
        return Err(AgentError::new("fails-first", "try again").retryable());
    }
    trace.say("end")?;
    Outcome::new(&Output {
        task: attempt.task_key,
        items: (0..work.items).collect(),
        padding: "x".repeat(work.padding),
    })
}

fn variable(name: &str) -> Result<String, AgentError> {
    std::env::var(name).map_err(|_| AgentError::new("unset", format!("{name} is not set")))
}
