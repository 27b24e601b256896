//! Runs, for the commands that make, watch and show them.

use std::path::PathBuf;

use guildhall_coordination::{Ledger, RunId, RunReport};
use guildhall_host::CancellationToken;
use guildhall_runtime::process::Redactor;
use guildhall_runtime::services::ServiceSettings;
use guildhall_runtime::store::Digest;
use guildhall_runtime::{Runtime, RuntimeError};
use serde_json::Value;

use crate::app::App;
use crate::calling;
use crate::config::Places;
use crate::exit::Failure;

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
        .services(ServiceSettings {
            control: calling::control_bounds(app),
            ..ServiceSettings::default()
        })
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

/// A run in numbers. One that nobody works on any more is no running one.
pub(crate) fn report_of(
    runtime: &Runtime,
    run: RunId,
    ledger: &Ledger,
    serial: Option<(RunId, &Ledger)>,
) -> RunReport {
    let mut report = RunReport::of(run, ledger, serial);
    if report.status == "running" && !runtime.is_being_worked_on(run) {
        "interrupted".clone_into(&mut report.status);
    }
    report
}
