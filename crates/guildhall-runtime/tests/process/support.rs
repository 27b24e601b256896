//! What the tests share: an agent of a shell script, a caller that can withdraw, and
//! questions about processes.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use guildhall_core::{
    Agent as _, AgentCall, AgentError, AttemptInfo, Context, LogLine, Outcome, Progress, Services,
    Task, attempt,
};
use guildhall_runtime::process::{
    AttemptContext, ProcessAgent, ProcessAgentConfig, ProcessSettings,
};
use guildhall_runtime::workspace::{Swept, sweep};
use rustix::process::{Pid, test_kill_process};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

/// The helper that launches programs, plays a host and connects.
pub(crate) const HELPER: &str = env!("CARGO_BIN_EXE_guildhall-runtime-test-host");

/// Long enough for anything that does not hang.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A run's folders, and agents that work in them.
pub(crate) struct Bench {
    folder: tempfile::TempDir,
    pub(crate) environment: BTreeMap<OsString, OsString>,
    pub(crate) cancel: CancellationToken,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["work", "state"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        Self {
            folder,
            environment: std::env::vars_os().collect(),
            cancel: CancellationToken::new(),
        }
    }

    /// The run's folder.
    pub(crate) fn work(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join("work")
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join("state")
    }

    /// A folder that is neither.
    pub(crate) fn outside(&self) -> PathBuf {
        let folder = self.folder.path().canonicalize().unwrap().join("outside");
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    pub(crate) fn attempt(&self) -> AttemptContext {
        let info = AttemptInfo::new("run-1", "task.a", 1, self.work());
        AttemptContext::new(info, &self.state())
    }

    pub(crate) fn agent(&self, config: Value) -> ProcessAgent {
        let id = "tested".parse().unwrap();
        let config = ProcessAgentConfig::from_json(&id, config).unwrap();
        let settings = ProcessSettings {
            launcher: Some(HELPER.into()),
            environment: Some(self.environment.clone()),
            ..ProcessSettings::default()
        };
        ProcessAgent::new(id, config, settings)
    }

    /// Carries out one task.
    pub(crate) async fn run(&self, config: Value, input: Value) -> Result<Outcome, AgentError> {
        let agent = self.agent(config);
        let task = self.task(&agent, input);
        let ctx = self.context(&task, None);
        agent.execute(task, &ctx).await
    }

    pub(crate) fn task(&self, agent: &ProcessAgent, input: Value) -> Task {
        let capability = &agent.manifest().capabilities[0];
        let mut task =
            Task::new(capability.name.clone(), capability.version.clone(), &input).unwrap();
        task.idempotency_key = Some("key-1".to_owned());
        task.extra.insert(
            attempt::FIELD.to_owned(),
            serde_json::to_value(self.attempt()).unwrap(),
        );
        task
    }

    pub(crate) fn context(&self, task: &Task, deadline: Option<Instant>) -> Context {
        let caller = Caller {
            cancel: self.cancel.clone(),
        };
        Context::new(task.id, deadline, Arc::new(caller))
    }

    /// A pipe with a name, by which a script tells the test something.
    pub(crate) fn pipe(&self, name: &str) -> PathBuf {
        let path = self.folder.path().canonicalize().unwrap().join(name);
        let made = Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(made.success());
        path
    }

    /// Files that were left in the folder for workspaces, locks of ours excepted.
    pub(crate) fn left_behind(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.attempt().workspaces());
        let names = entries
            .into_iter()
            .flatten()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name != ".guildhall.lock").collect()
    }
}

/// A caller that may withdraw its task.
struct Caller {
    cancel: CancellationToken,
}

#[async_trait::async_trait]
impl Services for Caller {
    fn progress(&self, _progress: Progress) {}

    fn log(&self, _line: LogLine) {}

    fn is_cancelled(&self) -> bool {
        self.cancel.is_cancelled()
    }

    async fn cancelled(&self) {
        self.cancel.cancelled().await;
    }

    async fn call(&self, call: AgentCall) -> Result<Outcome, AgentError> {
        panic!(
            "a process agent calls nobody, but called {}",
            call.capability
        );
    }

    fn spawn(&self, _future: std::pin::Pin<Box<dyn Future<Output = ()> + Send>>) {}
}

/// A configuration that runs a shell script; `more` holds further keys.
pub(crate) fn script(text: &str, more: Value) -> Value {
    let text = text.replace('{', "{{").replace('}', "}}");
    let mut config = json!({ "command": "sh", "args": ["-c", text], "grace-seconds": 0.2 });
    merge(&mut config, more);
    config
}

pub(crate) fn merge(config: &mut Value, more: Value) {
    let Value::Object(more) = more else {
        panic!("{more} is no table");
    };
    config.as_object_mut().unwrap().extend(more);
}

pub(crate) fn output(outcome: &Outcome) -> Value {
    outcome.output().unwrap()
}

/// What the outcome says of a limit: whether it is enforced, and by what.
pub(crate) fn enforcement(outcome: &Outcome, limit: &str) -> Option<(bool, String)> {
    let entries = outcome.extra["enforcement"].as_array().unwrap();
    let entry = entries.iter().find(|entry| entry["limit"] == limit)?;
    Some((
        entry["enforced"].as_bool().unwrap(),
        entry["by"].as_str().unwrap().to_owned(),
    ))
}

/// What a script writes to a named pipe.
pub(crate) async fn hear(pipe: &Path) -> String {
    let pipe = pipe.to_owned();
    let read = tokio::task::spawn_blocking(move || std::fs::read_to_string(pipe).unwrap());
    let text = tokio::time::timeout(PATIENCE, read).await;
    text.expect("the script says something").unwrap()
}

/// Whether a process lives, zombies included.
pub(crate) fn is_alive(pid: &str) -> bool {
    let pid = Pid::from_raw(pid.trim().parse().unwrap()).unwrap();
    test_kill_process(pid).is_ok()
}

/// Runs git for the test itself, as a user would.
pub(crate) fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args([
            "-c",
            "user.name=Ada",
            "-c",
            "user.email=ada@example.org",
            "-c",
            "init.defaultBranch=main",
            "-c",
            "commit.gpgSign=false",
        ])
        .args(arguments)
        .current_dir(folder)
        .env_remove("GIT_DIR")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "git {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A repository with one commit, of `a.txt` and `deep/b.txt`.
pub(crate) fn repository(folder: &Path) {
    git(folder, &["init", "--quiet"]);
    std::fs::create_dir(folder.join("deep")).unwrap();
    std::fs::write(folder.join("a.txt"), "one\n").unwrap();
    std::fs::write(folder.join("deep/b.txt"), "two\n").unwrap();
    git(folder, &["add", "."]);
    git(folder, &["commit", "--quiet", "-m", "first"]);
}

/// Sweeps until something was found. A program that another test starts in this very
/// moment holds a copy of every lock until it has become that program, and a supervisor
/// holds its folder until its process has ended.
pub(crate) async fn sweep_what_was_left(folder: &Path) -> Swept {
    let swept = async {
        loop {
            let swept = sweep(folder).await.unwrap();
            if !swept.removed.is_empty() || !swept.kept.is_empty() {
                return swept;
            }
        }
    };
    tokio::time::timeout(PATIENCE, swept).await.unwrap()
}
