//! Commands that are programs of their own: `guildhall NAME` runs `guildhall-NAME`,
//! found beside this program or in `PATH`, as cargo finds its own.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use clap::ArgMatches;

use crate::app::App;
use crate::exit::{Failure, code};
use crate::nearest::nearest;

/// Runs the program with the remaining arguments and gives its exit code.
pub(crate) fn run(app: &App, name: &str, own: &ArgMatches) -> Result<u8, Failure> {
    let program = find(name).ok_or_else(|| unknown(app, name))?;
    let arguments = own.get_many::<OsString>("").unwrap_or_default();
    let status = Command::new(&program)
        .args(arguments)
        .status()
        .map_err(|error| {
            Failure::usage(
                format!("{} cannot be run: {error}", program.display()),
                "check that it is a program for this system",
            )
        })?;
    let ended = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(ended.unwrap_or(code::AGENT))
}

fn unknown(app: &App, name: &str) -> Failure {
    let mut clashes = app.plugin_commands.clashes.iter();
    let same = |wanted: &str| wanted.split(' ').next() == Some(name);
    if let Some(clash) = clashes.find(|clash| same(&clash.wanted)) {
        let instead = clash.instead.as_deref().unwrap_or("call CAPABILITY");
        return Failure::usage(
            format!(
                "the command {:?} of the plugin {} is taken by {}",
                clash.wanted, clash.plugin, clash.taken_by
            ),
            format!("use `guildhall {instead}`; `guildhall doctor` lists all such names"),
        );
    }
    let names = app.command.get_subcommands();
    let help = match nearest(name, names.map(clap::Command::get_name)) {
        Some(nearest) => format!("did you mean `guildhall {nearest}`?"),
        None => "`guildhall help` lists the commands, `guildhall doctor` the plugins".to_owned(),
    };
    let why = format!("no plugin brings it, and no program guildhall-{name} is found");
    Failure::usage(format!("there is no command {name:?}: {why}"), help)
}

fn find(name: &str) -> Option<PathBuf> {
    // A name with a separator would reach programs elsewhere.
    if name.contains(['/', '\\']) {
        return None;
    }
    let file = format!("guildhall-{name}{}", std::env::consts::EXE_SUFFIX);
    let beside = std::env::current_exe()
        .ok()
        .and_then(|program| Some(program.parent()?.to_owned()));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = beside.into_iter().chain(std::env::split_paths(&path));
    folders
        .map(|folder| folder.join(&file))
        .find(|program| program.is_file())
}
