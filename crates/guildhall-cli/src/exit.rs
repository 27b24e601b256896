//! How a command ends: every failure, its exit code, and how it is printed.

use std::io::Write as _;

use guildhall_core::AgentError;
use guildhall_runtime::RuntimeError;

use crate::config::{ConfigError, shown};

/// Exit codes; docs/exit-codes.md and the README list them.
pub(crate) mod code {
    /// All went well, and no finding is at or over the gate.
    pub(crate) const CLEAN: u8 = 0;
    /// At least one finding is at or over `--fail-on`, or a task of a run failed.
    pub(crate) const FINDINGS: u8 = 1;
    /// The command line or a configuration file is wrong.
    pub(crate) const USAGE: u8 = 2;
    /// The input is wrong: a path that cannot be scanned, JSON that does not fit.
    pub(crate) const INPUT: u8 = 3;
    /// An agent failed or none offers what is asked for: results are incomplete.
    pub(crate) const AGENT: u8 = 4;
    /// A plugin that was given by name is refused.
    pub(crate) const REFUSED: u8 = 5;
    /// A run is paused and can be resumed: its budget is used up, for example.
    pub(crate) const PAUSED: u8 = 6;
    /// The results cannot be written.
    pub(crate) const OUTPUT: u8 = 74;
    /// Interrupted from the terminal.
    pub(crate) const INTERRUPTED: u8 = 130;
}

/// Why a command did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// Clap's own errors, and its help and version texts.
    #[error("{0}")]
    Arguments(#[from] clap::Error),
    /// A configuration file.
    #[error("{0}")]
    Config(#[from] ConfigError),
    /// The command line, where clap cannot see it.
    #[error("{message}")]
    Usage { message: String, help: String },
    /// What the command was given to work on.
    #[error("{message}")]
    Input { message: String, help: String },
    /// What an agent or the host answered.
    #[error("{0}")]
    Agent(#[from] AgentError),
    /// A run, its plan or the store.
    #[error("{0}")]
    Run(#[from] RuntimeError),
    /// A plan.
    #[error("{0}")]
    Plan(#[from] guildhall_coordination::CoordinationError),
    /// A plugin given by name.
    #[error("{message}")]
    Refused { message: String, help: String },
    /// The results.
    #[error("the results cannot be written: {0}")]
    Output(#[from] std::io::Error),
    /// The terminal.
    #[error("interrupted")]
    Interrupted,
}

impl Failure {
    pub(crate) fn usage(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Usage {
            message: message.into(),
            help: help.into(),
        }
    }

    pub(crate) fn input(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Input {
            message: message.into(),
            help: help.into(),
        }
    }

    /// The documented exit code.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Arguments(error) if !error.use_stderr() => code::CLEAN,
            Self::Arguments(_) | Self::Config(_) | Self::Usage { .. } => code::USAGE,
            Self::Input { .. } => code::INPUT,
            Self::Agent(error) if error.is(guildhall_core::ErrorCode::InvalidInput) => code::INPUT,
            Self::Agent(_) => code::AGENT,
            Self::Plan(_) => code::INPUT,
            Self::Run(error) => code_of_run(error),
            Self::Refused { .. } => code::REFUSED,
            // Whoever closed the pipe has read what they wanted.
            Self::Output(error) if error.kind() == std::io::ErrorKind::BrokenPipe => code::CLEAN,
            Self::Output(_) => code::OUTPUT,
            Self::Interrupted => code::INTERRUPTED,
        }
    }

    /// Tells the person at the terminal; help and version go to standard output.
    pub(crate) fn print(&self) {
        // Where standard error is gone as well, nobody is there to be told.
        let _ = self.try_print();
    }

    fn try_print(&self) -> std::io::Result<()> {
        match self {
            Self::Arguments(error) => return error.print(),
            Self::Output(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return Ok(()),
            _ => {}
        }
        let mut out = std::io::stderr().lock();
        writeln!(out, "error: {}", shown::lines(&self.to_string()))?;
        let mut cause = std::error::Error::source(self);
        if let Self::Agent(error) = self {
            cause = std::error::Error::source(error);
            for label in error.labels.iter().skip(1) {
                writeln!(
                    out,
                    "  {}: {}",
                    shown::lines(&label.at),
                    shown::lines(&label.text)
                )?;
            }
        }
        let said = self.to_string();
        // Many messages end with their cause.
        while let Some(error) = cause {
            if !said.ends_with(&error.to_string()) {
                writeln!(out, "  because {}", shown::lines(&error.to_string()))?;
            }
            cause = error.source();
        }
        if let Some(help) = self.help() {
            writeln!(out, "\nhelp: {}", shown::lines(help))?;
        }
        Ok(())
    }

    fn help(&self) -> Option<&str> {
        let help = match self {
            Self::Usage { help, .. } | Self::Input { help, .. } | Self::Refused { help, .. } => {
                help
            }
            Self::Agent(error) => error.help.as_ref()?,
            _ => return None,
        };
        (!help.is_empty()).then_some(help.as_str())
    }
}

/// The exit code for what a run or the store gives.
fn code_of_run(error: &RuntimeError) -> u8 {
    match error {
        RuntimeError::NoSuchRun { .. }
        | RuntimeError::AmbiguousRun { .. }
        | RuntimeError::NoSuchTask { .. }
        | RuntimeError::BadPlan { .. }
        | RuntimeError::BadPattern { .. }
        | RuntimeError::HasEnded { .. }
        | RuntimeError::Changed { .. }
        | RuntimeError::Refused { .. } => code::INPUT,
        RuntimeError::BadProcessAgent { .. } => code::USAGE,
        RuntimeError::Unmet { .. }
        | RuntimeError::NoCoordinator { .. }
        | RuntimeError::CoordinatorFailed { .. } => code::AGENT,
        _ => code::OUTPUT,
    }
}
