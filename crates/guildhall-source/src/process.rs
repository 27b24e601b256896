//! One running program: its streams, its time, its end.
//!
//! It is given the environment that is named and no other variable, no terminal, and a
//! time limit; whoever waits for it can cancel. It is ended, with all that it started,
//! where whoever reads it leaves.
//!
//! ```
//! use std::time::Duration;
//! use guildhall_source::process::{self, Setting, Watch};
//!
//! let setting = Setting {
//!     program: "sort".into(),
//!     leading: Vec::new(),
//!     folder: "/".into(),
//!     environment: vec![("PATH".into(), "/usr/bin:/bin".into())],
//! };
//! let watch = Watch::new(&|| false).within(Duration::from_secs(60));
//! let ended = process::run(&setting, ["-u"], b"b\na\nb\n", &watch)?;
//! assert_eq!((ended.code, &ended.output[..]), (Some(0), &b"a\nb\n"[..]));
//! # Ok::<(), guildhall_source::SourceError>(())
//! ```

use std::ffi::{OsStr, OsString};
use std::io::{self, Read as _, Write as _};
use std::ops::ControlFlow;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use guildhall_git::hardening;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process_group};

use crate::SourceError;

/// Time that one command may take where nothing else is said; walking through a large
/// history takes minutes.
const TIME_LIMIT: Duration = Duration::from_secs(600);

/// Bytes of an answer that [`run`] keeps.
const MOST_KEPT: usize = 256 << 20;

/// Bytes of a program's errors that are kept.
const MOST_ERRORS: usize = 16 << 10;

/// Bytes that are read at once.
const PIECE: usize = 64 << 10;

/// How long the caller is not asked whether it wants an end.
const STEP: Duration = Duration::from_millis(50);

/// The pause between two looks at whether a program, whose output has ended, is gone.
const PAUSE: Duration = Duration::from_millis(1);

/// For how long a command is waited for, and who may end it.
#[derive(Clone, Copy)]
pub struct Watch<'a> {
    is_cancelled: &'a dyn Fn() -> bool,
    limit: Duration,
}

/// What runs, where, and with which environment.
#[derive(Debug, Clone)]
pub struct Setting {
    /// The program: a path, or a name that is looked for in the `PATH` of the environment.
    pub program: OsString,
    /// What each of its command lines begins with.
    pub leading: Vec<OsString>,
    /// The folder that it runs in.
    pub folder: PathBuf,
    /// All the variables that it is given.
    pub environment: Vec<(OsString, OsString)>,
}

/// What became of a program that was waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// Its exit code; `None` where a signal ended it.
    pub code: Option<i32>,
    /// What it wrote to its output.
    pub output: Vec<u8>,
    /// The beginning of what it wrote to its errors, at most 16 KiB of it.
    pub errors: Vec<u8>,
}

/// When a command must have ended.
pub(crate) struct Deadline<'a> {
    watch: &'a Watch<'a>,
    started: Instant,
}

/// A program that runs. When it is dropped it is ended, with all that it started.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    /// Whether it was waited for, after which its id may be another's.
    has_ended: bool,
    input: Option<ChildStdin>,
    output: ChildStdout,
    errors: Option<ChildStderr>,
    /// The beginning of what it wrote to its errors.
    said: Vec<u8>,
    /// The program and its subcommand, as messages name them.
    command: String,
}

/// Runs a program to its end and gives `take` its output as it comes; on `Break` it is
/// ended, and `Break` is the answer. It is given no input. `is_answer` says with which exit
/// codes it has done what it was asked.
///
/// # Errors
/// [`SourceError::NoGit`] and [`SourceError::NoProgram`] where it is not there,
/// [`SourceError::Start`] where it cannot be started, [`SourceError::Command`] where it
/// ends with another code, [`SourceError::TimedOut`] and
/// [`SourceError::Cancelled`] as `watch` says.
pub fn stream(
    setting: &Setting,
    arguments: Vec<OsString>,
    watch: &Watch<'_>,
    is_answer: impl Fn(Option<i32>) -> bool,
    mut take: impl FnMut(&[u8]) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, SourceError> {
    let deadline = Deadline::of(watch);
    let mut running = Running::start(setting, arguments, false)?;
    if running.read_all(&deadline, &mut take)?.is_break() {
        return Ok(ControlFlow::Break(()));
    }
    match running.wait(&deadline)? {
        code if is_answer(code) => Ok(ControlFlow::Continue(())),
        code => Err(running.failed(code)),
    }
}

/// Runs a program to its end with this input and gives all that it says, whatever its exit
/// code. More than 256 MiB of output is a failure.
///
/// # Errors
/// As [`stream`], but that an exit code is none.
pub fn run<A: AsRef<OsStr>>(
    setting: &Setting,
    arguments: impl IntoIterator<Item = A>,
    input: &[u8],
    watch: &Watch<'_>,
) -> Result<Ended, SourceError> {
    let deadline = Deadline::of(watch);
    let arguments = arguments.into_iter();
    let arguments = arguments.map(|argument| argument.as_ref().to_owned());
    let mut running = Running::start(setting, arguments.collect(), true)?;
    if let Some(mut pipe) = running.input.take() {
        let input = input.to_vec();
        // A program may write before it has read all, and a pipe holds little. Nobody waits
        // for this: whoever holds the other end could keep it waiting.
        std::thread::spawn(move || {
            // One that wants no more of it says so by closing its end.
            let _ = pipe.write_all(&input);
        });
    }
    let output = running.kept(MOST_KEPT, &deadline)?;
    let code = running.wait(&deadline)?;
    Ok(Ended {
        code,
        output,
        errors: std::mem::take(&mut running.said),
    })
}

impl<'a> Watch<'a> {
    /// Each command may take ten minutes, and `is_cancelled` is asked at least every
    /// 50 ms of waiting.
    pub fn new(is_cancelled: &'a dyn Fn() -> bool) -> Self {
        Self {
            is_cancelled,
            limit: TIME_LIMIT,
        }
    }

    /// The same with another time limit for each command. The time that whoever takes
    /// its output needs counts as well.
    #[must_use]
    pub fn within(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }
}

impl<'a> Deadline<'a> {
    pub(crate) fn of(watch: &'a Watch<'a>) -> Self {
        Self {
            watch,
            started: Instant::now(),
        }
    }

    /// How long may be waited now before this is asked again.
    fn step(&self, running: &Running) -> Result<Duration, SourceError> {
        if (self.watch.is_cancelled)() {
            return Err(SourceError::Cancelled);
        }
        let limit = self.watch.limit;
        match limit.checked_sub(self.started.elapsed()) {
            Some(left) if !left.is_zero() => Ok(left.min(STEP)),
            _ => Err(SourceError::TimedOut {
                command: running.command.clone(),
                limit,
            }),
        }
    }
}

impl Running {
    pub(crate) fn start(
        setting: &Setting,
        arguments: Vec<OsString>,
        with_input: bool,
    ) -> Result<Self, SourceError> {
        let input = if with_input {
            Stdio::piped()
        } else {
            Stdio::null()
        };
        let mut child = Command::new(&setting.program)
            .args(&setting.leading)
            .args(&arguments)
            .current_dir(&setting.folder)
            .env_clear()
            .envs(
                setting
                    .environment
                    .iter()
                    .map(|(name, value)| (name, value)),
            )
            .stdin(input)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .map_err(|error| not_started(setting, error))?;
        let piped = "the stream was asked for";
        Ok(Self {
            input: child.stdin.take(),
            output: child.stdout.take().expect(piped),
            errors: Some(child.stderr.take().expect(piped)),
            child,
            has_ended: false,
            said: Vec::new(),
            command: format!("{} {}", name_of(setting), hardening::name_of(&arguments))
                .trim_end()
                .to_owned(),
        })
    }

    /// Writes to it. So little that a pipe holds it, or this could wait without a limit.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.input {
            Some(input) => input.write_all(bytes),
            None => Ok(()),
        }
    }

    /// Gives `take` the output up to its end.
    pub(crate) fn read_all(
        &mut self,
        deadline: &Deadline<'_>,
        take: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, SourceError> {
        let mut piece = vec![0; PIECE];
        loop {
            let read = self.read(&mut piece, deadline)?;
            if read == 0 {
                return Ok(ControlFlow::Continue(()));
            }
            if take(&piece[..read]).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
    }

    /// All of the output, which must not be more than this.
    pub(crate) fn kept(
        &mut self,
        most: usize,
        deadline: &Deadline<'_>,
    ) -> Result<Vec<u8>, SourceError> {
        let mut kept = Vec::new();
        let mut take = |bytes: &[u8]| {
            kept.extend_from_slice(bytes);
            if kept.len() > most {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        };
        if self.read_all(deadline, &mut take)?.is_break() {
            return Err(self.failure(format!("it wrote more than {most} bytes")));
        }
        Ok(kept)
    }

    /// Waits for output; nought is its end.
    pub(crate) fn read(
        &mut self,
        piece: &mut [u8],
        deadline: &Deadline<'_>,
    ) -> Result<usize, SourceError> {
        loop {
            let step = deadline.step(self)?;
            let (has_output, has_errors) = self.poll(step).map_err(|error| self.broken(&error))?;
            if has_errors {
                self.read_errors().map_err(|error| self.broken(&error))?;
            }
            if has_output {
                match self.output.read(piece) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    read => return read.map_err(|error| self.broken(&error)),
                }
            }
        }
    }

    /// Waits until it is gone; gives its exit code, `None` where a signal ended it.
    pub(crate) fn wait(&mut self, deadline: &Deadline<'_>) -> Result<Option<i32>, SourceError> {
        drop(self.input.take());
        while self.errors.is_some() {
            let step = deadline.step(self)?;
            if self
                .poll_errors(step)
                .map_err(|error| self.broken(&error))?
            {
                self.read_errors().map_err(|error| self.broken(&error))?;
            }
        }
        // What is left for it to do is to end, so this is a matter of microseconds.
        loop {
            let ended = self.child.try_wait().map_err(|error| self.broken(&error))?;
            if let Some(status) = ended {
                self.has_ended = true;
                return Ok(status.code());
            }
            deadline.step(self)?;
            std::thread::sleep(PAUSE);
        }
    }

    /// That it ended with a code that is a failure.
    pub(crate) fn failed(&self, code: Option<i32>) -> SourceError {
        self.failure(hardening::reason_of(&self.said, code))
    }

    /// That it failed for this reason.
    pub(crate) fn failure(&self, reason: String) -> SourceError {
        SourceError::Command {
            command: self.command.clone(),
            reason,
        }
    }

    fn broken(&self, error: &io::Error) -> SourceError {
        self.failure(format!("its output cannot be read: {error}"))
    }

    /// Whether there is output to be read, and whether there are errors.
    fn poll(&self, step: Duration) -> io::Result<(bool, bool)> {
        let output = PollFd::new(&self.output, PollFlags::IN);
        let Some(errors) = &self.errors else {
            let mut one = [output];
            wait_for(&mut one, step)?;
            return Ok((has_news(&one[0]), false));
        };
        let mut both = [output, PollFd::new(errors, PollFlags::IN)];
        wait_for(&mut both, step)?;
        Ok((has_news(&both[0]), has_news(&both[1])))
    }

    fn poll_errors(&self, step: Duration) -> io::Result<bool> {
        let Some(errors) = &self.errors else {
            return Ok(false);
        };
        let mut one = [PollFd::new(errors, PollFlags::IN)];
        wait_for(&mut one, step)?;
        Ok(has_news(&one[0]))
    }

    /// Reads what there is of errors and keeps what there is room for.
    fn read_errors(&mut self) -> io::Result<()> {
        let Some(errors) = &mut self.errors else {
            return Ok(());
        };
        let mut piece = [0; 4096];
        match errors.read(&mut piece) {
            Ok(0) => self.errors = None,
            Ok(read) => {
                let room = MOST_ERRORS - self.said.len();
                self.said.extend_from_slice(&piece[..read.min(room)]);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.has_ended {
            return;
        }
        let group = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        if let Some(group) = group {
            // Its leader was not waited for, so the id cannot be another's yet.
            let _ = kill_process_group(group, Signal::KILL);
        }
        // It was killed, so this does not take long; without it a zombie would stay.
        let _ = self.child.wait();
    }
}

fn wait_for(files: &mut [PollFd<'_>], step: Duration) -> io::Result<()> {
    let step = Timespec::try_from(step).map_err(io::Error::other)?;
    match poll(files, Some(&step)) {
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Whether something can be read without waiting, be it the end.
fn has_news(file: &PollFd<'_>) -> bool {
    !file.revents().is_empty()
}

fn not_started(setting: &Setting, error: io::Error) -> SourceError {
    if error.kind() == io::ErrorKind::NotFound && setting.folder.is_dir() {
        return match setting.program == "git" {
            true => SourceError::NoGit,
            false => SourceError::NoProgram {
                program: name_of(setting),
            },
        };
    }
    SourceError::Start {
        program: name_of(setting),
        folder: setting.folder.clone(),
        source: error,
    }
}

/// A program as messages name it: without the folders before it.
fn name_of(setting: &Setting) -> String {
    let name = Path::new(&setting.program).file_name();
    let name = name.unwrap_or(&setting.program);
    name.to_string_lossy().into_owned()
}
