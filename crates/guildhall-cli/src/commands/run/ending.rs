//! What is said of a run that this process worked on, and the exit code.

use guildhall_coordination::ledger::{Phase, TaskStatus};
use guildhall_coordination::{Ledger, RunId, RunStatus};

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
