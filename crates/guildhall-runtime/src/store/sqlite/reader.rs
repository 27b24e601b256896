//! Connections that read, each on a thread that may wait for a disk.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use guildhall_coordination::RunId;
use rusqlite::{Connection, OptionalExtension as _};

use super::failure::Failure;
use super::projections::state_of;
use super::{open, rows};
use crate::store::event::StoredEvent;
use crate::store::journal::{CachedResult, Durations, RunRow, TaskRow};
use crate::store::projection::RunState;

/// How many connections are kept open while nobody reads.
const KEPT: usize = 4;

/// Connections that read. One is opened whenever all are in use.
#[derive(Debug)]
pub(super) struct Readers {
    path: PathBuf,
    timeout: Duration,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(super) fn new(path: &Path, timeout: Duration) -> Self {
        Self {
            path: path.to_owned(),
            timeout,
            idle: Mutex::default(),
        }
    }

    /// Reads with a connection of its own, on this thread.
    pub(super) fn read<T>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let idle = self.idle().pop();
        let connection = idle.map_or_else(|| self.connect(), Ok)?;
        let outcome = query(&connection)?;
        let mut idle = self.idle();
        if idle.len() < KEPT {
            idle.push(connection);
        }
        Ok(outcome)
    }

    fn connect(&self) -> Result<Connection, Failure> {
        let connection = open::connect(&self.path, self.timeout)?;
        connection.execute_batch("PRAGMA query_only = ON")?;
        Ok(connection)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn events(
    connection: &Connection,
    run: RunId,
    after: u64,
    limit: usize,
) -> Result<Vec<StoredEvent>, Failure> {
    let mut events = Vec::new();
    if let Some(number) = rows::number_of(connection, run)? {
        rows::each_event(connection, number, after, limit, |event| events.push(event))?;
    }
    Ok(events)
}

pub(super) fn last(connection: &Connection, run: RunId) -> Result<u64, Failure> {
    let number = rows::number_of(connection, run)?;
    number.map_or(Ok(0), |number| rows::last_of(connection, number))
}

pub(super) fn runs(connection: &Connection) -> Result<Vec<RunRow>, Failure> {
    let _as_of_one_moment = connection.unchecked_transaction()?;
    let mut runs = rows::all_runs(connection)?;
    for (_, state) in lagging(connection)? {
        // They come by id.
        if let Ok(at) = runs.binary_search_by_key(&state.row.run, |row| row.run) {
            runs[at] = state.row;
        }
    }
    Ok(runs)
}

pub(super) fn tasks(connection: &Connection, run: RunId) -> Result<Vec<TaskRow>, Failure> {
    let _as_of_one_moment = connection.unchecked_transaction()?;
    let Some(number) = rows::number_of(connection, run)? else {
        return Ok(Vec::new());
    };
    Ok(state_of(connection, number, run)?
        .tasks
        .into_values()
        .collect())
}

/// The runs whose rows lack events, with these taken in, by number.
fn lagging(connection: &Connection) -> Result<Vec<(i64, RunState)>, Failure> {
    let runs = rows::lagging_runs(connection)?.into_iter();
    let states = runs.map(|(number, run)| Ok((number, state_of(connection, number, run)?)));
    states.collect()
}

pub(super) fn durations(connection: &Connection, key: &str) -> Result<Option<Durations>, Failure> {
    let _as_of_one_moment = connection.unchecked_transaction()?;
    let lagging = lagging(connection)?;
    let newest = if lagging.is_empty() {
        durations_of_rows(connection, key)?
    } else {
        durations_with(connection, key, &lagging)?
    };
    Ok(Durations::of(newest))
}

/// The newest durations where some rows lack events.
fn durations_with(
    connection: &Connection,
    key: &str,
    lagging: &[(i64, RunState)],
) -> Result<Vec<u64>, Failure> {
    let mut all: Vec<(i64, Option<u64>)> = Vec::new();
    let lacking: HashSet<i64> = lagging.iter().map(|(number, _)| *number).collect();
    let mut query = connection.prepare_cached(
        "SELECT id, CASE WHEN agent = ?1 OR capability = ?1 THEN duration_ms END
         FROM tasks ORDER BY id DESC LIMIT ?2",
    )?;
    let mut rows = query.query((key, Durations::TASKS as i64))?;
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        if !lacking.contains(&(id >> 32)) {
            all.push((id, rows::optional(row, 1)?));
        }
    }
    for (number, state) in lagging {
        all.extend(state.tasks.values().map(|task| {
            let names = [task.agent.as_deref(), task.capability.as_deref()];
            let meant = names.contains(&Some(key));
            let id = rows::id(*number, task.task);
            (id, task.duration_ms.filter(|_| meant))
        }));
    }
    all.sort_unstable_by_key(|(id, _)| std::cmp::Reverse(*id));
    let newest = all.into_iter().take(Durations::TASKS);
    let newest = newest.filter_map(|(_, duration_ms)| duration_ms);
    Ok(newest.take(Durations::NEWEST).collect())
}

fn durations_of_rows(connection: &Connection, key: &str) -> Result<Vec<u64>, Failure> {
    let mut query = connection.prepare_cached(
        "SELECT duration_ms
         FROM (SELECT * FROM tasks ORDER BY id DESC LIMIT ?2)
         WHERE (agent = ?1 OR capability = ?1) AND duration_ms IS NOT NULL
         LIMIT ?3",
    )?;
    let limits = (key, Durations::TASKS as i64, Durations::NEWEST as i64);
    let newest = query.query_map(limits, |row| rows::unsigned(row, 0))?;
    Ok(newest.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn cached(connection: &Connection, key: &str) -> Result<Option<CachedResult>, Failure> {
    let mut query = connection.prepare_cached(
        "SELECT run_ids.run, cache.task, events.body
         FROM cache
         JOIN run_ids ON run_ids.number = cache.task >> 32
         JOIN events ON events.run = cache.task >> 32
             AND events.task = cache.task & 4294967295
             AND events.kind = 'completed'
         WHERE cache.key = ?1",
    )?;
    let found = query.query_row([key], |row| {
        Ok(CachedResult {
            run: rows::run_id(row, 0)?,
            task: rows::task_number(row.get(1)?),
            body: row.get(2)?,
        })
    });
    Ok(found.optional()?)
}

/// A number that is another when anybody has committed since it was asked for last on the
/// same connection.
pub(super) fn data_version(connection: &Connection) -> Result<u64, Failure> {
    let mut query = connection.prepare_cached("PRAGMA data_version")?;
    Ok(query.query_row([], |row| rows::unsigned(row, 0))?)
}
