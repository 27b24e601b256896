//! Connections that read, each on a thread that may wait for a disk.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use guildhall_coordination::RunId;
use rusqlite::{Connection, OptionalExtension as _};

use super::failure::Failure;
use super::{open, rows};
use crate::store::event::StoredEvent;
use crate::store::journal::{CachedResult, Durations, TaskRow};

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

pub(super) fn tasks(connection: &Connection, run: RunId) -> Result<Vec<TaskRow>, Failure> {
    let number = rows::number_of(connection, run)?;
    number.map_or(Ok(Vec::new()), |number| rows::tasks_of(connection, number))
}

pub(super) fn durations(connection: &Connection, key: &str) -> Result<Option<Durations>, Failure> {
    let mut query = connection.prepare_cached(
        "SELECT duration_ms
         FROM (SELECT * FROM tasks ORDER BY id DESC LIMIT ?2)
         WHERE (agent = ?1 OR capability = ?1) AND duration_ms IS NOT NULL
         LIMIT ?3",
    )?;
    let limits = (key, Durations::TASKS as i64, Durations::NEWEST as i64);
    let newest = query.query_map(limits, |row| rows::unsigned(row, 0))?;
    Ok(Durations::of(newest.collect::<rusqlite::Result<_>>()?))
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
