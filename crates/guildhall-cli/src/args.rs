//! Arguments that every command takes; those that several take are in [`shared`].

pub(crate) mod shared;

use std::io::IsTerminal as _;
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use crate::config::{Color, Settings};

/// What every command takes.
#[derive(Debug, Clone)]
pub(crate) struct Globals {
    pub(crate) config: Option<PathBuf>,
    pub(crate) plugins: Vec<PathBuf>,
    pub(crate) plugin_folders: Vec<PathBuf>,
    given_colour: Option<Color>,
    pub(crate) colour: Colour,
    pub(crate) quiet: bool,
    pub(crate) verbose: u8,
    pub(crate) no_progress: bool,
}

/// When colours are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Colour(Color);

impl Colour {
    /// Whether colours belong on an output that is or is not a terminal.
    pub(crate) fn wanted(self, terminal: bool) -> bool {
        match self.0 {
            Color::Always => true,
            Color::Never => false,
            // https://no-color.org: any value that is not empty.
            Color::Auto => {
                terminal && std::env::var_os("NO_COLOR").is_none_or(|text| text.is_empty())
            }
        }
    }
}

/// Adds the arguments to the root command.
pub(crate) fn add(command: Command) -> Command {
    let global = |name: &'static str| {
        Arg::new(name)
            .long(name)
            .global(true)
            .help_heading("Options of every command")
    };
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
                .help(
                    "Use colours: auto, which is the default and heeds NO_COLOR, always or never",
                ),
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
            matches
                .get_many::<PathBuf>(name)
                .unwrap_or_default()
                .cloned()
                .collect()
        };
        let colour = matches
            .get_one::<String>("color")
            .map(|when| match when.as_str() {
                "always" => Color::Always,
                "never" => Color::Never,
                _ => Color::Auto,
            });
        Self {
            config: matches.get_one::<PathBuf>("config").cloned(),
            plugins: paths("plugin"),
            plugin_folders: paths("plugin-dir"),
            given_colour: colour,
            colour: Colour(colour.unwrap_or(Color::Auto)),
            quiet: matches.get_flag("quiet"),
            verbose: matches.get_count("verbose"),
            no_progress: matches.get_flag("no-progress"),
        }
    }

    /// Takes from the configuration what the command line leaves open.
    pub(crate) fn with_configured(mut self, settings: &Settings) -> Self {
        let colour = self.given_colour.or(settings.color).unwrap_or(Color::Auto);
        self.colour = Colour(colour);
        self
    }

    /// Whether progress belongs on standard error.
    pub(crate) fn shows_progress(&self) -> bool {
        !self.quiet && !self.no_progress && std::io::stderr().is_terminal()
    }
}
