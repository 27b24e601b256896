//! What can be asked of a run beside working on it.

use guildhall_coordination::ledger::{Phase, Refusal, Reopen};
use guildhall_coordination::{
    Budget, Ledger, LimitsChanged, Outcomes, Placement, Recorded, RunId, RunSettings, TaskIndex,
    TaskKey, TaskResult, TaskSpec, Work,
};
use serde_json::Value;

use crate::RuntimeError;
use crate::run::{Outputs, ResultSource, change_run, events_after};
use crate::store::RunRow;

use super::Runtime;

/// Of how many of the newest runs the outcomes say which agent is good enough.
const RUNS_JUDGED_BY: usize = 100;

impl Runtime {
    /// All runs of the store, the oldest first.
    ///
    /// # Errors
    /// Whatever the store gives.
    pub async fn runs(&self) -> Result<Vec<RunRow>, RuntimeError> {
        self.journal.runs().await
    }

    /// The run that `text` means: its id, a beginning or an end of it that no other run
    /// has, its name where no other run has it, or `latest`.
    ///
    /// # Errors
    /// [`RuntimeError::NoSuchRun`], or [`RuntimeError::AmbiguousRun`] with those that it
    /// could mean.
    pub async fn find(&self, text: &str) -> Result<RunId, RuntimeError> {
        let runs = self.runs().await?;
        if text == "latest"
            && let Some(last) = runs.last()
        {
            return Ok(last.run);
        }
        let long_enough = text.len() >= 4;
        let meant = runs.iter().filter(|row| {
            let id = row.run.to_string();
            id == text
                || row.name == text
                || long_enough && (id.starts_with(text) || id.ends_with(text))
        });
        let meant: Vec<RunId> = meant.map(|row| row.run).collect();
        match meant.as_slice() {
            [run] => Ok(*run),
            [] => Err(RuntimeError::NoSuchRun { run: text.into() }),
            _ => Err(RuntimeError::AmbiguousRun {
                text: text.into(),
                runs: meant,
            }),
        }
    }

    /// Whether a process works on the run now.
    pub fn is_being_worked_on(&self, run: RunId) -> bool {
        self.locks.is_taken(run)
    }

    /// Cancels a run or one of its tasks, whoever works on it. Whoever does asks what is in
    /// flight to end.
    ///
    /// # Errors
    /// [`RuntimeError::NoSuchTask`]; [`RuntimeError::Refused`] where it has ended; whatever
    /// the store gives.
    pub async fn cancel(
        &self,
        run: RunId,
        task: Option<&TaskKey>,
        reason: &str,
    ) -> Result<(), RuntimeError> {
        // Held until it is written: whoever begins to work on it meanwhile waits.
        let nobody_works = match self.locks.take(run).await {
            Ok(lock) => Some(lock),
            Err(RuntimeError::RunIsBusy { .. }) => None,
            Err(error) => return Err(error),
        };
        self.change(run, |ledger, now_ms, out| {
            let index = task.map(|task| find(run, ledger, task)).transpose()?;
            refused(run, ledger.cancel(now_ms, index, reason, out))?;
            if nobody_works.is_some() {
                cancel_leftovers(ledger, now_ms, out);
            }
            Ok(())
        })
        .await
    }

    /// Has tasks that ended without a result tried again when the run is worked on next:
    /// those named, possibly with another input or prompt, or all that failed. Gives how
    /// many that are, those that were skipped for their sake included.
    ///
    /// # Errors
    /// [`RuntimeError::NoSuchTask`]; [`RuntimeError::Refused`] where one completed, or where
    /// a process works on the run; whatever the store gives.
    pub async fn reopen(&self, run: RunId, tasks: &[Retry]) -> Result<usize, RuntimeError> {
        let _lock = self.locks.take(run).await?;
        let mut count = 0;
        self.change(run, |ledger, now_ms, out| {
            let named: Result<Vec<Reopen>, RuntimeError> = tasks
                .iter()
                .map(|retry| {
                    Ok(Reopen {
                        task: find(run, ledger, &retry.task)?,
                        input: retry.input.clone(),
                        prompt: retry.prompt.clone(),
                    })
                })
                .collect();
            let named = named?;
            if ledger.in_flight() > 0 {
                // The lock is ours, so whoever had them in flight is gone.
                let agents = ledger.agents().to_vec();
                ledger.open(now_ms, std::process::id(), agents, out);
            }
            count = refused(run, ledger.reopen_failed(now_ms, &named, out))?;
            Ok(())
        })
        .await?;
        Ok(count)
    }

    /// Sets another budget; a run that is worked on goes by it at once.
    ///
    /// # Errors
    /// Whatever the store gives.
    pub async fn change_budget(&self, run: RunId, budget: Budget) -> Result<(), RuntimeError> {
        self.change(run, |ledger, now_ms, out| {
            ledger.change_budget(now_ms, budget, out);
            Ok(())
        })
        .await
    }

    /// Changes a limit of a run; one that is worked on goes by it at once. What holds and what
    /// is allowed is for the caller to know; agents go through the service
    /// `guildhall.control`, which knows.
    ///
    /// # Errors
    /// [`RuntimeError::Refused`] where the run has ended or is being cancelled; whatever the
    /// store gives.
    pub async fn change_limits(
        &self,
        run: RunId,
        change: LimitsChanged,
    ) -> Result<(), RuntimeError> {
        self.change(run, |ledger, now_ms, out| {
            refused(run, ledger.change_limits(now_ms, change.clone(), out))
        })
        .await
    }

    /// The output of a task; `None` where there is none.
    ///
    /// # Errors
    /// Where the output's data is gone or damaged, and whatever else the store gives.
    pub async fn output(
        &self,
        ledger: &Ledger,
        task: TaskIndex,
    ) -> Result<Option<Value>, RuntimeError> {
        match ResultSource::of(ledger, task) {
            Some(source) => Outputs::new(self.blobs.clone()).of_task(&source).await,
            None => Ok(None),
        }
    }

    /// The results of all tasks in the order of their ids, outputs included, with an entry
    /// for each task that has none. An output that is gone or damaged hides none of the
    /// others: its result's `error` says so.
    ///
    /// # Cancel safety
    /// Where it is dropped nothing has changed.
    pub async fn results(&self, ledger: &Ledger) -> Vec<TaskResult> {
        let mut results = TaskResult::all(ledger);
        for result in &mut results {
            let key = TaskKey::new(result.task_id.as_str()).ok();
            let task = key.and_then(|key| ledger.find(&key));
            if let Some(source) = task.and_then(|task| ResultSource::of(ledger, task)) {
                self.fill_in(result, &source).await;
            }
        }
        results
    }

    /// Puts the output into a result, or says why it cannot be read.
    pub(crate) async fn fill_in(&self, result: &mut TaskResult, source: &ResultSource) {
        match Outputs::new(self.blobs.clone()).of_task(source).await {
            Ok(output) => result.result = output,
            Err(error) => result.error = Some(error.to_string()),
        }
    }

    /// The events of a run, in order: its whole journal.
    ///
    /// # Errors
    /// [`RuntimeError::BadEvent`] where one is not known to this version, and whatever the
    /// store gives.
    pub async fn events(&self, run: RunId) -> Result<Vec<Recorded>, RuntimeError> {
        events_after(&*self.journal, run, 0).await
    }

    /// Lets `decide` change a run, whoever works on it.
    async fn change(
        &self,
        run: RunId,
        decide: impl FnMut(&mut Ledger, u64, &mut Vec<Recorded>) -> Result<(), RuntimeError>,
    ) -> Result<(), RuntimeError> {
        change_run(&*self.journal, run, decide).await
    }

    /// What came of the attempts of the newest runs, where tasks ask for a quality that agents
    /// have to have shown.
    pub(super) async fn recorded_outcomes(
        &self,
        settings: &RunSettings,
        tasks: &[TaskSpec],
    ) -> Result<Outcomes, RuntimeError> {
        let mut outcomes = Outcomes::default();
        let asks = tasks.iter().any(|task| task.quality.is_some());
        if settings.placement != Placement::Cheapest || !asks {
            return Ok(outcomes);
        }
        let rows = self.journal.runs().await?;
        for row in rows.iter().rev().take(RUNS_JUDGED_BY) {
            // One that cannot be read says nothing, and hinders nobody.
            if let Ok(ledger) = self.ledger(row.run).await {
                outcomes.add(ledger.outcomes());
            }
        }
        Ok(outcomes)
    }

    /// The tasks with what earlier attempts at the same took.
    pub(super) async fn with_measured_estimates(
        &self,
        mut tasks: Vec<TaskSpec>,
    ) -> Result<Vec<TaskSpec>, RuntimeError> {
        let mut known = std::collections::HashMap::new();
        for task in &mut tasks {
            let Work::Call(call) = &task.work else {
                continue;
            };
            let agent = call.agent.as_ref().map(ToString::to_string);
            let capability = call.capability.as_ref().map(|it| it.name.to_string());
            let Some(key) = agent.or(capability) else {
                continue;
            };
            let measured = match known.get(&key) {
                Some(measured) => *measured,
                None => {
                    let durations = self.journal.durations(&key).await?;
                    let measured = durations.map(|it| it.mean_ms);
                    known.insert(key, measured);
                    measured
                }
            };
            task.estimate.measured_ms = measured;
        }
        Ok(tasks)
    }
}

/// A task that is to be tried again, possibly adjusted.
#[derive(Debug, Clone, PartialEq)]
pub struct Retry {
    /// The task.
    pub task: TaskKey,
    /// Its input from now on, where it is another.
    pub input: Option<Value>,
    /// Its prompt from now on, where it is another.
    pub prompt: Option<String>,
}

/// Nobody works on the run, so nothing is in flight whatever the journal says.
fn cancel_leftovers(ledger: &mut Ledger, now_ms: u64, out: &mut Vec<Recorded>) {
    let cancelling = matches!(ledger.phase(), Some(Phase::Cancelling { .. }));
    if !cancelling {
        return;
    }
    ledger.open(now_ms, std::process::id(), Vec::new(), out);
    // Refused only where it has ended already.
    let _ = ledger.finish(now_ms, out);
}

fn find(run: RunId, ledger: &Ledger, task: &TaskKey) -> Result<TaskIndex, RuntimeError> {
    ledger.find(task).ok_or_else(|| RuntimeError::NoSuchTask {
        run,
        task: task.clone(),
    })
}

fn refused<T>(run: RunId, done: Result<T, Refusal>) -> Result<T, RuntimeError> {
    done.map_err(|refusal| RuntimeError::Refused { run, refusal })
}
