//! Escalations: asking a person to decide.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::{CoreError, first_version};
use crate::id::{AgentId, TaskId};
use crate::message::{Address, Message, MessageIntent, MessagePriority, open_words, to_value};

/// A question to a person, with all that is needed to answer it.
///
/// No agent takes silence for consent: unless the escalation says otherwise, its
/// work stays blocked until somebody answers.
///
/// ```
/// use guildhall_core::{Escalation, EscalationSeverity, Message, OnSilence};
///
/// let mut escalation = Escalation::new(
///     "incident-responder".parse()?,
///     EscalationSeverity::High,
///     "the database refuses writes",
///     "may I fail over to the replica?",
/// );
/// escalation.add_attempt("restarted the pool", "writes fail as before");
/// escalation.add_option("fail-over", "fail over", "up to 5 s of writes are lost");
/// assert_eq!(escalation.on_silence, OnSilence::StayBlocked);
///
/// let message: Message = escalation.to_message(1_000);
/// assert_eq!(Escalation::from_message(&message)?, escalation);
/// # Ok::<(), guildhall_core::CoreError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Escalation {
    /// Version of this record's form; 1 today.
    #[serde(default = "first_version")]
    pub version: u32,
    /// Who asks.
    pub from: AgentId,
    /// How bad it is.
    pub severity: EscalationSeverity,
    /// What is wrong.
    pub issue: String,
    /// The task that waits for the answer, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskId>,
    /// What a person needs to know to decide.
    #[serde(default)]
    pub context: Value,
    /// What has been tried, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempted_resolutions: Vec<AttemptedResolution>,
    /// What is asked.
    pub question: String,
    /// Answers to choose from; any answer will do where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<EscalationOption>,
    /// What happens when nobody answers before the message's deadline.
    #[serde(default)]
    pub on_silence: OnSilence,
    /// Fields of newer versions, kept so that they survive a round trip.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// How bad the matter of an escalation is, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EscalationSeverity {
    /// Nothing suffers by waiting.
    Low,
    /// Some work waits.
    Medium,
    /// Users or deadlines suffer.
    High,
    /// Damage grows while nobody decides.
    Critical,
}

/// Something that was tried before a person was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptedResolution {
    /// What was done.
    pub action: String,
    /// What came of it.
    pub result: String,
    /// Fields of newer versions, kept so that they survive a round trip.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// An answer to choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EscalationOption {
    /// Its id, by which the answer names it.
    pub id: String,
    /// What it says.
    pub label: String,
    /// What follows when it is chosen.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub consequence: String,
    /// Fields of newer versions, kept so that they survive a round trip.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

open_words! {
    /// What happens when nobody answers an escalation in time. Whoever does not know
    /// the word stays blocked.
    OnSilence {
        /// The work stays blocked until somebody answers.
        StayBlocked = "stay-blocked",
        /// The work is given up.
        GiveUp = "give-up",
    }
}

#[expect(
    clippy::derivable_impls,
    reason = "the macro that declares the enum names no default"
)]
impl Default for OnSilence {
    fn default() -> Self {
        Self::StayBlocked
    }
}

impl Escalation {
    /// An escalation without context, attempts or options; its fields are open to
    /// be filled.
    pub fn new(
        from: AgentId,
        severity: EscalationSeverity,
        issue: impl Into<String>,
        question: impl Into<String>,
    ) -> Self {
        Self {
            version: first_version(),
            from,
            severity,
            issue: issue.into(),
            task: None,
            context: Value::Null,
            attempted_resolutions: Vec::new(),
            question: question.into(),
            options: Vec::new(),
            on_silence: OnSilence::default(),
            extra: Map::new(),
        }
    }

    /// Adds what was tried, and what came of it.
    pub fn add_attempt(&mut self, action: impl Into<String>, result: impl Into<String>) {
        let (action, result) = (action.into(), result.into());
        self.attempted_resolutions.push(AttemptedResolution {
            action,
            result,
            extra: Map::new(),
        });
    }

    /// Adds an answer to choose, and what follows when it is chosen.
    pub fn add_option(
        &mut self,
        id: impl Into<String>,
        label: impl Into<String>,
        consequence: impl Into<String>,
    ) {
        let (id, label, consequence) = (id.into(), label.into(), consequence.into());
        self.options.push(EscalationOption {
            id,
            label,
            consequence,
            extra: Map::new(),
        });
    }

    /// The answer of this id.
    pub fn option(&self, id: &str) -> Option<&EscalationOption> {
        self.options.iter().find(|option| option.id == id)
    }

    /// The escalation as a message to a person. Its priority follows from the
    /// severity, and it is to be acknowledged. It has no deadline, and so no silence
    /// to act on, until [`Message::with_deadline`] sets one.
    pub fn to_message(&self, now_ms: u64) -> Message {
        let (intent, from) = (MessageIntent::Escalation, self.from.clone());
        Message::new(intent, from, Address::Human, to_value(self), now_ms)
            .with_priority(self.severity.priority())
            .with_ack()
    }

    /// The escalation in a message.
    ///
    /// # Errors
    /// [`CoreError::BadMessage`] where there is none in it.
    pub fn from_message(message: &Message) -> Result<Self, CoreError> {
        message.payload_of(&MessageIntent::Escalation)
    }
}

impl EscalationSeverity {
    /// All severities, least first.
    pub const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The severity as a word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// The priority of a message about a matter of this severity.
    pub const fn priority(self) -> MessagePriority {
        match self {
            Self::Low => MessagePriority::Low,
            Self::Medium => MessagePriority::Normal,
            Self::High => MessagePriority::High,
            Self::Critical => MessagePriority::Critical,
        }
    }
}

impl fmt::Display for EscalationSeverity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sample(severity: EscalationSeverity) -> Escalation {
        let mut escalation = Escalation::new("asker".parse().unwrap(), severity, "issue", "why?");
        escalation.add_attempt("tried", "failed");
        escalation.add_option("yes", "do it", "");
        escalation
    }

    #[test]
    fn an_escalation_goes_to_a_person_with_the_priority_of_its_severity() {
        for (severity, priority) in EscalationSeverity::ALL
            .into_iter()
            .zip(MessagePriority::ALL)
        {
            let escalation = sample(severity);
            let message = escalation.to_message(7);
            assert_eq!((&message.to, message.priority), (&Address::Human, priority));
            assert!(message.requires_ack);
            assert_eq!(Escalation::from_message(&message).unwrap(), escalation);
        }
    }

    #[test]
    fn silence_leaves_the_work_blocked_unless_something_else_is_said() {
        let mut json = to_value(&sample(EscalationSeverity::Low));
        assert_eq!(json["on_silence"], "stay-blocked");
        json.as_object_mut().unwrap().remove("on_silence");
        let escalation: Escalation = serde_json::from_value(json).unwrap();
        assert_eq!(escalation.on_silence, OnSilence::StayBlocked);
    }

    #[test]
    fn what_is_newer_survives_a_round_trip() {
        let mut json = to_value(&sample(EscalationSeverity::Low));
        json["on_silence"] = json!("ask-the-deputy");
        json["novel"] = json!([1]);
        let escalation: Escalation = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(to_value(&escalation), json);
    }

    #[test]
    fn options_are_found_by_id_and_another_message_is_refused() {
        let escalation = sample(EscalationSeverity::High);
        assert_eq!(escalation.option("yes").unwrap().label, "do it");
        assert!(escalation.option("no").is_none());
        let mut message = escalation.to_message(1);
        message.intent = MessageIntent::Request;
        let error = Escalation::from_message(&message).unwrap_err().to_string();
        assert!(
            error.contains(r#""request" where "escalation" is expected"#),
            "{error}"
        );
    }
}
