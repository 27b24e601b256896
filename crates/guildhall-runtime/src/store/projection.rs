//! The projections: what is known of a run without reading its journal.
//!
//! [`fold`] is a pure function of an event and what was known before it. The stores call it
//! while they append and when they rebuild, so both ways come to the same rows.
//!
//! It is lenient where the ledger of `guildhall-coordination` is strict: a journal that
//! contradicts itself, an unknown kind and a body that is not as expected still give rows.

use std::collections::{BTreeMap, BTreeSet};

use guildhall_coordination::{RunId, TaskStatus};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::event::StoredEvent;
use super::journal::{RunRow, TaskCounts, TaskRow};

/// The kinds of events that change a projection.
pub(super) const KINDS: [&str; 14] = [
    "created",
    "added",
    "opened",
    "started",
    "completed",
    "attempt_failed",
    "failed",
    "cancelled",
    "skipped",
    "expanded",
    "cancel_requested",
    "reopened",
    "paused",
    "ended",
];

/// What is known of a run.
#[derive(Debug, Clone)]
pub(super) struct RunState {
    pub(super) row: RunRow,
    pub(super) tasks: BTreeMap<u32, TaskRow>,
}

/// The tasks whose rows some events have changed; the row of the run is always another.
pub(super) type Changed = BTreeSet<u32>;

impl RunState {
    /// A run without events.
    pub(super) fn new(run: RunId) -> Self {
        Self {
            row: RunRow {
                run,
                name: String::new(),
                status: "new".to_owned(),
                epoch: 0,
                last: 0,
                created_ms: 0,
                updated_ms: 0,
                tasks: TaskCounts::default(),
            },
            tasks: BTreeMap::new(),
        }
    }

    fn has_ended(&self) -> bool {
        !matches!(
            self.row.status.as_str(),
            "new" | "running" | "paused" | "cancelling"
        )
    }
}

/// Takes an event in, and adds to `changed` the tasks that are others now.
pub(super) fn fold(state: &mut RunState, event: &StoredEvent, changed: &mut Changed) {
    let row = &mut state.row;
    if row.last == 0 {
        row.created_ms = event.at_ms;
    }
    row.last = event.seq;
    row.updated_ms = event.at_ms;
    row.epoch = row.epoch.max(event.epoch);
    match (event.kind.as_ref(), event.task) {
        ("created", _) => take_created(state, event),
        ("opened", _) => take_opened(state, changed),
        ("paused", _) => set_status(state, "paused"),
        ("ended", _) => take_ended(state, event),
        ("cancel_requested", None) if !state.has_ended() => set_status(state, "cancelling"),
        ("added", task) => take_added(state, event, task, changed),
        (_, Some(task)) => take_task_event(state, event, task, changed),
        _ => {}
    }
}

fn set_status(state: &mut RunState, status: &str) {
    status.clone_into(&mut state.row.status);
}

fn take_created(state: &mut RunState, event: &StoredEvent) {
    if let Some(name) = Fields::of(event).name() {
        state.row.name = name;
    }
}

/// Another process has the run: what was in flight is pending again.
fn take_opened(state: &mut RunState, changed: &mut Changed) {
    if !state.has_ended() && state.row.status != "cancelling" {
        set_status(state, "running");
    }
    let in_flight: Vec<u32> = state
        .tasks
        .values()
        .filter(|row| row.status == TaskStatus::Running && !row.expanded)
        .map(|row| row.task)
        .collect();
    for task in in_flight {
        change(state, task, changed, |row| row.status = TaskStatus::Pending);
    }
}

fn take_ended(state: &mut RunState, event: &StoredEvent) {
    let status = Fields::of(event).status();
    set_status(state, status.as_deref().unwrap_or("ended"));
}

fn take_added(state: &mut RunState, event: &StoredEvent, task: Option<u32>, changed: &mut Changed) {
    // Where the event names no number, tasks are numbered in the order of their addition.
    let next = state
        .tasks
        .keys()
        .next_back()
        .map_or(Some(0), |task| task.checked_add(1));
    let Some(task) = task.or(next) else {
        return;
    };
    let fields = Fields::of(event);
    change(state, task, changed, |row| {
        row.key = fields.key().unwrap_or_default();
        row.capability = fields.capability();
    });
}

fn take_task_event(state: &mut RunState, event: &StoredEvent, task: u32, changed: &mut Changed) {
    match event.kind.as_ref() {
        "started" => take_started(state, event, task, changed),
        "completed" => take_completed(state, event, task, changed),
        "attempt_failed" => change(state, task, changed, |row| {
            if row.status == TaskStatus::Running {
                row.status = TaskStatus::Pending;
            }
        }),
        "failed" => end(state, event, task, TaskStatus::Failed, changed),
        "cancelled" => end(state, event, task, TaskStatus::Cancelled, changed),
        "skipped" => end(state, event, task, TaskStatus::Skipped, changed),
        "expanded" => change(state, task, changed, |row| {
            row.expanded = true;
            begin(row, event.at_ms);
        }),
        "reopened" => take_reopened(state, task, changed),
        _ => {}
    }
}

fn take_started(state: &mut RunState, event: &StoredEvent, task: u32, changed: &mut Changed) {
    let agent = Fields::of(event).agent();
    change(state, task, changed, |row| {
        row.attempts = event.attempt.unwrap_or(row.attempts.saturating_add(1));
        row.agent = agent;
        begin(row, event.at_ms);
    });
}

fn begin(row: &mut TaskRow, at_ms: u64) {
    if !row.status.has_ended() {
        row.status = TaskStatus::Running;
        row.started_ms.get_or_insert(at_ms);
    }
}

fn take_completed(state: &mut RunState, event: &StoredEvent, task: u32, changed: &mut Changed) {
    let fields = Fields::of(event);
    change(state, task, changed, |row| {
        row.status = TaskStatus::Completed;
        row.ended_ms = Some(event.at_ms);
        row.duration_ms = fields.duration_ms();
        row.agent = fields.agent().or_else(|| row.agent.take());
    });
}

fn end(
    state: &mut RunState,
    event: &StoredEvent,
    task: u32,
    status: TaskStatus,
    changed: &mut Changed,
) {
    change(state, task, changed, |row| {
        if !row.status.has_ended() {
            row.status = status;
            row.ended_ms = Some(event.at_ms);
        }
    });
}

fn take_reopened(state: &mut RunState, task: u32, changed: &mut Changed) {
    change(state, task, changed, |row| {
        if row.status.has_ended() && row.status != TaskStatus::Completed {
            row.status = if row.expanded {
                TaskStatus::Running
            } else {
                TaskStatus::Pending
            };
            row.ended_ms = None;
        }
    });
    set_status(state, "paused");
}

/// Changes the row of a task, which is made where there is none, and the counts with it.
fn change(state: &mut RunState, task: u32, changed: &mut Changed, edit: impl FnOnce(&mut TaskRow)) {
    let counts = &mut state.row.tasks;
    let row = state.tasks.entry(task).or_insert_with(|| {
        counts.pending = counts.pending.saturating_add(1);
        new_task(task)
    });
    let before = row.status;
    edit(row);
    // Rows that were tampered with must not bring the process down.
    let left = counts.of(before);
    *left = left.saturating_sub(1);
    let entered = counts.of(row.status);
    *entered = entered.saturating_add(1);
    changed.insert(task);
}

const fn new_task(task: u32) -> TaskRow {
    TaskRow {
        task,
        key: String::new(),
        capability: None,
        status: TaskStatus::Pending,
        expanded: false,
        attempts: 0,
        agent: None,
        started_ms: None,
        ended_ms: None,
        duration_ms: None,
    }
}

/// The fields of bodies that the projections look at. Each is read on its own, so that one
/// of another type than expected is as good as absent and spoils no other.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Fields<'body> {
    #[serde(borrow)]
    name: Option<&'body RawValue>,
    #[serde(borrow)]
    key: Option<&'body RawValue>,
    #[serde(borrow)]
    capability: Option<&'body RawValue>,
    #[serde(borrow)]
    work: Option<&'body RawValue>,
    #[serde(borrow)]
    agent: Option<&'body RawValue>,
    #[serde(borrow)]
    duration_ms: Option<&'body RawValue>,
    #[serde(borrow)]
    receipt: Option<&'body RawValue>,
    #[serde(borrow)]
    started_ms: Option<&'body RawValue>,
    #[serde(borrow)]
    ended_ms: Option<&'body RawValue>,
    #[serde(borrow)]
    cached_from: Option<&'body RawValue>,
    #[serde(borrow)]
    status: Option<&'body RawValue>,
}

impl<'body> Fields<'body> {
    fn of(event: &'body StoredEvent) -> Self {
        Self::within(&event.body)
    }

    fn within(json: &'body str) -> Self {
        serde_json::from_str(json).unwrap_or_default()
    }

    fn receipt(&self) -> Fields<'body> {
        self.receipt
            .map(|receipt| Fields::within(receipt.get()))
            .unwrap_or_default()
    }

    fn name(&self) -> Option<String> {
        text(self.name)
    }

    fn key(&self) -> Option<String> {
        text(self.key)
    }

    fn status(&self) -> Option<String> {
        text(self.status)
    }

    fn agent(&self) -> Option<String> {
        text(self.agent).or_else(|| text(self.receipt().agent))
    }

    /// The name of the capability, without the versions that will do.
    fn capability(&self) -> Option<String> {
        let request = text(self.capability).or_else(|| {
            let work = Fields::within(self.work?.get());
            text(work.capability)
        })?;
        let name = request.split('@').next().unwrap_or_default();
        Some(name.to_owned())
    }

    /// How long the attempt took; `None` where the result is one of an earlier task.
    fn duration_ms(&self) -> Option<u64> {
        let receipt = self.receipt();
        if receipt.cached_from.is_some() {
            return None;
        }
        number(self.duration_ms).or_else(|| {
            let started_ms = number(receipt.started_ms)?;
            number(receipt.ended_ms)?.checked_sub(started_ms)
        })
    }
}

fn text(value: Option<&RawValue>) -> Option<String> {
    serde_json::from_str(value?.get()).ok()
}

/// A whole number that every store can keep.
fn number(value: Option<&RawValue>) -> Option<u64> {
    let number: u64 = serde_json::from_str(value?.get()).ok()?;
    Some(number.min(i64::MAX.unsigned_abs()))
}
