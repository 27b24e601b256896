//! Reads a plan's top: everything but the tables of its tasks.

use guildhall_core::AgentId;

use super::mistakes::{Mistake, Mistakes};
use super::model::Common;
use super::node::{Data, Node, Span};
use super::read_task::{self, MOST_USD, ReadTask};
use super::resources;
use super::value::{self, LARGEST, Wrong};
use crate::run_settings::{
    Budget, Compaction, Limits, Reducer, RunSettings, Stage, StageWhen, Strategy, WaveSize,
};

pub(crate) const PLAN_KEYS: &[&str] = &[
    "version",
    "name",
    "description",
    "strategy",
    "coordinator",
    "fail_fast",
    "placement",
    "shared",
    "seed",
    "durability",
    "cache",
    "deadline_seconds",
    "limits",
    "budget",
    "retries",
    "defaults",
    "compaction",
    "parameters",
    "wave",
    "group",
    "stage",
    "task",
];
pub(crate) const LIMIT_KEYS: &[&str] = &[
    "concurrency",
    "adaptive",
    "adaptive_agents",
    "max_wave_size",
    "agents",
    "tags",
    "resources",
    "exclusive_kinds",
];
pub(crate) const BUDGET_KEYS: &[&str] = &["usd", "tokens", "seconds", "depth"];
pub(crate) const RETRIES_KEYS: &[&str] = &["total"];
pub(crate) const COMPACTION_KEYS: &[&str] = &["tokens", "reducer"];
pub(crate) const WAVE_KEYS: &[&str] =
    &["name", "when", "deadline_seconds", "size", "target_seconds"];
pub(crate) const GROUP_KEYS: &[&str] = &["number", "when", "deadline_seconds"];
pub(crate) const STAGE_KEYS: &[&str] = &["name", "when", "deadline_seconds", "collect"];

/// What a portion of a wave takes where the plan says nothing, in milliseconds.
const DEFAULT_TARGET_MS: u64 = 60_000;
/// The version of the format.
const VERSION: u64 = 1;
/// Tasks at the most.
pub(crate) const MOST_TASKS: usize = 1_000_000;
/// Attempts at once at the most.
const MOST_AT_ONCE: u32 = 10_000;
/// Expansions within expansions at the most, and where the plan says nothing.
pub(crate) const DEEPEST_EXPANSION: u32 = 32;
pub(crate) const DEFAULT_DEPTH: u32 = 8;

/// A plan that was read and not yet checked as a whole.
#[derive(Debug)]
pub(crate) struct Draft {
    /// Everything but the stages and the limits of exclusive kinds.
    pub(crate) settings: RunSettings,
    pub(crate) strategy_place: Span,
    pub(crate) compaction_place: Span,
    pub(crate) defaults: Common,
    /// Where these ask for a quality.
    pub(crate) quality_place: Option<Span>,
    pub(crate) resources_place: Option<Span>,
    pub(crate) says_concurrency: bool,
    pub(crate) says_adaptive_agents: bool,
    pub(crate) max_wave_size: Option<(u32, Span)>,
    /// As the plan says; the strategy has a default.
    pub(crate) exclusive_kinds: Option<Vec<String>>,
    pub(crate) stages: Vec<ReadStage>,
    pub(crate) tasks: Vec<ReadTask>,
}

/// A table `[[wave]]`, `[[group]]` or `[[stage]]`.
#[derive(Debug)]
pub(crate) struct ReadStage {
    /// Which of these.
    pub(crate) table: StageTable,
    /// With its name, or its number as text.
    pub(crate) stage: Stage,
    pub(crate) number: u32,
    /// Whether it takes what all items of a pipeline came to.
    pub(crate) collect: bool,
    pub(crate) span: Span,
}

/// The kinds of tables for stages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StageTable {
    Wave,
    Group,
    Stage,
}

impl StageTable {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Wave => "wave",
            Self::Group => "group",
            Self::Stage => "stage",
        }
    }

    pub(crate) fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Wave => WAVE_KEYS,
            Self::Group => GROUP_KEYS,
            Self::Stage => STAGE_KEYS,
        }
    }
}

/// Reads the plan `root`.
pub(crate) fn plan(root: &Node<'_>, mistakes: &mut Mistakes) -> Draft {
    let mut draft = Draft {
        settings: RunSettings::default(),
        strategy_place: root.span,
        compaction_place: root.span,
        defaults: Common::default(),
        quality_place: None,
        resources_place: None,
        says_concurrency: false,
        says_adaptive_agents: false,
        max_wave_size: None,
        exclusive_kinds: None,
        stages: Vec::new(),
        tasks: Vec::new(),
    };
    draft.settings.cache = true;
    draft.settings.budget.depth = Some(DEFAULT_DEPTH);
    let Data::Table(entries) = &root.data else {
        let message = format!("a plan is a table, but this is {}", root.kind());
        mistakes.add(Mistake::new(root.span, message));
        return draft;
    };
    for entry in entries {
        let (key, node) = (entry.key.as_ref(), &entry.node);
        if !(draft.take_setting(key, node, mistakes) || draft.take_table(key, node, mistakes)) {
            mistakes.unknown("", entry, PLAN_KEYS);
        }
    }
    if root.entry("name").is_none() {
        mistakes.add(Mistake::new(start_of(root), "the plan has no `name`"));
    }
    if root.entry("task").is_none() {
        mistakes.add(Mistake::new(start_of(root), "the plan has no tasks"));
    }
    draft
}

/// Where to point for something that is missing: at the beginning, not at all of it.
fn start_of(node: &Node<'_>) -> Span {
    Span {
        start: node.span.start,
        end: node.span.start,
    }
}

impl Draft {
    fn take_setting(&mut self, key: &str, node: &Node<'_>, mistakes: &mut Mistakes) -> bool {
        let settings = &mut self.settings;
        match key {
            "version" => {
                mistakes.take("", key, version(node));
            }
            "name" => take(
                &mut settings.name,
                mistakes.take("", key, value::name(node)),
            ),
            "description" => take(
                &mut settings.description,
                mistakes.take("", key, value::text(node)),
            ),
            "strategy" => {
                let strategy = value::word(node, &value::STRATEGIES);
                take(&mut settings.strategy, mistakes.take("", key, strategy));
                self.strategy_place = node.span;
            }
            "coordinator" => settings.coordinator = mistakes.take("", key, value::agent(node)),
            "fail_fast" => take(
                &mut settings.fail_fast,
                mistakes.take("", key, value::switch(node)),
            ),
            "placement" => {
                let placement = value::word(node, &value::PLACEMENTS);
                take(&mut settings.placement, mistakes.take("", key, placement));
            }
            "shared" => settings.shared = mistakes.take("", key, value::filled(node)),
            "seed" => take(
                &mut settings.seed,
                mistakes.take("", key, value::whole(node, 0..=LARGEST)),
            ),
            "durability" => {
                let durability = value::word(node, &value::DURABILITIES);
                take(&mut settings.durability, mistakes.take("", key, durability));
            }
            "cache" => take(
                &mut settings.cache,
                mistakes.take("", key, value::switch(node)),
            ),
            "deadline_seconds" => {
                settings.deadline_ms = mistakes.take("", key, value::milliseconds(node));
            }
            _ => return false,
        }
        true
    }

    fn take_table(&mut self, key: &str, node: &Node<'_>, mistakes: &mut Mistakes) -> bool {
        match key {
            "limits" => self.limits(node, mistakes),
            "budget" => self.settings.budget = budget(node, mistakes),
            "retries" => self.settings.retries = retries(node, mistakes),
            "defaults" => {
                self.defaults = read_task::defaults(node, mistakes);
                self.quality_place = node.entry("quality").map(|it| it.key_span);
                self.resources_place = node.entry("resources").map(|it| it.node.span);
            }
            "compaction" => {
                self.settings.compaction = compaction(node, mistakes);
                self.compaction_place = node.entry("reducer").map_or(node.span, |it| it.node.span);
            }
            "wave" => self.stages(StageTable::Wave, node, mistakes),
            "group" => self.stages(StageTable::Group, node, mistakes),
            "stage" => self.stages(StageTable::Stage, node, mistakes),
            "task" => self.tasks(node, mistakes),
            // Read before everything else.
            "parameters" => {}
            _ => return false,
        }
        true
    }

    fn limits(&mut self, node: &Node<'_>, mistakes: &mut Mistakes) {
        let entries = mistakes.take("", "limits", value::table(node));
        let path = "limits.";
        for entry in entries.unwrap_or_default() {
            let (key, node) = (entry.key.as_ref(), &entry.node);
            let limits = &mut self.settings.limits;
            let count = |mistakes: &mut Mistakes| {
                mistakes.take(path, key, value::count(node, 1..=MOST_AT_ONCE))
            };
            match key {
                "concurrency" => {
                    take(&mut limits.concurrency, count(mistakes));
                    self.says_concurrency = true;
                }
                "adaptive" => take(
                    &mut limits.adaptive,
                    mistakes.take(path, key, value::switch(node)),
                ),
                "adaptive_agents" => {
                    let switch = mistakes.take(path, key, value::switch(node));
                    take(&mut limits.adaptive_agents, switch);
                    self.says_adaptive_agents = true;
                }
                "max_wave_size" => {
                    let most = value::count(node, 1..=read_task::MOST_CHILDREN);
                    let most = mistakes.take(path, key, most);
                    self.max_wave_size = most.map(|most| (most, node.span));
                }
                "agents" => agent_limits(limits, node, mistakes),
                "tags" => tag_limits(limits, node, mistakes),
                "resources" => limits.resources = resources::capacities(node, mistakes),
                "exclusive_kinds" => {
                    let kinds = value::list_of(node, "a list of kinds", 100, value::label);
                    self.exclusive_kinds = mistakes.take(path, key, kinds);
                }
                _ => mistakes.unknown("[limits]", entry, LIMIT_KEYS),
            }
        }
    }

    fn stages(&mut self, table: StageTable, node: &Node<'_>, mistakes: &mut Mistakes) {
        let wanted = format!("a list of tables, as [[{}]] makes", table.as_str());
        let items = mistakes.take("", table.as_str(), value::list(node, &wanted));
        for item in items.unwrap_or_default() {
            self.stages.extend(stage(table, item, mistakes));
        }
    }

    fn tasks(&mut self, node: &Node<'_>, mistakes: &mut Mistakes) {
        let wanted = "a list of tables, as [[task]] makes";
        let Some(items) = mistakes.take("", "task", value::list(node, wanted)) else {
            return;
        };
        if items.is_empty() {
            mistakes.add(Mistake::new(node.span, "the plan has no tasks"));
        } else if items.len() > MOST_TASKS {
            let message = format!("the plan has {} tasks, more than {MOST_TASKS}", items.len());
            mistakes.add(Mistake::new(node.span, message));
            return;
        }
        self.tasks.reserve(items.len());
        for item in items {
            self.tasks.extend(read_task::task(item, mistakes));
        }
    }
}

fn take<T>(slot: &mut T, given: Option<T>) {
    if let Some(given) = given {
        *slot = given;
    }
}

fn version(node: &Node<'_>) -> Result<(), Wrong> {
    let found = value::whole(node, 1..=LARGEST)?;
    if found == VERSION {
        return Ok(());
    }
    let message = format!("is {found}, but this Guildhall reads plans of version {VERSION}");
    let help = "use a newer Guildhall, or write the plan for this version".to_owned();
    Err(Wrong::new(node.span, message).with_help(Some(help)))
}

fn agent_limits(limits: &mut Limits, node: &Node<'_>, mistakes: &mut Mistakes) {
    let path = "limits.agents.";
    let entries = mistakes.take("limits.", "agents", value::table(node));
    for entry in entries.unwrap_or_default() {
        let count = value::count(&entry.node, 1..=MOST_AT_ONCE);
        let count = mistakes.take(path, &entry.key, count);
        match AgentId::new(entry.key.as_ref()) {
            Ok(agent) => limits.agents.extend(count.map(|count| (agent, count))),
            Err(error) => mistakes.add(Mistake::new(entry.key_span, error.to_string())),
        }
    }
    limits.agents.sort();
}

fn tag_limits(limits: &mut Limits, node: &Node<'_>, mistakes: &mut Mistakes) {
    let path = "limits.tags.";
    let entries = mistakes.take("limits.", "tags", value::table(node));
    for entry in entries.unwrap_or_default() {
        let count = value::count(&entry.node, 1..=MOST_AT_ONCE);
        let count = mistakes.take(path, &entry.key, count);
        let name = Node {
            span: entry.key_span,
            data: Data::Text(entry.key.clone()),
        };
        if let Some(tag) = mistakes.take(path, &entry.key, value::label(&name)) {
            limits.tags.extend(count.map(|count| (tag, count)));
        }
    }
    limits.tags.sort();
}

fn budget(node: &Node<'_>, mistakes: &mut Mistakes) -> Budget {
    let mut budget = Budget {
        depth: Some(DEFAULT_DEPTH),
        ..Budget::default()
    };
    let path = "budget.";
    let entries = mistakes.take("", "budget", value::table(node));
    for entry in entries.unwrap_or_default() {
        let (key, node) = (entry.key.as_ref(), &entry.node);
        match key {
            "usd" => budget.usd = mistakes.take(path, key, value::amount(node, MOST_USD)),
            "tokens" => budget.tokens = mistakes.take(path, key, value::whole(node, 0..=LARGEST)),
            "seconds" => budget.time_ms = mistakes.take(path, key, value::milliseconds(node)),
            "depth" => {
                budget.depth = mistakes.take(path, key, value::count(node, 0..=DEEPEST_EXPANSION));
            }
            _ => mistakes.unknown("[budget]", entry, BUDGET_KEYS),
        }
    }
    budget
}

fn retries(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<u32> {
    let mut total = None;
    let entries = mistakes.take("", "retries", value::table(node));
    for entry in entries.unwrap_or_default() {
        match entry.key.as_ref() {
            "total" => {
                let count = value::count(&entry.node, 0..=u32::MAX);
                total = mistakes.take("retries.", "total", count);
            }
            _ => mistakes.unknown("[retries]", entry, RETRIES_KEYS),
        }
    }
    total
}

fn compaction(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<Compaction> {
    let (mut tokens, mut reducer) = (None, Reducer::Middle);
    let path = "compaction.";
    for entry in mistakes.take("", "compaction", value::table(node))? {
        let (key, node) = (entry.key.as_ref(), &entry.node);
        match key {
            "tokens" => {
                tokens = mistakes.take(path, key, value::count(node, 1..=100_000_000));
            }
            "reducer" => take(&mut reducer, mistakes.take(path, key, self::reducer(node))),
            _ => mistakes.unknown("[compaction]", entry, COMPACTION_KEYS),
        }
    }
    if node.entry("tokens").is_none() {
        mistakes.add(Mistake::new(node.span, "`compaction` has no `tokens`"));
    }
    Some(Compaction {
        tokens: tokens?,
        reducer,
    })
}

fn reducer(node: &Node<'_>) -> Result<Reducer, Wrong> {
    let known = ["head", "tail", "middle"].map(|name| (name, ()));
    match &node.data {
        Data::Text(text) => match text.as_ref() {
            "head" => Ok(Reducer::Head),
            "tail" => Ok(Reducer::Tail),
            "middle" => Ok(Reducer::Middle),
            _ => value::word(node, &known).map(|()| Reducer::Middle),
        },
        Data::Table(entries) => match &entries[..] {
            [entry] if entry.key == "capability" => {
                value::capability(&entry.node).map(Reducer::Agent)
            }
            _ => Err(Wrong::new(
                node.span,
                "must be a table with `capability` alone",
            )),
        },
        _ => Err(value::must_be(
            node,
            "\"head\", \"tail\", \"middle\" or a table with `capability`",
        )),
    }
}

fn stage(table: StageTable, node: &Node<'_>, mistakes: &mut Mistakes) -> Option<ReadStage> {
    let entries = mistakes.take("", table.as_str(), value::table(node))?;
    let path = format!("{}.", table.as_str());
    let (mut name, mut number, mut collect) = (None, 0, false);
    let (mut when, mut deadline_ms) = (StageWhen::default(), None);
    let (mut size, mut target) = (None, None);
    for entry in entries {
        let (key, node) = (entry.key.as_ref(), &entry.node);
        match (key, table) {
            ("name", StageTable::Wave | StageTable::Stage) => {
                name = mistakes.take(&path, key, value::name(node));
            }
            ("number", StageTable::Group) => {
                let given = mistakes.take(&path, key, value::count(node, 0..=u32::MAX));
                number = given.unwrap_or_default();
                name = given.map(|number| number.to_string());
            }
            ("collect", StageTable::Stage) => {
                take(&mut collect, mistakes.take(&path, key, value::switch(node)));
            }
            ("when", _) => {
                let word = value::word(node, &value::STAGE_CONDITIONS);
                take(&mut when, mistakes.take(&path, key, word));
            }
            ("deadline_seconds", _) => {
                deadline_ms = mistakes.take(&path, key, value::milliseconds(node));
            }
            ("size", StageTable::Wave) => size = mistakes.take(&path, key, wave_size(node)),
            ("target_seconds", StageTable::Wave) => {
                let given = mistakes.take(&path, key, value::milliseconds(node));
                target = given.map(|ms| (ms, entry.key_span));
            }
            _ => mistakes.unknown(&format!("[[{}]]", table.as_str()), entry, table.keys()),
        }
    }
    let named_by = table.keys()[0];
    if node.entry(named_by).is_none() {
        let message = format!("the {} has no `{named_by}`", table.as_str());
        mistakes.add(Mistake::new(start_of(node), message));
    }
    match (&mut size, target) {
        (Some(WaveSize::Auto { target_ms }), Some((ms, _))) => *target_ms = ms,
        (_, Some((_, place))) => {
            let message = "`target_seconds` says nothing without `size = \"auto\"`";
            mistakes.add(Mistake::new(place, message));
        }
        (_, None) => {}
    }
    let stage = Stage {
        name: name?,
        when,
        deadline_ms,
        size,
    };
    Some(ReadStage {
        table,
        stage,
        number,
        collect,
        span: node.span,
    })
}

fn wave_size(node: &Node<'_>) -> Result<WaveSize, Wrong> {
    let auto = WaveSize::Auto {
        target_ms: DEFAULT_TARGET_MS,
    };
    match &node.data {
        Data::Text(text) if text == "auto" => Ok(auto),
        Data::Number(_) => value::count(node, 1..=read_task::MOST_CHILDREN).map(WaveSize::Fixed),
        _ => Err(value::must_be(node, "\"auto\" or a whole number of tasks")),
    }
}

/// The strategies that use a table or key for stages.
pub(crate) fn strategies_of(table: StageTable) -> &'static [Strategy] {
    match table {
        StageTable::Wave => &[Strategy::Waves],
        StageTable::Group => &[Strategy::Groups],
        StageTable::Stage => &[Strategy::Pipeline, Strategy::MapReduce],
    }
}
