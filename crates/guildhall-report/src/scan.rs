//! The scan capability: what the host asks of every agent that takes part in a scan.

use guildhall_core::Schema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Name of the capability that an agent offers to take part in `guildhall scan`.
/// Its input is a [`ScanRequest`], its output a [`crate::Report`].
pub const SCAN_CAPABILITY: &str = "guildhall.scan";

/// Versions of [`SCAN_CAPABILITY`] that this host calls.
pub const SCAN_VERSIONS: &str = "^1";

/// Name of the capability that lists an agent's rules for `guildhall explain`.
/// Its input is empty, its output a [`RuleList`].
pub const RULES_CAPABILITY: &str = "guildhall.rules";

/// Versions of [`RULES_CAPABILITY`] that this host calls.
pub const RULES_VERSIONS: &str = "^1";

/// What to scan.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Schema)]
pub struct ScanRequest {
    /// Absolute path of the folder, written as `guildhall_core::path_text`
    /// writes paths.
    pub root: String,
    /// Worker threads at the most; as many as there are processors where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threads: Option<u32>,
    /// Settings for the agents: the tables of `guildhall.toml` under `[scan.rules]`,
    /// by rule id, for example `{"cognitive-complexity": {"threshold": 20}}`.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub settings: Map<String, Value>,
    /// Absolute path of a folder, written as `root` is, that belongs to the agent alone and
    /// in which it may keep what it has measured, so that the next scan takes less time.
    /// It need not exist, nor can it always be written, and all in it can be gone the next
    /// time. What is kept there may change nothing of the report outside `run`. Nothing is
    /// to be kept where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<String>,
    /// The [`Standing::state`] of a report of this agent on this folder that the host still
    /// has. Where the report would be the same outside of `run`, the agent may say so
    /// ([`Standing::unchanged`]) and report `run` alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<String>,
}

/// What an agent says of its report, beside the report itself: fields of the outcome.
///
/// ```
/// use guildhall_report::Standing;
///
/// let standing = Standing::new("5f3a", true);
/// let mut fields = serde_json::Map::new();
/// standing.add_to(&mut fields);
/// assert_eq!(Standing::of(&fields), standing);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Standing {
    /// A text that is another one whenever the report would be another one outside of `run`,
    /// for example a digest of all that it depends on, the agent's version among it. None
    /// where the agent cannot promise that.
    pub state: Option<String>,
    /// Whether the report is the one of [`ScanRequest::known`], and so was left out.
    pub unchanged: bool,
}

/// The field that [`Standing::state`] has in an outcome.
const STATE: &str = "state";

/// The field that [`Standing::unchanged`] has in an outcome.
const UNCHANGED: &str = "unchanged";

impl Standing {
    /// A report of this state, which was left out where it is `unchanged`.
    pub fn new(state: impl Into<String>, unchanged: bool) -> Self {
        Self {
            state: Some(state.into()),
            unchanged,
        }
    }

    /// What the fields of an outcome say.
    #[must_use]
    pub fn of(fields: &Map<String, Value>) -> Self {
        let state = fields.get(STATE).and_then(Value::as_str);
        Self {
            state: state.map(str::to_owned),
            unchanged: fields.get(UNCHANGED) == Some(&Value::Bool(true)),
        }
    }

    /// Says it in the fields of an outcome.
    pub fn add_to(&self, fields: &mut Map<String, Value>) {
        fields.extend(
            self.state
                .clone()
                .map(|state| (STATE.to_owned(), state.into())),
        );
        if self.unchanged {
            fields.insert(UNCHANGED.to_owned(), true.into());
        }
    }
}

impl ScanRequest {
    /// The settings that are meant for one agent: the tables of its `rules`, and the one
    /// under its own id.
    ///
    /// ```
    /// use guildhall_report::{Rule, ScanRequest, Severity};
    /// let settings = r#"{"my-rule": {"threshold": 3}, "my-agent": {}, "another": {}}"#;
    /// let request = ScanRequest {
    ///     settings: serde_json::from_str(settings)?,
    ///     ..ScanRequest::default()
    /// };
    /// let rules = [Rule::new("my-rule", Severity::Minor, "A title", "What.", "Why.")];
    /// let own = request.settings_of("my-agent", &rules);
    /// assert_eq!(own.keys().collect::<Vec<_>>(), ["my-agent", "my-rule"]);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn settings_of(&self, agent: &str, rules: &[crate::Rule]) -> Map<String, Value> {
        let mine = |key: &str| key == agent || rules.iter().any(|rule| rule.id == key);
        let own = self.settings.iter().filter(|(key, _)| mine(key));
        own.map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    }
}

/// The rules of an agent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Schema)]
pub struct RuleList {
    /// The rules, ordered by id.
    pub rules: Vec<crate::Rule>,
}
