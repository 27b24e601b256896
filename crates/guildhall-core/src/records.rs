//! What the host has recorded of work: every attempt of every run, with the moments at which
//! its task could begin, began and ended, who did it, and what it cost.
//!
//! They are offered to agents whose manifest declares a permission of the kind [`SERVICE`], and
//! can only be read: inputs, outputs and prompts are not among them.
//!
//! ```
//! use guildhall_core::records::RecordsQuery;
//! use guildhall_core::{AgentError, Context};
//!
//! /// How many attempts failed since a moment.
//! async fn failures(since_ms: u64, ctx: &Context) -> Result<usize, AgentError> {
//!     let query = RecordsQuery { since_ms: Some(since_ms), ..RecordsQuery::default() };
//!     let told = ctx.records(query).await?;
//!     let failed = told.attempts.iter().filter(|attempt| attempt.end.is_failure());
//!     Ok(failed.count())
//! }
//! ```

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::context::Context;
use crate::error::AgentError;
use crate::id::AgentId;

/// The service's name, and the kind of the permission that it takes.
pub const SERVICE: &str = "guildhall.records";
/// Asks for records; see [`RecordsQuery`]. The answer is a [`Records`].
pub const QUERY: &str = "query";

/// Attempts of one answer: a run that makes it more is the last of the answer.
pub const MAX_ATTEMPTS: usize = 10_000;

/// Which records are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordsQuery {
    /// Only of runs in which something happened since then, in milliseconds since 1970, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since_ms: Option<u64>,
    /// Only of these runs, as `guildhall results` takes them; of all where there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<String>,
    /// Only of runs after this one: [`Records::next`] of the answer before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// What is recorded.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Records {
    /// The host's clock when it looked, in milliseconds since 1970, UTC.
    pub now_ms: u64,
    /// The attempts, run by run.
    pub attempts: Vec<AttemptRecord>,
    /// Tasks that could begin and have not.
    #[serde(default)]
    pub waiting: Vec<WaitingRecord>,
    /// The runs that were looked at.
    #[serde(default)]
    pub runs: Vec<RunRecord>,
    /// Where more follows, the run after which to go on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Fields of newer versions.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// One attempt of a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttemptRecord {
    /// The run.
    #[serde(default)]
    pub run: String,
    /// The task's name within it.
    #[serde(default)]
    pub task: String,
    /// Number of the attempt, from 1.
    #[serde(default = "first")]
    pub attempt: u32,
    /// What was asked for, where the task says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capability: Option<String>,
    /// Who did it.
    pub agent: AgentId,
    /// When the task could begin: all that it needs had ended, or the attempt before it.
    pub ready_ms: u64,
    /// When the agent began.
    pub started_ms: u64,
    /// When it ended; none while it is being done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_ms: Option<u64>,
    /// How it ended.
    #[serde(default)]
    pub end: AttemptEnd,
    /// US dollars that it cost, as far as the agent says.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub usd: f64,
    /// Tokens that it took, as far as the agent says.
    #[serde(default, skip_serializing_if = "is_none")]
    pub tokens: u64,
    /// The tasks that had to end before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
    /// Fields of newer versions.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttemptEnd {
    /// With a result.
    #[default]
    Completed,
    /// With an error of its own.
    Failed,
    /// It ran over its time.
    TimedOut,
    /// Nobody is to blame: it was cancelled, gave way, or its process ended.
    Withdrawn,
    /// It is being done.
    InFlight,
    /// An earlier result was used, and nobody worked.
    Cached,
    /// In a way that a newer version knows.
    #[serde(other)]
    Unknown,
}

impl AttemptEnd {
    /// Whether it failed, and somebody is to blame.
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::Failed | Self::TimedOut)
    }
}

/// A task that could begin and has not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingRecord {
    /// The run.
    pub run: String,
    /// The task's name within it.
    pub task: String,
    /// What is asked for, where the task says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capability: Option<String>,
    /// The one agent that may do it, where the task says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentId>,
    /// Since when it could begin.
    pub ready_ms: u64,
}

/// What is known of a run as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRecord {
    /// The run.
    pub run: String,
    /// Its plan's name.
    pub name: String,
    /// Its status: `running`, `paused`, `completed`, ...
    pub status: String,
    /// From when to when somebody worked on it; where somebody does, up to [`Records::now_ms`].
    /// Where it is empty nothing is known of that but the two moments below.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub worked: Vec<(u64, u64)>,
    /// When it was made.
    pub created_ms: u64,
    /// When its last event happened.
    pub updated_ms: u64,
    /// Attempts at once, as it is now.
    pub concurrency: u32,
    /// Attempts at once by agent, where the run limits them, as it is now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub agents: Vec<(AgentId, u32)>,
    /// Where limits were changed: those of the beginning and those after each change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<LimitsRecord>,
}

/// The limits of a run from a moment on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitsRecord {
    /// The moment, in milliseconds since 1970, UTC.
    pub since_ms: u64,
    /// Attempts at once.
    pub concurrency: u32,
    /// Attempts at once by agent, where the run limits them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub agents: Vec<(AgentId, u32)>,
}

impl Context {
    /// All that is recorded of the runs that are asked for.
    ///
    /// # Errors
    /// [`crate::ErrorCode::NoSuchService`] where the host keeps no runs or the manifest declares
    /// no permission for them; [`crate::ErrorCode::InvalidInput`] where there is no such run;
    /// whatever the store gives.
    ///
    /// # Cancel safety
    /// The future may be dropped at any time.
    pub async fn records(&self, mut query: RecordsQuery) -> Result<Records, AgentError> {
        let mut all = Records::default();
        loop {
            let page: Records = self.service(SERVICE, QUERY, &query).await?.output()?;
            all.now_ms = page.now_ms;
            all.attempts.extend(page.attempts);
            all.waiting.extend(page.waiting);
            all.runs.extend(page.runs);
            all.extra.extend(page.extra);
            match page.next {
                Some(next) => query.after = Some(next),
                None => return Ok(all),
            }
        }
    }
}

const fn first() -> u32 {
    1
}

fn is_zero(usd: &f64) -> bool {
    *usd == 0.0
}

fn is_none(tokens: &u64) -> bool {
    *tokens == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_survive_newer_fields_and_newer_ends() {
        let text = r#"{"now_ms":9,"attempts":[{"agent":"a","ready_ms":1,"started_ms":2,
            "end":"evaporated","joules":3}],"weather":"fair"}"#;
        let records: Records = serde_json::from_str(text).unwrap();
        assert_eq!(records.attempts[0].end, AttemptEnd::Unknown);
        assert_eq!(records.attempts[0].attempt, 1);
        let written = serde_json::to_value(&records).unwrap();
        assert_eq!(written["weather"], "fair");
        assert_eq!(written["attempts"][0]["joules"], 3);
    }
}
