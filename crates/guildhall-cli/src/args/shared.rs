//! Arguments that several commands take, and how they are read.

use std::path::{Path, PathBuf};

use clap::builder::{PossibleValuesParser, ValueParser};
use clap::{Arg, ArgMatches, value_parser};
use guildhall_coordination::{CoordinationError, TaskKey};

/// How every command names a run.
pub(crate) const RUN_HELP: &str =
    "Its id or a part of it, its name where no other has it, or latest";

/// The run that a command is about.
pub(crate) fn run_argument() -> Arg {
    Arg::new("run")
        .value_name("RUN")
        .required(true)
        .help(RUN_HELP)
}

/// A task of the run, where a command can be about one alone.
pub(crate) fn task_argument(help: &'static str) -> Arg {
    Arg::new("task").value_name("TASK").help(help)
}

/// `--format`, without a default: for some commands another setting is one.
pub(crate) fn format_option(
    formats: impl IntoIterator<Item = &'static str>,
    help: &'static str,
) -> Arg {
    Arg::new("format")
        .long("format")
        .value_name("FORMAT")
        .value_parser(ValueParser::from(PossibleValuesParser::new(formats)))
        .help(help)
}

/// `--output`; `what` is what is written, for example "the results".
pub(crate) fn output_option(what: &str) -> Arg {
    Arg::new("output")
        .long("output")
        .short('o')
        .value_name("FILE")
        .value_parser(value_parser!(PathBuf))
        .help(format!(
            "Write {what} to a file, which appears whole or not at all"
        ))
}

/// What [`run_argument`] was given.
pub(crate) fn run_of(matches: &ArgMatches) -> &str {
    // Clap insists on it.
    text_of(matches, "run").unwrap_or_default()
}

/// What [`task_argument`] was given.
///
/// # Errors
///
/// Where no task can have such a key.
pub(crate) fn task_of(matches: &ArgMatches) -> Result<Option<TaskKey>, CoordinationError> {
    text_of(matches, "task").map(TaskKey::new).transpose()
}

/// What [`format_option`] was given, or its default.
pub(crate) fn format_of(matches: &ArgMatches) -> Option<&str> {
    text_of(matches, "format")
}

/// Whether what is printed is for a program.
pub(crate) fn is_json(matches: &ArgMatches) -> bool {
    format_of(matches) == Some("json")
}

/// Where the results go, where that is not standard output.
pub(crate) fn output_path(matches: &ArgMatches) -> Option<&Path> {
    matches.get_one::<PathBuf>("output").map(PathBuf::as_path)
}

fn text_of<'a>(matches: &'a ArgMatches, name: &str) -> Option<&'a str> {
    matches.get_one::<String>(name).map(String::as_str)
}
