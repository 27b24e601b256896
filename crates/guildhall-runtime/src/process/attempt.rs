//! One attempt at a task, from its input to its outcome.

use std::sync::Arc;
use std::time::Duration;

use guildhall_core::{AgentError, Context, Outcome, Task};
use serde_json::{Map, Value};
use tokio::sync::OnceCell;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::agent::ProcessSettings;
use super::assembly::Assembly;
use super::capture::{self, Captured, Heard};
use super::config::ProcessAgentConfig;
use super::drive::{LAST_OUTPUT, follow};
use super::environment;
use super::input::TaskInput;
use super::launch::{Client, Job, Running};
use super::output;
use super::place::{Place, Whereabouts};
use super::redact::Redactor;
use super::verdict::{End, Judge, Ran, Stop};
use crate::workspace::sweep_and_tell;

/// Time of a task that nobody limits.
const UNLIMITED_TASK: Duration = Duration::from_secs(300);

/// One attempt at a task.
pub(super) struct Attempt {
    pub(super) config: Arc<ProcessAgentConfig>,
    pub(super) settings: Arc<ProcessSettings>,
    pub(super) redactor: Redactor,
    /// Whether the agent has swept what killed hosts have left.
    pub(super) swept: Arc<OnceCell<()>>,
    pub(super) task: Task,
    pub(super) ctx: Context,
    /// Cancelled where the caller withdraws the task, or drops it.
    pub(super) end: CancellationToken,
}

impl Attempt {
    /// Carries it out. Whatever comes of it, nothing temporary is left.
    pub(super) async fn run(self) -> Result<Outcome, AgentError> {
        let order = TaskInput::read(self.task.input()?)?;
        let whereabouts = Whereabouts::of(&self.task, &self.settings)?;
        if !whereabouts.is_of_a_run() {
            // A run has done so before its first attempt.
            let sweep = || sweep_and_tell(&whereabouts.workspaces);
            self.swept.get_or_init(sweep).await;
        }
        let kind = order.workspace.unwrap_or(self.config.workspace);
        let place = Place::prepare(kind, &whereabouts)
            .await
            .map_err(|error| AgentError::from_error(&error))?;
        let (result, mut extra) = self.run_in(&place, &order, &whereabouts).await;
        let left = place.finish().await;
        extra.insert("workspace".to_owned(), left.report);
        let result = match (result, left.problem) {
            (Ok(_), Some(problem)) => Err(unsaved(&AgentError::from_error(&problem))),
            (Err(error), Some(problem)) => Err(error.with_cause(AgentError::from_error(&problem))),
            (result, None) => result,
        };
        outcome(result, extra)
    }

    async fn run_in(
        &self,
        place: &Place,
        order: &TaskInput,
        whereabouts: &Whereabouts,
    ) -> (Result<Value, AgentError>, Map<String, Value>) {
        let own = match &self.settings.environment {
            Some(environment) => environment.clone(),
            None => environment::own(),
        };
        let assembly = Assembly {
            config: &self.config,
            environment: &own,
            task: &self.task,
            order,
            whereabouts,
            place,
        };
        let ran = match assembly.job() {
            Ok(job) => self.drive(&job).await,
            Err(error) => Err(error),
        };
        let mut ran = match ran {
            Ok(ran) => ran,
            Err(error) => return (Err(error), Map::new()),
        };
        ran.enforcement.extend(assembly.asked_only());
        forget_lock(&ran, whereabouts);
        let file = assembly.output_file().map(|file| {
            let folder = file.parent().unwrap_or(place.folder());
            let inside = match file.starts_with(place.folder()) {
                true => place.folder(),
                false => folder,
            };
            output::read_file(inside, &file, self.config.max_output())
        });
        let judge = Judge {
            config: &self.config,
            redactor: &self.redactor,
            file,
        };
        judge.judge(&ran)
    }

    /// Starts the program and stays with it until it and all that it started have ended.
    async fn drive(&self, job: &Job) -> Result<Ran, AgentError> {
        let limit = self.time_limit();
        let deadline = Instant::now() + limit.min(Duration::from_secs(u32::MAX.into()));
        let client = Client::new(self.settings.launcher.clone());
        let (mut running, output, errors) = client.start(job).await?;
        let most = self.config.max_output();
        let floods = [CancellationToken::new(), CancellationToken::new()];
        let heard = Some(Heard::new(&self.ctx));
        let output = capture::all(output, most, floods[0].clone(), heard.clone());
        let output = tokio::spawn(output);
        let errors = tokio::spawn(capture::last(errors, most, floods[1].clone(), heard));
        let stop = self.stop(deadline, limit, &floods);
        let driven = follow(&mut running, stop, self.config.grace()).await;
        let mut ran = Ran {
            end: driven.end,
            stop: driven.stop,
            enforcement: driven.enforcement,
            output: Captured::default(),
            errors: Captured::default(),
        };
        ran.output = finished(&mut running, output).await;
        ran.errors = finished(&mut running, errors).await;
        if floods[0].is_cancelled() {
            ran.stop = Some(Stop::Flooded("standard output"));
        }
        Ok(ran)
    }

    /// The configuration's, or what the caller leaves where that is less.
    fn time_limit(&self) -> Duration {
        let limits = [self.config.timeout(), self.ctx.time_left()];
        let limits = limits.into_iter().flatten();
        limits.min().unwrap_or(UNLIMITED_TASK)
    }

    /// Waits for a reason to end the program.
    async fn stop(
        &self,
        deadline: Instant,
        limit: Duration,
        floods: &[CancellationToken; 2],
    ) -> Stop {
        tokio::select! {
            () = floods[0].cancelled() => Stop::Flooded("standard output"),
            () = floods[1].cancelled() => Stop::Flooded("standard error"),
            () = sleep_until(deadline) => Stop::TimedOut(limit),
            () = self.end.cancelled() => {
                // A host withdraws a task at its deadline, too.
                if self.ctx.time_left() == Some(Duration::ZERO) {
                    return Stop::TimedOut(limit);
                }
                Stop::Cancelled
            }
        }
    }
}

/// The rest of a stream after the end of all that could write to it.
async fn finished(running: &mut Running, reading: JoinHandle<Captured>) -> Captured {
    // A supervisor that hangs is left alone: it ends what it can when the socket closes.
    let _ = timeout(LAST_OUTPUT, running.wait()).await;
    let stop = reading.abort_handle();
    match timeout(LAST_OUTPUT, reading).await {
        Ok(captured) => captured.unwrap_or_default(),
        Err(_) => {
            stop.abort();
            Captured::default()
        }
    }
}

/// Nobody waits for the lock of an attempt that is over.
fn forget_lock(ran: &Ran, whereabouts: &Whereabouts) {
    let is_over = matches!(&ran.end, End::Ended(exit) if exit.survivors.is_empty());
    if let (true, Some(lock)) = (is_over, &whereabouts.lock) {
        // A lock file that stays is free, which is as good.
        let _ = std::fs::remove_file(lock);
    }
}

fn unsaved(problem: &AgentError) -> AgentError {
    AgentError::new(
        "workspace-not-saved",
        "the program's work could not be saved and is kept in its worktree",
    )
    .with_cause(problem.clone())
}

fn outcome(
    result: Result<Value, AgentError>,
    extra: Map<String, Value>,
) -> Result<Outcome, AgentError> {
    match result {
        Ok(output) => {
            let mut outcome = Outcome::new(&output)?;
            outcome.extra = extra;
            Ok(outcome)
        }
        Err(mut error) => {
            error.extra.extend(extra);
            Err(error)
        }
    }
}
