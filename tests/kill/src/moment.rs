//! When a process is killed, and which.

use std::time::{Duration, Instant};

use anyhow::Result;
use guildhall_coordination::Random;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::effects;
use crate::processes;
use crate::sandbox::{LOOK, Sandbox, Started};

/// When a process is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// This long after its start.
    AfterStart(Duration),
    /// This long after its first attempt was seen to begin, or later, when attempts are in
    /// flight.
    AtWork(Duration),
}

/// Which process is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Victim {
    /// The one that works.
    Worker,
    /// The one that the user started, which watches over the other.
    Parent,
    /// Both at once.
    Group,
}

/// What came of a session that was to be killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hit {
    /// It was killed while this many attempts were in flight.
    Killed(usize),
    /// It ended before.
    TooLate,
}

impl Moment {
    /// A few moments are any; the others are at work.
    pub fn any(random: &mut Random) -> Self {
        if random.per_mille(60) {
            return Self::AfterStart(Duration::from_millis(random.up_to(500)));
        }
        Self::AtWork(Duration::from_millis(random.up_to(120)))
    }
}

impl Victim {
    /// Any of them; most often the one that works.
    pub fn any(random: &mut Random) -> Self {
        match random.up_to(4) {
            0 => Self::Parent,
            1 => Self::Group,
            _ => Self::Worker,
        }
    }
}

/// Waits for the moment and kills.
///
/// # Errors
/// Where processes or effects cannot be looked at.
pub fn kill_at(
    sandbox: &mut Sandbox,
    started: &mut Started,
    moment: Moment,
    victim: Victim,
) -> Result<Hit> {
    let Some(worker) = started.worker()? else {
        return Ok(Hit::TooLate);
    };
    sandbox.worker_is(started.session, worker);
    match moment {
        Moment::AfterStart(after) => std::thread::sleep(after),
        Moment::AtWork(after) => {
            if !wait_for_work(sandbox, started)? {
                return Ok(Hit::TooLate);
            }
            std::thread::sleep(after);
            if !wait_for_work(sandbox, started)? {
                return Ok(Hit::TooLate);
            }
        }
    }
    let in_flight = in_flight(sandbox, started.session)?;
    if started.parent.try_wait()?.is_some() {
        return Ok(Hit::TooLate);
    }
    kill(started, worker, victim);
    sandbox.was_killed(started.session);
    started.end()?;
    Ok(Hit::Killed(in_flight))
}

/// Kills one process of a session, or both.
pub fn kill(started: &Started, worker: u32, victim: Victim) {
    // Whichever is gone already needs no killing.
    let _ = match victim {
        Victim::Worker => kill_process(pid(worker), Signal::KILL),
        Victim::Parent => kill_process(pid(started.parent.id()), Signal::KILL),
        Victim::Group => kill_process_group(pid(started.parent.id()), Signal::KILL),
    };
}

/// Waits until attempts of this session are in flight; `false` where it ends before.
///
/// # Errors
/// Where the effects cannot be read.
pub fn wait_for_work(sandbox: &Sandbox, started: &mut Started) -> Result<bool> {
    let start = Instant::now();
    while in_flight(sandbox, started.session)? == 0 {
        if started.parent.try_wait()?.is_some() {
            return Ok(false);
        }
        anyhow::ensure!(
            start.elapsed() < Duration::from_secs(60),
            "session {} begins nothing",
            started.session
        );
        std::thread::sleep(LOOK);
    }
    Ok(true)
}

/// How many attempts of a session are at work.
///
/// # Errors
/// Where the effects cannot be read.
pub fn in_flight(sandbox: &Sandbox, session: u32) -> Result<usize> {
    let effects = sandbox.effects()?;
    let open = effects::open(&effects, processes::is_alive);
    Ok(open.iter().filter(|it| it.session == session).count())
}

/// A process id as the system's calls take it.
pub fn pid(raw: u32) -> Pid {
    let raw = i32::try_from(raw).unwrap_or(i32::MAX);
    Pid::from_raw(raw).unwrap_or(Pid::INIT)
}
