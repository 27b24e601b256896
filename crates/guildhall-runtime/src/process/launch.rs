//! Starts programs so that they can be limited, and ended with all that they started.
//!
//! What a process must do to itself between `fork` and `exec` is done by two short
//! lives of the embedding program, which calls [`run_if_launcher`] first thing in `main`:
//!
//! 1. The *supervisor* is told its job over a socket on its standard input. It leaves the
//!    host's session, becomes the parent of every orphan below it, and locks the attempt's
//!    lock file, so that nobody repeats an attempt whose processes still live. It starts
//!    the launcher and then waits: for the end of the program, or for the host, which asks
//!    for the end by a line, or dies, which closes the socket. In every case it ends
//!    whatever is left: a request, the grace, then by force. Last it says how the program
//!    ended.
//! 2. The *launcher* limits itself, tells the supervisor what the system enforces, and
//!    becomes the program. Should the supervisor be killed, the program is too.
//!
//! Elsewhere than on Linux only the program's process group is ended, and the limits on
//! files and the network are not enforced. Every attempt says which of its limits were.

mod client;
mod confine;
mod control;
mod inner;
mod job;
mod processor_time;
mod resources;
mod supervisor;
mod text;
mod tree;

use std::sync::atomic::{AtomicBool, Ordering};

pub(super) use client::{Client, Running};
pub(super) use job::{EndedBy, Exit, Job, JobLimits, NotStarted, Report};
pub(super) use text::SystemText;

/// Name under which the supervisor runs.
const SUPERVISOR_NAME: &str = "guildhall: supervisor";

/// Name under which the launcher runs until it becomes the program.
const LAUNCHER_NAME: &str = "guildhall: launch";

/// Whether this program does the work of a supervisor or launcher where it is started as one.
static PREPARED: AtomicBool = AtomicBool::new(false);

/// Does the work of a supervisor or launcher where the program was started as one, and
/// then ends the process; comes back at once otherwise.
///
/// A program whose agents are [`super::ProcessAgent`]s calls it first thing in `main`,
/// before it starts a thread or reads its arguments, and before
/// [`guildhall_host::ending::supervise`]. Without that, or a program of its own in
/// [`super::ProcessSettings::launcher`], its process agents refuse every task: what they
/// start would be the whole program once more, without end.
///
/// ```no_run
/// // First thing in `main`:
/// guildhall_runtime::process::launch::run_if_launcher();
/// guildhall_host::ending::supervise();
/// // From here on as any other program.
/// ```
pub fn run_if_launcher() {
    PREPARED.store(true, Ordering::Release);
    let Some(name) = std::env::args_os().next() else {
        return;
    };
    if name == SUPERVISOR_NAME {
        std::process::exit(supervisor::run());
    }
    if name == LAUNCHER_NAME {
        std::process::exit(inner::run());
    }
}
