//! The records between host, supervisor and launcher: one line of JSON each.

use serde::{Deserialize, Serialize};

use super::text::SystemText;
use crate::process::limits::Enforcement;

/// What to run, and how. The supervisor passes it on to the launcher as it came.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::process) struct Job {
    /// The program's file.
    pub(in crate::process) program: SystemText,
    /// The name under which it was asked for, its first argument.
    pub(in crate::process) name: SystemText,
    pub(in crate::process) arguments: Vec<SystemText>,
    /// The whole environment.
    pub(in crate::process) environment: Vec<(SystemText, SystemText)>,
    /// The folder in which it works.
    pub(in crate::process) folder: SystemText,
    /// The file that is its standard input; nothing where absent.
    pub(in crate::process) input: Option<SystemText>,
    /// The file that is locked while any of its processes lives.
    pub(in crate::process) lock: Option<SystemText>,
    /// Files on which a shared lock says that their folders are in use.
    pub(in crate::process) hold: Vec<SystemText>,
    pub(in crate::process) grace_ms: u64,
    pub(in crate::process) limits: JobLimits,
}

/// Limits with the paths that they mean.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(in crate::process) struct JobLimits {
    pub(in crate::process) cpu_seconds: Option<u64>,
    pub(in crate::process) memory_mib: Option<u64>,
    pub(in crate::process) processes: Option<u64>,
    pub(in crate::process) file_size_mib: Option<u64>,
    pub(in crate::process) open_files: Option<u64>,
    pub(in crate::process) network: Option<bool>,
    pub(in crate::process) write: Option<Vec<SystemText>>,
    pub(in crate::process) read: Option<Vec<SystemText>>,
}

/// What the supervisor tells the host.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::process) enum Report {
    /// The program was started; what the system enforces.
    Started(Vec<Enforcement>),
    /// The program was not started.
    NotStarted(NotStarted),
    /// The program has ended, and so have all of its descendants.
    Ended(Exit),
}

/// Why a program was not started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::process) enum NotStarted {
    /// A process of an earlier start of the same attempt still lives.
    Locked,
    /// The system refused something.
    Refused(String),
}

/// How a program ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::process) struct Exit {
    pub(in crate::process) code: Option<i32>,
    pub(in crate::process) signal: Option<i32>,
    pub(in crate::process) by: EndedBy,
    /// Descendants that could not be ended.
    pub(in crate::process) survivors: Vec<i32>,
    /// Processor time of the program and its descendants, where the system tells.
    #[serde(default)]
    pub(in crate::process) processor_ms: Option<u64>,
}

/// Who ended a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::process) enum EndedBy {
    /// It ended by itself, or something else ended it.
    Itself,
    /// The supervisor, because the host asked for it or died.
    Request,
    /// The supervisor, because it had too many processes.
    TooManyProcesses,
}

/// What the launcher tells the supervisor.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum LauncherReport {
    /// It is about to become the program.
    Ready(Vec<Enforcement>),
    /// It could not.
    Failed(String),
}

/// The first line of the launcher's input: its supervisor's id, then the job.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct LauncherJob {
    pub(super) supervisor: i32,
    pub(super) job: Job,
}
