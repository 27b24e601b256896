//! Runs, for the commands that make, watch and show them.

use std::path::PathBuf;

use guildhall_coordination::{Ledger, RunId, TaskKey, TaskResult};
use guildhall_host::CancellationToken;
use guildhall_runtime::process::Redactor;
use guildhall_runtime::store::Digest;
use guildhall_runtime::{Runtime, RuntimeError};
use serde_json::Value;

use crate::app::App;
use crate::calling;
use crate::config::Places;
use crate::exit::Failure;

/// How every command names a run.
pub(crate) const RUN_HELP: &str =
    "Its id or a part of it, its name where no other has it, or latest";

/// The part of a run's id that people are shown: random, and enough to find it by.
pub(crate) fn short(run: RunId) -> String {
    let id = run.to_string();
    id[id.len() - 8..].to_owned()
}

/// Opens the user's runs and does `work` with them; an interrupt cancels the token.
pub(crate) fn with_runtime<T>(
    app: &App,
    work: impl AsyncFnOnce(Runtime, CancellationToken) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let folder = state_folder()?;
    calling::block_on_through_interrupt(async |interrupt| {
        let runtime = open(app, folder).await?;
        work(runtime, interrupt).await
    })?
}

async fn open(app: &App, folder: PathBuf) -> Result<Runtime, RuntimeError> {
    let redactor = Redactor::from_env(std::env::vars_os(), &[]);
    let mut builder = Runtime::builder(app.host.clone())
        .state_folder(folder)
        .redactor(redactor);
    for (agent, config) in &app.config.settings.agents {
        let config = Value::Object(config.clone()).to_string();
        let hash = Digest::of(config.as_bytes()).to_string();
        builder = builder.agent_hash(agent.clone(), hash);
    }
    builder.open().await
}

/// Where runs are kept.
fn state_folder() -> Result<PathBuf, Failure> {
    Places::from_env()?.runs.ok_or_else(|| {
        Failure::usage(
            "there is no place to keep runs: no home folder is known",
            "set GUILDHALL_STATE_HOME to a folder",
        )
    })
}

/// The run that a command names, and what is true of it.
pub(crate) async fn find(runtime: &Runtime, text: &str) -> Result<(RunId, Ledger), RuntimeError> {
    let run = runtime.find(text).await?;
    let ledger = runtime.ledger(run).await?;
    Ok((run, ledger))
}

/// What came of every task, with its output.
pub(crate) async fn results(runtime: &Runtime, ledger: &Ledger) -> Vec<TaskResult> {
    let mut results = TaskResult::all(ledger);
    for result in &mut results {
        let key = TaskKey::new(result.task_id.as_str()).ok();
        let Some(task) = key.and_then(|key| ledger.find(&key)) else {
            continue;
        };
        match runtime.output(ledger, task).await {
            Ok(output) => result.result = output,
            // One that is damaged hides none of the others.
            Err(error) => result.error = Some(error.to_string()),
        }
    }
    results
}
