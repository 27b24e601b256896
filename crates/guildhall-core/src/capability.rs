//! Capabilities: what an agent can do, in which version, with which input and output.

use std::fmt;
use std::str::FromStr;

use semver::{Version, VersionReq};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::CoreError;
use crate::id::CapabilityName;

/// One thing that an agent can do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Capability {
    /// Its name.
    pub name: CapabilityName,
    /// Its version, independent of the plugin's and of the protocol's.
    pub version: Version,
    /// What it does, in one sentence.
    #[serde(default)]
    pub summary: String,
    /// JSON Schema of the input.
    #[serde(default = "any_schema")]
    pub input: Value,
    /// JSON Schema of the output.
    #[serde(default = "any_schema")]
    pub output: Value,
    /// Kinds of work it belongs to, for example `code-review`; open-ended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub task_kinds: Vec<TaskKind>,
    /// What a call costs, as a hint for placement.
    #[serde(default, skip_serializing_if = "CostHint::is_empty")]
    pub cost: CostHint,
    /// Whether the output depends on nothing but the input, the attachments and the
    /// agent's configuration, so that an output of before may be used again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cacheable: bool,
    /// Fields of newer versions, kept so that they survive a round trip.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A kind of work. The constants are the kinds that Guildhall's own agents use;
/// any other word is a kind too.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaskKind(pub String);

impl TaskKind {
    /// Writes new code.
    pub const CODE_GENERATION: &str = "code-generation";
    /// Changes the form of code and keeps what it does.
    pub const REFACTORING: &str = "refactoring";
    /// Judges a change.
    pub const REVIEW: &str = "review";
    /// Makes a plan.
    pub const PLANNING: &str = "planning";
    /// Moves code to another version of something.
    pub const MIGRATION: &str = "migration";
    /// Answers an incident.
    pub const INCIDENT_RESPONSE: &str = "incident-response";
    /// Examines code without changing it.
    pub const ANALYSIS: &str = "analysis";
    /// Runs tests.
    pub const TEST_RUN: &str = "test-run";
}

/// What a call costs, as a hint for placement. Nothing is known where a field is absent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CostHint {
    /// Typical duration in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// Typical price of a call in US dollars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usd: Option<f64>,
    /// Typical number of model tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
    /// Typical peak of memory in mebibytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_mib: Option<u64>,
}

impl CostHint {
    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

fn any_schema() -> Value {
    Value::Bool(true)
}

/// A capability that somebody needs: a name and the versions that will do.
///
/// As text it is the name, or the name, `@` and a semver requirement:
///
/// ```
/// use guildhall_core::CapabilityRequest;
/// let request: CapabilityRequest = "example.greet@^1.2".parse()?;
/// assert!(request.accepts(&"example.greet".parse()?, &"1.3.0".parse()?));
/// assert!(!request.accepts(&"example.greet".parse()?, &"2.0.0".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CapabilityRequest {
    /// Its name.
    pub name: CapabilityName,
    /// The versions that will do.
    pub versions: VersionReq,
}

impl CapabilityRequest {
    /// Asks for `name` in any version, pre-releases excluded.
    pub fn any(name: CapabilityName) -> Self {
        Self {
            name,
            versions: VersionReq::STAR,
        }
    }

    /// Whether a capability of this name and version will do.
    pub fn accepts(&self, name: &CapabilityName, version: &Version) -> bool {
        self.name == *name && self.versions.matches(version)
    }
}

impl FromStr for CapabilityRequest {
    type Err = CoreError;

    fn from_str(text: &str) -> Result<Self, CoreError> {
        let (name, versions) = text.split_once('@').unwrap_or((text, "*"));
        let versions = VersionReq::parse(versions).map_err(|_| CoreError::BadName {
            what: "version requirement",
            text: versions.to_owned(),
            form: "a semver requirement such as '^1.2' or '>=1, <3'",
        })?;
        Ok(Self {
            name: CapabilityName::new(name)?,
            versions,
        })
    }
}

impl TryFrom<String> for CapabilityRequest {
    type Error = CoreError;

    fn try_from(text: String) -> Result<Self, CoreError> {
        text.parse()
    }
}

impl From<CapabilityRequest> for String {
    fn from(request: CapabilityRequest) -> String {
        request.to_string()
    }
}

impl fmt::Display for CapabilityRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.versions == VersionReq::STAR {
            return write!(f, "{}", self.name);
        }
        write!(f, "{}@{}", self.name, self.versions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capability_is_cacheable_only_where_it_says_so() {
        let read = |json: &str| serde_json::from_str::<Capability>(json).unwrap();
        let plain = read(r#"{"name":"a.b","version":"1.0.0"}"#);
        assert!(!plain.cacheable);
        assert!(!serde_json::to_string(&plain).unwrap().contains("cacheable"));
        let cacheable = read(r#"{"name":"a.b","version":"1.0.0","cacheable":true}"#);
        assert!(cacheable.cacheable);
        assert!(
            serde_json::to_string(&cacheable)
                .unwrap()
                .contains(r#""cacheable":true"#)
        );
    }

    #[test]
    fn a_request_is_read_and_written() {
        for text in ["a.b", "a.b@^1.2", "a.b@>=1, <3"] {
            let request: CapabilityRequest = text.parse().unwrap();
            assert_eq!(request.to_string(), text);
        }
    }

    #[test]
    fn bad_requests_name_the_part_that_is_wrong() {
        let error = "a.b@latest".parse::<CapabilityRequest>().unwrap_err();
        assert!(
            error
                .to_string()
                .contains("\"latest\" is not a well-formed version requirement")
        );
        let error = "greet@1".parse::<CapabilityRequest>().unwrap_err();
        assert!(
            error
                .to_string()
                .contains("\"greet\" is not a well-formed capability name")
        );
    }
}
