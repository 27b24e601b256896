//! Runs without a plan's text: waves, groups, graphs and streams of tasks made in code.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use guildhall_coordination::{
    Compiled, Ledger, Plan, PlanFormat, RunId, RunReport, TaskResult, TaskStatus,
};
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;

use crate::run::ResultSource;
use crate::{RunUpdate, Runtime, RuntimeError, WorkOptions};

/// A task made in code. What is not said is as in a plan.
///
/// ```
/// use guildhall_runtime::TaskDraft;
/// use serde_json::json;
///
/// let lint = TaskDraft::new("lint").agent("shell").prompt("cargo clippy");
/// let test = TaskDraft::new("test").capability("shell.run@^1").input(json!({"prompt": "cargo test"}));
/// let ship = TaskDraft::new("ship").agent("shell").prompt("git push").needs(["lint", "test"]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct TaskDraft {
    fields: Map<String, Value>,
}

impl TaskDraft {
    /// A task of this id, unique within its run.
    pub fn new(id: impl Into<String>) -> Self {
        Self { fields: Map::new() }.with("id", id.into())
    }

    /// The capability that it needs: a name, or a name, `@` and a semver requirement.
    #[must_use]
    pub fn capability(self, capability: impl Into<String>) -> Self {
        self.with("capability", capability.into())
    }

    /// The agent that is to do it.
    #[must_use]
    pub fn agent(self, agent: impl Into<String>) -> Self {
        self.with("agent", agent.into())
    }

    /// What it is, in a few words.
    #[must_use]
    pub fn title(self, title: impl Into<String>) -> Self {
        self.with("title", title.into())
    }

    /// The instruction, which may hold placeholders.
    #[must_use]
    pub fn prompt(self, prompt: impl Into<String>) -> Self {
        self.with("prompt", prompt.into())
    }

    /// The input, whose texts may hold placeholders.
    #[must_use]
    pub fn input(self, input: Value) -> Self {
        self.with("input", input)
    }

    /// Tasks that must have completed before.
    #[must_use]
    pub fn needs<I: Into<String>>(self, needs: impl IntoIterator<Item = I>) -> Self {
        let needs: Vec<String> = needs.into_iter().map(Into::into).collect();
        self.with("needs", needs)
    }

    /// The number of its group, for [`Runtime::groups`].
    #[must_use]
    pub fn group(self, group: u32) -> Self {
        self.with("group", group)
    }

    /// The kind of work, for example `test-run`.
    #[must_use]
    pub fn kind(self, kind: impl Into<String>) -> Self {
        self.with("kind", kind.into())
    }

    /// Time of an attempt at the most.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        self.with("timeout_seconds", timeout.as_secs_f64())
    }

    /// How often a failed attempt is repeated at the most.
    #[must_use]
    pub fn retries(self, most: u32) -> Self {
        self.with("retry", json!({"max": most}))
    }

    /// Any other key of a plan's task.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(key.to_owned(), value.into());
        self
    }
}

/// A run that was worked on to its end.
#[derive(Debug, Clone)]
pub struct Finished {
    /// The run; it stays in the store.
    pub run: RunId,
    /// The results of all tasks in the order of their ids, outputs included, with an entry
    /// for each task that has none.
    pub results: Vec<TaskResult>,
    /// The run in numbers.
    pub report: RunReport,
    /// What is true of the run.
    pub ledger: Ledger,
}

impl Finished {
    /// The results by stage: by wave or by group, in the order in which these were done.
    /// Tasks that belong to none are left out.
    pub fn by_stage(&self) -> Vec<Vec<&TaskResult>> {
        let created = self.ledger.created();
        let stages = created.map(|created| created.settings.stages.as_slice());
        let of = |name: &str| {
            let own = self.results.iter();
            let own = own.filter(|it| it.agent_context.stage.as_deref() == Some(name));
            own.collect()
        };
        let stages = stages.unwrap_or_default().iter();
        stages.map(|stage| of(&stage.name)).collect()
    }

    /// Whether every task completed.
    pub fn all_completed(&self) -> bool {
        let mut tasks = self.ledger.tasks().iter();
        tasks.all(|task| task.status == TaskStatus::Completed)
    }
}

/// Results as tasks end. Dropping it interrupts the run, which can be resumed.
#[derive(Debug)]
pub struct ResultStream {
    results: mpsc::UnboundedReceiver<(TaskResult, ResultSource)>,
    ended: Option<tokio::task::JoinHandle<Result<Ledger, RuntimeError>>>,
    runtime: Runtime,
    run: RunId,
    _interrupt: tokio_util::sync::DropGuard,
}

impl ResultStream {
    /// The run.
    pub fn run(&self) -> RunId {
        self.run
    }

    /// The result of the task that ended next, as [`Runtime::results`] has it; `None` when
    /// the run is over.
    ///
    /// # Errors
    /// What [`Runtime::work`] gives, once, at the end.
    ///
    /// # Cancel safety
    /// Where it is dropped while it reads an output, that result is not given again.
    pub async fn next(&mut self) -> Result<Option<TaskResult>, RuntimeError> {
        if let Some((mut result, source)) = self.results.recv().await {
            self.runtime.fill_in(&mut result, &source).await;
            return Ok(Some(result));
        }
        if let Some(ended) = self.ended.take() {
            match ended.await {
                Ok(ended) => drop(ended?),
                Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                Err(_) => {}
            }
        }
        Ok(None)
    }
}

impl Runtime {
    /// Does tasks at once, as far as limits allow, and gives the results of all.
    ///
    /// # Errors
    /// [`RuntimeError::BadTasks`] where they are no tasks; what [`Runtime::create`] and
    /// [`Runtime::work`] give.
    pub async fn wave(
        &self,
        name: &str,
        tasks: Vec<TaskDraft>,
        folder: &Path,
    ) -> Result<Finished, RuntimeError> {
        let waves = vec![(name.to_owned(), tasks)];
        self.waves(name, waves, folder).await
    }

    /// Does waves one after the other, each as [`Runtime::wave`]; a failed task does not
    /// hold the next wave back.
    ///
    /// # Errors
    /// As [`Runtime::wave`].
    pub async fn waves(
        &self,
        name: &str,
        waves: Vec<(String, Vec<TaskDraft>)>,
        folder: &Path,
    ) -> Result<Finished, RuntimeError> {
        let tasks = waves.into_iter().flat_map(|(wave, tasks)| {
            let tasks = tasks.into_iter();
            tasks.map(move |task| task.with("wave", wave.clone()))
        });
        let plan = compile(name, "waves", tasks.collect())?;
        self.finish(plan, folder).await
    }

    /// Does numbered groups one after the other, the tasks of a group at once. A task of
    /// the kind `test-run` must be alone in its group.
    ///
    /// # Errors
    /// As [`Runtime::wave`].
    pub async fn groups(
        &self,
        name: &str,
        tasks: Vec<TaskDraft>,
        folder: &Path,
    ) -> Result<Finished, RuntimeError> {
        let plan = compile(name, "groups", tasks)?;
        self.finish(plan, folder).await
    }

    /// Does each task as soon as what it needs has completed.
    ///
    /// # Errors
    /// As [`Runtime::wave`].
    pub async fn graph(
        &self,
        name: &str,
        tasks: Vec<TaskDraft>,
        folder: &Path,
    ) -> Result<Finished, RuntimeError> {
        let plan = compile(name, "graph", tasks)?;
        self.finish(plan, folder).await
    }

    /// As [`Runtime::graph`], with the results as they come.
    ///
    /// # Errors
    /// What [`Runtime::create`] gives; what comes later the stream gives.
    pub async fn stream(
        &self,
        name: &str,
        tasks: Vec<TaskDraft>,
        folder: &Path,
    ) -> Result<ResultStream, RuntimeError> {
        let plan = compile(name, "graph", tasks)?;
        let run = self.create(plan, folder).await?;
        let (send, results) = mpsc::unbounded_channel();
        let on_update = move |update: &RunUpdate<'_>| {
            if let RunUpdate::Event { recorded, ledger } = update
                && let Some(task) = recorded.event.ends()
                && let Some(result) = TaskResult::of(ledger, task)
                && let Some(source) = ResultSource::of(ledger, task)
            {
                // Where nobody listens any more, the run goes on.
                let _ = send.send((result, source));
            }
        };
        let options = WorkOptions {
            on_update: Some(Arc::new(on_update)),
            ..WorkOptions::default()
        };
        let interrupt = options.interrupt.clone().drop_guard();
        let runtime = self.clone();
        let ended = tokio::spawn(async move { runtime.work(run, options).await });
        Ok(ResultStream {
            results,
            ended: Some(ended),
            runtime: self.clone(),
            run,
            _interrupt: interrupt,
        })
    }

    async fn finish(&self, plan: Compiled, folder: &Path) -> Result<Finished, RuntimeError> {
        let run = self.create(plan, folder).await?;
        let ledger = self.work(run, WorkOptions::default()).await?;
        Ok(Finished {
            run,
            results: self.results(&ledger).await,
            report: RunReport::of(run, &ledger, None),
            ledger,
        })
    }
}

/// A plan of tasks made in code: the reader of plans checks them.
fn compile(name: &str, strategy: &str, tasks: Vec<TaskDraft>) -> Result<Compiled, RuntimeError> {
    let tasks: Vec<Value> = tasks
        .into_iter()
        .map(|it| Value::Object(it.fields))
        .collect();
    let plan = json!({"version": 1, "name": name, "strategy": strategy, "task": tasks});
    let shown = PathBuf::from(format!("<{name}>"));
    let plan = Plan::parse(
        &plan.to_string(),
        PlanFormat::Json,
        &shown.to_string_lossy(),
    );
    let plan = plan.map_err(|error| RuntimeError::BadTasks {
        reason: error.to_string(),
    })?;
    Ok(plan.compile())
}
