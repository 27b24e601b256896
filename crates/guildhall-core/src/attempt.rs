//! What an agent may know of the run that its task belongs to, and say of its work.
//!
//! A task of a run is an attempt: it may be tried again, be withdrawn, or be asked to give
//! way to something more important. An agent that knows none of this works all the same.
//! One that does can tell a repetition ([`Task::attempt`]), give way and go on later
//! ([`Context::why_withdrawn`], [`AgentError::yielded`], [`Task::left_state`]), and say what
//! it used ([`Outcome::set_usage`]), so that budgets hold.
//!
//! ```
//! use guildhall_core::{AgentError, Context, Outcome, Task, Usage, Withdrawal};
//! use serde_json::json;
//!
//! /// Counts as far as it may, and goes on from there in its next attempt.
//! async fn count(task: Task, ctx: &Context) -> Result<Outcome, AgentError> {
//!     let mut done: u64 = task.left_state()?.unwrap_or(0);
//!     while done < 1_000 {
//!         done += 1;
//!         if ctx.is_cancelled() {
//!             return Err(match ctx.why_withdrawn().await? {
//!                 Some(Withdrawal::Yield) => AgentError::yielded(json!(done)),
//!                 _ => AgentError::new("cancelled", "the task was withdrawn"),
//!             });
//!         }
//!     }
//!     let mut outcome = Outcome::new(&done)?;
//!     outcome.set_usage(&Usage { tokens: Some(12), ..Usage::default() });
//!     Ok(outcome)
//! }
//! ```

use std::path::PathBuf;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::context::Context;
use crate::error::{AgentError, ErrorCode};
use crate::path_text;
use crate::task::{Outcome, Task};

/// The service that tells a task why it is withdrawn; its one method is `why`.
pub const SERVICE: &str = "guildhall.attempt";
/// Field of a task's `extra` that says which attempt it is.
pub const FIELD: &str = "guildhall.attempt";
/// Field of a task's `extra` with what the last attempt left when it gave way.
pub const STATE_FIELD: &str = "guildhall.state";
/// Field of the `extra` of outcomes and errors that says what the work used.
pub const USAGE_FIELD: &str = "usage";

/// Which attempt at which task of which run a task is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AttemptInfo {
    /// Id of the run.
    pub run: String,
    /// The task's key in the run's plan.
    pub task_key: String,
    /// Number of the attempt, from 1.
    pub attempt: u32,
    /// The run's folder: what the run works on.
    #[serde(serialize_with = "to_text", deserialize_with = "from_text")]
    pub folder: PathBuf,
}

impl AttemptInfo {
    /// An attempt from its parts.
    pub fn new(
        run: impl Into<String>,
        task_key: impl Into<String>,
        attempt: u32,
        folder: impl Into<PathBuf>,
    ) -> Self {
        Self {
            run: run.into(),
            task_key: task_key.into(),
            attempt,
            folder: folder.into(),
        }
    }
}

/// Why a task is withdrawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Withdrawal {
    /// Something more important needs its place: it may leave its state behind with
    /// [`AgentError::yielded`] and is called again.
    #[serde(rename = "yielded")]
    Yield,
    /// It is not needed any more.
    #[serde(rename = "cancelled")]
    Cancel,
    /// The run pauses; the task is done again when it goes on.
    #[serde(rename = "interrupted")]
    Interrupt,
    /// A reason that this version does not know.
    #[serde(other)]
    Other,
}

/// What some work used. What is not known is absent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    /// US dollars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usd: Option<f64>,
    /// Model tokens, those of input and output together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
}

impl Usage {
    /// What stands in the `extra` of an outcome or an error; `None` where nothing does that
    /// can be read.
    pub fn of(extra: &Map<String, Value>) -> Option<Self> {
        let usage = extra.get(USAGE_FIELD)?;
        let usd = usage.get("usd").and_then(Value::as_f64);
        let tokens = usage.get("tokens").and_then(Value::as_u64);
        (usd.is_some() || tokens.is_some()).then_some(Self { usd, tokens })
    }

    /// Puts it beside whatever else is said there of the same.
    fn put(self, extra: &mut Map<String, Value>) {
        let Ok(Value::Object(own)) = serde_json::to_value(self) else {
            return;
        };
        match extra.get_mut(USAGE_FIELD) {
            Some(Value::Object(there)) => there.extend(own),
            _ => drop(extra.insert(USAGE_FIELD.to_owned(), Value::Object(own))),
        }
    }
}

impl Task {
    /// Which attempt it is; `None` where it belongs to no run.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidInput`] where what the host says of it cannot be read.
    pub fn attempt(&self) -> Result<Option<AttemptInfo>, AgentError> {
        self.read_extra(FIELD)
    }

    /// What an earlier attempt left behind with [`AgentError::yielded`]; `None` where none
    /// did.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidInput`] where it is no `T`.
    pub fn left_state<T: DeserializeOwned>(&self) -> Result<Option<T>, AgentError> {
        self.read_extra(STATE_FIELD)
    }

    fn read_extra<T: DeserializeOwned>(&self, field: &str) -> Result<Option<T>, AgentError> {
        let Some(value) = self.extra.get(field) else {
            return Ok(None);
        };
        T::deserialize(value).map(Some).map_err(|error| {
            let text = format!("the field {field} of the task cannot be read: {error}");
            AgentError::new(ErrorCode::InvalidInput, text)
        })
    }
}

impl Context {
    /// Why the task is withdrawn; `None` while nobody has asked for that, and for a task that
    /// belongs to no run. Ask when [`Context::cancelled`] has returned.
    ///
    /// # Errors
    /// Where the host cannot be asked.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub async fn why_withdrawn(&self) -> Result<Option<Withdrawal>, AgentError> {
        match self.service(SERVICE, "why", &()).await {
            Ok(answer) => answer.output(),
            Err(error) if error.is(ErrorCode::NoSuchService) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Outcome {
    /// Says what the work used, for budgets and reports.
    pub fn set_usage(&mut self, usage: &Usage) {
        usage.put(&mut self.extra);
    }

    /// What the work used, as far as its agent says.
    pub fn usage(&self) -> Option<Usage> {
        Usage::of(&self.extra)
    }
}

impl AgentError {
    /// Says what the work used before it failed.
    #[must_use]
    pub fn with_usage(mut self, usage: &Usage) -> Self {
        usage.put(&mut self.extra);
        self
    }

    /// What the work used before it failed, as far as its agent says.
    pub fn usage(&self) -> Option<Usage> {
        Usage::of(&self.extra)
    }
}

fn to_text<S: Serializer>(path: &std::path::Path, to: S) -> Result<S::Ok, S::Error> {
    path_text::encode(path).serialize(to)
}

fn from_text<'de, D: Deserializer<'de>>(from: D) -> Result<PathBuf, D::Error> {
    String::deserialize(from).map(|text| path_text::decode(&text))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn task(extra: Value) -> Task {
        let capability = "x.y".parse().unwrap();
        let mut task = Task::new(capability, semver::Version::new(1, 0, 0), &()).unwrap();
        task.extra = extra.as_object().unwrap().clone();
        task
    }

    #[test]
    fn a_task_of_no_run_is_no_attempt() {
        let task = task(json!({}));
        assert_eq!(task.attempt().unwrap(), None);
        assert_eq!(task.left_state::<u64>().unwrap(), None);
    }

    #[test]
    fn what_the_host_says_is_read_whatever_else_it_says() {
        let task = task(json!({
            FIELD: {"run": "r", "task_key": "a", "attempt": 2, "folder": "/w\\xFF", "later": 1},
            STATE_FIELD: 7,
        }));
        let attempt = task.attempt().unwrap().unwrap();
        let folder = path_text::decode("/w\\xFF");
        assert_eq!(attempt, AttemptInfo::new("r", "a", 2, folder));
        assert_eq!(task.left_state::<u64>().unwrap(), Some(7));
        assert!(task.left_state::<String>().is_err());
    }

    #[test]
    fn usage_stands_beside_what_else_is_said_of_it() {
        let mut outcome = Outcome::new(&1).unwrap();
        assert_eq!(outcome.usage(), None);
        let used = json!({"input_tokens": 3});
        outcome.extra.insert(USAGE_FIELD.to_owned(), used);
        assert_eq!(outcome.usage(), None);
        let usage = Usage {
            usd: Some(0.5),
            tokens: Some(7),
        };
        outcome.set_usage(&usage);
        assert_eq!(outcome.usage(), Some(usage));
        let expected = json!({"input_tokens": 3, "usd": 0.5, "tokens": 7});
        assert_eq!(outcome.extra[USAGE_FIELD], expected);
    }
}
