//! Arguments that every command takes.

use std::io::IsTerminal as _;
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

/// What every command takes.
#[derive(Debug, Clone)]
pub(crate) struct Globals {
    pub(crate) config: Option<PathBuf>,
    pub(crate) plugins: Vec<PathBuf>,
    pub(crate) plugin_folders: Vec<PathBuf>,
    pub(crate) colour: Colour,
    pub(crate) quiet: bool,
    pub(crate) verbose: u8,
    pub(crate) no_progress: bool,
}

/// When colours are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Colour {
    Auto,
    Always,
    Never,
}

impl Colour {
    /// Whether colours belong on an output that is or is not a terminal.
    pub(crate) fn wanted(self, terminal: bool) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            // https://no-color.org: any value that is not empty.
            Self::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|text| text.is_empty()),
        }
    }
}

/// Adds the arguments to the root command.
pub(crate) fn add(command: Command) -> Command {
    let global = |name: &'static str| Arg::new(name).long(name).global(true);
    command
        .arg(
            global("config")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("Read this project configuration instead of the nearest guildhall.toml"),
        )
        .arg(
            global("plugin")
                .value_name("FILE")
                .action(ArgAction::Append)
                .value_parser(value_parser!(PathBuf))
                .help("Load this plugin (its code runs with your rights)"),
        )
        .arg(
            global("plugin-dir")
                .value_name("DIR")
                .action(ArgAction::Append)
                .value_parser(value_parser!(PathBuf))
                .help("Look for plugins in this folder"),
        )
        .arg(
            global("color")
                .value_name("WHEN")
                .value_parser(["auto", "always", "never"])
                .default_value("auto")
                .hide_default_value(true)
                .help("Use colours; auto heeds NO_COLOR"),
        )
        .arg(
            global("quiet")
                .short('q')
                .action(ArgAction::SetTrue)
                .help("Log errors only, show no progress"),
        )
        .arg(
            global("verbose")
                .short('v')
                .action(ArgAction::Count)
                .help("Show and log more; twice for even more"),
        )
        .arg(
            global("no-progress")
                .action(ArgAction::SetTrue)
                .help("Show no progress on standard error"),
        )
}

impl Globals {
    /// Reads the arguments from what clap has matched.
    pub(crate) fn of(matches: &ArgMatches) -> Self {
        let paths = |name: &str| {
            matches.get_many::<PathBuf>(name).unwrap_or_default().cloned().collect()
        };
        let colour = match matches.get_one::<String>("color").map(String::as_str) {
            Some("always") => Colour::Always,
            Some("never") => Colour::Never,
            _ => Colour::Auto,
        };
        Self {
            config: matches.get_one::<PathBuf>("config").cloned(),
            plugins: paths("plugin"),
            plugin_folders: paths("plugin-dir"),
            colour,
            quiet: matches.get_flag("quiet"),
            verbose: matches.get_count("verbose"),
            no_progress: matches.get_flag("no-progress"),
        }
    }

    /// Whether progress belongs on standard error.
    pub(crate) fn shows_progress(&self) -> bool {
        !self.quiet && !self.no_progress && std::io::stderr().is_terminal()
    }
}
