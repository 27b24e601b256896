//! The log, on standard error.

use std::io::IsTerminal as _;

use guildhall_core::LogLevel;
use tracing_subscriber::EnvFilter;

use crate::args::Globals;

/// Variable that sets what is logged, in the syntax of tracing's `EnvFilter`, for
/// example `debug` or `guildhall::plugin=trace`.
const VARIABLE: &str = "GUILDHALL_LOG";

/// The log of what happens in runs.
const RUN_LOG: &str = "guildhall_runtime::run::log";

/// Starts the log. The variable wins over `-q` and `-v`, these over the level of the
/// user's configuration.
pub(crate) fn start(globals: &Globals, configured: Option<LogLevel>) {
    let level = match (globals.quiet, globals.verbose) {
        (true, _) => "error",
        (false, 0) => configured.map_or("warn", name),
        (false, 1) => "info",
        (false, 2) => "debug",
        (false, _) => "trace",
    };
    // What a run does stands in its progress already.
    let told_twice = globals.verbose == 0 && globals.shows_progress();
    let level = match told_twice {
        true => &format!("{level},{RUN_LOG}=off"),
        false => level,
    };
    let given = std::env::var(VARIABLE).ok().filter(|text| !text.is_empty());
    let parsed = given.as_deref().map(EnvFilter::try_new);
    let (filter, problem) = match parsed {
        Some(Ok(filter)) => (filter, None),
        Some(Err(error)) => (EnvFilter::new(level), Some(error)),
        None => (EnvFilter::new(level), None),
    };
    let started = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(globals.colour.wanted(std::io::stderr().is_terminal()))
        .without_time()
        .with_target(false)
        // It would panic where standard error is full or closed, and end what is going on.
        .log_internal_errors(false)
        .try_init();
    if let (Ok(()), Some(error)) = (started, problem) {
        tracing::warn!(%error, "{VARIABLE} is not understood, logging at {level}");
    }
}

fn name(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Trace => "trace",
        LogLevel::Debug => "debug",
        LogLevel::Info => "info",
        LogLevel::Warn => "warn",
        LogLevel::Error => "error",
    }
}
