//! What is true of a run: a fold over its events, and the one judge of which event may
//! follow.
//!
//! Whoever coordinates asks; the ledger answers with the events to be written or with a
//! refusal. A coordinator that is slow, wrong or gone can therefore lose no task and
//! complete none twice: it never writes. The runtime keeps one ledger for each run that
//! it works on, writes the events to its store, and carries them out afterwards.

mod checks;
mod consequences;
mod decide;
mod fold;
mod refusal;
mod reopen;
mod task_record;
mod violation;

use std::collections::{HashMap, HashSet};

use guildhall_core::AgentId;

pub use decide::AttemptEnd;
pub use refusal::Refusal;
pub use reopen::Reopen;
pub use task_record::{InFlight, TaskRecord, TaskStatus};
pub use violation::Violation;

use crate::event::{AgentIdentity, Created, RunEvent, RunStatus};
use crate::id::{TaskIndex, TaskKey};
use crate::run_settings::{Budget, Limits};
use crate::scheduler::{AgentLimits, Outcomes};
use crate::task::Spend;

/// An event with what the store adds to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// Its number within the run, from 1 without gaps.
    pub seq: u64,
    /// When it was recorded, in milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// The epoch under which it was recorded.
    pub epoch: u32,
    /// What happened.
    pub event: RunEvent,
}

/// How far a run is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// It was made and nobody works on it yet.
    New,
    /// Tasks are being done, or can be.
    Working,
    /// Nothing more is started until it is resumed.
    Paused {
        /// Why.
        reason: String,
    },
    /// It was cancelled and waits for attempts in flight to end.
    Cancelling {
        /// Why.
        reason: String,
    },
    /// Every task has ended.
    Ended(RunStatus),
}

/// What is true of a run.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    created: Option<Created>,
    phase: Option<Phase>,
    budget: Budget,
    limits: Limits,
    /// The agents of the process that took it over last.
    agents: Vec<AgentIdentity>,
    epoch: u32,
    last_seq: u64,
    tasks: Vec<TaskRecord>,
    by_key: HashMap<TaskKey, TaskIndex>,
    /// Tasks that have not ended.
    open: usize,
    usage: Usage,
    stages: Vec<StageCount>,
    clock: WorkClock,
    agent_limits: AgentLimits,
    outcomes: Outcomes,
}

/// What is taken at the moment, and what was spent.
#[derive(Debug, Clone, Default)]
struct Usage {
    in_flight: u32,
    by_agent: HashMap<AgentId, u32>,
    by_tag: HashMap<String, u32>,
    /// Set aside for attempts in flight.
    reserved: Spend,
    spent: Spend,
    /// Attempts that repeat one that counts.
    retries: u32,
}

/// How the tasks of a stage stand.
#[derive(Debug, Clone, Copy, Default)]
struct StageCount {
    open: u32,
}

/// How long the run was worked on, all processes together.
#[derive(Debug, Clone, Copy, Default)]
struct WorkClock {
    /// Sum of the sessions before this one.
    before_ms: u64,
    session_start_ms: Option<u64>,
    last_ms: u64,
    first_ms: Option<u64>,
}

/// Reading.
impl Ledger {
    /// A ledger of a run that does not exist yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// What the run was made of; `None` before its first event.
    pub fn created(&self) -> Option<&Created> {
        self.created.as_ref()
    }

    /// How far it is; `None` before its first event.
    pub fn phase(&self) -> Option<&Phase> {
        self.phase.as_ref()
    }

    /// The budget that holds now.
    pub fn budget(&self) -> Budget {
        self.budget
    }

    /// The limits that hold now.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Exactly which agents the process had that took it over last.
    pub fn agents(&self) -> &[AgentIdentity] {
        &self.agents
    }

    /// The epoch of the process that works on it; 0 before the first.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// Number of the last event; 0 before the first.
    pub fn last_seq(&self) -> u64 {
        self.last_seq
    }

    /// All tasks, by index.
    pub fn tasks(&self) -> &[TaskRecord] {
        &self.tasks
    }

    /// The task of this index.
    pub fn task(&self, task: TaskIndex) -> Option<&TaskRecord> {
        self.tasks.get(task.at())
    }

    /// The index of the task of this key.
    pub fn find(&self, key: &TaskKey) -> Option<TaskIndex> {
        self.by_key.get(key).copied()
    }

    /// The index that the next task will have.
    pub fn next_index(&self) -> TaskIndex {
        TaskIndex::of(self.tasks.len())
    }

    /// Tasks that have not ended.
    pub fn open_tasks(&self) -> usize {
        self.open
    }

    /// Attempts that are in flight.
    pub fn in_flight(&self) -> u32 {
        self.usage.in_flight
    }

    /// Attempts of an agent that are in flight.
    pub fn in_flight_at(&self, agent: &AgentId) -> u32 {
        self.usage.by_agent.get(agent).copied().unwrap_or(0)
    }

    /// What was spent so far, as far as agents say; of those that say nothing, what was
    /// set aside for them.
    pub fn spent(&self) -> Spend {
        self.usage.spent
    }

    /// What is set aside for attempts in flight.
    pub fn reserved(&self) -> Spend {
        self.usage.reserved
    }

    /// Attempts that repeated one that counted.
    pub fn retries(&self) -> u32 {
        self.usage.retries
    }

    /// Limits of agents that attempts have come to; none where the settings do not ask for
    /// [`adaptive_agents`](crate::Limits::adaptive_agents).
    pub fn agent_limits(&self) -> &AgentLimits {
        &self.agent_limits
    }

    /// What has come of its attempts, by agent and capability. What was spent on them adds up
    /// to [`Ledger::spent`].
    pub fn outcomes(&self) -> &Outcomes {
        &self.outcomes
    }

    /// Milliseconds for which the run was worked on until `now_ms`, the time between two
    /// processes left out.
    pub fn worked_ms(&self, now_ms: u64) -> u64 {
        let session = self
            .clock
            .session_start_ms
            .map_or(0, |start| now_ms.saturating_sub(start));
        self.clock.before_ms + session
    }

    /// When somebody first worked on it, in milliseconds since the Unix epoch.
    pub fn first_opened_ms(&self) -> Option<u64> {
        self.clock.first_ms
    }

    /// When the last event was recorded, in milliseconds since the Unix epoch.
    pub fn last_event_ms(&self) -> u64 {
        self.clock.last_ms
    }

    /// Whether it can be worked on: neither ended nor cancelled nor paused.
    pub fn is_working(&self) -> bool {
        matches!(self.phase, Some(Phase::Working))
    }

    /// What comes of the run where it ends as it stands.
    pub fn outcome(&self) -> RunStatus {
        if matches!(self.phase, Some(Phase::Cancelling { .. })) {
            return RunStatus::Cancelled;
        }
        let won = self.races_won();
        let mut tasks = self.tasks.iter();
        if tasks.any(|task| task.has_failed(&won)) {
            RunStatus::Failed
        } else {
            RunStatus::Completed
        }
    }

    /// The races of which a task has completed.
    fn races_won(&self) -> HashSet<&str> {
        let completed = self.tasks.iter();
        let completed = completed.filter(|task| task.status == TaskStatus::Completed);
        completed
            .filter_map(|task| task.spec.race.as_deref())
            .collect()
    }

    /// Whether all stages before `stage` have ended.
    pub fn stage_is_open(&self, stage: u32) -> bool {
        let before = stage as usize;
        self.stages
            .iter()
            .take(before)
            .all(|counts| counts.open == 0)
    }
}
