//! Configuration of a process agent: what a user writes to make a program an agent.

mod capability;
mod check;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::time::Duration;

use guildhall_core::{AgentError, AgentId, Capability};
use semver::Version;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::limits::Limits;
use super::template::Template;
use super::{environment, program};
use crate::error::RuntimeError;

/// Configuration of a process agent.
///
/// ```
/// use guildhall_runtime::process::ProcessAgentConfig;
/// use serde_json::json;
///
/// let id = "word-count".parse()?;
/// let config = ProcessAgentConfig::from_json(&id, json!({ "command": "wc", "args": ["-w"] }))?;
/// assert_eq!(config.max_concurrent_tasks, 10);
///
/// let error = ProcessAgentConfig::from_json(&id, json!({ "command": "wc", "stdin": 3 }));
/// assert!(error.unwrap_err().to_string().contains("stdin"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ProcessAgentConfig {
    /// Version of the agent.
    #[serde(default = "first_version")]
    pub version: Version,
    /// What it is, in one sentence.
    #[serde(default)]
    pub summary: String,
    /// The program: a name that is looked up in `PATH`, or an absolute path.
    pub command: String,
    /// Its arguments.
    #[serde(default)]
    pub args: Vec<Template>,
    /// What stands between the tools in `{tools}`.
    #[serde(default = "comma")]
    pub tools_separator: String,
    /// What it reads on standard input.
    #[serde(default)]
    pub stdin: StdinKind,
    /// Environment variables that are passed on; no others are.
    #[serde(default = "plain_environment")]
    pub env: Vec<String>,
    /// Environment variables that are set.
    #[serde(default)]
    pub set_env: BTreeMap<String, String>,
    /// Environment variables whose values are secret, whatever their names say.
    #[serde(default)]
    pub secrets: Vec<String>,
    /// Where it works.
    #[serde(default)]
    pub workspace: WorkspaceKind,
    /// The model in `{model}`, where a task does not name one.
    #[serde(default)]
    pub model: Option<String>,
    /// The tools in `{tools}`, where a task does not name any.
    #[serde(default)]
    pub tools: Option<Vec<String>>,
    /// Seconds after which a task is ended, where it does not end sooner by its own limit.
    #[serde(default)]
    pub timeout_seconds: Option<f64>,
    /// Seconds between the request to end and the end by force.
    #[serde(default = "five_seconds")]
    pub grace_seconds: f64,
    /// Tasks that it works on at once.
    #[serde(default = "ten")]
    pub max_concurrent_tasks: u32,
    /// What it can do; where nothing is given, one capability: the id and `.run`.
    #[serde(default, deserialize_with = "capability::list")]
    pub capabilities: Vec<Capability>,
    /// Form of its output.
    #[serde(default)]
    pub output: OutputKind,
    /// JSON pointer (RFC 6901) to the part of the JSON output that counts.
    #[serde(default)]
    pub output_pointer: Option<String>,
    /// File in the workspace that holds the output, instead of standard output.
    #[serde(default)]
    pub output_file: Option<String>,
    /// Exit codes that mean success.
    #[serde(default = "zero")]
    pub success_exit_codes: Vec<i32>,
    /// Exit codes that mean that the same task may succeed when tried again.
    #[serde(default)]
    pub retry_exit_codes: Vec<i32>,
    /// Where the JSON output says what the task used.
    #[serde(default)]
    pub usage: Option<UsageConfig>,
    /// Regular expression with groups named `tokens` or `usd` that finds in standard
    /// output or standard error what the task used; the last match counts.
    #[serde(default)]
    pub usage_pattern: Option<String>,
    /// What it may use.
    #[serde(default)]
    pub limits: Limits,
    /// Mebibytes that it may write to standard output, and to standard error.
    #[serde(default = "sixteen")]
    pub max_output_mib: u64,
}

/// What a program reads on standard input.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StdinKind {
    /// The prompt.
    #[default]
    Prompt,
    /// The whole input of the task as JSON.
    Json,
    /// Nothing.
    None,
}

/// Where a program works.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WorkspaceKind {
    /// In an empty private folder that is removed afterwards.
    #[default]
    Temporary,
    /// In a git worktree of its own, of the repository of the run's folder.
    Worktree,
    /// In the run's folder itself.
    Shared,
}

/// Form of a program's output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutputKind {
    /// Text: the output is a JSON string.
    #[default]
    Text,
    /// One JSON value.
    Json,
    /// Lines, of which the last that is JSON counts.
    JsonLines,
}

/// JSON pointers (RFC 6901) to what a task used.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct UsageConfig {
    /// To the number of all tokens; the sum of the two below where absent.
    #[serde(default)]
    pub tokens: Option<String>,
    /// To the number of tokens read.
    #[serde(default)]
    pub input_tokens: Option<String>,
    /// To the number of tokens written.
    #[serde(default)]
    pub output_tokens: Option<String>,
    /// To the price in US dollars.
    #[serde(default)]
    pub usd: Option<String>,
}

impl ProcessAgentConfig {
    /// Reads and checks the configuration of agent `id`.
    ///
    /// # Errors
    /// [`RuntimeError::BadProcessAgent`], which names the key.
    pub fn from_json(id: &AgentId, value: Value) -> Result<Self, RuntimeError> {
        let bad = |key: String, reason: String| RuntimeError::BadProcessAgent {
            agent: id.clone(),
            key,
            reason,
        };
        let mut config: Self = serde_path_to_error::deserialize(value)
            .map_err(|error| bad(key_of(error.path()), error.inner().to_string()))?;
        if config.capabilities.is_empty() {
            config.capabilities = vec![capability::default_of(id)];
        }
        match check::problem(&config) {
            Some((key, reason)) => Err(bad(key, reason)),
            None => Ok(config),
        }
    }

    /// The program's file, as a task would find it in this process's environment.
    ///
    /// # Errors
    /// Where there is none, or it may not be run.
    pub fn program(&self) -> Result<PathBuf, AgentError> {
        let own = environment::own();
        let configured = environment::configured(self, &own);
        let path = OsStr::new("PATH");
        let path = configured.get(path).or_else(|| own.get(path));
        program::find(&self.command, path.map(OsString::as_os_str))
    }

    /// Time after which a task is ended, where it does not end sooner by its own limit.
    pub fn timeout(&self) -> Option<Duration> {
        self.timeout_seconds.map(seconds)
    }

    /// Time between the request to end and the end by force.
    pub fn grace(&self) -> Duration {
        seconds(self.grace_seconds)
    }

    /// Bytes that may be written to standard output, and to standard error.
    pub(super) fn max_output(&self) -> usize {
        usize::try_from(self.max_output_mib.saturating_mul(1 << 20)).unwrap_or(usize::MAX)
    }
}

/// Figures were checked when the configuration was read; others count as endless.
fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

fn key_of(path: &serde_path_to_error::Path) -> String {
    let path = path.to_string();
    if path == "." {
        return "the table".to_owned();
    }
    path
}

fn first_version() -> Version {
    Version::new(1, 0, 0)
}

fn comma() -> String {
    ",".to_owned()
}

/// What nearly every program needs and nothing that is worth stealing.
fn plain_environment() -> Vec<String> {
    let names = [
        "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR",
    ];
    names.map(str::to_owned).to_vec()
}

fn five_seconds() -> f64 {
    5.0
}

fn ten() -> u32 {
    guildhall_core::manifest::DEFAULT_MAX_CONCURRENT_TASKS
}

fn zero() -> Vec<i32> {
    vec![0]
}

fn sixteen() -> u64 {
    16
}
