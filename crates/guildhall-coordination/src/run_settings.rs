//! How a run as a whole is done: strategy, stages, limits, budget, placement.

use std::fmt;

use guildhall_core::control::Limit;
use guildhall_core::{AgentId, CapabilityRequest};
use serde::{Deserialize, Serialize};

use crate::defaults::{is_default, is_true, yes};
use crate::resources::Capacity;
use crate::scheduler::Outcomes;

/// What holds for a run as a whole.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct RunSettings {
    /// The plan's name.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// How the plan's tasks are put in order.
    pub strategy: Strategy,
    /// Stages that follow one another, in order; empty where readiness is up to the
    /// needs of each task alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<Stage>,
    /// How much may go on at once.
    pub limits: Limits,
    /// What the run may spend.
    #[serde(default, skip_serializing_if = "is_default")]
    pub budget: Budget,
    /// Milliseconds from the run's first start until everything is cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_ms: Option<u64>,
    /// Retries of all tasks together at the most; unlimited where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retries: Option<u32>,
    /// Whether the first task that fails for good ends the run.
    #[serde(default, skip_serializing_if = "is_default")]
    pub fail_fast: bool,
    /// How an agent is chosen among several.
    #[serde(default, skip_serializing_if = "is_default")]
    pub placement: Placement,
    /// What came of the attempts of earlier runs, when this one was made: where tasks ask for
    /// a quality, agents are chosen by it.
    #[serde(default, skip_serializing_if = "Outcomes::is_empty")]
    pub outcomes: Outcomes,
    /// Text that every prompt can use as `shared`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared: Option<String>,
    /// Instructions of the project, which agents that take a prompt are given beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instructions: Option<String>,
    /// Tokens that results of earlier tasks may take in a prompt; they are shortened by
    /// the reducer then, and kept in full in the store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compaction: Option<Compaction>,
    /// How safe completed tasks are.
    #[serde(default, skip_serializing_if = "is_default")]
    pub durability: Durability,
    /// Whether results of capabilities that declare themselves cacheable are reused.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub cache: bool,
    /// The agent that coordinates; any that offers the capability where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coordinator: Option<AgentId>,
    /// Seed of all random choices, so that a run can be understood afterwards.
    #[serde(default)]
    pub seed: u64,
}

/// How the tasks of a plan are put in order. All of them become one graph.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// One after the other, in the order of the plan; the first failure skips the rest.
    Sequential,
    /// All at once, as far as limits allow.
    Parallel,
    /// Named waves, one after the other.
    Waves,
    /// Numbered groups, lowest first.
    Groups,
    /// Each as soon as what it needs has completed.
    #[default]
    Graph,
    /// Many parts, then what combines them.
    MapReduce,
    /// Stages; each item passes through them on its own where the plan has items.
    Pipeline,
    /// All try, the first valid result wins and the others are cancelled.
    ScatterGather,
}

impl Strategy {
    /// Every strategy.
    pub const ALL: [Self; 8] = [
        Self::Sequential,
        Self::Parallel,
        Self::Waves,
        Self::Groups,
        Self::Graph,
        Self::MapReduce,
        Self::Pipeline,
        Self::ScatterGather,
    ];

    /// Its name in plans.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sequential => "sequential",
            Self::Parallel => "parallel",
            Self::Waves => "waves",
            Self::Groups => "groups",
            Self::Graph => "graph",
            Self::MapReduce => "map-reduce",
            Self::Pipeline => "pipeline",
            Self::ScatterGather => "scatter-gather",
        }
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A stage: its tasks start when all tasks of the stages before it have ended.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Stage {
    /// Its name: of the wave, the number of the group.
    pub name: String,
    /// What must have come of the stages before it; else its tasks are skipped.
    #[serde(default, skip_serializing_if = "is_default")]
    pub when: StageWhen,
    /// Milliseconds from the start of its first task until its tasks are cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_ms: Option<u64>,
    /// How many of its tasks are let go together; all of them where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<WaveSize>,
}

/// How many tasks of a stage are let go together. The next ones follow when all but the
/// slowest tenth of these have ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaveSize {
    /// So many.
    Fixed(u32),
    /// As many as take so long at the throughput that was measured; as many as can be done
    /// at once at first.
    Auto {
        /// Milliseconds.
        target_ms: u64,
    },
}

/// What must have come of the stages before one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StageWhen {
    /// Nothing: a failed task does not hold the next stage back.
    #[default]
    Always,
    /// All tasks completed.
    AllCompleted,
    /// At least one task of the stage just before it completed.
    AnyCompleted,
}

/// How much may go on at once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// Attempts at once.
    pub concurrency: u32,
    /// Whether the limit is lowered while agents refuse work for want of capacity, and
    /// raised again as they take it.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub adaptive: bool,
    /// Whether each agent has a limit of its own as well, which is lowered while its answers
    /// take longer than usual or it refuses, and raised again.
    #[serde(default, skip_serializing_if = "is_default")]
    pub adaptive_agents: bool,
    /// Attempts at once by agent, below what the agent itself allows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub agents: Vec<(AgentId, u32)>,
    /// Attempts at once by tag.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<(String, u32)>,
    /// Resources that tasks want, and how much there is of each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<(String, Capacity)>,
}

impl Limits {
    /// What a limit is; none where there is none of the kind.
    pub fn get(&self, limit: &Limit) -> Option<u32> {
        match limit {
            Limit::Concurrency => Some(self.concurrency),
            Limit::Agent(agent) => value_of(&self.agents, agent),
            Limit::Tag(tag) => value_of(&self.tags, tag),
        }
    }

    /// Sets a limit.
    pub fn set(&mut self, limit: &Limit, to: u32) {
        match limit {
            Limit::Concurrency => self.concurrency = to,
            Limit::Agent(agent) => set_value(&mut self.agents, agent, to),
            Limit::Tag(tag) => set_value(&mut self.tags, tag, to),
        }
    }
}

fn value_of<K: PartialEq>(limits: &[(K, u32)], wanted: &K) -> Option<u32> {
    let found = limits.iter().find(|(key, _)| key == wanted);
    found.map(|(_, most)| *most)
}

fn set_value<K: PartialEq + Clone>(limits: &mut Vec<(K, u32)>, wanted: &K, to: u32) {
    match limits.iter_mut().find(|(key, _)| key == wanted) {
        Some((_, most)) => *most = to,
        None => limits.push((wanted.clone(), to)),
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            concurrency: 10,
            adaptive: true,
            adaptive_agents: false,
            agents: Vec::new(),
            tags: Vec::new(),
            resources: Vec::new(),
        }
    }
}

/// What a run may spend. Nothing is limited where a part is absent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Budget {
    /// US dollars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usd: Option<f64>,
    /// Model tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
    /// Milliseconds in which the run is being worked on; nothing is started afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_ms: Option<u64>,
    /// Expansions within expansions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub depth: Option<u32>,
}

/// How an agent is chosen among several that could do a task.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Placement {
    /// The agent that has waited longest for work, as if it had asked.
    #[default]
    Pull,
    /// Each in turn.
    RoundRobin,
    /// The one with the smallest part of its places taken.
    LeastLoaded,
    /// The one with the highest priority that has a free place.
    Priority,
    /// The one whose attempts are expected to cost least; where a task asks for a quality, for
    /// each success and among those that have shown it.
    Cheapest,
}

/// How earlier results are shortened for a prompt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Compaction {
    /// Tokens that one result may take; 4 bytes of UTF-8 count as one.
    pub tokens: u32,
    /// What shortens.
    pub reducer: Reducer,
}

/// What shortens a result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reducer {
    /// Its beginning.
    Head,
    /// Its end.
    Tail,
    /// Its beginning and its end.
    Middle,
    /// An agent that offers this capability.
    Agent(CapabilityRequest),
}

/// How safe an acknowledged record is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Durability {
    /// It survives that the process is killed.
    #[default]
    Process,
    /// It survives that the power fails.
    Power,
}
