//! What a run says in the program's log: with the run, the task and the attempt, so that
//! lines of many runs can be told apart.

use guildhall_coordination::{Ledger, Recorded, RunEvent, RunId, TaskIndex};

/// Logs an event that was written.
pub(super) fn event(run: RunId, recorded: &Recorded, ledger: &Ledger) {
    let task = recorded.event.task().map(|task| key_of(ledger, task));
    let task = task.as_deref().unwrap_or_default();
    let (seq, epoch) = (recorded.seq, recorded.epoch);
    match &recorded.event {
        RunEvent::Opened(opened) => {
            tracing::info!(%run, seq, epoch, process = opened.process, "the run is worked on");
        }
        RunEvent::Started(it) => {
            tracing::info!(%run, seq, task, attempt = it.attempt, agent = %it.agent, "an attempt begins");
        }
        RunEvent::Completed(it) => {
            let ms = it
                .receipt
                .as_ref()
                .map_or(0, |receipt| receipt.duration_ms());
            tracing::info!(%run, seq, task, ms, "the task completed");
        }
        RunEvent::AttemptFailed(it) => {
            let class = format!("{:?}", it.class);
            // Nobody is to blame for what was withdrawn.
            if !it.class.counts() {
                let attempt = it.attempt;
                tracing::info!(%run, seq, task, attempt, class, "an attempt was withdrawn");
                return;
            }
            tracing::warn!(%run, seq, task, attempt = it.attempt, class, error = %it.error, "an attempt failed");
        }
        RunEvent::Failed { error, .. } => {
            tracing::error!(%run, seq, task, %error, "the task failed");
        }
        RunEvent::Cancelled { reason, .. } => {
            tracing::info!(%run, seq, task, reason, "the task is cancelled");
        }
        RunEvent::Skipped { reason, .. } => {
            tracing::info!(%run, seq, task, reason, "the task is skipped");
        }
        RunEvent::Expanded { children, why, .. } => {
            tracing::info!(%run, seq, task, children, why, "the task became others");
        }
        RunEvent::LimitsChanged(it) => {
            let (limit, from, to) = (it.limit.to_string(), it.from, it.to);
            tracing::info!(%run, seq, limit, from, to, by = it.by, why = it.why, "a limit was changed");
        }
        RunEvent::Paused { reason } => tracing::warn!(%run, seq, reason, "the run is paused"),
        RunEvent::Ended { status } => {
            let status = format!("{status:?}");
            tracing::info!(%run, seq, status, "the run has ended");
        }
        other => tracing::debug!(%run, seq, kind = other.kind(), "the run's journal grew"),
    }
}

fn key_of(ledger: &Ledger, task: TaskIndex) -> String {
    let record = ledger.task(task);
    record.map_or_else(|| task.to_string(), |record| record.spec.key.to_string())
}
