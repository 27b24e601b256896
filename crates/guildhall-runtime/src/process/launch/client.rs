//! The host's side: starts a supervisor and talks with it.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdStream;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::Ordering;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};

use super::job::{Job, Report};
use super::{PREPARED, SUPERVISOR_NAME};

/// Why nothing is started by a program that would start itself over and over.
const UNPREPARED: &str = "this program cannot start agents that are programs: it has to call \
    guildhall_runtime::process::launch::run_if_launcher() first thing in main, or to name \
    another program as launcher";

/// Starts programs through a launcher.
#[derive(Debug, Clone)]
pub(in crate::process) struct Client {
    launcher: Option<PathBuf>,
}

/// A program under its supervisor. Dropping it has the supervisor end the program and all
/// of its descendants.
#[derive(Debug)]
pub(in crate::process) struct Running {
    supervisor: Child,
    to: OwnedWriteHalf,
    from: Lines<BufReader<OwnedReadHalf>>,
}

impl Client {
    /// A client whose launcher is `launcher`, or this very program.
    pub(in crate::process) fn new(launcher: Option<PathBuf>) -> Self {
        Self { launcher }
    }

    /// Starts a supervisor and tells it the job; gives it and what the program writes to
    /// standard output and standard error.
    pub(in crate::process) async fn start(
        &self,
        job: &Job,
    ) -> io::Result<(Running, ChildStdout, ChildStderr)> {
        let launcher = match &self.launcher {
            Some(launcher) => launcher.clone(),
            None if PREPARED.load(Ordering::Acquire) => own_program()?,
            None => return Err(io::Error::other(UNPREPARED)),
        };
        let (own, its) = StdStream::pair()?;
        own.set_nonblocking(true)?;
        // Dropped at the end of the statement, and with it the other end of the socket:
        // it must close when the supervisor ends.
        let mut supervisor = Command::new(launcher)
            .arg0(SUPERVISOR_NAME)
            .stdin(Stdio::from(OwnedFd::from(its)))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let piped = "standard output and standard error were asked for";
        let output = supervisor.stdout.take().expect(piped);
        let errors = supervisor.stderr.take().expect(piped);
        let (from, mut to) = UnixStream::from_std(own)?.into_split();
        let mut line = serde_json::to_vec(job)?;
        line.push(b'\n');
        // A supervisor that ended already says so by its end.
        let _ = to.write_all(&line).await;
        let running = Running {
            supervisor,
            to,
            from: BufReader::new(from).lines(),
        };
        Ok((running, output, errors))
    }
}

impl Running {
    /// The supervisor's next word; `None` where it has ended.
    ///
    /// Dropping the future loses nothing.
    pub(in crate::process) async fn next(&mut self) -> Option<Report> {
        let line = self.from.next_line().await.ok()??;
        serde_json::from_str(&line).ok()
    }

    /// Asks for the end of the program.
    pub(in crate::process) async fn end(&mut self) {
        // Where it cannot be asked it has ended.
        let _ = self.to.write_all(b"\"end\"\n").await;
    }

    /// Waits for the end of the supervisor, after which its locks are free.
    pub(in crate::process) async fn wait(&mut self) {
        // The child was not waited for elsewhere, so this does not fail.
        let _ = self.supervisor.wait().await;
    }
}

/// The file of this very program. By its name in `/proc` it is the one that runs, even
/// where it was replaced or removed meanwhile.
pub(super) fn own_program() -> io::Result<PathBuf> {
    let running = Path::new("/proc/self/exe");
    if cfg!(target_os = "linux") && running.exists() {
        return Ok(running.to_owned());
    }
    std::env::current_exe()
}
