//! `guildhall trust`: lets a project's file set more than thresholds.

use std::io::Write as _;
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use super::BuiltIn;
use crate::app::App;
use crate::config::shown;
use crate::config::trust::{self, Granted};
use crate::exit::{Failure, code};
use crate::output::Output;

pub(crate) const COMMAND: BuiltIn = BuiltIn {
    name: "trust",
    define,
    run,
    runs_plugins: false,
};

fn define() -> Command {
    Command::new("trust")
        .about("Let a project's guildhall.toml name plugins and commands, until it is edited")
        .arg(
            Arg::new("path")
                .value_name("PATH")
                .value_parser(value_parser!(PathBuf))
                .required_unless_present("list")
                .help("The file, or its folder"),
        )
        .arg(
            Arg::new("revoke")
                .long("revoke")
                .action(ArgAction::SetTrue)
                .help("Take the trust back"),
        )
        .arg(
            Arg::new("list")
                .long("list")
                .action(ArgAction::SetTrue)
                .conflicts_with_all(["path", "revoke"])
                .help("List what is trusted"),
        )
}

fn run(_app: &App, own: &ArgMatches) -> Result<u8, Failure> {
    let mut output = Output::open(None)?;
    match own.get_one::<PathBuf>("path") {
        Some(path) if own.get_flag("revoke") => {
            for revoked in trust::revoke(path)? {
                let file = shown::path_from_here(&revoked.path);
                writeln!(output, "{file} is trusted no more")?;
            }
        }
        Some(path) => {
            let trusted = trust::trust(path)?;
            let Granted { file, keys } = trusted;
            writeln!(
                output,
                "{} is trusted as it is now",
                shown::path(&file.path)
            )?;
            for key in keys {
                writeln!(output, "  it may set {key}")?;
            }
        }
        None => {
            for trusted in trust::list()? {
                writeln!(output, "{}  {}", trusted.sha256, shown::path(&trusted.path))?;
            }
        }
    }
    output.finish()?;
    Ok(code::CLEAN)
}
