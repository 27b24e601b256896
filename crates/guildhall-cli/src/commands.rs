//! The built-in commands, one file each.

pub(crate) mod external;

mod act;
mod baseline;
mod call;
mod cancel;
mod completions;
mod diff;
mod doctor;
mod explain;
mod log;
mod plugin;
mod receipt;
mod report;
mod results;
pub(crate) mod run;
mod runs;
mod scan;
mod schema;
mod suppressions;
mod template;
mod trend;
mod trust;
mod verify;

use clap::{ArgMatches, Command};

use crate::app::App;
use crate::exit::Failure;

/// A built-in command.
pub(crate) struct BuiltIn {
    pub(crate) name: &'static str,
    pub(crate) define: fn() -> Command,
    pub(crate) run: fn(&App, &ArgMatches) -> Result<u8, Failure>,
    /// Whether it runs code of plugins, so that the program supervises itself.
    pub(crate) runs_plugins: bool,
}

/// All of them, in the order in which help lists them.
pub(crate) const ALL: [BuiltIn; 22] = [
    scan::COMMAND,
    baseline::COMMAND,
    diff::COMMAND,
    trend::COMMAND,
    suppressions::COMMAND,
    explain::COMMAND,
    act::COMMAND,
    run::COMMAND,
    runs::COMMAND,
    results::COMMAND,
    report::COMMAND,
    log::COMMAND,
    receipt::COMMAND,
    verify::COMMAND,
    cancel::COMMAND,
    template::COMMAND,
    call::COMMAND,
    plugin::COMMAND,
    doctor::COMMAND,
    trust::COMMAND,
    schema::COMMAND,
    completions::COMMAND,
];
