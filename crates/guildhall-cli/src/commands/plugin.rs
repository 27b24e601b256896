//! `guildhall plugin`: what is found, read from manifests alone.

use std::io::Write as _;

use clap::{Arg, ArgAction, ArgMatches, Command};
use guildhall_core::{Manifest, Permission};
use guildhall_host::{AgentInfo, Origin};
use serde_json::{Value, json};

use super::BuiltIn;
use crate::app::App;
use crate::config::shown;
use crate::exit::{Failure, code};
use crate::output::Output;

pub(crate) const COMMAND: BuiltIn = BuiltIn {
    name: "plugin",
    define,
    run,
    runs_plugins: false,
};

fn define() -> Command {
    let json = || {
        Arg::new("json")
            .long("json")
            .action(ArgAction::SetTrue)
            .help("Print JSON")
    };
    Command::new("plugin")
        .about("Show plugins and other agents, without running any of their code")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("list")
                .about("List the plugins that are found, and programs that are agents")
                .arg(json()),
        )
        .subcommand(
            Command::new("show")
                .about("Show the manifest of one")
                .arg(Arg::new("id").value_name("ID").required(true))
                .arg(json()),
        )
}

fn run(app: &App, own: &ArgMatches) -> Result<u8, Failure> {
    let mut output = Output::open(None)?;
    match own.subcommand() {
        Some(("show", own)) => {
            let id = own.get_one::<String>("id").cloned().unwrap_or_default();
            let agents = app.host.agents();
            let agent = agents.iter().find(|agent| agent.manifest.id.as_str() == id);
            let agent = agent.ok_or_else(|| {
                Failure::input(
                    format!("there is no plugin or agent {id:?}"),
                    "`guildhall plugin list` shows those that are found",
                )
            })?;
            show(app, &mut output, agent, own.get_flag("json"))?;
        }
        Some((_, own)) => list(app, &mut output, own.get_flag("json"))?,
        None => {}
    }
    output.finish()?;
    Ok(code::CLEAN)
}

fn list(app: &App, output: &mut Output, as_json: bool) -> Result<(), Failure> {
    let agents = app.host.agents();
    if as_json {
        let list: Vec<Value> = agents.iter().map(as_value).collect();
        let refused: Vec<Value> = app
            .host
            .refused()
            .iter()
            .map(|refused| {
                json!({
                    "path": guildhall_core::path_text::encode(&refused.path),
                    "code": refused.refusal.code(),
                    "reason": refused.refusal.to_string(),
                    "help": refused.refusal.help(),
                })
            })
            .collect();
        return Ok(output.json(&json!({"plugins": list, "refused": refused}))?);
    }
    let width = agents
        .iter()
        .map(|agent| agent.manifest.id.as_str().len())
        .max()
        .unwrap_or(0);
    for agent in &agents {
        let Manifest { id, version, .. } = &agent.manifest;
        let what = shown::text(&what_it_is(agent));
        writeln!(output, "{id:width$}  {version}  {what}")?;
    }
    if agents.is_empty() {
        writeln!(
            output,
            "No plugin is found; `guildhall doctor` shows where they are looked for."
        )?;
    }
    let refused = app
        .host
        .refused()
        .iter()
        .filter(|refused| !refused.refusal.is_harmless())
        .count();
    if refused > 0 {
        writeln!(output, "\n{refused} refused; `guildhall doctor` says why.")?;
    }
    Ok(())
}

/// The agent's own words; a program that has none is named.
fn what_it_is(agent: &AgentInfo) -> String {
    let manifest = &agent.manifest;
    match (agent.origin.path(), program_of(manifest)) {
        (None, Some(program)) if manifest.summary.is_empty() => format!("(runs {program})"),
        _ => manifest.summary.clone(),
    }
}

/// The program that an agent of the configuration runs.
fn program_of(manifest: &Manifest) -> Option<&str> {
    let mut permissions = manifest.permissions.iter();
    permissions
        .find(|permission| permission.kind == "run")
        .and_then(|permission| permission.scope.as_deref())
}

fn as_value(agent: &AgentInfo) -> Value {
    match &agent.origin {
        Origin::File(path) => json!({
            "path": guildhall_core::path_text::encode(path),
            "manifest": agent.manifest,
        }),
        _ => json!({
            "program": program_of(&agent.manifest),
            "manifest": agent.manifest,
        }),
    }
}

fn show(app: &App, output: &mut Output, agent: &AgentInfo, as_json: bool) -> Result<(), Failure> {
    if as_json {
        return Ok(output.json(&as_value(agent))?);
    }
    let manifest = &agent.manifest;
    writeln!(
        output,
        "{} {}\n{}\n",
        manifest.id,
        manifest.version,
        shown::text(&what_it_is(agent))
    )?;
    if let Some(path) = agent.origin.path() {
        writeln!(output, "file      {}", shown::path(path))?;
        writeln!(output, "protocol  {}", manifest.protocol)?;
    } else {
        let origins = &app.config.settings.origins;
        let place = origins.get(&format!("agents.{}", manifest.id));
        let place = place.map_or_else(|| "the configuration".to_owned(), ToString::to_string);
        writeln!(output, "from      {place}")?;
        let program = program_of(manifest).unwrap_or_default();
        writeln!(output, "program   {}", shown::text(program))?;
    }
    writeln!(output, "at once   {} calls", manifest.max_concurrent_tasks)?;
    writeln!(output, "\ncapabilities")?;
    for capability in &manifest.capabilities {
        let summary = shown::text(&capability.summary);
        let line = format!("  {} {}  {summary}", capability.name, capability.version);
        writeln!(output, "{}", line.trim_end())?;
    }
    let commands: Vec<(String, String)> = app
        .plugin_commands
        .names()
        .filter(|(_, target)| target.plugin == manifest.id)
        .map(|(name, target)| (name, shown::text(&target.summary)))
        .collect();
    if !commands.is_empty() {
        writeln!(output, "\ncommands")?;
        for (name, summary) in commands {
            writeln!(output, "  guildhall {name}  {summary}")?;
        }
    }
    if agent.origin.path().is_some() && !manifest.permissions.is_empty() {
        writeln!(
            output,
            "\nasks for (a statement, not a fence, while it runs in the host's process)"
        )?;
        for Permission {
            kind,
            scope,
            reason,
        } in &manifest.permissions
        {
            let scope = scope.as_deref().unwrap_or("anything");
            let asked = shown::text(&format!("{kind} {scope}  {reason}"));
            writeln!(output, "  {asked}")?;
        }
    }
    Ok(())
}
