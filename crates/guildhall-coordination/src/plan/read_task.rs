//! Reads the tables of tasks: of `[[task]]`, of `[defaults]` and of the tasks that an
//! agent lists.

use super::mistakes::{Mistake, Mistakes};
use super::model::{
    Common, DEFAULT_MOST, GivenRetry, PlanExpansion, PlanNeed, PlanPlace, PlanSource, PlanTask,
};
use super::node::{Data, Entry, Node, Span};
use super::resources;
use super::texts::{Field, Reads};
use super::value::{self, LARGEST, OutputRef, Wrong, must_be};
use crate::id::TaskKey;
use crate::source_text::code;
use crate::task::{NeedOn, SingleRules, Spend};
use crate::template::{Template, Uses, Values, has_tags, render};

/// The keys of a task.
pub(crate) const TASK_KEYS: &[&str] = &[
    "id",
    "title",
    "description",
    "capability",
    "agent",
    "prompt",
    "input",
    "tools",
    "model",
    "needs",
    "wave",
    "group",
    "stage",
    "priority",
    "timeout_seconds",
    "retry",
    "tags",
    "kind",
    "when",
    "accept",
    "race",
    "complexity",
    "minutes",
    "reserve",
    "preemptible",
    "quality",
    "resources",
    "workspace",
    "reads",
    "for_each",
    "batch",
    "most",
    "single_below",
    "tasks_from",
    "decompose",
];
/// The keys of `[defaults]`.
pub(crate) const DEFAULT_KEYS: &[&str] = &[
    "timeout_seconds",
    "retry",
    "priority",
    "workspace",
    "reserve",
    "capability",
    "agent",
    "tools",
    "model",
    "tags",
    "quality",
    "resources",
];
pub(crate) const RETRY_KEYS: &[&str] = &["max", "base_seconds", "cap_seconds", "on"];
pub(crate) const RESERVE_KEYS: &[&str] = &["usd", "tokens"];
pub(crate) const SINGLE_KEYS: &[&str] = &["items", "minutes", "complexity"];
pub(crate) const NEED_KEYS: &[&str] = &["task", "on"];

/// Repetitions of a task at the most.
const MOST_RETRIES: u32 = 1_000;
/// Children of a task, and items of a child, at the most.
pub(crate) const MOST_CHILDREN: u32 = 100_000;
/// Entries of the lists that a task has, but for the items.
const MOST_ENTRIES: usize = 10_000;
/// US dollars at the most.
pub(crate) const MOST_USD: f64 = 1e9;
/// Minutes and complexity at the most.
const MOST_ESTIMATE: f64 = 1e9;
/// Longest title, in bytes.
const LONGEST_TITLE: usize = 500;

/// A task with the places of what can be wrong with it in the company of others.
#[derive(Debug)]
pub(crate) struct ReadTask {
    pub(crate) task: PlanTask,
    pub(crate) places: Places,
}

/// Where parts of a task stand.
#[derive(Debug, Default)]
pub(crate) struct Places {
    pub(crate) id: Span,
    /// What it names the agent by.
    pub(crate) agent: Option<Span>,
    pub(crate) capability: Option<Span>,
    pub(crate) kind: Span,
    pub(crate) place: Span,
    pub(crate) race: Span,
    pub(crate) quality: Option<Span>,
    pub(crate) resources: Option<Span>,
    pub(crate) source: Span,
    pub(crate) needs: Vec<Span>,
    /// What its templates and conditions read.
    pub(crate) reads: Reads,
}

/// A task that is being read.
struct Draft {
    read: ReadTask,
    sources: Vec<(PlanSource, Span, &'static str)>,
    batch: Option<(u32, Span)>,
    most: Option<(u32, Span)>,
    single: Option<(SingleRules, Span)>,
    /// Keys that are handed to the agent with a prompt, and not without one.
    with_prompt: Vec<(&'static str, Span)>,
}

/// Reads the table of a task; none where it has no id.
pub(crate) fn task(node: &Node<'_>, mistakes: &mut Mistakes) -> Option<ReadTask> {
    let entries = mistakes.take("", "task", value::table(node))?;
    let id_entry = entries.iter().find(|entry| entry.key == "id");
    let id = match id_entry {
        Some(entry) => mistakes.take("", "id", value::task_id(&entry.node)),
        None => {
            mistakes.add(Mistake::new(node.span, "the task has no `id`"));
            None
        }
    };
    // Without an id the rest is read for its mistakes alone.
    let known = id.clone();
    let id = id.or_else(|| TaskKey::new("unknown").ok())?;
    let mut draft = Draft::new(PlanTask::new(id));
    draft.read.places.id = id_entry.map_or(node.span, |entry| entry.node.span);
    for entry in entries {
        draft.entry(entry, mistakes);
    }
    let read = draft.finish(mistakes);
    known.map(|_| read)
}

/// Reads the table `[defaults]`.
pub(crate) fn defaults(node: &Node<'_>, mistakes: &mut Mistakes) -> Common {
    let mut common = Common::default();
    let entries = mistakes.take("", "defaults", value::table(node));
    for entry in entries.unwrap_or_default() {
        if !take_common(&mut common, "defaults.", entry, mistakes) {
            mistakes.unknown("[defaults]", entry, DEFAULT_KEYS);
        }
    }
    common
}

impl Draft {
    fn new(task: PlanTask) -> Self {
        Self {
            read: ReadTask {
                task,
                places: Places::default(),
            },
            sources: Vec::new(),
            batch: None,
            most: None,
            single: None,
            with_prompt: Vec::new(),
        }
    }

    fn entry(&mut self, entry: &Entry<'_>, mistakes: &mut Mistakes) {
        match entry.key.as_ref() {
            "agent" => self.read.places.agent = Some(entry.node.span),
            "capability" => self.read.places.capability = Some(entry.node.span),
            "quality" => self.read.places.quality = Some(entry.key_span),
            "resources" => self.read.places.resources = Some(entry.node.span),
            "workspace" => self.with_prompt.push(("workspace", entry.key_span)),
            "tools" => self.with_prompt.push(("tools", entry.key_span)),
            "model" => self.with_prompt.push(("model", entry.key_span)),
            _ => {}
        }
        let known = take_common(&mut self.read.task.common, "", entry, mistakes)
            || self.take_text(entry, mistakes)
            || self.take_fact(entry, mistakes)
            || self.take_place(entry, mistakes)
            || self.take_expansion(entry, mistakes);
        if !known {
            mistakes.unknown("[[task]]", entry, TASK_KEYS);
        }
    }

    /// The keys whose values are templates and conditions.
    fn take_text(&mut self, entry: &Entry<'_>, mistakes: &mut Mistakes) -> bool {
        let (task, node) = (&mut self.read.task, &entry.node);
        let reads = &mut self.read.places.reads;
        let key = entry.key.as_ref();
        match key {
            "title" => {
                let title = mistakes.take("", key, value::line(node, LONGEST_TITLE));
                reads.templates(key, Field::Title, node, mistakes);
                task.title = title.map(filled_in);
            }
            "description" => {
                let description = mistakes.take("", key, value::text(node));
                reads.templates(key, Field::Title, node, mistakes);
                task.description = description.map(filled_in).unwrap_or_default();
            }
            "prompt" => {
                task.prompt = mistakes.take("", key, value::filled(node));
                reads.templates(key, Field::Input, node, mistakes);
            }
            "input" => {
                task.input = mistakes
                    .take("", key, value::json(node))
                    .unwrap_or_default();
                reads.templates(key, Field::Input, node, mistakes);
            }
            "when" => {
                task.when = mistakes.take("", key, value::filled(node));
                reads.condition(key, Field::When, node, mistakes);
            }
            "accept" => {
                task.accept = mistakes.take("", key, value::filled(node));
                reads.condition(key, Field::Accept, node, mistakes);
            }
            _ => return false,
        }
        true
    }

    fn take_fact(&mut self, entry: &Entry<'_>, mistakes: &mut Mistakes) -> bool {
        let (task, node) = (&mut self.read.task, &entry.node);
        let key = entry.key.as_ref();
        match key {
            // Read before everything else.
            "id" => {}
            "kind" => {
                task.kind = mistakes.take("", key, value::label(node));
                self.read.places.kind = node.span;
            }
            "complexity" => {
                let amount = value::amount(node, MOST_ESTIMATE);
                task.estimate.complexity = mistakes.take("", key, amount);
            }
            "minutes" => {
                let amount = value::amount(node, MOST_ESTIMATE);
                task.estimate.minutes = mistakes.take("", key, amount);
            }
            "preemptible" => {
                let switch = mistakes.take("", key, value::switch(node));
                task.preemptible = switch.unwrap_or_default();
            }
            "reads" => {
                let patterns =
                    value::list_of(node, "a list of patterns", MOST_ENTRIES, value::pattern);
                task.reads = mistakes.take("", key, patterns).unwrap_or_default();
            }
            _ => return false,
        }
        true
    }

    /// The keys that put a task among others.
    fn take_place(&mut self, entry: &Entry<'_>, mistakes: &mut Mistakes) -> bool {
        let node = &entry.node;
        let key = entry.key.as_ref();
        let place = match key {
            "wave" => value::name(node).map(PlanPlace::Wave),
            "group" => value::count(node, 0..=u32::MAX).map(PlanPlace::Group),
            "stage" => value::name(node).map(PlanPlace::Stage),
            "race" => {
                self.read.task.race = mistakes.take("", key, value::label(node));
                self.read.places.race = entry.key_span;
                return true;
            }
            "needs" => {
                self.take_needs(node, mistakes);
                return true;
            }
            _ => return false,
        };
        let place = mistakes.take("", key, place);
        let places = &mut self.read.places;
        if self.read.task.place.is_some() {
            let message = "a task is in one wave, group or stage, not in two";
            mistakes.add(Mistake::new(entry.key_span, message));
        }
        places.place = entry.key_span;
        self.read.task.place = place;
        true
    }

    fn take_needs(&mut self, node: &Node<'_>, mistakes: &mut Mistakes) {
        let Some(items) = mistakes.take("", "needs", value::list(node, "a list of task ids"))
        else {
            return;
        };
        if items.len() > MOST_ENTRIES {
            let message = format!(
                "`needs` must have at most {MOST_ENTRIES} entries, but has {}: put a task between",
                items.len()
            );
            mistakes.add(Mistake::new(node.span, message));
            return;
        }
        for item in items {
            if let Some(need) = mistakes.take("", "needs", need(item)) {
                self.read.task.needs.push(need);
                self.read.places.needs.push(item.span);
            }
        }
    }

    fn take_expansion(&mut self, entry: &Entry<'_>, mistakes: &mut Mistakes) -> bool {
        let node = &entry.node;
        let key = entry.key.as_ref();
        match key {
            "for_each" => {
                let source = mistakes.take("", key, for_each(node));
                self.sources
                    .extend(source.map(|it| (it, node.span, "for_each")));
            }
            "tasks_from" => {
                let source = mistakes.take("", key, tasks_from(node));
                self.sources
                    .extend(source.map(|it| (it, node.span, "tasks_from")));
            }
            "decompose" => {
                if mistakes.take("", key, value::switch(node)) == Some(true) {
                    let source = PlanSource::Decompose;
                    self.sources.push((source, node.span, "decompose"));
                }
            }
            "batch" => {
                let count = mistakes.take("", key, value::count(node, 1..=MOST_CHILDREN));
                self.batch = count.map(|count| (count, entry.key_span));
            }
            "most" => {
                let count = mistakes.take("", key, value::count(node, 1..=MOST_CHILDREN));
                self.most = count.map(|count| (count, entry.key_span));
            }
            "single_below" => self.single = Some((single_rules(node, mistakes), entry.key_span)),
            _ => return false,
        }
        true
    }

    /// Puts the keys of an expansion together.
    fn finish(mut self, mistakes: &mut Mistakes) -> ReadTask {
        // The order of keys is that of the text, whatever the format makes of it.
        self.sources.sort_by_key(|(_, span, _)| span.start);
        self.refuse_without_prompt(mistakes);
        if let [(_, _, first), (_, span, second), ..] = &self.sources[..] {
            let message = format!("`{first}` and `{second}` exclude each other");
            mistakes.add(Mistake::new(*span, message));
        }
        let Some((source, span, key)) = self.sources.drain(..).next() else {
            self.refuse_without_source(mistakes);
            return self.read;
        };
        if let Some((_, span)) = self.batch.filter(|_| key != "for_each") {
            let message = "`batch` is used by `for_each` alone";
            mistakes.add(Mistake::new(span, message));
        }
        let expansion = PlanExpansion {
            source,
            batch: self.batch.map_or(1, |(batch, _)| batch),
            most: self.most.map_or(DEFAULT_MOST, |(most, _)| most),
            single: self.single.map(|(single, _)| single).unwrap_or_default(),
        };
        check_given_items(&expansion, span, mistakes);
        self.read.places.source = span;
        self.read.task.expansion = Some(expansion);
        self.read
    }

    /// An input alone is handed over as it is: there is no place in it for these.
    fn refuse_without_prompt(&self, mistakes: &mut Mistakes) {
        let task = &self.read.task;
        if task.prompt.is_some() || task.input.is_null() {
            return;
        }
        for (key, span) in &self.with_prompt {
            let message = format!(
                "`{key}` is handed over with a `prompt`, and never reaches an agent that gets an `input` alone"
            );
            let help = "give the task a `prompt`; `input` may stand beside it";
            mistakes.add(Mistake::new(*span, message).with_help(Some(help.to_owned())));
        }
    }

    fn refuse_without_source(&self, mistakes: &mut Mistakes) {
        let any = "`for_each`, `tasks_from` or `decompose`";
        let used = [
            ("batch", self.batch.map(|(_, span)| span), "`for_each`"),
            ("most", self.most.map(|(_, span)| span), any),
            ("single_below", self.single.map(|(_, span)| span), any),
        ];
        for (key, span, source) in used {
            if let Some(span) = span {
                let message = format!("`{key}` says nothing without {source}");
                mistakes.add(Mistake::new(span, message));
            }
        }
    }
}

/// A title or description, filled in where it does not wait for an item.
fn filled_in(text: String) -> String {
    let waits = |it: &Uses| it.reads("item") || it.reads("index");
    match Template::parse(&text).map(Template::all_uses) {
        Ok(uses) if has_tags(&text) && !waits(&uses) => {
            render(&text, &Values::default()).unwrap_or(text)
        }
        _ => text,
    }
}

/// How many children a list in the plan gives.
pub(crate) fn given_children(items: usize, batch: u32) -> usize {
    items.div_ceil((batch as usize).max(1))
}

fn check_given_items(expansion: &PlanExpansion, span: Span, mistakes: &mut Mistakes) {
    let PlanSource::Items(items) = &expansion.source else {
        return;
    };
    let children = given_children(items.len(), expansion.batch);
    if items.is_empty() {
        mistakes.add(Mistake::new(span, "`for_each` has no items"));
    } else if children > expansion.most as usize {
        let message = format!(
            "`for_each` gives {children} tasks, but `most` is {}",
            expansion.most
        );
        let help = "raise `most`, or let a task take several items with `batch`";
        mistakes.add(Mistake::new(span, message).with_help(Some(help.to_owned())));
    }
}

fn take_common(
    common: &mut Common,
    path: &str,
    entry: &Entry<'_>,
    mistakes: &mut Mistakes,
) -> bool {
    let node = &entry.node;
    let key = entry.key.as_ref();
    let texts = |node: &Node<'_>| value::list_of(node, "a list of texts", MOST_ENTRIES, short_line);
    match key {
        "timeout_seconds" => {
            common.timeout_ms = mistakes.take(path, key, value::milliseconds(node));
        }
        "retry" => common.retry = retry(path, node, mistakes),
        "priority" => {
            common.priority = mistakes.take(path, key, value::word(node, &value::PRIORITIES));
        }
        "workspace" => {
            common.workspace = mistakes.take(path, key, value::word(node, &value::WORKSPACES));
        }
        "reserve" => common.reserve = Some(reserve(path, node, mistakes)),
        "capability" => common.capability = mistakes.take(path, key, value::capability(node)),
        "agent" => common.agent = mistakes.take(path, key, value::agent(node)),
        "tools" => common.tools = mistakes.take(path, key, texts(node)),
        "model" => common.model = mistakes.take(path, key, short_line(node)),
        "tags" => {
            let tags = value::list_of(node, "a list of tags", MOST_ENTRIES, value::label);
            common.tags = mistakes.take(path, key, tags);
        }
        "resources" => {
            common.resources = Some(resources::wants(path, node, mistakes));
        }
        "quality" => common.quality = mistakes.take(path, key, value::amount(node, 1.0)),
        _ => return false,
    }
    true
}

fn short_line(node: &Node<'_>) -> Result<String, Wrong> {
    value::line(node, 256)
}

fn retry(path: &str, node: &Node<'_>, mistakes: &mut Mistakes) -> GivenRetry {
    let mut retry = GivenRetry::default();
    let inner = format!("{path}retry.");
    let entries = mistakes.take(path, "retry", value::table(node));
    for entry in entries.unwrap_or_default() {
        let (key, node) = (entry.key.as_ref(), &entry.node);
        match key {
            "max" => retry.max = mistakes.take(&inner, key, value::count(node, 0..=MOST_RETRIES)),
            "base_seconds" => {
                retry.base_ms = mistakes.take(&inner, key, value::milliseconds(node));
            }
            "cap_seconds" => retry.cap_ms = mistakes.take(&inner, key, value::milliseconds(node)),
            "on" => retry.on = mistakes.take(&inner, key, value::word(node, &value::RETRIED)),
            _ => mistakes.unknown("retry", entry, RETRY_KEYS),
        }
    }
    retry
}

fn reserve(path: &str, node: &Node<'_>, mistakes: &mut Mistakes) -> Spend {
    let mut spend = Spend::default();
    let inner = format!("{path}reserve.");
    let entries = mistakes.take(path, "reserve", value::table(node));
    for entry in entries.unwrap_or_default() {
        let (key, node) = (entry.key.as_ref(), &entry.node);
        match key {
            "usd" => {
                let usd = mistakes.take(&inner, key, value::amount(node, MOST_USD));
                spend.usd = usd.unwrap_or_default();
            }
            "tokens" => {
                let tokens = mistakes.take(&inner, key, value::whole(node, 0..=LARGEST));
                spend.tokens = tokens.unwrap_or_default();
            }
            _ => mistakes.unknown("reserve", entry, RESERVE_KEYS),
        }
    }
    spend
}

fn single_rules(node: &Node<'_>, mistakes: &mut Mistakes) -> SingleRules {
    let mut rules = SingleRules::default();
    let inner = "single_below.";
    let entries = mistakes.take("", "single_below", value::table(node));
    for entry in entries.unwrap_or_default() {
        let (key, node) = (entry.key.as_ref(), &entry.node);
        match key {
            "items" => {
                let count = value::count(node, 0..=MOST_CHILDREN);
                rules.below_items = mistakes.take(inner, key, count);
            }
            "minutes" => {
                let amount = value::amount(node, MOST_ESTIMATE);
                rules.below_minutes = mistakes.take(inner, key, amount);
            }
            "complexity" => {
                let amount = value::amount(node, MOST_ESTIMATE);
                rules.below_complexity = mistakes.take(inner, key, amount);
            }
            _ => mistakes.unknown("single_below", entry, SINGLE_KEYS),
        }
    }
    rules
}

/// A task id, or a table with one.
fn need(node: &Node<'_>) -> Result<PlanNeed, Wrong> {
    let Data::Table(entries) = &node.data else {
        let on = NeedOn::Completed;
        return value::task_id(node).map(|task| PlanNeed { task, on });
    };
    let (mut task, mut on) = (None, NeedOn::Completed);
    for entry in entries {
        match entry.key.as_ref() {
            "task" => task = Some(value::task_id(&entry.node)?),
            "on" => on = value::word(&entry.node, &value::ENDINGS)?,
            _ => {
                let unknown = value::unknown(entry, "needs", NEED_KEYS);
                let message = format!("has an entry with the unknown key {}", code(&entry.key));
                return Err(Wrong::new(unknown.span, message).with_help(unknown.help));
            }
        }
    }
    let task = task.ok_or_else(|| Wrong::new(node.span, "has an entry without `task`"))?;
    Ok(PlanNeed { task, on })
}

fn for_each(node: &Node<'_>) -> Result<PlanSource, Wrong> {
    let wanted = "a list, or a task id such as \"list\" or \"list#/files\"";
    match &node.data {
        Data::List(items) => {
            let items = items.iter().map(Node::to_value);
            Ok(PlanSource::Items(items.collect()))
        }
        Data::Text(_) => {
            let OutputRef { task, pointer } = value::output_ref(node, wanted)?;
            Ok(PlanSource::Output { task, pointer })
        }
        _ => Err(must_be(node, wanted)),
    }
}

fn tasks_from(node: &Node<'_>) -> Result<PlanSource, Wrong> {
    let wanted = "a task id such as \"split\" or \"split#/tasks\"";
    let OutputRef { task, pointer } = value::output_ref(node, wanted)?;
    Ok(PlanSource::Tasks { task, pointer })
}
