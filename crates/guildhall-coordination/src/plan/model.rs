//! A plan's tasks, as they were read: checked, and not yet put in order.

use guildhall_core::{AgentId, CapabilityRequest};
use serde_json::Value;

use crate::id::TaskKey;
use crate::resources::Wants;
use crate::task::{
    Estimate, NeedOn, Priority, RetryOn, RetryPolicy, SingleRules, Spend, Workspace,
};

/// Children of an expansion at the most, where the plan says nothing.
pub(crate) const DEFAULT_MOST: u32 = 1_000;

/// A task of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanTask {
    /// Its id.
    pub id: TaskKey,
    /// What it is, in a few words.
    pub title: Option<String>,
    /// What it is, at length; empty where the plan says nothing.
    pub description: String,
    /// Condition on earlier results.
    pub when: Option<String>,
    /// Condition on its own output.
    pub accept: Option<String>,
    /// The kind of work.
    pub kind: Option<String>,
    /// The race that it takes part in.
    pub race: Option<String>,
    /// The tasks that it says it needs.
    pub needs: Vec<PlanNeed>,
    /// The wave, group or stage that it says it belongs to.
    pub place: Option<PlanPlace>,
    /// How it becomes several tasks, where it does.
    pub expansion: Option<PlanExpansion>,
    /// What it is expected to take.
    pub estimate: Estimate,
    /// Instruction for an agent.
    pub prompt: Option<String>,
    /// Input for an agent; null where there is none.
    pub input: Value,
    /// Patterns of the files that it reads.
    pub reads: Vec<String>,
    /// Whether it gives way to tasks of a higher priority.
    pub preemptible: bool,
    /// What `[defaults]` can say as well.
    pub(crate) common: Common,
}

/// What a task can say and `[defaults]` as well.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Common {
    pub(crate) timeout_ms: Option<u64>,
    pub(crate) retry: GivenRetry,
    pub(crate) priority: Option<Priority>,
    pub(crate) workspace: Option<Workspace>,
    pub(crate) reserve: Option<Spend>,
    pub(crate) capability: Option<CapabilityRequest>,
    pub(crate) agent: Option<AgentId>,
    pub(crate) tools: Option<Vec<String>>,
    pub(crate) model: Option<String>,
    pub(crate) tags: Option<Vec<String>>,
    pub(crate) quality: Option<f64>,
    pub(crate) resources: Option<Wants>,
}

/// A retry policy of which any part may be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct GivenRetry {
    pub(crate) max: Option<u32>,
    pub(crate) base_ms: Option<u64>,
    pub(crate) cap_ms: Option<u64>,
    pub(crate) on: Option<RetryOn>,
}

/// A task that another one says it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanNeed {
    /// Its id.
    pub task: TaskKey,
    /// How it must have ended.
    pub on: NeedOn,
}

/// Where a task belongs in a plan with stages.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PlanPlace {
    /// In the wave of this name.
    Wave(String),
    /// In the group of this number.
    Group(u32),
    /// In the stage of this name.
    Stage(String),
}

/// How a task becomes several.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanExpansion {
    /// Of what.
    pub source: PlanSource,
    /// How many items a child takes.
    pub batch: u32,
    /// Children at the most.
    pub most: u32,
    /// When it stays one task.
    pub single: SingleRules,
}

/// Of what a task becomes several.
#[derive(Debug, Clone, PartialEq)]
pub enum PlanSource {
    /// One child for each of these.
    Items(Vec<Value>),
    /// One child for each entry of a list in the output of a task.
    Output {
        /// That task.
        task: TaskKey,
        /// JSON pointer (RFC 6901) to the list.
        pointer: String,
    },
    /// The tasks that are listed in the output of a task.
    Tasks {
        /// That task.
        task: TaskKey,
        /// JSON pointer (RFC 6901) to the list.
        pointer: String,
    },
    /// The tasks that are listed in the output of its own call.
    Decompose,
}

impl PlanTask {
    /// A task of which only the id is known.
    pub(crate) fn new(id: TaskKey) -> Self {
        Self {
            id,
            title: None,
            description: String::new(),
            when: None,
            accept: None,
            kind: None,
            race: None,
            needs: Vec::new(),
            place: None,
            expansion: None,
            estimate: Estimate::default(),
            prompt: None,
            input: Value::Null,
            reads: Vec::new(),
            preemptible: false,
            common: Common::default(),
        }
    }

    /// What the agent must be able to do, as the task itself says.
    pub fn capability(&self) -> Option<&CapabilityRequest> {
        self.common.capability.as_ref()
    }

    /// The agent that must do it, as the task itself says.
    pub fn agent(&self) -> Option<&AgentId> {
        self.common.agent.as_ref()
    }
}

impl GivenRetry {
    /// Takes what is missing from `defaults`.
    pub(crate) fn over(self, defaults: RetryPolicy) -> RetryPolicy {
        RetryPolicy {
            max: self.max.unwrap_or(defaults.max),
            base_ms: self.base_ms.unwrap_or(defaults.base_ms),
            cap_ms: self.cap_ms.unwrap_or(defaults.cap_ms),
            on: self.on.unwrap_or(defaults.on),
        }
    }
}
