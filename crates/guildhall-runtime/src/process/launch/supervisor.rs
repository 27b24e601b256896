//! The supervisor: starts the launcher, waits, and ends whatever is left.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, FdFlags, fcntl_setfd};
use rustix::process::{Pid, WaitOptions, WaitStatus, getpid, setsid, wait};

use super::control::Control;
use super::job::{EndedBy, Exit, Job, LauncherJob, LauncherReport, NotStarted, Report};
use super::tree::{Force, Tree};
use super::{LAUNCHER_NAME, client, processor_time};
use crate::process::limits::Enforcement;
use crate::process::lock;

/// Time for which a lock that somebody only looks at is tried again.
const LOCK_PATIENCE: Duration = Duration::from_secs(1);

/// Time for which processes that do not even end by force are waited for.
const KILL_PATIENCE: Duration = Duration::from_secs(10);

/// Time between two looks at what cannot be waited for.
const PAUSE: Duration = Duration::from_millis(5);

/// Time between two counts of the processes, where their number is limited.
const COUNT_PAUSE: Duration = Duration::from_millis(100);

/// Time after which orphans that have ended are reaped.
const REAP_PAUSE: Duration = Duration::from_secs(1);

/// Does the supervisor's whole work; gives the process's exit code.
pub(super) fn run() -> i32 {
    let Ok(mut control) = Control::take_stdin() else {
        return 1;
    };
    let Ok(Some(job)) = control.read::<Job>() else {
        return 1;
    };
    // Out of reach of the terminal's signals, and in nobody's way.
    let _ = setsid();
    let _ = std::env::set_current_dir("/");
    let report = match Supervisor::new(control, job) {
        Ok(supervisor) => supervisor.supervise(),
        Err((control, reason)) => control.write(&Report::NotStarted(reason)),
    };
    i32::from(report.is_err())
}

struct Supervisor {
    control: Control,
    job: Job,
    tree: Tree,
    /// The launcher, which becomes the program.
    program: Option<Pid>,
    /// How it ended, once it has.
    status: Option<WaitStatus>,
    /// Locks, held to the end.
    _locks: Vec<File>,
}

impl Supervisor {
    /// Locks first and looks for the host then: whoever comes after a dead host either
    /// finds the lock, or this supervisor finds the host dead and starts nothing.
    fn new(control: Control, job: Job) -> Result<Self, (Control, NotStarted)> {
        let locks = match take_locks(&job) {
            Ok(locks) => locks,
            Err(reason) => return Err((control, reason)),
        };
        if control.is_ready() {
            let reason = NotStarted::Refused("it was withdrawn before its start".to_owned());
            return Err((control, reason));
        }
        Ok(Self {
            control,
            job,
            tree: Tree::adopt(),
            program: None,
            status: None,
            _locks: locks,
        })
    }

    fn supervise(mut self) -> io::Result<()> {
        let started = match self.start() {
            Ok(enforcement) => Ok(enforcement),
            Err(reason) => {
                self.end_all(Duration::ZERO);
                Err(NotStarted::Refused(reason))
            }
        };
        match started {
            Ok(enforcement) => self.control.write(&Report::Started(enforcement))?,
            Err(reason) => return self.control.write(&Report::NotStarted(reason)),
        }
        let by = self.watch();
        let grace = match by {
            EndedBy::TooManyProcesses => Duration::ZERO,
            EndedBy::Itself | EndedBy::Request => Duration::from_millis(self.job.grace_ms),
        };
        let survivors = self.end_all(grace);
        self.control.write(&Report::Ended(Exit {
            code: self.status.and_then(WaitStatus::exit_status),
            signal: self.status.and_then(WaitStatus::terminating_signal),
            by,
            survivors,
            processor_ms: processor_time::of_children(),
        }))
    }

    /// Starts the launcher and hears of it until it is the program; gives what the
    /// system enforces.
    fn start(&mut self) -> Result<Vec<Enforcement>, String> {
        let mut launcher = self.start_launcher().map_err(|error| error.to_string())?;
        let mut enforcement = match self.hear(&mut launcher)? {
            Some(LauncherReport::Ready(enforcement)) => enforcement,
            Some(LauncherReport::Failed(reason)) => return Err(reason),
            None => return Err("the launcher ended before it became the program".to_owned()),
        };
        // The launcher's end of the socket closes when it becomes the program.
        match self.hear(&mut launcher)? {
            Some(LauncherReport::Failed(reason)) => return Err(reason),
            Some(LauncherReport::Ready(_)) | None => {}
        }
        if self.job.limits.processes.is_some() {
            enforcement.push(count_enforcement());
        }
        enforcement.push(self.tree.enforcement());
        Ok(enforcement)
    }

    fn start_launcher(&mut self) -> io::Result<Control> {
        let (own, its) = UnixStream::pair()?;
        let child = Command::new(client::own_program()?)
            .arg0(LAUNCHER_NAME)
            .stdin(Stdio::from(OwnedFd::from(its)))
            .spawn()?;
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        self.program = pid;
        if let Some(pid) = pid {
            self.tree.started(pid);
        }
        let control = Control::new(own);
        control.write(&LauncherJob {
            supervisor: getpid().as_raw_pid(),
            job: self.job.clone(),
        })?;
        Ok(control)
    }

    /// The launcher's next word, unless the host withdraws first.
    fn hear(&self, launcher: &mut Control) -> Result<Option<LauncherReport>, String> {
        while !launcher.is_ready() {
            if self.control.is_ready() {
                return Err("it was withdrawn before its start".to_owned());
            }
            let mut descriptors = [
                PollFd::new(&*launcher, PollFlags::IN),
                PollFd::new(&self.control, PollFlags::IN),
            ];
            wait_for(&mut descriptors, None);
        }
        launcher.read().map_err(|error| error.to_string())
    }

    /// Waits until the program has ended or has to be ended.
    fn watch(&mut self) -> EndedBy {
        let descriptor = self.program.and_then(descriptor_of);
        loop {
            self.reap();
            if self.status.is_some() {
                return EndedBy::Itself;
            }
            if self.control.is_ready() {
                return EndedBy::Request;
            }
            if self.has_too_many_processes() {
                return EndedBy::TooManyProcesses;
            }
            self.pause(descriptor.as_ref());
        }
    }

    fn has_too_many_processes(&self) -> bool {
        self.job.limits.processes.is_some_and(|limit| {
            u64::try_from(self.tree.pids().len()).is_ok_and(|count| count > limit)
        })
    }

    fn pause(&self, descriptor: Option<&OwnedFd>) {
        let mut descriptors = vec![PollFd::new(&self.control, PollFlags::IN)];
        descriptors.extend(descriptor.map(|program| PollFd::new(program, PollFlags::IN)));
        let pause = match (descriptor, self.job.limits.processes) {
            (None, _) => PAUSE,
            (Some(_), Some(_)) => COUNT_PAUSE,
            (Some(_), None) => REAP_PAUSE,
        };
        wait_for(&mut descriptors, Some(pause));
    }

    /// Ends all that is left: a request, the grace, then by force. Gives what lives
    /// nevertheless.
    fn end_all(&mut self, grace: Duration) -> Vec<i32> {
        if self.is_gone() {
            return Vec::new();
        }
        // Once only: what a process starts in order to tidy up is to be left alone.
        self.tree.end(Force::Ask);
        if self.is_gone_within(grace, |_| {}) {
            return Vec::new();
        }
        // Again and again, because what is being ended may start more.
        if self.is_gone_within(KILL_PATIENCE, |tree| tree.end(Force::Kill)) {
            return Vec::new();
        }
        self.tree.pids()
    }

    fn is_gone_within(&mut self, patience: Duration, act: impl Fn(&Tree)) -> bool {
        let start = Instant::now();
        while start.elapsed() < patience {
            if self.is_gone() {
                return true;
            }
            act(&self.tree);
            std::thread::sleep(PAUSE);
        }
        false
    }

    fn is_gone(&mut self) -> bool {
        let has_children = self.reap();
        self.tree.is_gone(has_children)
    }

    /// Takes note of children that have ended; whether there are any left.
    fn reap(&mut self) -> bool {
        loop {
            match wait(WaitOptions::NOHANG) {
                Ok(Some((pid, status))) => {
                    if Some(pid) == self.program {
                        self.status = Some(status);
                    }
                }
                Ok(None) => return true,
                Err(Errno::INTR) => {}
                Err(_) => return false,
            }
        }
    }
}

/// The attempt's lock, which descendants inherit, so that it holds even where this
/// process is killed; and the shared ones on the folders that are in use.
fn take_locks(job: &Job) -> Result<Vec<File>, NotStarted> {
    let refused = |error: io::Error| NotStarted::Refused(error.to_string());
    let mut locks = Vec::new();
    for file in &job.hold {
        let file = File::open(file.as_os_str()).map_err(refused)?;
        file.lock_shared().map_err(refused)?;
        locks.push(file);
    }
    let Some(path) = &job.lock else {
        return Ok(locks);
    };
    let holder = format!("process {}", getpid().as_raw_pid());
    let start = Instant::now();
    loop {
        if let Some(file) = lock::take(&path.to_path(), &holder).map_err(refused)? {
            // Nothing else runs in this process, so no other child inherits it by accident.
            fcntl_setfd(&file, FdFlags::empty()).map_err(|error| refused(error.into()))?;
            locks.push(file);
            return Ok(locks);
        }
        if start.elapsed() > LOCK_PATIENCE {
            return Err(NotStarted::Locked);
        }
        std::thread::sleep(PAUSE);
    }
}

fn count_enforcement() -> Enforcement {
    let by = format!(
        "the supervisor counts every {} ms and ends the program",
        COUNT_PAUSE.as_millis()
    );
    Enforcement::held("processes", by)
}

/// Waits until one is ready; an interruption is as good.
fn wait_for(descriptors: &mut [PollFd<'_>], timeout: Option<Duration>) {
    let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
    let _ = poll(descriptors, timeout.as_ref());
}

/// Something that is ready when the process has ended, where the system has that.
#[cfg(target_os = "linux")]
fn descriptor_of(program: Pid) -> Option<OwnedFd> {
    use rustix::process::{PidfdFlags, pidfd_open};

    pidfd_open(program, PidfdFlags::empty()).ok()
}

#[cfg(not(target_os = "linux"))]
fn descriptor_of(_program: Pid) -> Option<OwnedFd> {
    None
}
