//! The host that the command line uses: where it looks for plugins.
//!
//! In this order, the first of two plugins with one id winning: `--plugin`,
//! `--plugin-dir`, the variable `GUILDHALL_PLUGIN_PATH`, the user's configuration,
//! the folder `plugins` beside this program.

use std::path::PathBuf;
use std::sync::Arc;

use guildhall_core::AgentId;
use guildhall_host::{Host, HostError, Limits, Refusal};
use guildhall_runtime::RuntimeError;
use guildhall_runtime::process::{ProcessAgent, ProcessAgentConfig, ProcessSettings};
use serde_json::{Map, Value};

use crate::args::Globals;
use crate::config::Settings;
use crate::exit::Failure;

/// Variable with further folders, separated as in `PATH`.
const VARIABLE: &str = "GUILDHALL_PLUGIN_PATH";

/// Finds and checks the plugins; none of their code runs.
pub(crate) fn find(globals: &Globals, settings: &Settings) -> Result<Host, Failure> {
    let mut builder = Host::builder().limits(limits(settings));
    for file in globals.plugins.iter().chain(&settings.plugin_files) {
        builder = builder.plugin(file);
    }
    for folder in folders(globals, settings) {
        builder = builder.folder(folder);
    }
    for (plugin, config) in &settings.plugin_configs {
        builder = builder.config(plugin.clone(), Value::Object(config.clone()));
    }
    for (agent, config) in &settings.agents {
        let config = process_agent(agent, config)?;
        let agent = ProcessAgent::new(agent.clone(), config, ProcessSettings::default());
        builder = builder.agent(Arc::new(agent));
    }
    builder.build().map_err(|error| unusable(&error))
}

/// The configuration of a program that is an agent.
pub(crate) fn process_agent(
    id: &AgentId,
    config: &Map<String, Value>,
) -> Result<ProcessAgentConfig, Failure> {
    ProcessAgentConfig::from_json(id, Value::Object(config.clone())).map_err(bad_agent)
}

fn bad_agent(error: RuntimeError) -> Failure {
    Failure::usage(
        error.to_string(),
        "docs/agents.md describes every key of an agent",
    )
}

/// Logs what was found, for whoever wonders.
pub(crate) fn log_found(host: &Host) {
    for agent in host.agents() {
        if let Some(path) = agent.origin.path() {
            let (id, version) = (&agent.manifest.id, &agent.manifest.version);
            tracing::debug!(%id, %version, path = %path.display(), "a plugin is found");
        }
    }
    for refused in host.refused() {
        let (path, code) = (refused.path.display(), refused.refusal.code());
        tracing::debug!(%path, code, "a file is refused");
    }
}

fn limits(settings: &Settings) -> Limits {
    let default = Limits::default();
    Limits {
        start: settings.start_time.unwrap_or(default.start),
        grace: settings.grace_time.unwrap_or(default.grace),
        ..default
    }
}

/// All folders that are looked at, in order.
pub(crate) fn folders(globals: &Globals, settings: &Settings) -> Vec<PathBuf> {
    let variable = std::env::var_os(VARIABLE).unwrap_or_default();
    let mut folders = globals.plugin_folders.clone();
    folders.extend(std::env::split_paths(&variable).filter(|path| !path.as_os_str().is_empty()));
    folders.extend(settings.plugin_folders.iter().cloned());
    folders.extend(beside_program());
    folders
}

/// The folder `plugins` beside the program, links followed.
fn beside_program() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    let program = program.canonicalize().unwrap_or(program);
    Some(program.parent()?.join("plugins"))
}

fn unusable(error: &HostError) -> Failure {
    Failure::usage(
        error.to_string(),
        "`guildhall plugin list` shows the plugins that were found",
    )
}

/// Fails where a plugin that was given by name is refused, and warns of refused
/// files in folders.
pub(crate) fn insist(host: &Host) -> Result<(), Failure> {
    for refused in host.refused() {
        let path = refused.path.display();
        if refused.by_name {
            return Err(Failure::Refused {
                message: format!("the plugin {path} is refused: {}", refused.refusal),
                help: refused.refusal.help().to_owned(),
            });
        }
        if !refused.refusal.is_harmless() {
            warn(&path.to_string(), &refused.refusal);
        }
    }
    Ok(())
}

fn warn(path: &str, refusal: &Refusal) {
    tracing::warn!("{path} is not used: {refusal}; {}", refusal.help());
}
