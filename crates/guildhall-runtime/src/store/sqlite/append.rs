//! An append within a transaction: the journal and the projections.

use guildhall_coordination::RunId;
use rusqlite::Connection;

use super::failure::{Failure, is_duplicate};
use super::projections::{LAG, fold_rest, may_lack, write_changed};
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
    /// The last event that the rows have.
    written: u64,
    /// The tasks whose rows are not written.
    changed: Changed,
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

    fn take(&mut self, run: RunId) -> Option<Recent> {
        let at = self.runs.iter().position(|recent| recent.run == run)?;
        Some(self.runs.remove(at))
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
    let mut recent = match recent_runs.take(run) {
        Some(recent) => recent,
        None => Recent::load(connection, number, run)?,
    };
    recent.catch_up(connection, found)?;
    let may_lag = found > 0 && events.iter().all(|event| may_lack(&event.kind));
    recent.insert(connection, events)?;
    if !may_lag || recent.lag() > LAG {
        recent.write_rows(connection)?;
    }
    let last = recent.state.row.last;
    recent_runs.put(recent);
    Ok(last)
}

impl Recent {
    fn load(connection: &Connection, number: i64, run: RunId) -> Result<Self, Failure> {
        let state = rows::load_state(connection, number, run)?;
        Ok(Self {
            run,
            number,
            written: state.row.last,
            state,
            changed: Changed::new(),
        })
    }

    /// Events that the rows lack.
    const fn lag(&self) -> u64 {
        self.state.row.last.saturating_sub(self.written)
    }

    /// Takes in what another process has appended, and what the rows lack.
    fn catch_up(&mut self, connection: &Connection, found: u64) -> Result<(), Failure> {
        if self.state.row.last > found {
            // The rows belong to a longer journal: they are no use.
            self.state = RunState::new(self.run);
        }
        if self.state.row.last < found {
            fold_rest(connection, self.number, &mut self.state, &mut self.changed)?;
        }
        Ok(())
    }

    fn insert(&mut self, connection: &Connection, events: Vec<NewEvent>) -> Result<(), Failure> {
        for event in events {
            let event = StoredEvent::new(self.state.row.last + 1, event);
            rows::insert_event(connection, self.number, &event)
                .map_err(|error| refusal(error, self.run, &event))?;
            fold(&mut self.state, &event, &mut self.changed);
        }
        Ok(())
    }

    fn write_rows(&mut self, connection: &Connection) -> Result<(), Failure> {
        write_changed(connection, self.number, &self.state, &self.changed)?;
        self.written = self.state.row.last;
        self.changed.clear();
        Ok(())
    }
}

fn refusal(error: rusqlite::Error, run: RunId, event: &StoredEvent) -> Failure {
    match event.task {
        Some(task) if is_duplicate(&error) => Failure::CompletedTwice { run, task },
        _ => error.into(),
    }
}
