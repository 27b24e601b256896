//! `guildhall completions`: a script for the shell, the plugins' commands included.

use clap::{Arg, ArgMatches, Command, value_parser};
use clap_complete::Shell;

use super::BuiltIn;
use crate::app::App;
use crate::exit::{Failure, code};
use crate::output::Output;

pub(crate) const COMMAND: BuiltIn = BuiltIn {
    name: "completions",
    define,
    run,
    runs_plugins: false,
};

fn define() -> Command {
    Command::new("completions")
        .about("Print a completion script for a shell, plugin commands included")
        .arg(
            Arg::new("shell")
                .value_name("SHELL")
                .required(true)
                .value_parser(value_parser!(Shell)),
        )
}

fn run(app: &App, own: &ArgMatches) -> Result<u8, Failure> {
    let shell = own
        .get_one::<Shell>("shell")
        .copied()
        .unwrap_or(Shell::Bash);
    // Generated first: the generator panics where its writer fails.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut app.command.clone(), "guildhall", &mut script);
    let mut output = Output::open(None)?;
    std::io::Write::write_all(&mut output, &script)?;
    output.finish()?;
    Ok(code::CLEAN)
}
