//! Whom a message is for.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::capability::CapabilityRequest;
use crate::error::CoreError;
use crate::id::{AgentId, is_word};

/// Whom a message is for.
///
/// As text it is a kind, and for some kinds `:` and what the kind needs. A kind that
/// this version does not know is kept.
///
/// ```
/// use guildhall_core::Address;
/// let address: Address = "capability:example.greet@^1.2".parse()?;
/// assert!(matches!(address, Address::Capability(_)));
/// assert_eq!("agent:hello".parse::<Address>()?.to_string(), "agent:hello");
/// assert_eq!("broadcast".parse::<Address>()?, Address::Broadcast);
/// # Ok::<(), guildhall_core::CoreError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[non_exhaustive]
pub enum Address {
    /// One agent: `agent:ID`.
    Agent(AgentId),
    /// Any one agent that offers this: `capability:NAME` or
    /// `capability:NAME@VERSIONS`.
    Capability(CapabilityRequest),
    /// Every active agent except the sender: `broadcast`.
    Broadcast,
    /// A person: `human`.
    Human,
    /// An address of a kind that this version does not know, as its text.
    Other(String),
}

impl From<AgentId> for Address {
    fn from(agent: AgentId) -> Self {
        Self::Agent(agent)
    }
}

impl From<CapabilityRequest> for Address {
    fn from(request: CapabilityRequest) -> Self {
        Self::Capability(request)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Agent(agent) => write!(f, "agent:{agent}"),
            Self::Capability(request) => write!(f, "capability:{request}"),
            Self::Broadcast => f.write_str("broadcast"),
            Self::Human => f.write_str("human"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

impl FromStr for Address {
    type Err = CoreError;

    fn from_str(text: &str) -> Result<Self, CoreError> {
        match text.split_once(':') {
            Some(("agent", agent)) => agent.parse().map(Self::Agent),
            Some(("capability", request)) => request.parse().map(Self::Capability),
            None if text == "broadcast" => Ok(Self::Broadcast),
            None if text == "human" => Ok(Self::Human),
            Some(("broadcast" | "human", _)) => Err(malformed(text)),
            None if matches!(text, "agent" | "capability") => Err(malformed(text)),
            parts if is_word(parts.map_or(text, |(kind, _)| kind)) => {
                Ok(Self::Other(text.to_owned()))
            }
            _ => Err(malformed(text)),
        }
    }
}

impl TryFrom<String> for Address {
    type Error = CoreError;

    fn try_from(text: String) -> Result<Self, CoreError> {
        text.parse()
    }
}

impl From<Address> for String {
    fn from(address: Address) -> String {
        address.to_string()
    }
}

fn malformed(text: &str) -> CoreError {
    CoreError::BadName {
        what: "address",
        text: text.to_owned(),
        form: "'agent:ID', 'capability:NAME' with or without '@VERSIONS', 'broadcast' or 'human'",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_written() {
        let cases = [
            "agent:a-b",
            "capability:a.b",
            "capability:a.b@>=1, <3",
            "broadcast",
            "human",
            "queue:x:y",
            "nobody",
        ];
        for text in cases {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
        assert_eq!(
            "queue:x".parse::<Address>().unwrap(),
            Address::Other("queue:x".into())
        );
    }

    #[test]
    fn malformed_addresses_are_named_and_never_taken_for_unknown_kinds() {
        for text in [
            "",
            "agent",
            "agent:",
            "agent:No",
            "capability:greet",
            "human:bob",
            ":x",
            "Q:x",
        ] {
            let error = text.parse::<Address>().unwrap_err().to_string();
            assert!(error.contains("is not a well-formed"), "{text:?}: {error}");
        }
    }
}
