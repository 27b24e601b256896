//! The launcher: limits itself and becomes the program.

use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use rustix::process::{getppid, setsid};

use super::confine;
use super::control::Control;
use super::job::{Job, LauncherJob, LauncherReport};

/// Exit code where the program was found but could not be run, as shells give it.
const CANNOT_RUN: i32 = 126;

/// Becomes the program; comes back, with an exit code, only where that fails.
pub(super) fn run() -> i32 {
    let Ok(mut control) = Control::take_stdin() else {
        return CANNOT_RUN;
    };
    let Ok(Some(LauncherJob { supervisor, job })) = control.read() else {
        return CANNOT_RUN;
    };
    let reason = match get_ready(supervisor, &job) {
        Ok(()) => become_program(&control, &job),
        Err(reason) => reason,
    };
    // Where the supervisor is gone there is nobody to tell.
    let _ = control.write(&LauncherReport::Failed(reason));
    CANNOT_RUN
}

fn get_ready(supervisor: i32, job: &Job) -> Result<(), String> {
    // A session of its own: a program that signals its whole group spares the supervisor.
    let _ = setsid();
    die_with(supervisor)?;
    let folder = job.folder.to_path();
    std::env::set_current_dir(&folder)
        .map_err(|error| format!("its folder {} cannot be entered: {error}", folder.display()))?;
    let input = job.input.as_ref().map(|input| input.to_path());
    let input = input.as_deref().unwrap_or(Path::new("/dev/null"));
    let input = File::open(input)
        .map_err(|error| format!("its input {} cannot be read: {error}", input.display()))?;
    rustix::stdio::dup2_stdin(input).map_err(|error| error.to_string())
}

/// Comes back only where the program could not be run; says why.
fn become_program(control: &Control, job: &Job) -> String {
    let variables = job.environment.iter();
    let mut command = Command::new(job.program.as_os_str());
    command
        .arg0(job.name.as_os_str())
        .args(job.arguments.iter().map(|argument| argument.as_os_str()))
        .env_clear()
        .envs(variables.map(|(name, value)| (name.as_os_str(), value.as_os_str())));
    let enforcement = confine::apply(&job.limits);
    if let Err(error) = control.write(&LauncherReport::Ready(enforcement)) {
        return error.to_string();
    }
    command.exec().to_string()
}

/// Has this process killed when its supervisor dies.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn die_with(supervisor: i32) -> Result<(), String> {
    use rustix::process::{Signal, set_parent_process_death_signal};

    set_parent_process_death_signal(Some(Signal::KILL)).map_err(|error| error.to_string())?;
    check_parent(supervisor)
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn die_with(supervisor: i32) -> Result<(), String> {
    check_parent(supervisor)
}

/// It may have died before.
fn check_parent(supervisor: i32) -> Result<(), String> {
    let parent = getppid().map(|parent| parent.as_raw_pid());
    if parent == Some(supervisor) {
        return Ok(());
    }
    Err("the supervisor is gone".to_owned())
}
