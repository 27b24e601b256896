//! Values of the types that a plan's keys have.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use guildhall_core::{AgentId, CapabilityRequest};
use serde_json::{Number, Value};

use super::node::{Data, Entry, Node, Span};
use crate::id::TaskKey;
use crate::run_settings::{Durability, Placement, StageWhen, Strategy};
use crate::source_text::{code, nearest, printable};
use crate::task::{NeedOn, Priority, RetryOn, Workspace};

/// Longest name of a plan, a wave, a stage, a tag or a kind, in bytes.
const LONGEST_NAME: usize = 64;
/// Longest text that is repeated in a message.
const LONGEST_SHOWN: usize = 64;
/// Longest id of a task in a plan: what is made of it must fit into a key.
pub(crate) const LONGEST_ID: usize = 64;
/// Longest time in seconds: a year.
pub(crate) const LONGEST_SECONDS: f64 = 31_536_000.0;
/// Largest number of anything that is counted; beyond it JSON readers lose digits.
pub(crate) const LARGEST: u64 = 9_007_199_254_740_991;

pub(crate) const STRATEGIES: [(&str, Strategy); 8] = [
    ("sequential", Strategy::Sequential),
    ("parallel", Strategy::Parallel),
    ("waves", Strategy::Waves),
    ("groups", Strategy::Groups),
    ("graph", Strategy::Graph),
    ("map-reduce", Strategy::MapReduce),
    ("pipeline", Strategy::Pipeline),
    ("scatter-gather", Strategy::ScatterGather),
];
pub(crate) const PLACEMENTS: [(&str, Placement); 5] = [
    ("pull", Placement::Pull),
    ("round-robin", Placement::RoundRobin),
    ("least-loaded", Placement::LeastLoaded),
    ("priority", Placement::Priority),
    ("cheapest", Placement::Cheapest),
];
pub(crate) const DURABILITIES: [(&str, Durability); 2] = [
    ("process", Durability::Process),
    ("power", Durability::Power),
];
pub(crate) const PRIORITIES: [(&str, Priority); 4] = [
    ("low", Priority::Low),
    ("normal", Priority::Normal),
    ("high", Priority::High),
    ("critical", Priority::Critical),
];
pub(crate) const WORKSPACES: [(&str, Workspace); 3] = [
    ("temporary", Workspace::Temporary),
    ("worktree", Workspace::Worktree),
    ("shared", Workspace::Shared),
];
pub(crate) const RETRIED: [(&str, RetryOn); 3] = [
    ("retryable", RetryOn::Retryable),
    ("any", RetryOn::Any),
    ("never", RetryOn::Never),
];
pub(crate) const ENDINGS: [(&str, NeedOn); 2] =
    [("completed", NeedOn::Completed), ("ended", NeedOn::Ended)];
pub(crate) const STAGE_CONDITIONS: [(&str, StageWhen); 3] = [
    ("always", StageWhen::Always),
    ("all-completed", StageWhen::AllCompleted),
    ("any-completed", StageWhen::AnyCompleted),
];

/// What is wrong with a value.
#[derive(Debug)]
pub(crate) struct Wrong {
    pub(crate) span: Span,
    /// What, as the rest of a sentence that begins with the key.
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

impl Wrong {
    pub(crate) fn new(span: Span, message: impl Into<String>) -> Self {
        Self {
            span,
            message: message.into(),
            help: None,
        }
    }

    pub(crate) fn with_help(mut self, help: Option<String>) -> Self {
        self.help = help;
        self
    }
}

/// A part of another task's output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OutputRef {
    pub(crate) task: TaskKey,
    /// JSON pointer (RFC 6901).
    pub(crate) pointer: String,
}

/// The entries of a table.
pub(crate) fn table<'n, 'a>(node: &'n Node<'a>) -> Result<&'n [Entry<'a>], Wrong> {
    match &node.data {
        Data::Table(entries) => Ok(entries),
        _ => Err(must_be(node, "a table")),
    }
}

/// The items of a list.
pub(crate) fn list<'n, 'a>(node: &'n Node<'a>, wanted: &str) -> Result<&'n [Node<'a>], Wrong> {
    match &node.data {
        Data::List(items) => Ok(items),
        _ => Err(must_be(node, wanted)),
    }
}

/// A text of any length.
pub(crate) fn text(node: &Node<'_>) -> Result<String, Wrong> {
    any_text(node, "a text").map(str::to_owned)
}

/// A text that is not empty.
pub(crate) fn filled(node: &Node<'_>) -> Result<String, Wrong> {
    let text = any_text(node, "a text")?;
    if text.trim().is_empty() {
        return Err(Wrong::new(node.span, "must not be empty"));
    }
    Ok(text.to_owned())
}

/// A text on one line with a bounded length.
pub(crate) fn line(node: &Node<'_>, most: usize) -> Result<String, Wrong> {
    let text = filled(node)?;
    if text.len() > most {
        let message = format!("must have at most {most} bytes, but has {}", text.len());
        return Err(Wrong::new(node.span, message));
    }
    if text.chars().any(char::is_control) {
        let message = "must be one line without control characters";
        return Err(Wrong::new(node.span, message));
    }
    Ok(text)
}

/// The name of a plan, a wave or a stage.
pub(crate) fn name(node: &Node<'_>) -> Result<String, Wrong> {
    line(node, LONGEST_NAME)
}

/// A tag, a kind or the name of a race.
pub(crate) fn label(node: &Node<'_>) -> Result<String, Wrong> {
    let text = any_text(node, "a text")?;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
    if !text.is_empty() && text.len() <= LONGEST_NAME && text.bytes().all(fits) {
        return Ok(text.to_owned());
    }
    let message = format!(
        "must be letters, digits, '.', '_', ':' and '-', at most {LONGEST_NAME} bytes, but is {}",
        shown(text)
    );
    Err(Wrong::new(node.span, message))
}

/// The id of a task.
pub(crate) fn task_id(node: &Node<'_>) -> Result<TaskKey, Wrong> {
    let text = any_text(node, "the id of a task")?;
    id_of(text).ok_or_else(|| bad_id(node.span, text))
}

/// A task's output, or a part of it: `id`, or `id#/json/pointer`.
pub(crate) fn output_ref(node: &Node<'_>, wanted: &str) -> Result<OutputRef, Wrong> {
    let text = any_text(node, wanted)?;
    let (id, pointer) = text.split_once('#').unwrap_or((text, ""));
    let Some(task) = id_of(id) else {
        return Err(bad_id(node.span, id));
    };
    if !pointer.is_empty() && !pointer.starts_with('/') {
        let message = format!(
            "must have a JSON pointer after `#`, which starts with `/`, but has {}",
            shown(pointer)
        );
        let help = format!("write \"{}#/{}\"", task, printable(pointer));
        return Err(Wrong::new(node.span, message).with_help(Some(help)));
    }
    Ok(OutputRef {
        task,
        pointer: pointer.to_owned(),
    })
}

/// The id of an agent.
pub(crate) fn agent(node: &Node<'_>) -> Result<AgentId, Wrong> {
    parsed(node, "the id of an agent")
}

/// A capability and the versions that will do.
pub(crate) fn capability(node: &Node<'_>) -> Result<CapabilityRequest, Wrong> {
    parsed(node, "a capability such as \"example.greet@^1\"")
}

/// One of several words, each with what it means.
pub(crate) fn word<T: Copy>(node: &Node<'_>, known: &[(&str, T)]) -> Result<T, Wrong> {
    let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    let one_of = format!("one of {}", quoted_list(&names));
    let text = any_text(node, &one_of)?;
    if let Some((_, value)) = known.iter().find(|(name, _)| *name == text) {
        return Ok(*value);
    }
    let message = format!("must be {one_of}, but is {}", shown(text));
    let help = nearest(&text.replace('_', "-"), names);
    let help = help.map(|name| format!("did you mean \"{name}\"?"));
    Err(Wrong::new(node.span, message).with_help(help))
}

/// A switch.
pub(crate) fn switch(node: &Node<'_>) -> Result<bool, Wrong> {
    match &node.data {
        Data::Switch(switch) => Ok(*switch),
        _ => Err(must_be(node, "true or false")),
    }
}

/// A whole number.
pub(crate) fn whole(node: &Node<'_>, range: RangeInclusive<u64>) -> Result<u64, Wrong> {
    let wanted = format!("a whole number from {} to {}", range.start(), range.end());
    let Data::Number(number) = &node.data else {
        return Err(must_be(node, &wanted));
    };
    let whole = number.as_u64().filter(|number| range.contains(number));
    whole.ok_or_else(|| must_be_not(node.span, &wanted, &number.to_string()))
}

/// A whole number of 32 bits.
pub(crate) fn count(node: &Node<'_>, range: RangeInclusive<u32>) -> Result<u32, Wrong> {
    let number = whole(node, u64::from(*range.start())..=u64::from(*range.end()))?;
    Ok(u32::try_from(number).unwrap_or(*range.end()))
}

/// A number from 0 to `most`.
pub(crate) fn amount(node: &Node<'_>, most: f64) -> Result<f64, Wrong> {
    let wanted = format!("a number from 0 to {most}");
    let (number, written) = number(node, &wanted)?;
    if (0.0..=most).contains(&number) {
        // An agent should not see a negative zero.
        return Ok(number.abs());
    }
    Err(must_be_not(node.span, &wanted, &written))
}

/// A time, given in seconds, in milliseconds.
pub(crate) fn milliseconds(node: &Node<'_>) -> Result<u64, Wrong> {
    let wanted = format!("a number of seconds from 0.001 to {LONGEST_SECONDS}");
    let (seconds, written) = number(node, &wanted)?;
    if (0.001..=LONGEST_SECONDS).contains(&seconds) {
        return Ok((seconds * 1000.0).round() as u64);
    }
    Err(must_be_not(node.span, &wanted, &written))
}

/// A list of values that are read by `read`, at most `most` of them.
pub(crate) fn list_of<T>(
    node: &Node<'_>,
    wanted: &str,
    most: usize,
    read: impl Fn(&Node<'_>) -> Result<T, Wrong>,
) -> Result<Vec<T>, Wrong> {
    let items = list(node, wanted)?;
    if items.len() > most {
        let message = format!("must have at most {most} entries, but has {}", items.len());
        return Err(Wrong::new(node.span, message));
    }
    items.iter().map(read).collect()
}

/// A pattern for files beneath the run's folder.
pub(crate) fn pattern(node: &Node<'_>) -> Result<String, Wrong> {
    let text = line(node, 4096)?;
    let leaves = text.split(['/', '\\']).any(|part| part == "..");
    let absolute = text.starts_with(['/', '\\']) || text.as_bytes().get(1) == Some(&b':');
    if leaves || absolute {
        let message = format!(
            "must be a pattern relative to the run's folder, without `..`, but is {}",
            shown(&text)
        );
        return Err(Wrong::new(node.span, message));
    }
    Ok(text)
}

/// Any JSON value.
pub(crate) fn json(node: &Node<'_>) -> Result<Value, Wrong> {
    Ok(node.to_value())
}

/// `text` between double quotes, shortened.
pub(crate) fn shown(text: &str) -> String {
    format!("\"{}\"", printable(&short(text)))
}

/// A mistake in the type of a value.
pub(crate) fn must_be(node: &Node<'_>, wanted: &str) -> Wrong {
    let wrong = must_be_not(node.span, wanted, node.kind());
    match &node.data {
        Data::Null => wrong.with_help(Some("leave the key out where there is nothing".to_owned())),
        _ => wrong,
    }
}

fn must_be_not(span: Span, wanted: &str, found: &str) -> Wrong {
    Wrong::new(span, format!("must be {wanted}, but is {}", short(found)))
}

fn any_text<'n>(node: &'n Node<'_>, wanted: &str) -> Result<&'n str, Wrong> {
    match &node.data {
        Data::Text(text) => Ok(text),
        _ => Err(must_be(node, wanted)),
    }
}

/// The number and how it is written.
fn number(node: &Node<'_>, wanted: &str) -> Result<(f64, String), Wrong> {
    let Data::Number(number) = &node.data else {
        return Err(must_be(node, wanted));
    };
    let float = Number::as_f64(number).unwrap_or(f64::INFINITY);
    Ok((float, number.to_string()))
}

fn parsed<T>(node: &Node<'_>, wanted: &str) -> Result<T, Wrong>
where
    T: FromStr,
    T::Err: Display,
{
    let text = any_text(node, wanted)?;
    if text.len() > 4 * LONGEST_NAME {
        let message = format!("must be {wanted}, but is {}", shown(text));
        return Err(Wrong::new(node.span, message));
    }
    text.parse().map_err(|error: T::Err| {
        let message = format!("must be {wanted}: {}", printable(&error.to_string()));
        Wrong::new(node.span, message)
    })
}

fn id_of(text: &str) -> Option<TaskKey> {
    let fits = text.len() <= LONGEST_ID && !text.contains('/');
    fits.then(|| TaskKey::new(text).ok()).flatten()
}

fn bad_id(span: Span, text: &str) -> Wrong {
    let message = format!(
        "must be the id of a task, but is {}: letters, digits, '.', '_' and '-', starting with a letter or digit, at most {LONGEST_ID} bytes",
        shown(text)
    );
    let help = text.contains('/').then(|| {
        "`/` stands between a task and its children, which have no place in a plan".to_owned()
    });
    Wrong::new(span, message).with_help(help)
}

fn short(text: &str) -> String {
    if text.chars().count() <= LONGEST_SHOWN {
        return text.to_owned();
    }
    let start: String = text.chars().take(LONGEST_SHOWN).collect();
    format!("{start}…")
}

fn quoted_list(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    words.join(", ")
}

/// The unknown `key` of the table at `path`, where `known` are the keys.
pub(crate) fn unknown(entry: &Entry<'_>, path: &str, known: &[&str]) -> Wrong {
    let place = if path.is_empty() {
        "at the top of the plan".to_owned()
    } else {
        format!("in {}", code(path))
    };
    let snake = entry.key.replace('-', "_");
    let longer = known
        .iter()
        .find(|it| it.starts_with(&format!("{snake}_")))
        .copied();
    let help = match longer.or_else(|| nearest(&snake, known.iter().copied())) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the keys here are {}", known.join(", ")),
    };
    let message = format!("unknown key {} {place}", code(&entry.key));
    Wrong::new(entry.key_span, message).with_help(Some(help))
}
