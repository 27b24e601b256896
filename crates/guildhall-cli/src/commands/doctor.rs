//! `guildhall doctor`: what is found, what loads, what is refused, and why.

use std::io::Write as _;
use std::path::Path;

use clap::{ArgMatches, Command};
use guildhall_core::{AgentError, Manifest};

use super::BuiltIn;
use crate::app::App;
use crate::config::shown;
use crate::exit::{Failure, code};
use crate::output::Output;
use crate::{calling, plugins};

pub(crate) const COMMAND: BuiltIn = BuiltIn {
    name: "doctor",
    define,
    run,
    runs_plugins: true,
};

fn define() -> Command {
    Command::new("doctor").about("Load every plugin, look for every program, and say what is wrong")
}

fn run(app: &App, _own: &ArgMatches) -> Result<u8, Failure> {
    let mut output = Output::open(None)?;
    writeln!(output, "guildhall {}", env!("CARGO_PKG_VERSION"))?;
    places(app, &mut output)?;
    let broken = loaded(app, &mut output)?;
    let absent = programs(app, &mut output)?;
    let refused = refused(app, &mut output)?;
    clashes(app, &mut output)?;
    output.finish()?;
    Ok(if broken + absent + refused > 0 {
        code::AGENT
    } else {
        code::CLEAN
    })
}

fn places(app: &App, output: &mut Output) -> Result<(), Failure> {
    writeln!(output, "\nconfiguration")?;
    if app.config.sources.is_empty() {
        writeln!(output, "  none; the defaults hold")?;
    }
    for source in &app.config.sources {
        let (whose, standing) = (source.kind.as_str(), source.standing.as_str());
        writeln!(
            output,
            "  {} ({whose}; {standing})",
            shown::path(&source.path)
        )?;
    }
    writeln!(output, "\nplugins are looked for in")?;
    for folder in plugins::folders(&app.globals, &app.config.settings) {
        let missing = if folder.is_dir() { "" } else { " (not there)" };
        writeln!(output, "  {}{missing}", shown::path(&folder))?;
    }
    Ok(())
}

/// Starts every plugin; gives how many cannot be started.
fn loaded(app: &App, output: &mut Output) -> Result<usize, Failure> {
    let agents = app.host.agents();
    let plugins: Vec<(&Manifest, &Path)> = agents
        .iter()
        .filter_map(|agent| Some((&agent.manifest, agent.origin.path()?)))
        .collect();
    let results: Vec<Result<(), AgentError>> = calling::block_on(async |_cancel| {
        let mut results = Vec::new();
        for (manifest, _) in &plugins {
            results.push(app.host.start(&manifest.id).await);
        }
        app.host.stop().await;
        results
    })?;
    writeln!(output, "\nplugins")?;
    if plugins.is_empty() {
        writeln!(output, "  none")?;
    }
    let mut broken = 0;
    for ((manifest, path), result) in plugins.iter().zip(results) {
        match result {
            Ok(()) => writeln!(output, "  ok      {} {}", manifest.id, manifest.version)?,
            Err(error) => {
                broken += 1;
                writeln!(
                    output,
                    "  FAILED  {} {}: {}",
                    manifest.id,
                    manifest.version,
                    shown::text(&error.to_string())
                )?;
                if let Some(help) = &error.help {
                    writeln!(output, "          {}", shown::text(help))?;
                }
            }
        }
        writeln!(output, "          {}", shown::path(path))?;
    }
    Ok(broken)
}

/// Looks for the programs that are agents; gives how many are not there.
fn programs(app: &App, output: &mut Output) -> Result<usize, Failure> {
    let settings = &app.config.settings;
    if !settings.agents.is_empty() {
        writeln!(output, "\nprograms that are agents")?;
    }
    let mut absent = 0;
    for (id, config) in &settings.agents {
        let config = plugins::process_agent(id, config)?;
        match config.program() {
            Ok(program) => {
                writeln!(output, "  ok      {id} {}", config.version)?;
                writeln!(output, "          {}", shown::path(&program))?;
            }
            Err(error) => {
                absent += 1;
                let reason = shown::text(&error.message);
                writeln!(output, "  FAILED  {id} {}: {reason}", config.version)?;
                let place = settings.origins.get(&format!("agents.{id}"));
                if let Some(place) = place {
                    writeln!(output, "          configured in {place}")?;
                }
            }
        }
    }
    Ok(absent)
}

/// Lists what is refused; gives how many of the files claimed to be plugins.
fn refused(app: &App, output: &mut Output) -> Result<usize, Failure> {
    let refused = app.host.refused();
    if !refused.is_empty() {
        writeln!(output, "\nrefused")?;
    }
    for refused in refused {
        let refusal = &refused.refusal;
        writeln!(
            output,
            "  {} ({})",
            shown::path(&refused.path),
            refusal.code()
        )?;
        writeln!(output, "          {}", shown::text(&refusal.to_string()))?;
        writeln!(output, "          {}", refusal.help())?;
    }
    Ok(refused
        .iter()
        .filter(|refused| !refused.refusal.is_harmless())
        .count())
}

fn clashes(app: &App, output: &mut Output) -> Result<(), Failure> {
    let clashes = &app.plugin_commands.clashes;
    if !clashes.is_empty() {
        writeln!(output, "\ncommands whose names are taken")?;
    }
    for clash in clashes {
        let instead = match &clash.instead {
            Some(instead) => format!("use `guildhall {instead}`"),
            None => "use `guildhall call`".to_owned(),
        };
        writeln!(
            output,
            "  {} of {}: taken by {}; {instead}",
            clash.wanted, clash.plugin, clash.taken_by
        )?;
    }
    Ok(())
}
