//! `guildhall plugin`: what is found, read from manifests alone.

use std::io::Write as _;

use clap::{Arg, ArgAction, ArgMatches, Command};
use guildhall_core::{Manifest, Permission};
use guildhall_host::PluginInfo;
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
        .about("Show plugins, without running any of their code")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("list")
                .about("List the plugins that are found")
                .arg(json()),
        )
        .subcommand(
            Command::new("show")
                .about("Show a plugin's manifest")
                .arg(Arg::new("id").value_name("ID").required(true))
                .arg(json()),
        )
}

fn run(app: &App, own: &ArgMatches) -> Result<u8, Failure> {
    let mut output = Output::open(None)?;
    match own.subcommand() {
        Some(("show", own)) => {
            let id = own.get_one::<String>("id").cloned().unwrap_or_default();
            let plugins = app.host.plugins();
            let plugin = plugins
                .iter()
                .find(|plugin| plugin.manifest.id.as_str() == id);
            let plugin = plugin.ok_or_else(|| {
                Failure::input(
                    format!("there is no plugin {id:?}"),
                    "`guildhall plugin list` shows the plugins that are found",
                )
            })?;
            show(app, &mut output, plugin, own.get_flag("json"))?;
        }
        Some((_, own)) => list(app, &mut output, own.get_flag("json"))?,
        None => {}
    }
    output.finish()?;
    Ok(code::CLEAN)
}

fn list(app: &App, output: &mut Output, as_json: bool) -> Result<(), Failure> {
    let plugins = app.host.plugins();
    if as_json {
        let list: Vec<Value> = plugins.iter().map(as_value).collect();
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
        return write_json(output, &json!({"plugins": list, "refused": refused}));
    }
    let width = plugins
        .iter()
        .map(|plugin| plugin.manifest.id.as_str().len())
        .max()
        .unwrap_or(0);
    for plugin in &plugins {
        let Manifest {
            id,
            version,
            summary,
            ..
        } = &plugin.manifest;
        writeln!(output, "{id:width$}  {version}  {}", shown::text(summary))?;
    }
    if plugins.is_empty() {
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

fn as_value(plugin: &PluginInfo) -> Value {
    json!({
        "path": guildhall_core::path_text::encode(&plugin.path),
        "manifest": plugin.manifest,
    })
}

fn write_json(output: &mut Output, value: &Value) -> Result<(), Failure> {
    serde_json::to_writer_pretty(&mut *output, value).map_err(std::io::Error::from)?;
    Ok(writeln!(output)?)
}

fn show(app: &App, output: &mut Output, plugin: &PluginInfo, as_json: bool) -> Result<(), Failure> {
    if as_json {
        return write_json(output, &as_value(plugin));
    }
    let manifest = &plugin.manifest;
    writeln!(
        output,
        "{} {}\n{}\n",
        manifest.id,
        manifest.version,
        shown::text(&manifest.summary)
    )?;
    writeln!(output, "file      {}", shown::path(&plugin.path))?;
    writeln!(output, "protocol  {}", manifest.protocol)?;
    writeln!(output, "at once   {} calls", manifest.max_concurrent_tasks)?;
    writeln!(output, "\ncapabilities")?;
    for capability in &manifest.capabilities {
        writeln!(
            output,
            "  {} {}  {}",
            capability.name,
            capability.version,
            shown::text(&capability.summary)
        )?;
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
    if !manifest.permissions.is_empty() {
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
