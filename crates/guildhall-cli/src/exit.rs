//! How a command ends: every failure, its exit code, and how it is printed.

use std::borrow::Cow;
use std::io::Write as _;

use guildhall_coordination::ledger::Refusal;
use guildhall_coordination::{RunId, RunStatus};
use guildhall_core::{AgentError, ErrorCode};
use guildhall_runtime::{ErrorKind, RuntimeError};

use crate::config::{ConfigError, shown};
use crate::running::short;

/// Exit codes; docs/exit-codes.md and the README list them.
pub(crate) mod code {
    /// All went well, and no finding is at or over the gate.
    pub(crate) const CLEAN: u8 = 0;
    /// At least one finding is at or over `--fail-on`, a task of a run failed, or the report
    /// of a plugin's command says that what was asked for was not reached.
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
    /// What broke off the work on a run that can go on.
    #[error("{source}")]
    BrokenOff { run: RunId, source: RuntimeError },
    /// A plan.
    #[error("{0}")]
    Plan(#[from] guildhall_coordination::CoordinationError),
    /// Agents that a plan asks for and nobody is.
    #[error("{message}")]
    Missing { message: String, help: String },
    /// A run that did not complete. Its results are printed all the same.
    #[error("{message}")]
    RunUnfinished {
        message: String,
        help: String,
        code: u8,
    },
    /// A plugin given by name.
    #[error("{message}")]
    Refused { message: String, help: String },
    /// The results.
    #[error("the results cannot be written: {0}")]
    Output(#[from] std::io::Error),
    /// The results of a run, which has them still.
    #[error("the results cannot be written: {source}")]
    OutputOfRun { run: RunId, source: std::io::Error },
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
            Self::Agent(error) if error.is(ErrorCode::InvalidInput) => code::INPUT,
            Self::Agent(_) | Self::Missing { .. } => code::AGENT,
            Self::RunUnfinished { code, .. } => *code,
            Self::Plan(_) => code::INPUT,
            Self::Run(error) | Self::BrokenOff { source: error, .. } => code_of_run(error),
            Self::Refused { .. } => code::REFUSED,
            // Whoever closed the pipe has read what they wanted.
            Self::Output(error) if error.kind() == std::io::ErrorKind::BrokenPipe => code::CLEAN,
            Self::Output(_) | Self::OutputOfRun { .. } => code::OUTPUT,
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
            writeln!(out, "\nhelp: {}", shown::lines(&help))?;
        }
        Ok(())
    }

    fn help(&self) -> Option<Cow<'_, str>> {
        let help = match self {
            Self::Usage { help, .. }
            | Self::Input { help, .. }
            | Self::Refused { help, .. }
            | Self::Missing { help, .. }
            | Self::RunUnfinished { help, .. } => help,
            Self::Agent(error) if error.help.is_none() => return help_of(error),
            Self::Agent(error) => error.help.as_ref()?,
            Self::Run(error) => return help_of_run(error).map(Cow::Owned),
            Self::BrokenOff { run, .. } => {
                let help = format!("`guildhall run --resume {}` goes on with it", short(*run));
                return Some(Cow::Owned(help));
            }
            Self::OutputOfRun { run, .. } => {
                let help = format!("`guildhall results {}` shows them", short(*run));
                return Some(Cow::Owned(help));
            }
            _ => return None,
        };
        (!help.is_empty()).then_some(Cow::Borrowed(help))
    }
}

/// What this command knows to say of an error that says nothing itself.
fn help_of(error: &AgentError) -> Option<Cow<'static, str>> {
    error
        .is(ErrorCode::NoSuchCapability)
        .then_some(Cow::Borrowed(
            "`guildhall plugin list` shows what is offered",
        ))
}

/// How to go on after what a run or the store gives, where the message does not say it.
fn help_of_run(error: &RuntimeError) -> Option<String> {
    Some(match error {
        RuntimeError::HasEnded {
            run,
            status: RunStatus::Failed,
        } => {
            let run = short(*run);
            format!("`guildhall run --resume {run} --retry-failed` tries again what failed")
        }
        RuntimeError::HasEnded { run, .. } => {
            format!("`guildhall results {}` shows what came of it", short(*run))
        }
        RuntimeError::NoSuchRun { .. } => {
            "`guildhall runs` lists those of this state folder".to_owned()
        }
        RuntimeError::NoSuchTask { run, .. } => {
            format!("`guildhall results {}` lists its tasks", short(*run))
        }
        RuntimeError::RunIsBusy { run } => {
            format!("`guildhall cancel {}` cancels it", short(*run))
        }
        RuntimeError::Changed { .. } => {
            "`--accept-changes` goes on with what there is now; results so far are kept".to_owned()
        }
        RuntimeError::Refused {
            refusal: Refusal::HasEnded { .. },
            ..
        } => "results stand once they are there; only what has none can be tried again".to_owned(),
        RuntimeError::NoCoordinator { .. } => {
            "`guildhall doctor` shows where plugins are looked for, and what is found".to_owned()
        }
        _ => return None,
    })
}

/// The exit code for what a run or the store gives.
const fn code_of_run(error: &RuntimeError) -> u8 {
    match error.kind() {
        ErrorKind::Request => code::INPUT,
        ErrorKind::Configuration => code::USAGE,
        ErrorKind::Agents => code::AGENT,
        ErrorKind::Workspace | ErrorKind::Store => code::OUTPUT,
    }
}
