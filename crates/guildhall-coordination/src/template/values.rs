//! What templates and conditions can read.

use std::collections::BTreeMap;

use minijinja::Value as Engine;
use serde::Serialize;
use serde_json::Value;

use crate::id::{RunId, TaskKey};
use crate::ledger::TaskStatus;
use crate::run_settings::RunSettings;
use crate::task::{Expansion, Source, TaskSpec, Work};

/// What templates and conditions can read. Only the results that
/// [`results_read_by`](super::results_read_by) names have to be filled in.
#[derive(Debug, Clone, Default)]
pub struct Values {
    /// The task itself, as `task`.
    pub task: TaskView,
    /// The item that the task was made for, as `item`; also where an item is null.
    pub item: Option<Value>,
    /// The number of that item from 0, as `index`.
    pub index: Option<u32>,
    /// The run, as `run`.
    pub run: RunView,
    /// The plan's shared text, as `shared`.
    pub shared: Option<String>,
    /// Results of other tasks as `results.ID`, by the names that the template uses. See
    /// [`names_of`] for which task a name means.
    pub results: BTreeMap<TaskKey, ResultView>,
    /// The output of the task itself, as `output`: for `accept` alone.
    pub output: Option<Value>,
    /// Instructions of the project, which are handed to agents that take a prompt. No
    /// template reads them.
    pub instructions: Option<String>,
}

/// A task, as templates see it.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct TaskView {
    /// Its key.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its description; empty where there is none.
    pub description: String,
    /// How complex it is.
    pub complexity: Option<f64>,
    /// Minutes that it is expected to take.
    pub minutes: Option<f64>,
    /// The kind of work.
    pub kind: Option<String>,
    /// Its tags.
    pub tags: Vec<String>,
    /// The task that it is a part of.
    pub parent: Option<Box<TaskView>>,
}

/// A run, as templates see it.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct RunView {
    /// Its id.
    pub id: String,
    /// The plan's name.
    pub name: String,
    /// What the plan is for.
    pub description: String,
}

/// The result of another task, as templates see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ResultView {
    /// How it ended, or how far it is.
    pub status: TaskStatus,
    /// What came of it; null in templates where nothing did. See [`output_of_children`]
    /// for a task that became several.
    pub output: Option<Value>,
    /// Why nothing came of it; null in templates where something did.
    pub error: Option<String>,
    /// Attempts that were made.
    pub attempts: u32,
    /// The worktree that a program worked in: `base`, the commit that it began at, `commit`,
    /// the one that holds its changes, and `reference`, which keeps that one and is null where
    /// nothing was changed. Null for all other work, and in conditions.
    pub workspace: Option<Value>,
    /// The results of the tasks that it became, each with its `id`, in their order.
    pub children: Vec<ChildView>,
}

/// The result of a task that another one became.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChildView {
    /// Its key.
    pub id: TaskKey,
    /// Its result.
    #[serde(flatten)]
    pub result: ResultView,
}

impl ResultView {
    /// A result of which nothing is known but the task's status.
    pub const fn new(status: TaskStatus) -> Self {
        Self {
            status,
            output: None,
            error: None,
            attempts: 0,
            workspace: None,
            children: Vec::new(),
        }
    }
}

impl TaskView {
    /// A task that is part of `parent`.
    pub fn new(spec: &TaskSpec, parent: Option<&TaskSpec>) -> Self {
        Self {
            id: spec.key.to_string(),
            title: spec.title.clone(),
            description: spec.description.clone(),
            complexity: spec.estimate.complexity,
            minutes: spec.estimate.minutes,
            kind: spec.kind.clone(),
            tags: spec.tags.clone(),
            parent: parent.map(|parent| Box::new(Self::new(parent, None))),
        }
    }
}

impl RunView {
    /// The run `id` with these settings.
    pub fn new(id: RunId, settings: &RunSettings) -> Self {
        Self {
            id: id.to_string(),
            name: settings.name.clone(),
            description: settings.description.clone(),
        }
    }
}

impl Values {
    /// What the task itself says; its parent, the run, results and the rest are up to the
    /// caller.
    pub fn of_task(spec: &TaskSpec) -> Self {
        let (item, index) = match &spec.work {
            Work::Call(call) => (call.item.clone(), call.index),
            Work::Expand(_) => (None, None),
        };
        Self {
            task: TaskView::new(spec, None),
            item,
            index,
            ..Self::default()
        }
    }

    /// Adds the task that it is part of.
    #[must_use]
    pub fn with_parent(mut self, parent: &TaskSpec) -> Self {
        self.task.parent = Some(Box::new(TaskView::new(parent, None)));
        self
    }

    /// Adds the run and its shared text.
    #[must_use]
    pub fn with_run(mut self, run: RunId, settings: &RunSettings) -> Self {
        self.run = RunView::new(run, settings);
        self.shared.clone_from(&settings.shared);
        self
    }

    /// As the engine takes them.
    pub(crate) fn context(&self) -> Engine {
        let mut context: BTreeMap<&str, Engine> = BTreeMap::new();
        context.insert("task", Engine::from_serialize(&self.task));
        context.insert("run", Engine::from_serialize(&self.run));
        context.insert("shared", self.shared.as_deref().unwrap_or_default().into());
        context.insert("results", Engine::from_serialize(&self.results));
        if let Some(item) = &self.item {
            context.insert("item", Engine::from_serialize(item));
        }
        if let Some(index) = self.index {
            context.insert("index", index.into());
        }
        if let Some(output) = &self.output {
            context.insert("output", Engine::from_serialize(output));
        }
        context.into()
    }
}

/// The keys that `name` can mean in a template of the task `reader`, the first that is
/// there being meant: tasks of the same expansion come before those around it.
///
/// ```
/// use guildhall_coordination::names_of;
/// let reader = "build/3/check".parse()?;
/// let keys: Vec<String> = names_of(&reader, "parse").collect();
/// assert_eq!(keys, ["build/3/parse", "build/parse", "parse"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn names_of(reader: &TaskKey, name: &str) -> impl Iterator<Item = String> {
    let folders = reader.as_str().rmatch_indices('/');
    let within = folders.map(move |(at, _)| format!("{}/{name}", &reader.as_str()[..at]));
    within.chain(std::iter::once(name.to_owned()))
}

/// The output of a task that became `children`, of the outputs that these have, in their
/// order: a list of them. Where each item of a list went through several tasks, it is the
/// output of the last of them.
pub fn output_of_children(expansion: &Expansion, children: &[Value]) -> Value {
    let steps = match &expansion.source {
        Source::Items { then, .. } => 1 + then.len(),
        Source::Tasks { .. } => 1,
    };
    let last = children.iter().skip(steps - 1).step_by(steps);
    Value::Array(last.cloned().collect())
}
