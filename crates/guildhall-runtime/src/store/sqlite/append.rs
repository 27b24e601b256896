//! An append within a transaction: the journal and the projections.

use guildhall_coordination::RunId;
use rusqlite::Connection;

use super::failure::{Failure, is_duplicate};
use super::rows;
use crate::store::event::{NewEvent, StoredEvent};
use crate::store::projection::{Changed, RunState, fold};

/// How many runs are remembered between appends, and how many tasks they have together.
const REMEMBERED_RUNS: usize = 128;
const REMEMBERED_TASKS: usize = 200_000;

/// Runs that were appended to lately, so that an append reads no row but the last event's.
///
/// Whether one is still true shows by its last event: a journal only grows.
#[derive(Debug, Default)]
pub(super) struct RecentRuns {
    /// The one that was used last stands last.
    runs: Vec<Recent>,
}

#[derive(Debug)]
struct Recent {
    run: RunId,
    number: i64,
    state: RunState,
}

impl RecentRuns {
    /// Whether the run is remembered.
    pub(super) fn knows(&self, run: RunId) -> bool {
        self.number_of(run).is_some()
    }

    /// Forgets all: what is remembered was rolled back.
    pub(super) fn clear(&mut self) {
        self.runs.clear();
    }

    fn number_of(&self, run: RunId) -> Option<i64> {
        let recent = self.runs.iter().find(|recent| recent.run == run);
        recent.map(|recent| recent.number)
    }

    fn take(&mut self, run: RunId) -> Option<RunState> {
        let at = self.runs.iter().position(|recent| recent.run == run)?;
        Some(self.runs.remove(at).state)
    }

    fn put(&mut self, recent: Recent) {
        self.runs.push(recent);
        let mut tasks: usize = self
            .runs
            .iter()
            .map(|recent| recent.state.tasks.len())
            .sum();
        while self.runs.len() > REMEMBERED_RUNS || (tasks > REMEMBERED_TASKS && self.runs.len() > 1)
        {
            tasks -= self.runs.remove(0).state.tasks.len();
        }
    }
}

/// Appends `events` to `run` where its last event is `expected`.
///
/// Where it fails, the caller rolls back what was written; nothing of it is remembered.
pub(super) fn append(
    connection: &Connection,
    recent_runs: &mut RecentRuns,
    run: RunId,
    events: Vec<NewEvent>,
    expected: u64,
) -> Result<u64, Failure> {
    let number = match recent_runs.number_of(run) {
        None => rows::number_of(connection, run)?,
        number => number,
    };
    let found = number.map_or(Ok(0), |number| rows::last_of(connection, number))?;
    if found != expected {
        return Err(Failure::Conflict {
            run,
            expected,
            found,
        });
    }
    if events.is_empty() {
        return Ok(found);
    }
    if found + events.len() as u64 > rows::HIGHEST {
        let reason = format!("run {run} has no room for more events");
        return Err(Failure::Other(reason));
    }
    let number = number.map_or_else(|| rows::add_run(connection, run), Ok)?;
    let mut changed = Changed::new();
    let mut state = match recent_runs.take(run) {
        Some(state) => state,
        None => rows::load_state(connection, number, run)?,
    };
    catch_up(connection, number, &mut state, found, &mut changed)?;
    insert(connection, number, &mut state, events, &mut changed)?;
    write_changed(connection, number, &state, &changed)?;
    let last = state.row.last;
    recent_runs.put(Recent { run, number, state });
    Ok(last)
}

/// Takes in what another process has appended.
fn catch_up(
    connection: &Connection,
    number: i64,
    state: &mut RunState,
    found: u64,
    changed: &mut Changed,
) -> Result<(), Failure> {
    if state.row.last > found {
        // The rows belong to a longer journal: they are no use.
        *state = RunState::new(state.row.run);
    }
    if state.row.last < found {
        rows::each_event(connection, number, state.row.last, usize::MAX, |event| {
            fold(state, &event, changed);
        })?;
    }
    Ok(())
}

fn insert(
    connection: &Connection,
    number: i64,
    state: &mut RunState,
    events: Vec<NewEvent>,
    changed: &mut Changed,
) -> Result<(), Failure> {
    for event in events {
        let event = StoredEvent::new(state.row.last + 1, event);
        rows::insert_event(connection, number, &event)
            .map_err(|error| refusal(error, state.row.run, &event))?;
        fold(state, &event, changed);
    }
    Ok(())
}

fn refusal(error: rusqlite::Error, run: RunId, event: &StoredEvent) -> Failure {
    match event.task {
        Some(task) if is_duplicate(&error) => Failure::CompletedTwice { run, task },
        _ => error.into(),
    }
}

/// Writes the rows that are others now.
pub(super) fn write_changed(
    connection: &Connection,
    number: i64,
    state: &RunState,
    changed: &Changed,
) -> Result<(), Failure> {
    for row in changed.iter().filter_map(|task| state.tasks.get(task)) {
        rows::put_task(connection, number, row)?;
    }
    rows::put_run(connection, number, &state.row)
}
