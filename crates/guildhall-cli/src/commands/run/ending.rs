//! What is said of a run that this process worked on, and the exit code.

use std::io::ErrorKind;

use guildhall_coordination::ledger::{Phase, TaskStatus};
use guildhall_coordination::{Ledger, RunId, RunStatus};
use guildhall_runtime::RuntimeError;

use crate::exit::{Failure, code};
use crate::running::short;

/// The exit code of a run that completed; of any other, why it did not and how to go on.
pub(super) fn judge(run: RunId, ledger: &Ledger, interrupted: bool) -> Result<u8, Failure> {
    let run = short(run);
    let (message, help, code) = match ledger.phase() {
        Some(Phase::Ended(RunStatus::Completed)) => return Ok(code::CLEAN),
        Some(Phase::Ended(RunStatus::Failed)) => (
            failed(ledger),
            format!(
                "`guildhall results {run}` shows why; `guildhall run --resume {run} \
                 --retry-failed` tries again"
            ),
            code::FINDINGS,
        ),
        Some(Phase::Ended(RunStatus::Cancelled)) => (
            "the run was cancelled".to_owned(),
            format!("`guildhall results {run}` shows how far it came"),
            code::FINDINGS,
        ),
        _ if interrupted => (
            "interrupted; the run is paused".to_owned(),
            format!("`guildhall run --resume {run}` goes on with it"),
            code::INTERRUPTED,
        ),
        Some(Phase::Paused { reason }) => (
            format!("the run is paused: {reason}"),
            format!(
                "`guildhall run --resume {run}` goes on with it; --budget-usd, --budget-tokens \
                 and --budget-seconds give it more"
            ),
            code::PAUSED,
        ),
        _ => (
            "the run has not ended".to_owned(),
            format!("`guildhall run --resume {run}` goes on with it"),
            code::PAUSED,
        ),
    };
    Err(Failure::RunUnfinished {
        message,
        help,
        code,
    })
}

/// What broke off the work; the run is named where it can go on once that is mended.
pub(super) fn broken_off(run: RunId, error: RuntimeError) -> Failure {
    match error {
        RuntimeError::File { .. }
        | RuntimeError::StoreFull { .. }
        | RuntimeError::StoreBusy { .. }
        | RuntimeError::StoreFailed { .. }
        | RuntimeError::CoordinatorFailed { .. } => Failure::BrokenOff { run, source: error },
        error => error.into(),
    }
}

/// Why the results were not printed; the run, which has them still, is named.
pub(super) fn not_printed(run: RunId, failure: Failure) -> Failure {
    match failure {
        // Whoever closed the pipe has read what they wanted.
        Failure::Output(error) if error.kind() != ErrorKind::BrokenPipe => {
            Failure::OutputOfRun { run, source: error }
        }
        failure => failure,
    }
}

fn failed(ledger: &Ledger) -> String {
    let tasks = ledger.tasks().iter().filter(|task| !task.is_expansion());
    let (mut all, mut failed) = (0, 0);
    for task in tasks {
        all += 1;
        failed += usize::from(task.status == TaskStatus::Failed);
    }
    match failed {
        // A task that should have become several, for example.
        0 => "the run failed".to_owned(),
        _ => format!("{failed} of {all} tasks failed"),
    }
}
