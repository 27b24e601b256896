//! Plans: what somebody writes down to be done, read with every mistake's place, checked
//! as a whole, and made into the tasks of a run.
//!
//! The format is described in `docs/plan.md`. Reading and checking tell all mistakes at
//! once, each with its line; what was read can always be compiled.

mod compile;
mod exclusive;
mod from_json;
mod from_toml;
mod links;
mod listed;
mod mistakes;
mod model;
mod node;
mod parameters;
mod read_plan;
mod read_task;
mod resources;
mod schema;
mod stages;
mod templates;
mod texts;
mod value;

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use self::compile::Compiler;
use self::links::Link;
use self::mistakes::{Mistake, Mistakes, Origin};
use self::node::{Node, Span};
use self::read_plan::Draft;
use self::read_task::ReadTask;
use crate::error::CoordinationError;
use crate::id::TaskKey;
use crate::run_settings::{Placement, RunSettings, Strategy};
use crate::source_text::Problem;
use crate::task::{TaskSpec, Work};

pub(crate) use self::listed::{Listed, listed_tasks};
pub use self::model::{PlanExpansion, PlanNeed, PlanPlace, PlanSource, PlanTask};
pub use self::parameters::Parameter;
pub use self::templates::{PLAN_TEMPLATES, PlanTemplate};

/// Longest plan, in bytes.
pub const LONGEST_PLAN: usize = 16 << 20;
/// The race that all tasks of the strategy `scatter-gather` take part in.
const RACE_OF_ALL: &str = "scatter-gather";

/// A plan that was read and checked.
///
/// ```
/// use guildhall_coordination::{Plan, PlanFormat};
///
/// let text = r#"
///     name = "greetings"
///     strategy = "parallel"
///
///     [defaults]
///     capability = "example.greet@^1"
///
///     [[task]]
///     id = "ada"
///     input = { name = "Ada" }
///
///     [[task]]
///     id = "grace"
///     input = { name = "Grace" }
/// "#;
/// let plan = Plan::parse(text, PlanFormat::Toml, "greetings.toml")?;
/// let compiled = plan.compile();
/// assert_eq!(compiled.tasks.len(), 2);
/// # Ok::<(), guildhall_coordination::CoordinationError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    settings: RunSettings,
    tasks: Vec<PlanTask>,
    links: Vec<Vec<Link>>,
    stages: Vec<Option<u32>>,
    chain: Vec<u32>,
    base: TaskSpec,
    most: u32,
    refused_kinds: Vec<String>,
    hash: String,
    /// Where each task names its agent, or stands, in the text.
    places: Vec<Span>,
    /// Where it says what shortens results.
    compaction_place: Span,
    says_concurrency: bool,
    says_adaptive_agents: bool,
    says_timeout: bool,
}

/// A part of a plan that may ask for an agent.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PlanPart {
    /// A task.
    Task(TaskKey),
    /// What shortens results.
    Compaction,
}

impl fmt::Display for PlanPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Task(task) => write!(f, "`{task}`"),
            Self::Compaction => f.write_str("`compaction`"),
        }
    }
}

/// What holds for a plan that does not say otherwise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PlanDefaults {
    /// Attempts at once.
    pub concurrency: Option<u32>,
    /// Time of one attempt, in milliseconds.
    pub timeout_ms: Option<u64>,
    /// Whether each agent has a limit that follows how long its answers take.
    pub adaptive_agents: Option<bool>,
}

/// The format of a plan's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanFormat {
    /// TOML 1.0.
    Toml,
    /// JSON (RFC 8259).
    Json,
}

/// A plan as the tasks of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Compiled {
    /// What holds for the run as a whole.
    pub settings: RunSettings,
    /// The tasks, each after those that it needs.
    pub tasks: Vec<TaskSpec>,
}

impl PlanFormat {
    /// The format of a file of this name: JSON where it ends with `.json`, else TOML.
    pub fn of_file(name: &str) -> Self {
        let ending = name.rsplit('.').next().unwrap_or_default();
        if ending.eq_ignore_ascii_case("json") {
            Self::Json
        } else {
            Self::Toml
        }
    }
}

impl fmt::Display for PlanFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Toml => "TOML",
            Self::Json => "JSON",
        })
    }
}

impl Plan {
    /// Reads and checks the plan `text`; `shown` is the name of its file in messages.
    ///
    /// # Errors
    /// [`CoordinationError::BadPlan`] with everything that is wrong, by line;
    /// [`CoordinationError::PlanTooLong`]; [`CoordinationError::BadParameters`] where it
    /// has parameters without defaults.
    pub fn parse(text: &str, format: PlanFormat, shown: &str) -> Result<Self, CoordinationError> {
        Self::with_parameters(text, format, shown, &BTreeMap::new())
    }

    /// As [`Plan::parse`], with values for the plan's parameters. A value is a text; for
    /// a parameter whose default is a number, a switch, a list or a table it is JSON.
    ///
    /// # Errors
    /// As [`Plan::parse`]; [`CoordinationError::BadParameters`] where a value is missing,
    /// is of another kind than the default, or is for a parameter that the plan does not
    /// have.
    pub fn with_parameters(
        text: &str,
        format: PlanFormat,
        shown: &str,
        values: &BTreeMap<String, String>,
    ) -> Result<Self, CoordinationError> {
        let mut mistakes = Mistakes::default();
        let Some(mut root) = read(text, format, shown, &mut mistakes)? else {
            return Err(mistakes.into_error(shown, text));
        };
        let declared = parameters::declared(&root, &mut mistakes);
        if mistakes.is_empty() {
            let values = parameters::values(&declared, values)?;
            parameters::put_in(&mut root, &values, &mut mistakes);
        }
        let draft = read_plan::plan(&root, &mut mistakes);
        let plan = check(draft, &Origin::File { text }, &mut mistakes);
        if !mistakes.is_empty() {
            return Err(mistakes.into_error(shown, text));
        }
        let hash = Sha256::digest(text.as_bytes());
        let hash = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { hash, ..plan })
    }

    /// The parameters that the plan `text` has, in order of their names.
    ///
    /// # Errors
    /// [`CoordinationError::BadPlan`] where the text is not of the format, or its
    /// parameters are not well formed. What else is wrong is left to [`Plan::parse`].
    pub fn parameters_of(
        text: &str,
        format: PlanFormat,
        shown: &str,
    ) -> Result<Vec<Parameter>, CoordinationError> {
        let mut mistakes = Mistakes::default();
        let root = read(text, format, shown, &mut mistakes)?;
        let declared = root.map(|root| parameters::declared(&root, &mut mistakes));
        match declared {
            Some(declared) if mistakes.is_empty() => Ok(declared),
            _ => Err(mistakes.into_error(shown, text)),
        }
    }

    /// The JSON Schema of a plan.
    pub fn schema() -> Value {
        schema::plan()
    }

    /// What holds for its runs as a whole.
    pub fn settings(&self) -> &RunSettings {
        &self.settings
    }

    /// Its tasks, in the order of its text.
    pub fn tasks(&self) -> &[PlanTask] {
        &self.tasks
    }

    /// SHA-256 of its text, in hexadecimal.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// The plan with `defaults` in place of those of this crate, where its text says
    /// nothing.
    ///
    /// ```
    /// use guildhall_coordination::{Plan, PlanDefaults, PlanFormat};
    ///
    /// let text = "name = 'one'\n[[task]]\nid = 'a'\nagent = 'sh'";
    /// let plan = Plan::parse(text, PlanFormat::Toml, "one.toml")?;
    /// let defaults = PlanDefaults { concurrency: Some(3), ..PlanDefaults::default() };
    /// let compiled = plan.with_defaults(defaults).compile();
    /// assert_eq!(compiled.settings.limits.concurrency, 3);
    /// assert_eq!(compiled.tasks[0].timeout_ms, 300_000);
    /// # Ok::<(), guildhall_coordination::CoordinationError>(())
    /// ```
    #[must_use]
    pub fn with_defaults(mut self, defaults: PlanDefaults) -> Self {
        let limits = &mut self.settings.limits;
        if let Some(concurrency) = defaults.concurrency.filter(|_| !self.says_concurrency) {
            limits.concurrency = concurrency;
        }
        if let Some(adaptive) = defaults
            .adaptive_agents
            .filter(|_| !self.says_adaptive_agents)
        {
            limits.adaptive_agents = adaptive;
        }
        if let Some(timeout_ms) = defaults.timeout_ms.filter(|_| !self.says_timeout) {
            self.base.timeout_ms = timeout_ms;
        }
        self
    }

    /// What is wrong with `part`, or with what it is a part of, told where `text`, which
    /// this plan was read from, names its agent; nothing where the plan has no such task.
    pub fn problem_of(
        &self,
        part: &PlanPart,
        shown: &str,
        text: &str,
        message: String,
    ) -> Option<Problem> {
        let span = match part {
            PlanPart::Task(task) => self.place_of(task)?,
            PlanPart::Compaction => self.compaction_place,
        };
        Some(Problem::new(shown, text, &span.range(), message, None))
    }

    fn place_of(&self, task: &TaskKey) -> Option<Span> {
        let whole = task.as_str().split('/').next().unwrap_or_default();
        let divided = whole.strip_suffix(".decompose").unwrap_or(whole);
        let found = [whole, divided].into_iter().find_map(|id| {
            let mut tasks = self.tasks.iter().zip(&self.places);
            tasks.find(|(own, _)| own.id.as_str() == id)
        });
        found.map(|(_, place)| *place)
    }

    /// The tasks of a run of this plan.
    pub fn compile(&self) -> Compiled {
        let compiler = Compiler {
            tasks: self.tasks.iter().collect(),
            links: &self.links,
            stages: &self.stages,
            chain: &self.chain,
            base: self.base.clone(),
            folder: String::new(),
            first: 0,
            in_sequence: self.settings.strategy == Strategy::Sequential,
            most: self.most,
            refused_kinds: &self.refused_kinds,
        };
        // Ids are short enough for everything that is put behind them.
        let tasks = compiler.compile().unwrap_or_default();
        Compiled {
            settings: self.settings.clone(),
            tasks,
        }
    }
}

/// The text as nodes; nothing where it is not of the format.
fn read<'a>(
    text: &'a str,
    format: PlanFormat,
    shown: &str,
    mistakes: &mut Mistakes,
) -> Result<Option<Node<'a>>, CoordinationError> {
    if text.len() > LONGEST_PLAN {
        return Err(CoordinationError::PlanTooLong {
            file: shown.to_owned(),
            bytes: text.len(),
            most: LONGEST_PLAN,
        });
    }
    let root = match format {
        PlanFormat::Toml => from_toml::read(text),
        PlanFormat::Json => from_json::read(text),
    };
    match root {
        Ok(root) => Ok(Some(root)),
        Err(mistake) => {
            mistakes.add(mistake);
            Ok(None)
        }
    }
}

/// Checks what was read as a whole, as far as what was read allows.
fn check(draft: Draft, origin: &Origin<'_>, mistakes: &mut Mistakes) -> Plan {
    let found = links::find(&draft.tasks, origin, mistakes);
    let base = compile::base(&draft.defaults, unnamed());
    if mistakes.is_empty() {
        refuse_without_agent(&draft.tasks, &base, mistakes);
        refuse_unused_quality(&draft, mistakes);
        resources::check(&draft, mistakes);
        links::refuse_cycles(&draft.tasks, &found, origin, mistakes);
    }
    let mut stages = stages::Stages::default();
    if mistakes.is_empty() {
        stages = stages::arrange(&draft, &found, origin, mistakes);
    }
    let strategy = draft.settings.strategy;
    let kinds = exclusive_kinds(&draft);
    if mistakes.is_empty() && strategy == Strategy::Groups {
        let group_of = |at: usize| stages.of[at];
        exclusive::check(&draft.tasks, group_of, &kinds, origin, mistakes);
    }
    plan(draft, found.of, stages, kinds, base)
}

fn plan(
    draft: Draft,
    links: Vec<Vec<Link>>,
    stages: stages::Stages,
    kinds: Vec<String>,
    mut base: TaskSpec,
) -> Plan {
    let mut settings = draft.settings;
    settings.stages = stages.stages;
    for kind in &kinds {
        let tag = compile::kind_tag(kind);
        match settings.limits.tags.iter_mut().find(|(it, _)| *it == tag) {
            Some((_, limit)) => *limit = 1,
            None => settings.limits.tags.push((tag, 1)),
        }
    }
    if settings.strategy == Strategy::ScatterGather {
        base.race = Some(RACE_OF_ALL.to_owned());
    }
    let is_grouped = settings.strategy == Strategy::Groups;
    let places = draft.tasks.iter().map(|read| &read.places);
    let places = places.map(|it| it.agent.or(it.capability).unwrap_or(it.id));
    Plan {
        places: places.collect(),
        compaction_place: draft.compaction_place,
        says_concurrency: draft.says_concurrency,
        says_adaptive_agents: draft.says_adaptive_agents,
        says_timeout: draft.defaults.timeout_ms.is_some(),
        refused_kinds: if is_grouped { kinds } else { Vec::new() },
        settings,
        tasks: draft.tasks.into_iter().map(|read| read.task).collect(),
        links,
        stages: stages.of,
        chain: stages.chain,
        base,
        most: draft.max_wave_size.map_or(u32::MAX, |(most, _)| most),
        hash: String::new(),
    }
}

/// Kinds of which one task is done at a time.
fn exclusive_kinds(draft: &Draft) -> Vec<String> {
    let by_strategy = match draft.settings.strategy {
        Strategy::Groups => vec![guildhall_core::TaskKind::TEST_RUN.to_owned()],
        _ => Vec::new(),
    };
    draft.exclusive_kinds.clone().unwrap_or(by_strategy)
}

/// Tells tasks that nobody can be found for.
fn refuse_without_agent(tasks: &[ReadTask], base: &TaskSpec, mistakes: &mut Mistakes) {
    let named_by_all = match &base.work {
        Work::Call(call) => call.capability.is_some() || call.agent.is_some(),
        Work::Expand(_) => false,
    };
    for read in tasks {
        let task = &read.task;
        let source = task.expansion.as_ref().map(|it| &it.source);
        let lists_others = matches!(source, Some(PlanSource::Tasks { .. }));
        let is_named = named_by_all || task.capability().is_some() || task.agent().is_some();
        if !is_named && !lists_others {
            let message = format!("`{}` has neither `capability` nor `agent`", task.id);
            let help = "name one of them, here or in `[defaults]`".to_owned();
            mistakes.add(Mistake::new(id_of(read), message).with_help(Some(help)));
        }
    }
}

/// Tells qualities that nothing follows from.
fn refuse_unused_quality(draft: &Draft, mistakes: &mut Mistakes) {
    if draft.settings.placement == Placement::Cheapest {
        return;
    }
    let of_tasks = draft.tasks.iter().filter_map(|read| read.places.quality);
    for place in draft.quality_place.into_iter().chain(of_tasks) {
        let message = "`quality` says nothing without `placement = \"cheapest\"`";
        mistakes.add(Mistake::new(place, message));
    }
}

fn id_of(read: &ReadTask) -> Span {
    read.places.id
}

/// The key of what is no task itself.
fn unnamed() -> TaskKey {
    TaskKey::new("defaults").expect("it is letters")
}
