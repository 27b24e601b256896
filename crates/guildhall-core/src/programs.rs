//! Programs that an agent has the host run: builds, tests, a deployment.
//!
//! The host runs each under a supervisor of its own, so that nothing of it outlives the
//! request: not a process that the program has left behind, and not the program itself where
//! the host is killed. No shell is in between: a program is given its arguments one by one.
//!
//! They are offered to agents whose manifest declares a permission of the kind [`SERVICE`].
//!
//! ```
//! use std::path::Path;
//! use std::time::Duration;
//!
//! use guildhall_core::programs::Program;
//! use guildhall_core::{AgentError, Context};
//!
//! /// Whether the tests of a checkout pass.
//! async fn passes(checkout: &Path, ctx: &Context) -> Result<bool, AgentError> {
//!     let tests = Program::new(["cargo", "test", "--locked"], checkout)
//!         .pass("CARGO_HOME")
//!         .set("RUST_BACKTRACE", "1")
//!         .timeout(Duration::from_secs(900));
//!     let ran = ctx.programs().run(tests).await?;
//!     Ok(ran.succeeded())
//! }
//! ```

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::error::AgentError;
use crate::path_text;
use crate::service::ServiceRequest;
use crate::task::{Attachment, Outcome};

/// The service's name, and the kind of the permission that it takes.
pub const SERVICE: &str = "guildhall.programs";
/// Runs a program; see [`Run`]. The answer is an [`Ended`], with the attachments
/// [`STDOUT`] and [`STDERR`].
pub const RUN: &str = "run";

/// Attachment of a request: the program's standard input. It is empty where absent.
pub const STDIN: &str = "stdin";
/// Attachment of an answer: what is kept of standard output, its head and then its tail.
pub const STDOUT: &str = "stdout";
/// The same of standard error.
pub const STDERR: &str = "stderr";

/// Code of the error where the program could not be started.
pub const NOT_STARTED: &str = "not-started";

/// How long a program may run where nobody says how long.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(300);
/// How long a program has to end after it was asked to, where nobody says how long.
pub const DEFAULT_GRACE: Duration = Duration::from_secs(5);
/// Bytes that are kept of the head of an output, and of its tail, where nobody says how many.
pub const DEFAULT_KEPT: u64 = 64 << 10;
/// Bytes that are kept of a head or a tail at the most.
pub const MAX_KEPT: u64 = 16 << 20;
/// Bytes of standard input at the most.
pub const MAX_STDIN: usize = 64 << 20;

/// The variables of the user's environment that every program is given.
pub const PASSED: [&str; 11] = [
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR",
    "TERM",
];

/// Input of [`RUN`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The program and its arguments. A name without a slash is looked up in `PATH`.
    pub argv: Vec<String>,
    /// The folder in which it works, as [`path_text`] writes paths; absolute.
    pub folder: String,
    /// Names of variables of the user's environment that it is given beside [`PASSED`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub env: Vec<String>,
    /// Variables that it is given besides; these win.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub set_env: BTreeMap<String, String>,
    /// After how many milliseconds it is ended; [`DEFAULT_TIMEOUT`] where absent. The task's
    /// own deadline holds besides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// How many milliseconds it has to end after it was asked to; [`DEFAULT_GRACE`] where
    /// absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grace_ms: Option<u64>,
    /// What it may use.
    #[serde(default)]
    pub limits: ProgramLimits,
    /// Bytes that are kept of the head of each output; [`DEFAULT_KEPT`] where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head_bytes: Option<u64>,
    /// Bytes that are kept of the tail of each output; [`DEFAULT_KEPT`] where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tail_bytes: Option<u64>,
}

/// What a program may use. Nothing is limited where a field is absent; what the system
/// really holds it to stands in the answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProgramLimits {
    /// Seconds of processor time, for each of its processes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_seconds: Option<u64>,
    /// Mebibytes of private memory, for each of its processes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_mib: Option<u64>,
    /// Processes at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub processes: Option<u64>,
    /// Mebibytes of the largest file that it may write.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_size_mib: Option<u64>,
    /// Open files, for each of its processes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_files: Option<u64>,
    /// Whether it may use the network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<bool>,
}

/// Answer of [`RUN`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// The code with which it ended; none where a signal ended it or its end is not known.
    #[serde(default)]
    pub code: Option<i32>,
    /// The signal that ended it.
    #[serde(default)]
    pub signal: Option<i32>,
    /// Who ended it.
    pub by: EndedBy,
    /// How long it took, in milliseconds.
    pub ms: u64,
    /// Processes that it has left behind and that could not be ended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub survivors: Vec<i32>,
    /// What became of each limit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub enforcement: Vec<Enforced>,
    /// What was written to standard output.
    pub stdout: Written,
    /// What was written to standard error.
    pub stderr: Written,
}

/// Who ended a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum EndedBy {
    /// It ended by itself, or something beside the host ended it.
    Itself,
    /// The host, at the end of its time or at the task's deadline.
    Timeout,
    /// The host, because the task was withdrawn.
    Cancel,
    /// The host, because it had more processes than it may.
    TooManyProcesses,
    /// Its supervisor was killed or hung, so how it ended is not known.
    Lost,
    /// A reason that this version does not know.
    #[serde(other)]
    Other,
}

/// What became of one limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enforced {
    /// The limit, by its name: `cpu-seconds`.
    pub limit: String,
    /// Whether something holds the program to it.
    pub enforced: bool,
    /// What does, or why nothing does.
    pub by: String,
}

/// How much was written to an output, and how much of it the attachment has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// Bytes in all.
    pub bytes: u64,
    /// Bytes between head and tail that were not kept.
    pub left_out: u64,
    /// Bytes of the attachment that are the head; the rest of it is the tail.
    pub head: u64,
}

/// A program to be run.
#[derive(Debug, Clone)]
pub struct Program {
    run: Run,
    stdin: Option<Bytes>,
}

/// A program that was run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ran {
    /// The code with which it ended; none where a signal ended it or its end is not known.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// Who ended it.
    pub by: EndedBy,
    /// How long it took, in milliseconds.
    pub ms: u64,
    /// Processes that it has left behind and that could not be ended.
    pub survivors: Vec<i32>,
    /// What became of each limit.
    pub enforcement: Vec<Enforced>,
    /// What it wrote to standard output.
    pub stdout: Captured,
    /// What it wrote to standard error.
    pub stderr: Captured,
}

/// What is kept of an output.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Captured {
    /// How it begins; all of it where it is whole.
    pub head: Bytes,
    /// How it ends; empty where it is whole.
    pub tail: Bytes,
    /// Bytes in all.
    pub total: u64,
    /// Bytes between head and tail that were not kept.
    pub left_out: u64,
}

/// The programs that the agent whose task this is may have run; [`Context::programs`] gives
/// it.
#[derive(Debug, Clone)]
pub struct Programs {
    ctx: Context,
}

impl Program {
    /// A program with its arguments, in a folder.
    pub fn new(
        argv: impl IntoIterator<Item = impl Into<String>>,
        folder: impl Into<PathBuf>,
    ) -> Self {
        Self {
            run: Run {
                argv: argv.into_iter().map(Into::into).collect(),
                folder: path_text::encode(&folder.into()),
                ..Run::default()
            },
            stdin: None,
        }
    }

    /// Gives it a variable of the user's environment, where that has it.
    #[must_use]
    pub fn pass(mut self, name: impl Into<String>) -> Self {
        self.run.env.push(name.into());
        self
    }

    /// Gives it a variable with this value.
    #[must_use]
    pub fn set(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.run.set_env.insert(name.into(), value.into());
        self
    }

    /// Gives it these bytes on standard input.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Bytes>) -> Self {
        self.stdin = Some(bytes.into());
        self
    }

    /// Ends it after this time.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.run.timeout_ms = Some(milliseconds(timeout));
        self
    }

    /// Gives it this time to end after it was asked to.
    #[must_use]
    pub fn grace(mut self, grace: Duration) -> Self {
        self.run.grace_ms = Some(milliseconds(grace));
        self
    }

    /// Limits what it may use.
    #[must_use]
    pub fn limits(mut self, limits: ProgramLimits) -> Self {
        self.run.limits = limits;
        self
    }

    /// Keeps so many bytes of the head and of the tail of each output.
    #[must_use]
    pub fn keep(mut self, head_bytes: u64, tail_bytes: u64) -> Self {
        self.run.head_bytes = Some(head_bytes);
        self.run.tail_bytes = Some(tail_bytes);
        self
    }
}

impl Ran {
    /// Whether it ended by itself with the code 0.
    pub fn succeeded(&self) -> bool {
        self.by == EndedBy::Itself && self.code == Some(0)
    }

    /// What stands in an answer.
    ///
    /// # Errors
    /// Where it is none.
    pub fn of(answer: &Outcome) -> Result<Self, AgentError> {
        let ended: Ended = answer.output()?;
        let captured = |name: &str, written: Written| {
            let kept = answer.attachment(name).cloned().unwrap_or_default();
            let head =
                usize::try_from(written.head).map_or(kept.len(), |head| head.min(kept.len()));
            Captured {
                head: kept.slice(..head),
                tail: kept.slice(head..),
                total: written.bytes,
                left_out: written.left_out,
            }
        };
        Ok(Self {
            stdout: captured(STDOUT, ended.stdout),
            stderr: captured(STDERR, ended.stderr),
            code: ended.code,
            signal: ended.signal,
            by: ended.by,
            ms: ended.ms,
            survivors: ended.survivors,
            enforcement: ended.enforcement,
        })
    }
}

impl Captured {
    /// Whether all of it was kept.
    pub fn is_whole(&self) -> bool {
        self.left_out == 0
    }

    /// It as text, with a line that says how much is left out; what is no UTF-8 is replaced.
    pub fn text(&self) -> String {
        let mut text = String::from_utf8_lossy(&self.head).into_owned();
        if !self.is_whole() {
            text.push_str(&format!("\n[{} bytes left out]\n", self.left_out));
        }
        text.push_str(&String::from_utf8_lossy(&self.tail));
        text
    }
}

impl Context {
    /// The programs that this agent may have run.
    pub fn programs(&self) -> Programs {
        Programs { ctx: self.clone() }
    }
}

impl Programs {
    /// Runs a program to its end. That it fails is no error: see [`Ran::succeeded`].
    ///
    /// # Errors
    /// With the code [`NOT_STARTED`] where it could not be started;
    /// [`ErrorCode::InvalidInput`](crate::ErrorCode::InvalidInput) where what is asked for is not
    /// well formed; [`ErrorCode::NoSuchService`](crate::ErrorCode::NoSuchService) where the host
    /// runs no programs or the manifest declares no permission for them.
    ///
    /// # Cancel safety
    /// Where the future is dropped, the program and all that it has started are ended.
    pub async fn run(&self, program: Program) -> Result<Ran, AgentError> {
        let mut request = ServiceRequest::new(SERVICE, RUN, &program.run)?;
        if let Some(bytes) = program.stdin {
            let media_type = "application/octet-stream";
            request = request.attach(Attachment::new(STDIN, media_type, bytes));
        }
        Ran::of(&self.ctx.service_with(request).await?)
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_output_says_how_much_is_left_out() {
        let captured = Captured {
            head: Bytes::from_static(b"first"),
            tail: Bytes::from_static(b"last"),
            total: 109,
            left_out: 100,
        };
        assert_eq!(captured.text(), "first\n[100 bytes left out]\nlast");
        let whole = Captured {
            head: Bytes::from_static(b"all"),
            tail: Bytes::new(),
            total: 3,
            left_out: 0,
        };
        assert_eq!(whole.text(), "all");
        assert!(whole.is_whole() && !captured.is_whole());
    }

    #[test]
    fn an_answer_that_says_too_much_of_its_head_is_read_all_the_same() {
        let written = Written {
            bytes: 2,
            left_out: 0,
            head: u64::MAX,
        };
        let ended = Ended {
            code: Some(0),
            signal: None,
            by: EndedBy::Itself,
            ms: 1,
            survivors: Vec::new(),
            enforcement: Vec::new(),
            stdout: written,
            stderr: Written::default(),
        };
        let mut answer = Outcome::new(&ended).unwrap();
        answer.attach(Attachment::new(STDOUT, "text/plain", "ok"));
        let ran = Ran::of(&answer).unwrap();
        assert!(ran.succeeded());
        assert_eq!(ran.stdout.text(), "ok");
    }
}
