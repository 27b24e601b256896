//! One running git: its streams, its time, its end.

use std::ffi::OsString;
use std::io::{self, Read as _, Write as _};
use std::ops::ControlFlow;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use guildhall_git::hardening;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process_group};

use super::Watch;
use crate::SourceError;

/// Bytes of git's errors that are kept.
const MOST_ERRORS: usize = 16 << 10;

/// Bytes that are read at once.
const PIECE: usize = 64 << 10;

/// How long the caller is not asked whether it wants an end.
const STEP: Duration = Duration::from_millis(50);

/// The pause between two looks at whether git, whose output has ended, is gone.
const PAUSE: Duration = Duration::from_millis(1);

/// Where git runs, and with which environment.
#[derive(Debug, Clone)]
pub(super) struct Setting {
    pub(super) folder: PathBuf,
    pub(super) environment: Vec<(OsString, OsString)>,
}

/// When a command must have ended.
pub(super) struct Deadline<'a> {
    watch: &'a Watch<'a>,
    started: Instant,
}

/// A git that runs. When it is dropped git is ended, with all that it started.
#[derive(Debug)]
pub(super) struct Running {
    child: Child,
    /// Whether it was waited for, after which its id may be another's.
    has_ended: bool,
    input: Option<ChildStdin>,
    output: ChildStdout,
    errors: Option<ChildStderr>,
    /// The beginning of what it wrote to its errors.
    said: Vec<u8>,
    command: String,
}

/// Runs git to its end; see [`super::Repository::stream`].
pub(super) fn stream(
    setting: &Setting,
    arguments: Vec<OsString>,
    watch: &Watch<'_>,
    mut take: impl FnMut(&[u8]) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, SourceError> {
    let deadline = Deadline::of(watch);
    let mut running = Running::start(setting, arguments, false)?;
    if running.read_all(&deadline, &mut take)?.is_break() {
        return Ok(ControlFlow::Break(()));
    }
    match running.wait(&deadline)? {
        Some(0) => Ok(ControlFlow::Continue(())),
        code => Err(running.failed(code)),
    }
}

impl<'a> Deadline<'a> {
    pub(super) fn of(watch: &'a Watch<'a>) -> Self {
        Self {
            watch,
            started: Instant::now(),
        }
    }

    /// How long may be waited now before this is asked again.
    fn step(&self, command: &str) -> Result<Duration, SourceError> {
        if (self.watch.is_cancelled)() {
            return Err(SourceError::Cancelled);
        }
        let limit = self.watch.limit;
        match limit.checked_sub(self.started.elapsed()) {
            Some(left) if !left.is_zero() => Ok(left.min(STEP)),
            _ => Err(SourceError::TimedOut {
                command: command.to_owned(),
                limit,
            }),
        }
    }
}

impl Running {
    pub(super) fn start(
        setting: &Setting,
        arguments: Vec<OsString>,
        with_input: bool,
    ) -> Result<Self, SourceError> {
        let input = if with_input {
            Stdio::piped()
        } else {
            Stdio::null()
        };
        let mut child = Command::new("git")
            .args(hardening::arguments())
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
            command: hardening::name_of(&arguments),
        })
    }

    /// Writes to git. So little that a pipe holds it, or this could wait without a limit.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.input {
            Some(input) => input.write_all(bytes),
            None => Ok(()),
        }
    }

    /// Gives `take` the output up to its end.
    pub(super) fn read_all(
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

    /// Waits for output; nought is its end.
    pub(super) fn read(
        &mut self,
        piece: &mut [u8],
        deadline: &Deadline<'_>,
    ) -> Result<usize, SourceError> {
        loop {
            let step = deadline.step(&self.command)?;
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

    /// Waits until git is gone; gives its exit code, `None` where a signal ended it.
    pub(super) fn wait(&mut self, deadline: &Deadline<'_>) -> Result<Option<i32>, SourceError> {
        drop(self.input.take());
        while self.errors.is_some() {
            let step = deadline.step(&self.command)?;
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
            deadline.step(&self.command)?;
            std::thread::sleep(PAUSE);
        }
    }

    /// That git ended with a code that is a failure.
    pub(super) fn failed(&self, code: Option<i32>) -> SourceError {
        self.failure(hardening::reason_of(&self.said, code))
    }

    /// That git failed for this reason.
    pub(super) fn failure(&self, reason: String) -> SourceError {
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
        return SourceError::NoGit;
    }
    SourceError::Start {
        folder: setting.folder.clone(),
        source: error,
    }
}
