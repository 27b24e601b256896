//! A task of a run, as it stands in the journal: everything that is needed to carry it
//! out, and nothing of how far it is.

use std::fmt;

use guildhall_core::{AgentId, CapabilityRequest};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::defaults::{is_default, is_one, is_zero, one};
use crate::id::{TaskIndex, TaskKey};
use crate::resources::Wants;

/// One task of a run.
///
/// A plan is compiled into a list of these; children of an expansion are added to the
/// list later. References to other tasks are by [`TaskIndex`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskSpec {
    /// Its name within the run.
    pub key: TaskKey,
    /// What it is, in a few words; the key where the plan says nothing.
    pub title: String,
    /// What it is, at length.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// What is done.
    pub work: Work,
    /// The tasks that must have ended before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<Need>,
    /// The stage that it belongs to, where the run has stages: an index of
    /// [`RunSettings::stages`](crate::RunSettings::stages).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<u32>,
    /// The expanded task that it is a child of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<TaskIndex>,
    /// How many expansions lie above it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub depth: u32,
    /// Which of several ready tasks is begun first.
    #[serde(default, skip_serializing_if = "is_default")]
    pub priority: Priority,
    /// Time of one attempt at the most, in milliseconds from its start.
    pub timeout_ms: u64,
    /// When a failed attempt is repeated.
    #[serde(default, skip_serializing_if = "is_default")]
    pub retry: RetryPolicy,
    /// Resources that it uses one unit of each while it runs, for limits by tag.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The kind of work, for example `test-run`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Condition on earlier results; where it does not hold the task is skipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// Condition on its own output; where it does not hold the attempt has failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accept: Option<String>,
    /// The race it takes part in: the first of its tasks that completes wins and the
    /// others are cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub race: Option<String>,
    /// What it is expected to take.
    #[serde(default, skip_serializing_if = "is_default")]
    pub estimate: Estimate,
    /// What an attempt may spend at the most; set aside before it starts.
    #[serde(default, skip_serializing_if = "Spend::is_zero")]
    pub reserve: Spend,
    /// Whether it gives way to tasks of a higher priority where its agent allows.
    #[serde(default, skip_serializing_if = "is_default")]
    pub preemptible: bool,
    /// The part of attempts that its agent has to have completed, as far as that is recorded,
    /// where agents are chosen by their price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality: Option<f64>,
    /// What an attempt wants of the run's resources: it begins when all of it is granted.
    #[serde(default, skip_serializing_if = "Wants::is_empty")]
    pub resources: Wants,
}

impl TaskSpec {
    /// The time that an attempt has where nothing is said, in milliseconds: the five
    /// minutes of a plan's default.
    pub const DEFAULT_TIMEOUT_MS: u64 = 300_000;

    /// A task about which nothing is said but its name and what is done.
    ///
    /// ```
    /// use guildhall_coordination::{Call, TaskSpec, Work};
    ///
    /// let call = Call {
    ///     capability: Some("debt.scan".parse()?),
    ///     ..Call::default()
    /// };
    /// let task = TaskSpec::new("scan".parse()?, Work::Call(call));
    /// assert_eq!(task.title, "scan");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(key: TaskKey, work: Work) -> Self {
        Self {
            title: key.to_string(),
            key,
            description: String::new(),
            work,
            needs: Vec::new(),
            stage: None,
            parent: None,
            depth: 0,
            priority: Priority::default(),
            timeout_ms: Self::DEFAULT_TIMEOUT_MS,
            retry: RetryPolicy::default(),
            tags: Vec::new(),
            kind: None,
            when: None,
            accept: None,
            race: None,
            estimate: Estimate::default(),
            reserve: Spend::default(),
            preemptible: false,
            quality: None,
            resources: Wants::new(),
        }
    }
}

/// What is done for a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Work {
    /// An agent is called.
    Call(Call),
    /// It becomes children; it ends when they have.
    Expand(Expansion),
}

/// A call of an agent.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Call {
    /// What the agent must be able to do; any capability of [`Call::agent`] where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capability: Option<CapabilityRequest>,
    /// The one agent that may do it; any that offers the capability where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentId>,
    /// The input, whose texts may hold placeholders.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub input: Value,
    /// Template of the instruction for agents that take one; it becomes `prompt` of the
    /// input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// Tools that the agent may use; passed on to agents that can restrict them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tools: Option<Vec<String>>,
    /// The model to use, for agents that have a choice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Where a process agent works; its own configuration where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace: Option<Workspace>,
    /// Files whose content is an input as well, as patterns relative to the run's
    /// folder; part of the key of the result cache.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reads: Vec<String>,
    /// The item of the list that this child was made for; placeholders see it as `item`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<Value>,
    /// The number of that item, or of the batch of items, from 0; placeholders see it as
    /// `index`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<u32>,
}

/// How a task becomes children.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Expansion {
    /// Where the children come from.
    pub source: Source,
    /// Children at the most; more are an error.
    pub most: u32,
    /// When it stays one task instead; the rules that decide are recorded.
    #[serde(default, skip_serializing_if = "is_default")]
    pub single: SingleRules,
    /// Kinds of work that no child may be of, because they tolerate nothing beside them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused_kinds: Vec<String>,
}

impl Expansion {
    /// The task whose output it reads to know its children; `None` where the plan lists
    /// them.
    pub fn reads_output_of(&self) -> Option<TaskIndex> {
        match &self.source {
            Source::Items {
                items: Items::Output { task, .. },
                ..
            }
            | Source::Tasks { task, .. } => Some(*task),
            Source::Items {
                items: Items::Given(_),
                ..
            } => None,
        }
    }
}

/// Where the children of an expansion come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum Source {
    /// One child for each item of a list, made of a template.
    Items {
        /// The list.
        items: Items,
        /// The child, whose texts may use `item` and `index`.
        template: Box<TaskSpec>,
        /// The tasks that follow the child, each after the one before it: what an item of
        /// a pipeline passes through. Then the children of item n are `KEY/n/ID` for the
        /// ids of the templates, else `KEY/n`.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        then: Vec<TaskSpec>,
        /// How many items a child takes; `item` is a list where it is more than one.
        #[serde(default = "one", skip_serializing_if = "is_one")]
        batch: u32,
    },
    /// The tasks that another task's output lists, in the form of a plan's tasks.
    Tasks {
        /// That task.
        task: TaskIndex,
        /// JSON pointer (RFC 6901) to the list in its output.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        pointer: String,
        /// What the listed tasks inherit where they say nothing.
        template: Box<TaskSpec>,
    },
}

/// A list that is fanned out over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Items {
    /// It stands in the plan.
    Given(Vec<Value>),
    /// It is part of the output of another task.
    Output {
        /// That task.
        task: TaskIndex,
        /// JSON pointer (RFC 6901) to the list in its output.
        #[serde(default)]
        pointer: String,
    },
}

/// When work that could be divided stays one task. A rule that is absent never holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct SingleRules {
    /// Where there are fewer parts than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below_items: Option<u32>,
    /// Where all parts together are expected to take less than this many minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below_minutes: Option<f64>,
    /// Where all parts together are less complex than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below_complexity: Option<f64>,
}

/// A task that must have ended before another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Need {
    /// That task.
    pub task: TaskIndex,
    /// How it must have ended.
    #[serde(default, skip_serializing_if = "is_default")]
    pub on: NeedOn,
}

/// How a needed task must have ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NeedOn {
    /// It completed; else the task that needs it is skipped.
    #[default]
    Completed,
    /// It ended, however.
    Ended,
}

/// Which of several ready tasks is begun first.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// When nothing else is to be done.
    Low,
    /// The usual.
    #[default]
    Normal,
    /// Before the usual.
    High,
    /// Before everything else.
    Critical,
}

impl Priority {
    /// How many classes lie below it.
    pub(crate) const fn class(self) -> i64 {
        match self {
            Self::Low => 0,
            Self::Normal => 1,
            Self::High => 2,
            Self::Critical => 3,
        }
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
            Self::Critical => "critical",
        })
    }
}

/// When a failed attempt is repeated: exponential with full jitter, after the article
/// "Exponential Backoff And Jitter" by Marc Brooker (2015). Before retry n, counted
/// from 1, the wait is a random part of `min(cap, base * 2^(n-1))`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RetryPolicy {
    /// Repetitions at the most, beside the first attempt.
    pub max: u32,
    /// The first wait at the most, in milliseconds.
    pub base_ms: u64,
    /// Any wait at the most, in milliseconds.
    pub cap_ms: u64,
    /// Which failures are repeated.
    pub on: RetryOn,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max: 2,
            base_ms: 1_000,
            cap_ms: 60_000,
            on: RetryOn::Retryable,
        }
    }
}

/// Which failures are repeated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryOn {
    /// Those that may succeed when they are tried again: the agent says so, the attempt
    /// timed out, or the agent broke down.
    #[default]
    Retryable,
    /// All but inputs that do not fit and calls that nobody can take.
    Any,
    /// None.
    Never,
}

/// What a task is expected to take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// How complex it is, on the plan's own scale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub complexity: Option<f64>,
    /// Minutes, as somebody guessed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minutes: Option<f64>,
    /// Milliseconds, measured on earlier attempts of the same agent or capability.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured_ms: Option<u64>,
}

impl Estimate {
    /// The expected duration in milliseconds: measured where it was measured, else as
    /// guessed, else nothing.
    pub fn duration_ms(&self) -> u64 {
        let guessed = self.minutes.filter(|minutes| *minutes > 0.0);
        // Saturates; a duration that does not fit is long enough.
        self.measured_ms
            .unwrap_or_else(|| guessed.map_or(0, |minutes| (minutes * 60_000.0) as u64))
    }
}

/// What is spent, or may be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Spend {
    /// US dollars.
    #[serde(default, skip_serializing_if = "is_default")]
    pub usd: f64,
    /// Model tokens.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tokens: u64,
}

impl Spend {
    /// Whether it is nothing.
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            usd: self.usd + other.usd,
            tokens: self.tokens.saturating_add(other.tokens),
        }
    }

    /// This without `other`, and not less than nothing.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self {
            usd: (self.usd - other.usd).max(0.0),
            tokens: self.tokens.saturating_sub(other.tokens),
        }
    }
}

/// Where a process agent works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Workspace {
    /// A private folder that is empty at first and removed at the end.
    Temporary,
    /// A git worktree of its own, kept as a commit.
    Worktree,
    /// The run's folder itself.
    Shared,
}
