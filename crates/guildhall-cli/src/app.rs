//! From arguments to the command that is run.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{ArgMatches, Command};
use guildhall_host::{Host, ending};

use crate::args::{self, Globals};
use crate::commands;
use crate::config::{Config, LoadOptions, Loaded, Settings};
use crate::dynamic::{PluginCommands, ScanOptions};
use crate::exit::Failure;
use crate::{calling, logging, plugins};

/// What commands work with.
pub(crate) struct App {
    pub(crate) globals: Globals,
    pub(crate) config: Loaded,
    pub(crate) host: Host,
    pub(crate) plugin_commands: PluginCommands,
    pub(crate) scan_options: ScanOptions,
    /// The root command with the plugins' commands.
    pub(crate) command: Command,
}

/// Runs the program; gives its exit code.
pub(crate) fn run() -> Result<u8, Failure> {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let built_in = built_in();
    // The plugins' commands are known only once the plugins are found, and where they
    // are found the arguments say. So these are read twice, leniently at first.
    let early = early_matches(&built_in, &arguments);
    let (app, matches) = App::prepare(&early, &built_in, &arguments)?;
    if scanned(&early) == scanned(&matches) {
        return dispatch(&matches, &app);
    }
    // The value of an agent's option was taken for the folder that is scanned, which says
    // where the project's file is.
    let (app, matches) = App::prepare(&matches, &built_in, &arguments)?;
    dispatch(&matches, &app)
}

impl App {
    /// Reads the configuration and finds the plugins that `early` leads to, and reads the
    /// arguments with the plugins' commands and options.
    fn prepare(
        early: &ArgMatches,
        built_in: &Command,
        arguments: &[OsString],
    ) -> Result<(Self, ArgMatches), Failure> {
        let globals = Globals::of(early);
        let config = load_config(early, &globals)?;
        let globals = globals.with_configured(&config.settings);
        logging::start(&globals, config.settings.log_level);
        let host = plugins::find(&globals, &config.settings)?;
        let plugin_commands = PluginCommands::of(&host, built_in);
        let scan_options = ScanOptions::of(&host, built_in);
        let command = scan_options.add(plugin_commands.add(built_in.clone()));
        let matches = command.clone().try_get_matches_from(arguments)?;
        let globals = Globals::of(&matches).with_configured(&config.settings);
        let app = Self {
            globals,
            config,
            host,
            plugin_commands,
            scan_options,
            command,
        };
        Ok((app, matches))
    }
}

fn dispatch(matches: &ArgMatches, app: &App) -> Result<u8, Failure> {
    let Some((name, own)) = matches.subcommand() else {
        // `arg_required_else_help` leaves nothing else.
        return Err(Failure::usage(
            "no command is given",
            "`guildhall help` lists the commands",
        ));
    };
    let built_in = commands::ALL.iter().find(|command| command.name == name);
    let of_plugin = app.plugin_commands.matched(matches);
    if of_plugin.is_some() || built_in.is_some_and(|command| command.runs_plugins) {
        ending::supervise();
    }
    // Said only now: the supervising process would say it as well.
    for warning in &app.config.warnings {
        tracing::warn!("{warning}");
    }
    plugins::log_found(&app.host);
    if let Some((target, own)) = of_plugin {
        return calling::run_command(app, target, own);
    }
    if let Some(command) = built_in {
        return (command.run)(app, own);
    }
    commands::external::run(app, name, own)
}

fn built_in() -> Command {
    let root = Command::new("guildhall")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Runs specialist agents that are plugins")
        .after_help(
            "Plugins are native code and run with your rights. `guildhall doctor` shows what is found.",
        )
        .subcommand_required(true)
        .arg_required_else_help(true)
        .allow_external_subcommands(true)
        .disable_help_subcommand(false)
        .max_term_width(100);
    let root = args::add(root);
    commands::ALL
        .iter()
        .fold(root, |root, command| root.subcommand((command.define)()))
}

/// What can be said of the arguments before the plugins' commands are known.
fn early_matches(built_in: &Command, arguments: &[OsString]) -> ArgMatches {
    built_in
        .clone()
        .ignore_errors(true)
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        .disable_version_flag(true)
        .try_get_matches_from(arguments)
        .unwrap_or_else(|_| {
            // Lenient parsing has no errors; without arguments there is nothing to say.
            args::add(Command::new("guildhall")).get_matches_from(["guildhall"])
        })
}

fn load_config(early: &ArgMatches, globals: &Globals) -> Result<Loaded, Failure> {
    // A scan takes the project's file from the scanned folder upwards.
    let start = scanned(early).unwrap_or_else(|| PathBuf::from("."));
    let start: &Path = if start.exists() {
        &start
    } else {
        Path::new(".")
    };
    let options = LoadOptions {
        start,
        explicit: globals.config.as_deref(),
        no_project: false,
    };
    match Config::load(&options) {
        Ok(loaded) => Ok(loaded),
        Err(error) if goes_without(early) => {
            let warnings = vec![format!("{error}")];
            Ok(Loaded {
                settings: Settings::default(),
                sources: Vec::new(),
                warnings,
            })
        }
        Err(error) => Err(error.into()),
    }
}

/// The folder that is scanned, where something is.
fn scanned(matches: &ArgMatches) -> Option<PathBuf> {
    match matches.subcommand()? {
        ("scan" | "suppressions", scan) => path_of(scan),
        ("baseline", baseline) => match baseline.subcommand()? {
            ("write" | "prune", scan) => path_of(scan),
            _ => None,
        },
        _ => None,
    }
}

/// The folder that a command scans.
fn path_of(scan: &ArgMatches) -> Option<PathBuf> {
    scan.get_one::<PathBuf>("path").cloned()
}

/// Commands that do their work without a configuration.
const WITHOUT_CONFIGURATION: [&str; 10] = [
    "help",
    "trust",
    "schema",
    "completions",
    "template",
    "runs",
    "results",
    "report",
    "log",
    "cancel",
];

/// Whether the command does its work without a configuration, so that a broken file
/// keeps nobody from reading help, taking trust back or cancelling a run.
fn goes_without(early: &ArgMatches) -> bool {
    let asks_for_help =
        std::env::args_os().any(|argument| argument == "--help" || argument == "-h");
    let name = early.subcommand_name();
    asks_for_help || name.is_none_or(|name| WITHOUT_CONFIGURATION.contains(&name))
}
