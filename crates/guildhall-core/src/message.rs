//! Messages: what agents and their coordinator say to each other.
//!
//! Invariants:
//! - `correlation` is the id of the message that began the conversation; a message
//!   that begins one carries its own id there. Every answer keeps it.
//! - `causation` is the id of the message that directly led to this one; a message
//!   that begins a conversation has none.
//! - What this version does not know survives a round trip: unknown fields, intents
//!   and kinds of address. Numbers are kept as JSON's 64-bit integers or floats.
//! - Points in time are whole milliseconds since the Unix epoch (UTC) and are given
//!   by the caller. They need no calendar to compare and no parser, and nothing
//!   here reads a clock, except that a fresh [`MessageId`] holds the time of its
//!   making.
//! - A message is acknowledged after it was processed, never on receipt: one that
//!   was only received is lost with its receiver.

mod address;
mod intent;
mod open_words;
mod payload;
mod priority;
#[cfg(test)]
mod tests;

pub use address::Address;
pub use intent::MessageIntent;
pub use payload::TaskPayload;
pub use priority::MessagePriority;

pub(crate) use open_words::open_words;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::context::Progress;
use crate::error::{AgentError, CoreError, first_version};
use crate::id::{AgentId, MessageId};
use crate::trace::TraceContext;

/// One message.
///
/// ```
/// use guildhall_core::{Address, Message, MessageIntent, MessagePriority};
/// use serde_json::json;
///
/// let planner = "planner".parse()?;
/// let scanner: guildhall_core::AgentId = "scanner".parse()?;
/// let question = Message::request(planner, scanner.clone(), json!({"path": "src"}), 1_000)
///     .with_priority(MessagePriority::High)
///     .with_deadline(5_000);
///
/// let answer = question.reply(scanner, json!({"findings": 3}), 1_200);
/// assert_eq!(answer.intent, MessageIntent::Response);
/// assert_eq!(answer.correlation, question.id);
/// assert_eq!(answer.causation, Some(question.id));
/// assert_eq!(answer.to, Address::Agent(question.from));
/// # Ok::<(), guildhall_core::CoreError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Version of this record's form; 1 today.
    #[serde(default = "first_version")]
    pub version: u32,
    /// Its id.
    pub id: MessageId,
    /// Id of the message that began the conversation.
    pub correlation: MessageId,
    /// Id of the message that directly led to this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causation: Option<MessageId>,
    /// Who sends it.
    pub from: AgentId,
    /// Whom it is for.
    pub to: Address,
    /// What it wants.
    pub intent: MessageIntent,
    /// How urgent it is.
    #[serde(default)]
    pub priority: MessagePriority,
    /// When it was sent, in milliseconds since the Unix epoch.
    pub sent_at: u64,
    /// When it stops being of use, in milliseconds since the Unix epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<u64>,
    /// Whether the receiver is to acknowledge that it has processed the message.
    #[serde(default)]
    pub requires_ack: bool,
    /// Position in a distributed trace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<TraceContext>,
    /// What it says; its form depends on the intent.
    #[serde(default)]
    pub payload: Value,
    /// Fields of newer versions, kept so that they survive a round trip.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Making messages that begin a conversation.
impl Message {
    /// A message that begins a conversation.
    pub fn new(
        intent: MessageIntent,
        from: AgentId,
        to: impl Into<Address>,
        payload: Value,
        now_ms: u64,
    ) -> Self {
        let id = MessageId::new();
        Self {
            version: first_version(),
            id,
            correlation: id,
            causation: None,
            from,
            to: to.into(),
            intent,
            priority: MessagePriority::default(),
            sent_at: now_ms,
            deadline: None,
            requires_ack: false,
            trace: None,
            payload,
            extra: Map::new(),
        }
    }

    /// Asks for something and expects an answer.
    pub fn request(from: AgentId, to: impl Into<Address>, payload: Value, now_ms: u64) -> Self {
        Self::new(MessageIntent::Request, from, to, payload, now_ms)
    }

    /// Tells something and expects no answer.
    pub fn notify(from: AgentId, to: impl Into<Address>, payload: Value, now_ms: u64) -> Self {
        Self::new(MessageIntent::Notify, from, to, payload, now_ms)
    }

    /// Hands a task to an agent. The message takes the task's priority, and is to
    /// be acknowledged, so that a task is never lost with its receiver.
    pub fn assign(from: AgentId, to: impl Into<Address>, task: &TaskPayload, now_ms: u64) -> Self {
        Self::new(MessageIntent::Assign, from, to, to_value(task), now_ms)
            .with_priority(task.priority)
            .with_ack()
    }

    /// Reads a message from JSON.
    ///
    /// # Errors
    /// [`CoreError::BadMessage`] with the reason.
    pub fn from_json(json: &[u8]) -> Result<Self, CoreError> {
        serde_json::from_slice(json).map_err(|error| CoreError::BadMessage {
            id: None,
            reason: error.to_string(),
        })
    }
}

/// Settling the rest of a message.
impl Message {
    /// Gives it another id, for tests and for replays that need the same ids again.
    #[must_use]
    pub fn with_id(mut self, id: MessageId) -> Self {
        if self.begins_conversation() {
            self.correlation = id;
        }
        self.id = id;
        self
    }

    /// Sets how urgent it is.
    #[must_use]
    pub fn with_priority(mut self, priority: MessagePriority) -> Self {
        self.priority = priority;
        self
    }

    /// Sets when it stops being of use, in milliseconds since the Unix epoch.
    #[must_use]
    pub fn with_deadline(mut self, deadline_ms: u64) -> Self {
        self.deadline = Some(deadline_ms);
        self
    }

    /// Asks the receiver to acknowledge that it has processed the message.
    #[must_use]
    pub fn with_ack(mut self) -> Self {
        self.requires_ack = true;
        self
    }

    /// Puts it into a distributed trace.
    #[must_use]
    pub fn with_trace(mut self, trace: TraceContext) -> Self {
        self.trace = Some(trace);
        self
    }
}

/// Making messages that follow from this one.
///
/// Each keeps the conversation, the priority, the deadline and the trace, and names
/// this message as its cause. `from` is given because a message to a capability or
/// to all does not say which agent answers it.
impl Message {
    /// A message that follows from this one, to anyone.
    pub fn follow_up(
        &self,
        intent: MessageIntent,
        from: AgentId,
        to: impl Into<Address>,
        payload: Value,
        now_ms: u64,
    ) -> Self {
        Self {
            correlation: self.correlation,
            causation: Some(self.id),
            priority: self.priority,
            deadline: self.deadline,
            trace: self.trace,
            ..Self::new(intent, from, to, payload, now_ms)
        }
    }

    /// The answer to this message.
    #[must_use]
    pub fn reply(&self, from: AgentId, payload: Value, now_ms: u64) -> Self {
        self.answer(MessageIntent::Response, from, payload, now_ms)
    }

    /// Says that this message has been processed.
    #[must_use]
    pub fn acknowledge(&self, from: AgentId, now_ms: u64) -> Self {
        self.answer(MessageIntent::Acknowledge, from, Value::Null, now_ms)
    }

    /// Says that what this message asks for failed. [`Message::error`] reads it.
    #[must_use]
    pub fn fail(&self, from: AgentId, error: &AgentError, now_ms: u64) -> Self {
        self.answer(MessageIntent::Error, from, to_value(error), now_ms)
    }

    /// Tells how far the work asked for by this message is.
    #[must_use]
    pub fn progress(&self, from: AgentId, progress: &Progress, now_ms: u64) -> Self {
        self.answer(MessageIntent::Progress, from, to_value(progress), now_ms)
    }

    /// Withdraws this message: from its sender, to those it was for.
    #[must_use]
    pub fn cancel(&self, now_ms: u64) -> Self {
        let (from, to) = (self.from.clone(), self.to.clone());
        self.follow_up(MessageIntent::Cancel, from, to, Value::Null, now_ms)
    }

    fn answer(&self, intent: MessageIntent, from: AgentId, payload: Value, now_ms: u64) -> Self {
        self.follow_up(intent, from, self.from.clone(), payload, now_ms)
    }
}

/// Reading a message.
impl Message {
    /// Whether it begins a conversation.
    pub fn begins_conversation(&self) -> bool {
        self.correlation == self.id
    }

    /// Whether its deadline has passed.
    pub fn is_expired(&self, now_ms: u64) -> bool {
        self.deadline.is_some_and(|deadline| deadline <= now_ms)
    }

    /// Id of the message that this one acknowledges, where it does.
    pub fn acknowledged(&self) -> Option<MessageId> {
        self.causation
            .filter(|_| self.intent == MessageIntent::Acknowledge)
    }

    /// The payload as a type.
    ///
    /// # Errors
    /// [`CoreError::BadMessage`] where it does not fit.
    pub fn payload<T: DeserializeOwned>(&self) -> Result<T, CoreError> {
        T::deserialize(&self.payload).map_err(|error| {
            self.bad(format!(
                "its payload of intent {:?} does not fit: {error}",
                self.intent.as_str()
            ))
        })
    }

    /// The payload of a message of this intent as a type.
    ///
    /// # Errors
    /// [`CoreError::BadMessage`] where the intent is another or the payload does
    /// not fit.
    pub fn payload_of<T: DeserializeOwned>(&self, intent: &MessageIntent) -> Result<T, CoreError> {
        if self.intent == *intent {
            return self.payload();
        }
        let (expected, found) = (intent.as_str(), self.intent.as_str());
        Err(self.bad(format!(
            "its intent is {found:?} where {expected:?} is expected"
        )))
    }

    /// The task of a message that assigns one.
    ///
    /// # Errors
    /// [`CoreError::BadMessage`] where it assigns none.
    pub fn task(&self) -> Result<TaskPayload, CoreError> {
        self.payload_of(&MessageIntent::Assign)
    }

    /// The failure in a message that tells of one.
    ///
    /// # Errors
    /// [`CoreError::BadMessage`] where it tells of none.
    pub fn error(&self) -> Result<AgentError, CoreError> {
        self.payload_of(&MessageIntent::Error)
    }

    fn bad(&self, reason: String) -> CoreError {
        CoreError::BadMessage {
            id: Some(self.id),
            reason,
        }
    }
}

/// A record of this crate as JSON.
pub(crate) fn to_value(record: &impl Serialize) -> Value {
    serde_json::to_value(record).expect("the records of the protocol have text keys only")
}
