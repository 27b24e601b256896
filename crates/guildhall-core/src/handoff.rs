//! Handoffs: passing unfinished work from one agent to another.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::capability::CapabilityRequest;
use crate::error::{CoreError, first_version};
use crate::id::{AgentId, TaskId};
use crate::message::{Address, Message, MessageIntent, open_words, to_value};

/// Unfinished work that goes from one agent to another, with all that the next one
/// needs to go on rather than begin again.
///
/// ```
/// use guildhall_core::{AgentId, Handoff, HandoffReason, Message};
/// use serde_json::json;
///
/// let from: AgentId = "generalist".parse()?;
/// let specialist: guildhall_core::CapabilityRequest = "example.migrate@^2".parse()?;
/// let mut handoff = Handoff::new(from, specialist, HandoffReason::NeedsSpecialist);
/// handoff.work_state = json!({"files_done": 12});
///
/// let message: Message = handoff.to_message(1_000);
/// assert_eq!(Handoff::from_message(&message)?, handoff);
/// # Ok::<(), guildhall_core::CoreError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Handoff {
    /// Version of this record's form; 1 today.
    #[serde(default = "first_version")]
    pub version: u32,
    /// Who passes the work on.
    pub from: AgentId,
    /// Who is to take it.
    pub to: Address,
    /// Why.
    pub reason: HandoffReason,
    /// The task that is passed on, where it is one task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskId>,
    /// What the next agent must know: aim, decisions, findings.
    #[serde(default)]
    pub context: Value,
    /// How far the work is, in a form that both agents know.
    #[serde(default)]
    pub work_state: Value,
    /// What is left to do, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remaining: Vec<RemainingTask>,
    /// Fields of newer versions, kept so that they survive a round trip.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

open_words! {
    /// Why work is passed on.
    HandoffReason {
        /// It needs skills that the agent does not have.
        NeedsSpecialist = "needs-specialist",
        /// The agent has too much to do.
        Overloaded = "overloaded",
        /// It is not the agent's business.
        OutOfScope = "out-of-scope",
        /// The agent tried and failed.
        Failed = "failed",
        /// The agent's time is over, for example its budget or its process.
        ShiftEnd = "shift-end",
    }
}

/// A piece of work that is left to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RemainingTask {
    /// What is to be done, in one sentence.
    pub summary: String,
    /// Id of the task, where it has one already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskId>,
    /// The capability that it needs, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capability: Option<CapabilityRequest>,
    /// Its input.
    #[serde(default)]
    pub input: Value,
    /// Fields of newer versions, kept so that they survive a round trip.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Handoff {
    /// A handoff that says only why; its other fields are open to be filled.
    pub fn new(from: AgentId, to: impl Into<Address>, reason: HandoffReason) -> Self {
        Self {
            version: first_version(),
            from,
            to: to.into(),
            reason,
            task: None,
            context: Value::Null,
            work_state: Value::Null,
            remaining: Vec::new(),
            extra: Map::new(),
        }
    }

    /// The handoff as a message. It is to be acknowledged, so that the work is not
    /// lost with its receiver.
    pub fn to_message(&self, now_ms: u64) -> Message {
        let (from, to) = (self.from.clone(), self.to.clone());
        Message::new(MessageIntent::Handoff, from, to, to_value(self), now_ms).with_ack()
    }

    /// The handoff in a message.
    ///
    /// # Errors
    /// [`CoreError::BadMessage`] where there is none in it.
    pub fn from_message(message: &Message) -> Result<Self, CoreError> {
        message.payload_of(&MessageIntent::Handoff)
    }
}

impl RemainingTask {
    /// A piece of work that is only described.
    pub fn new(summary: impl Into<String>) -> Self {
        Self {
            summary: summary.into(),
            task: None,
            capability: None,
            input: Value::Null,
            extra: Map::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sample() -> Handoff {
        let agent: AgentId = "next".parse().unwrap();
        let mut handoff = Handoff::new("first".parse().unwrap(), agent, HandoffReason::ShiftEnd);
        handoff.work_state = json!({"done": [1, 2]});
        handoff
            .remaining
            .push(RemainingTask::new("write the tests"));
        handoff
    }

    #[test]
    fn a_handoff_travels_in_a_message_that_must_be_acknowledged() {
        let handoff = sample();
        let message = handoff.to_message(7);
        assert_eq!((&message.from, &message.to), (&handoff.from, &handoff.to));
        assert!(message.requires_ack);
        assert_eq!(Handoff::from_message(&message).unwrap(), handoff);
    }

    #[test]
    fn what_is_newer_survives_a_round_trip() {
        let mut json = to_value(&sample());
        json["reason"] = json!("on-holiday");
        json["novel"] = json!({"a": 1});
        json["remaining"][0]["novel"] = json!(2);
        let handoff: Handoff = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(handoff.reason, HandoffReason::Other("on-holiday".into()));
        assert_eq!(to_value(&handoff), json);
    }

    #[test]
    fn another_message_is_refused_by_name() {
        let mut message = sample().to_message(7);
        message.payload = json!({"from": "first"});
        let error = Handoff::from_message(&message).unwrap_err().to_string();
        assert!(error.contains("missing field `to`"), "{error}");
        message.intent = MessageIntent::Notify;
        let error = Handoff::from_message(&message).unwrap_err().to_string();
        assert!(
            error.contains(r#""notify" where "handoff" is expected"#),
            "{error}"
        );
    }
}
