//! What a journal promises, and the rows of its projections.

use async_trait::async_trait;
use guildhall_coordination::{RunId, TaskStatus};

use super::event::{Durability, NewEvent, StoredEvent};
use crate::RuntimeError;

/// Runs as journals.
///
/// # Cancel safety
/// A future of a method that reads may be dropped at any time. One of a method that writes
/// may be dropped, too, but whether it was written is then unknown: ask [`Journal::last`].
#[async_trait]
pub trait Journal: Send + Sync + 'static {
    /// Appends all of `events` to `run`, or none, where its last event is `expected`. Gives
    /// the number of its last event afterwards. The first append with `expected` 0 makes the
    /// run.
    ///
    /// With [`Durability::Relaxed`] the number is given before anything was written. Where
    /// it turns out that the events cannot be written, they are left out, and the next
    /// append to the run that is not relaxed is refused as a conflict.
    ///
    /// # Errors
    /// [`RuntimeError::Conflict`] where the last event is another, and
    /// [`RuntimeError::CompletedTwice`] where the task of a `completed` event has such an
    /// event already; other variants where the store fails. Nothing was appended then.
    ///
    /// # Cancel safety
    /// Where the future is dropped the events may still be appended.
    async fn append(
        &self,
        run: RunId,
        events: Vec<NewEvent>,
        expected: u64,
        durability: Durability,
    ) -> Result<u64, RuntimeError>;

    /// The events of `run` that come after `after`, in order, at most `limit` of them.
    ///
    /// # Errors
    /// Where the store fails.
    async fn read(
        &self,
        run: RunId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, RuntimeError>;

    /// Number of the last event of `run`; 0 where there is no such run.
    ///
    /// # Errors
    /// Where the store fails.
    async fn last(&self, run: RunId) -> Result<u64, RuntimeError>;

    /// All runs, by id: as ids grow with time, the oldest first.
    ///
    /// # Errors
    /// Where the store fails.
    async fn runs(&self) -> Result<Vec<RunRow>, RuntimeError>;

    /// The tasks of `run` by number; none where there is no such run.
    ///
    /// # Errors
    /// Where the store fails.
    async fn tasks(&self, run: RunId) -> Result<Vec<TaskRow>, RuntimeError>;

    /// How long the newest completed attempts took that `key` names: an agent by its id, or
    /// a capability by its name. At most a thousand attempts among the newest hundred
    /// thousand tasks are looked at; `None` where there is none.
    ///
    /// # Errors
    /// Where the store fails.
    async fn durations(&self, key: &str) -> Result<Option<Durations>, RuntimeError>;

    /// The result that was remembered last under `key`, where its task has completed.
    ///
    /// # Errors
    /// Where the store fails.
    async fn cache_get(&self, key: &str) -> Result<Option<CachedResult>, RuntimeError>;

    /// Remembers under `key` that the result is the one of this task. Only a reference is
    /// kept: the result is read from the task's `completed` event. It is written with the
    /// next append, and nothing is lost but time where it is not.
    ///
    /// # Errors
    /// Where the store fails.
    async fn cache_put(&self, key: &str, run: RunId, task: u32) -> Result<(), RuntimeError>;

    /// Drops the projections and folds them again from the events.
    ///
    /// # Errors
    /// Where the store fails; the projections are as they were then.
    async fn rebuild(&self) -> Result<(), RuntimeError>;

    /// A number that is another whenever something was appended since it was asked for
    /// last, by this process or by any other. It costs a few microseconds, so it may be
    /// asked for often; what has changed [`Journal::last`] and [`Journal::read`] say.
    ///
    /// # Errors
    /// Where the store fails.
    async fn changed(&self) -> Result<u64, RuntimeError>;
}

/// What is known of a run without reading its journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRow {
    /// The run.
    pub run: RunId,
    /// Its plan's name; empty where its first event says none.
    pub name: String,
    /// `new`, `running`, `paused`, `cancelling`, or how it ended: `completed`, `failed`,
    /// `cancelled`.
    pub status: String,
    /// The highest epoch of its events.
    pub epoch: u32,
    /// Number of its last event.
    pub last: u64,
    /// When its first event happened, in milliseconds since the Unix epoch.
    pub created_ms: u64,
    /// When its last event happened, in milliseconds since the Unix epoch.
    pub updated_ms: u64,
    /// How its tasks stand.
    pub tasks: TaskCounts,
}

/// How many tasks of a run have which status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TaskCounts {
    /// Not begun, or to be tried again.
    pub pending: u32,
    /// With an attempt in flight, or with children that are being done.
    pub running: u32,
    /// With a result.
    pub completed: u32,
    /// Failed for good.
    pub failed: u32,
    /// Cancelled.
    pub cancelled: u32,
    /// Not needed, or without what they need.
    pub skipped: u32,
}

impl TaskCounts {
    /// All of them.
    pub const fn total(&self) -> u32 {
        self.pending
            .saturating_add(self.running)
            .saturating_add(self.completed)
            .saturating_add(self.failed)
            .saturating_add(self.cancelled)
            .saturating_add(self.skipped)
    }

    pub(super) const fn of(&mut self, status: TaskStatus) -> &mut u32 {
        match status {
            TaskStatus::Pending => &mut self.pending,
            TaskStatus::Running => &mut self.running,
            TaskStatus::Completed => &mut self.completed,
            TaskStatus::Failed => &mut self.failed,
            TaskStatus::Cancelled => &mut self.cancelled,
            TaskStatus::Skipped => &mut self.skipped,
        }
    }
}

/// What is known of a task without reading the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskRow {
    /// Its number within the run.
    pub task: u32,
    /// Its name within the run; empty where it was never added.
    pub key: String,
    /// Name of the capability that it asks for.
    pub capability: Option<String>,
    /// How far it is.
    pub status: TaskStatus,
    /// Whether it became children instead of being given to an agent.
    pub expanded: bool,
    /// Attempts that were begun.
    pub attempts: u32,
    /// The agent of the last attempt.
    pub agent: Option<String>,
    /// When its first attempt began, in milliseconds since the Unix epoch.
    pub started_ms: Option<u64>,
    /// When it ended, in milliseconds since the Unix epoch.
    pub ended_ms: Option<u64>,
    /// How long the attempt took that completed it, in milliseconds; `None` where its result
    /// is one of an earlier task.
    pub duration_ms: Option<u64>,
}

impl TaskRow {
    /// How long it took, where `key` names its agent or its capability.
    pub(super) fn duration_of(&self, key: &str) -> Option<u64> {
        let is_meant = [&self.agent, &self.capability]
            .into_iter()
            .any(|name| name.as_deref() == Some(key));
        self.duration_ms.filter(|_| is_meant)
    }
}

/// How long attempts took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Durations {
    /// How many.
    pub count: u32,
    /// Their mean, in milliseconds.
    pub mean_ms: u64,
    /// What 95 of 100 of them did not exceed, in milliseconds.
    pub p95_ms: u64,
}

impl Durations {
    /// Among how many of the newest tasks it is looked for them.
    pub(super) const TASKS: usize = 100_000;

    /// How many attempts are looked at.
    pub(super) const NEWEST: usize = 1000;

    pub(super) fn of(mut all_ms: Vec<u64>) -> Option<Self> {
        all_ms.sort_unstable();
        let count = all_ms.len();
        let p95_ms = *all_ms.get((count * 95).div_ceil(100).checked_sub(1)?)?;
        let sum: u128 = all_ms.iter().map(|ms| u128::from(*ms)).sum();
        Some(Self {
            count: u32::try_from(count).unwrap_or(u32::MAX),
            mean_ms: u64::try_from(sum / count as u128).unwrap_or(u64::MAX),
            p95_ms,
        })
    }
}

/// A result of an earlier task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CachedResult {
    /// The run.
    pub run: RunId,
    /// The task's number within the run.
    pub task: u32,
    /// The body of the task's `completed` event: a JSON object.
    pub body: String,
}
