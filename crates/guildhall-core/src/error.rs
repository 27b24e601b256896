//! Errors: what an agent answers when it fails, and what this crate itself refuses.

use std::fmt;
use std::time::Duration;

use semver::Version;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::capability::CapabilityRequest;
use crate::id::{AgentId, MessageId, TaskId};
use crate::registry::AgentStatus;

/// What this crate refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CoreError {
    /// A name or id that is not well formed.
    #[error("{text:?} is not a well-formed {what}: expected {form}")]
    BadName {
        /// What kind of name it should be.
        what: &'static str,
        /// The text given.
        text: String,
        /// The form expected.
        form: &'static str,
    },
    /// A manifest that contradicts itself or is not one.
    #[error("the manifest is not valid: {reason}")]
    BadManifest {
        /// What is wrong with it and how to mend it.
        reason: String,
    },
    /// A trace context that is not one.
    #[error("{text:?} is not a W3C trace context: {reason}")]
    BadTraceContext {
        /// The text given.
        text: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A message that is not one, or not of the kind that is expected.
    #[error("{} is not valid: {reason}", message_name(id.as_ref()))]
    BadMessage {
        /// Its id, where that could be read.
        id: Option<MessageId>,
        /// What is wrong with it.
        reason: String,
    },
    /// A registration that contradicts itself.
    #[error("the registration of agent {agent} is not valid: {reason}")]
    BadRegistration {
        /// The agent.
        agent: AgentId,
        /// What is wrong with it and how to mend it.
        reason: String,
    },
    /// An id that another agent has.
    #[error(
        "agent {agent} is registered already and is {status}: update it, or unregister it and register it again once it is terminated"
    )]
    AlreadyRegistered {
        /// The agent.
        agent: AgentId,
        /// What can be expected of the one that has the id.
        status: AgentStatus,
    },
    /// An agent that is not registered, or not any more.
    #[error("no agent {agent} is registered: correct the id, or register it first")]
    NoSuchAgent {
        /// The agent.
        agent: AgentId,
    },
    /// A capability that no agent offers.
    #[error("no agent offers {}: load a plugin that does, or correct the name", request.name)]
    NoSuchCapability {
        /// What was asked for.
        request: CapabilityRequest,
    },
    /// A capability that agents offer, but in other versions.
    #[error(
        "no agent offers {request}, only {}: ask for one of these, or load a plugin that offers the version",
        list(versions)
    )]
    NoSuchVersion {
        /// What was asked for.
        request: CapabilityRequest,
        /// The versions that agents offer, lowest first.
        versions: Vec<Version>,
    },
    /// A capability that the agent does not offer, or only in other versions.
    #[error("agent {agent} does not offer {request}, {}", only(versions))]
    NotOffered {
        /// The agent.
        agent: AgentId,
        /// What was asked for.
        request: CapabilityRequest,
        /// The versions that it does offer, lowest first.
        versions: Vec<Version>,
    },
    /// Every healthy agent that would do is at its limit.
    #[error(
        "nobody can take a task for {wanted}: every healthy agent that would do is at its limit ({agents} of them); wait for a task to end, or raise max_concurrent_tasks"
    )]
    AllBusy {
        /// What was asked for.
        wanted: String,
        /// How many agents are at their limits.
        agents: usize,
    },
    /// Every agent that would do is offline, failed or leaving.
    #[error("nobody can take a task for {wanted}: {}", statuses(agents))]
    AllUnhealthy {
        /// What was asked for.
        wanted: String,
        /// The agents that would do and what is the matter with each.
        agents: Vec<(AgentId, AgentStatus)>,
    },
    /// A lease of an agent that is gone.
    #[error(
        "the lease of agent {agent} for task {task} is lost: the agent was unregistered and its grace ended before the task did, so the task counts as abandoned"
    )]
    LeaseLost {
        /// The agent.
        agent: AgentId,
        /// The task.
        task: TaskId,
    },
    /// A snapshot of a registry that contradicts itself or is not one.
    #[error("the snapshot of the registry is not valid: {reason}")]
    BadSnapshot {
        /// What is wrong with it.
        reason: String,
    },
    /// A registry that could not be kept, or that was kept and could not be read.
    #[error("the registry's store failed: {reason}")]
    RegistryStore {
        /// What went wrong and how to mend it.
        reason: String,
    },
}

fn message_name(id: Option<&MessageId>) -> String {
    id.map_or_else(|| "the message".to_owned(), |id| format!("message {id}"))
}

fn list(versions: &[Version]) -> String {
    let versions: Vec<String> = versions.iter().map(Version::to_string).collect();
    versions.join(", ")
}

fn only(versions: &[Version]) -> String {
    if versions.is_empty() {
        return "in no version".to_owned();
    }
    format!("only {}", list(versions))
}

fn statuses(agents: &[(AgentId, AgentStatus)]) -> String {
    let agents = agents
        .iter()
        .map(|(agent, status)| format!("{agent} is {status}"));
    agents.collect::<Vec<String>>().join(", ")
}

/// A failure of an agent: one plain record that crosses every boundary.
///
/// Messages are lower-case fragments without a final full stop that complete
/// "failed to ...". [`ErrorCode`] lists the codes that the host itself gives;
/// agents may use codes of their own.
///
/// ```
/// use guildhall_core::AgentError;
/// let error = AgentError::new("out-of-stock", "no more apples").with_help("order some");
/// assert_eq!(error.to_string(), "no more apples");
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AgentError {
    /// Version of this record's form; 1 today.
    #[serde(default = "first_version")]
    pub version: u32,
    /// A stable code of lower-case words joined by `-`.
    pub code: String,
    /// What went wrong.
    pub message: String,
    /// How to mend it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// Page that says more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Whether the same task may succeed when tried again.
    #[serde(default)]
    pub retryable: bool,
    /// Milliseconds to wait at the least before it is tried again, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// What an agent that gave way wants to be given when it is called again; see
    /// [`ErrorCode::Yielded`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Value>,
    /// Parts of the input that the error is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<Label>,
    /// What caused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Box<AgentError>>,
    /// Fields of newer versions, kept so that they survive a round trip.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Points an error at a part of the input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// JSON pointer (RFC 6901) into the input, or a `path:line:column`.
    pub at: String,
    /// What is wrong there.
    pub text: String,
}

/// Codes of errors that the host gives, whatever the agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorCode {
    /// The input does not fit the capability's schema.
    InvalidInput,
    /// The agent's output does not fit the capability's schema.
    InvalidOutput,
    /// No agent offers the capability, or not in the version asked for.
    NoSuchCapability,
    /// The host offers the task no service of this name, or the service has no such
    /// method.
    NoSuchService,
    /// Every agent that offers the capability is at its limit.
    Busy,
    /// Whoever the agent depends on asks for fewer calls. Always worth another try,
    /// after [`AgentError::retry_after_ms`] where that is known.
    RateLimited,
    /// The agent gave way on request before it was done. Nothing failed: it wants to
    /// be called again, with [`AgentError::state`].
    Yielded,
    /// The caller withdrew the task.
    Cancelled,
    /// The deadline passed.
    DeadlineExceeded,
    /// The agent did not come back from a poll in time; its plugin is quarantined.
    Wedged,
    /// The agent panicked; the panic was contained.
    Panicked,
    /// The plugin is quarantined after an earlier fault.
    Quarantined,
    /// The plugin could not be loaded or started.
    Unavailable,
    /// Calls between agents went too deep.
    TooDeep,
    /// A call between agents would lead back to a capability that waits for it.
    Cycle,
    /// The plugin broke the rules of the boundary.
    Protocol,
    /// A failure inside the agent without a code of its own.
    Failed,
}

impl ErrorCode {
    /// The code as it stands in [`AgentError::code`].
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidInput => "invalid-input",
            Self::InvalidOutput => "invalid-output",
            Self::NoSuchCapability => "no-such-capability",
            Self::NoSuchService => "no-such-service",
            Self::Busy => "busy",
            Self::RateLimited => "rate-limited",
            Self::Yielded => "yielded",
            Self::Cancelled => "cancelled",
            Self::DeadlineExceeded => "deadline-exceeded",
            Self::Wedged => "wedged",
            Self::Panicked => "panicked",
            Self::Quarantined => "quarantined",
            Self::Unavailable => "unavailable",
            Self::TooDeep => "too-deep",
            Self::Cycle => "cycle",
            Self::Protocol => "protocol",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<ErrorCode> for String {
    fn from(code: ErrorCode) -> String {
        code.as_str().to_owned()
    }
}

pub(crate) fn first_version() -> u32 {
    1
}

impl AgentError {
    /// An error with a code and a message.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            version: first_version(),
            code: code.into(),
            message: message.into(),
            help: None,
            link: None,
            retryable: false,
            retry_after_ms: None,
            state: None,
            labels: Vec::new(),
            cause: None,
            extra: Map::new(),
        }
    }

    /// A failure without a code of its own.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Failed, message)
    }

    /// Whoever the agent depends on asks for fewer calls.
    ///
    /// ```
    /// use guildhall_core::AgentError;
    /// use std::time::Duration;
    /// let error = AgentError::rate_limited("the provider takes 50 calls a minute")
    ///     .retry_after(Duration::from_secs(12));
    /// assert!(error.is_retryable());
    /// assert_eq!(error.retry_after_ms, Some(12_000));
    /// ```
    pub fn rate_limited(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::RateLimited, message).retryable()
    }

    /// The agent gives way and wants to be called again with `state`.
    pub fn yielded(state: Value) -> Self {
        let mut record = Self::new(ErrorCode::Yielded, "the agent gave way and is not done");
        record.state = Some(state);
        record.retryable()
    }

    /// Any error with its chain of causes, as a failure.
    pub fn from_error(error: &(dyn std::error::Error + 'static)) -> Self {
        let mut record = Self::failed(error.to_string());
        record.cause = error
            .source()
            .map(|cause| Box::new(Self::from_error(cause)));
        record
    }

    /// Adds how to mend it.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds a page that says more.
    #[must_use]
    pub fn with_link(mut self, link: impl Into<String>) -> Self {
        self.link = Some(link.into());
        self
    }

    /// Points at a part of the input.
    #[must_use]
    pub fn with_label(mut self, at: impl Into<String>, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            at: at.into(),
            text: text.into(),
        });
        self
    }

    /// Adds what caused it.
    #[must_use]
    pub fn with_cause(mut self, cause: AgentError) -> Self {
        self.cause = Some(Box::new(cause));
        self
    }

    /// Says that the same task may succeed when tried again.
    #[must_use]
    pub fn retryable(mut self) -> Self {
        self.retryable = true;
        self
    }

    /// Says that the same task may succeed when tried again, and how long to wait
    /// before. Less than a millisecond counts as one.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        let milliseconds = u64::try_from(wait.as_nanos().div_ceil(1_000_000));
        self.retry_after_ms = Some(milliseconds.unwrap_or(u64::MAX));
        self.retryable()
    }

    /// Whether the same task may succeed when tried again: the record says so, or its
    /// code does by its nature.
    pub fn is_retryable(&self) -> bool {
        self.retryable || self.is(ErrorCode::RateLimited) || self.is(ErrorCode::Yielded)
    }

    /// Whether the error has this code of the host's.
    pub fn is(&self, code: ErrorCode) -> bool {
        self.code == code.as_str()
    }
}

impl fmt::Display for AgentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for AgentError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}

impl From<std::io::Error> for AgentError {
    fn from(error: std::io::Error) -> Self {
        Self::from_error(&error)
    }
}

impl From<serde_json::Error> for AgentError {
    fn from(error: serde_json::Error) -> Self {
        Self::from_error(&error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_fields_survive_a_round_trip() {
        let text =
            r#"{"version":7,"code":"c","message":"m","retryable":false,"novel":[1,{"a":2}]}"#;
        let error: AgentError = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&error).unwrap(), text);
    }

    #[test]
    fn a_wait_is_rounded_up_and_written_only_where_it_is_known() {
        let error = AgentError::rate_limited("slower").retry_after(Duration::from_micros(1500));
        assert_eq!(error.retry_after_ms, Some(2));
        assert!(
            serde_json::to_string(&error)
                .unwrap()
                .contains(r#""retry_after_ms":2"#)
        );
        let text = serde_json::to_string(&AgentError::failed("no")).unwrap();
        assert!(
            !text.contains("retry_after_ms") && !text.contains("state"),
            "{text}"
        );
    }

    #[test]
    fn some_codes_are_worth_another_try_whatever_their_record_says() {
        for code in ["rate-limited", "yielded"] {
            let json = format!(r#"{{"code":"{code}","message":"m"}}"#);
            let error: AgentError = serde_json::from_str(&json).unwrap();
            assert!(error.is_retryable() && !error.retryable);
        }
        assert!(!AgentError::failed("no").is_retryable());
    }

    #[test]
    fn the_chain_of_causes_is_kept() {
        let inner = std::io::Error::other("disk on fire");
        let error = AgentError::failed("nothing saved").with_cause(AgentError::from(inner));
        let source = std::error::Error::source(&error).unwrap();
        assert_eq!(source.to_string(), "disk on fire");
    }
}
