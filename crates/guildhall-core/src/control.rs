//! The limits of runs, for agents that steer how much is done at once.
//!
//! A run limits how many of its attempts are done at once: all together, by agent and by tag.
//! An agent whose manifest declares a permission of the kind [`SERVICE`] may change these
//! limits while the run is worked on, in whatever process that is. A change names the value that
//! it builds on and is refused where somebody else has set another meanwhile. The host holds
//! the bounds: never above what the plan allows, unless the user's configuration says how far,
//! and never above what an agent itself can do at once. Each change is an event of the run's journal,
//! with who made it and why, and can be undone.
//!
//! ```
//! use guildhall_core::control::{Change, Limit};
//! use guildhall_core::{AgentError, Context};
//!
//! /// Gives a run one more attempt at once, and its number to undo that.
//! async fn widen(run: &str, ctx: &Context) -> Result<Option<String>, AgentError> {
//!     let limits = ctx.run_limits(run).await?;
//!     let Some(all) = limits.of(&Limit::Concurrency) else { return Ok(None) };
//!     if all.now >= all.most {
//!         return Ok(None);
//!     }
//!     let change = Change::new(run, Limit::Concurrency, all.now, all.now + 1, "tasks wait");
//!     Ok(Some(ctx.change_limit(&change).await?.id))
//! }
//! ```

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::context::Context;
use crate::error::AgentError;
use crate::id::AgentId;

/// The service's name, and the kind of the permission that it takes.
pub const SERVICE: &str = "guildhall.control";
/// Tells the limits of a run; the input is [`OfRun`], the answer [`RunLimits`].
pub const LIMITS: &str = "limits";
/// Changes a limit; the input is a [`Change`], the answer [`Applied`].
pub const CHANGE: &str = "change";
/// Lists the changes of a run; the input is [`OfRun`], the answer a list of [`Applied`].
pub const ACTIONS: &str = "actions";
/// Undoes a change; the input is [`Undo`], the answer the [`Applied`] that undid it.
pub const UNDO: &str = "undo";

/// Code of the error of a change where the limit is not what the caller believes.
pub const CONFLICT: &str = "limit-conflict";

/// Bytes of the reason of a change at the most.
pub const MAX_WHY: usize = 1000;
/// Bytes of the evidence of a change at the most, as JSON text.
pub const MAX_EVIDENCE: usize = 16 << 10;

/// One of the limits of a run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Limit {
    /// Attempts at once, all together.
    Concurrency,
    /// Attempts at once of an agent.
    Agent(AgentId),
    /// Attempts at once of tasks with a tag.
    Tag(String),
}

/// Names a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfRun {
    /// The run, as `guildhall results` takes it: its id, a part of it, its name, or `latest`.
    pub run: String,
}

/// The limits of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunLimits {
    /// The run's id.
    pub run: String,
    /// Its plan's name.
    pub name: String,
    /// Its status: `running`, `paused`, `completed`, ...
    pub status: String,
    /// Whether a process works on it now.
    pub is_worked_on: bool,
    /// The limits: the one of all, those of the agents that can do its tasks, those of tags.
    pub limits: Vec<LimitState>,
    /// Fields of newer versions.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A limit as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitState {
    /// Which.
    pub limit: Limit,
    /// What holds now.
    pub now: u32,
    /// What held when the run was made.
    pub planned: u32,
    /// More than this the host does not allow.
    pub most: u32,
}

/// A change of a limit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The run, as [`OfRun`] has it.
    pub run: String,
    /// Which limit.
    pub limit: Limit,
    /// What holds now, as the caller knows it.
    pub from: u32,
    /// What is to hold.
    pub to: u32,
    /// Why, for people.
    pub why: String,
    /// The figures it rests on.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub evidence: Value,
}

/// A change that was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Applied {
    /// Names it among all changes of all runs.
    pub id: String,
    /// When, in milliseconds since 1970, UTC.
    pub at_ms: u64,
    /// Who made it.
    pub by: String,
    /// What was changed; its run is the whole id.
    pub change: Change,
    /// The change that it undid, where it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<String>,
}

/// Input of [`UNDO`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undo {
    /// [`Applied::id`] of the change.
    pub id: String,
}

impl Change {
    /// A change without evidence.
    pub fn new(
        run: impl Into<String>,
        limit: Limit,
        from: u32,
        to: u32,
        why: impl Into<String>,
    ) -> Self {
        Self {
            run: run.into(),
            limit,
            from,
            to,
            why: why.into(),
            evidence: Value::Null,
        }
    }
}

impl RunLimits {
    /// The state of a limit; none where the run has no such limit.
    pub fn of(&self, limit: &Limit) -> Option<&LimitState> {
        self.limits.iter().find(|state| state.limit == *limit)
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Concurrency => f.write_str("attempts at once"),
            Self::Agent(agent) => write!(f, "places of {agent}"),
            Self::Tag(tag) => write!(f, "places of the tag {tag}"),
        }
    }
}

impl Context {
    /// The limits of a run.
    ///
    /// # Errors
    /// [`crate::ErrorCode::NoSuchService`] where the host keeps no runs or the manifest declares
    /// no permission for it; [`crate::ErrorCode::InvalidInput`] where there is no such run;
    /// whatever the store gives.
    pub async fn run_limits(&self, run: &str) -> Result<RunLimits, AgentError> {
        self.service(SERVICE, LIMITS, &of_run(run)).await?.output()
    }

    /// Changes a limit of a run.
    ///
    /// # Errors
    /// As [`Context::run_limits`]; [`CONFLICT`] where the limit is not what the change builds on;
    /// [`crate::ErrorCode::InvalidInput`] where the run has ended or no such limit, or the value is
    /// out of its bounds; [`crate::ErrorCode::RateLimited`] where too much was changed lately.
    pub async fn change_limit(&self, change: &Change) -> Result<Applied, AgentError> {
        self.service(SERVICE, CHANGE, change).await?.output()
    }

    /// The changes that were made of a run's limits, the first one first.
    ///
    /// # Errors
    /// As [`Context::run_limits`].
    pub async fn limit_changes(&self, run: &str) -> Result<Vec<Applied>, AgentError> {
        self.service(SERVICE, ACTIONS, &of_run(run)).await?.output()
    }

    /// Brings back what held before a change.
    ///
    /// # Errors
    /// As [`Context::change_limit`]; [`CONFLICT`] where somebody changed the same limit since.
    pub async fn undo_limit(&self, id: &str) -> Result<Applied, AgentError> {
        let undo = Undo { id: id.to_owned() };
        self.service(SERVICE, UNDO, &undo).await?.output()
    }
}

fn of_run(run: &str) -> OfRun {
    OfRun {
        run: run.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_written_by_their_names_and_survive_newer_fields() {
        let agent = Limit::Agent(AgentId::new("writer").unwrap());
        for (limit, text) in [
            (Limit::Concurrency, r#""concurrency""#),
            (agent, r#"{"agent":"writer"}"#),
            (Limit::Tag("slow".to_owned()), r#"{"tag":"slow"}"#),
        ] {
            assert_eq!(serde_json::to_string(&limit).unwrap(), text);
            assert_eq!(serde_json::from_str::<Limit>(text).unwrap(), limit);
        }
        let text = r#"{"run":"r","name":"n","status":"running","is_worked_on":true,
            "limits":[],"weather":"fair"}"#;
        let limits: RunLimits = serde_json::from_str(text).unwrap();
        assert_eq!(limits.extra["weather"], "fair");
    }
}
