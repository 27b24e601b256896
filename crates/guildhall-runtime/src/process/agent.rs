//! The agent: a program behind the agent trait.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use guildhall_core::manifest::DEFAULT_PRIORITY;
use guildhall_core::{
    Agent, AgentError, AgentId, Context, ErrorCode, Manifest, Outcome, PanicStrategy, Permission,
    Task,
};
use serde_json::Map;
use tokio::runtime::Handle;
use tokio::sync::OnceCell;
use tokio::task::JoinError;
use tokio_util::sync::CancellationToken;

use super::attempt::Attempt;
use super::config::ProcessAgentConfig;
use super::environment;
use super::redact::Redactor;

/// A program as an agent: each task is one run of it.
///
/// ```
/// use guildhall_core::Agent as _;
/// use guildhall_runtime::process::{ProcessAgent, ProcessAgentConfig, ProcessSettings};
///
/// let id = "word-count".parse()?;
/// let config = serde_json::json!({ "command": "wc", "args": ["-w"] });
/// let config = ProcessAgentConfig::from_json(&id, config)?;
/// let agent = ProcessAgent::new(id, config, ProcessSettings::default());
/// assert_eq!(agent.manifest().capabilities[0].name.as_str(), "word-count.run");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ProcessAgent {
    manifest: Manifest,
    config: Arc<ProcessAgentConfig>,
    settings: Arc<ProcessSettings>,
    redactor: Redactor,
    /// What killed hosts have left is swept once.
    swept: Arc<OnceCell<()>>,
}

/// What the embedding program says about all of its process agents.
#[derive(Debug, Clone, Default)]
pub struct ProcessSettings {
    /// A program that calls [`super::launch::run_if_launcher`] first thing in `main`; this
    /// very program where absent.
    pub launcher: Option<PathBuf>,
    /// Folder for what tasks outside of a run need while they run; a private one among
    /// the system's temporary files where absent.
    pub temporary_folder: Option<PathBuf>,
    /// The environment of which a configuration passes on a part; this process's own
    /// where absent.
    pub environment: Option<BTreeMap<OsString, OsString>>,
    /// Takes out secrets beside those of the environment and the configuration.
    pub redactor: Redactor,
}

impl ProcessAgent {
    /// An agent from its configuration.
    pub fn new(id: AgentId, config: ProcessAgentConfig, settings: ProcessSettings) -> Self {
        Self {
            manifest: manifest(id, &config),
            redactor: redactor(&config, &settings),
            config: Arc::new(config),
            settings: Arc::new(settings),
            swept: Arc::default(),
        }
    }
}

#[async_trait]
impl Agent for ProcessAgent {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Runs the program once. Where the future is dropped, the program is ended and its
    /// files are removed all the same.
    async fn execute(&self, task: Task, ctx: &Context) -> Result<Outcome, AgentError> {
        ctx.check_cancelled()?;
        if Handle::try_current().is_err() {
            return Err(AgentError::new(
                ErrorCode::Unavailable,
                "process agents need a tokio runtime with I/O and time, and there is none",
            ));
        }
        let end = CancellationToken::new();
        let _ended_when_dropped = end.clone().drop_guard();
        let attempt = Attempt {
            config: Arc::clone(&self.config),
            settings: Arc::clone(&self.settings),
            redactor: self.redactor.clone(),
            swept: Arc::clone(&self.swept),
            task,
            ctx: ctx.clone(),
            end: end.clone(),
        };
        let mut attempt = tokio::spawn(attempt.run());
        let result = tokio::select! {
            result = &mut attempt => result,
            () = ctx.cancelled() => {
                end.cancel();
                attempt.await
            }
        };
        result.unwrap_or_else(|error| Err(broken(&error)))
    }
}

fn manifest(id: AgentId, config: &ProcessAgentConfig) -> Manifest {
    Manifest {
        id,
        version: config.version.clone(),
        protocol: semver::VersionReq::STAR,
        summary: config.summary.clone(),
        panic: PanicStrategy::None,
        capabilities: config.capabilities.clone(),
        commands: Vec::new(),
        permissions: vec![Permission {
            kind: "run".to_owned(),
            scope: Some(config.command.clone()),
            reason: "its configuration names this program".to_owned(),
        }],
        config: None,
        max_concurrent_tasks: config.max_concurrent_tasks,
        priority: DEFAULT_PRIORITY,
        extra: Map::new(),
    }
}

fn redactor(config: &ProcessAgentConfig, settings: &ProcessSettings) -> Redactor {
    let mut variables = settings
        .environment
        .clone()
        .unwrap_or_else(environment::own);
    // A value that is set replaces none that is secret: both are taken out.
    let own = Redactor::from_env(std::mem::take(&mut variables), &config.secrets);
    let set = config.set_env.iter();
    let set = set.map(|(name, value)| (name.into(), value.into()));
    own.with(&Redactor::from_env(set, &config.secrets))
        .with(&settings.redactor)
}

/// Our own fault, or the end of the runtime.
fn broken(error: &JoinError) -> AgentError {
    if error.is_cancelled() {
        return AgentError::new(ErrorCode::Cancelled, "the runtime is ending");
    }
    AgentError::new(ErrorCode::Panicked, error.to_string())
}
