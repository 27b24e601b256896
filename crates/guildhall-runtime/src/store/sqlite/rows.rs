//! Rows of the tables, to and from records.

use guildhall_coordination::{RunId, TaskStatus};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::failure::Failure;
use crate::store::event::{StoredEvent, kind};
use crate::store::journal::{RunRow, TaskCounts, TaskRow};
use crate::store::projection::RunState;

/// The highest number that an event or a task can have within its run.
pub(super) const HIGHEST: u64 = u32::MAX as u64;

/// The id of the event or task `within` of the run `number`.
pub(super) const fn id(number: i64, within: u32) -> i64 {
    number << 32 | within as i64
}

/// Number of the run in this file; `None` where it has no journal here.
pub(super) fn number_of(connection: &Connection, run: RunId) -> Result<Option<i64>, Failure> {
    let mut query = connection.prepare_cached("SELECT number FROM run_ids WHERE run = ?1")?;
    Ok(query
        .query_row([run_bytes(run)], |row| row.get(0))
        .optional()?)
}

/// Gives the run a number in this file.
pub(super) fn add_run(connection: &Connection, run: RunId) -> Result<i64, Failure> {
    let mut insert = connection.prepare_cached("INSERT INTO run_ids(run) VALUES(?1)")?;
    insert.execute([run_bytes(run)])?;
    Ok(connection.last_insert_rowid())
}

/// Number of the last event of the run; 0 before the first.
pub(super) fn last_of(connection: &Connection, number: i64) -> Result<u64, Failure> {
    let mut query =
        connection.prepare_cached("SELECT max(id) FROM events WHERE id BETWEEN ?1 AND ?2")?;
    let last: Option<i64> =
        query.query_row([id(number, 0), id(number, u32::MAX)], |row| row.get(0))?;
    Ok(last.map_or(0, lower))
}

/// Writes an event into the journal.
pub(super) fn insert_event(
    connection: &Connection,
    number: i64,
    event: &StoredEvent,
) -> rusqlite::Result<()> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO events(id, task, attempt, kind, epoch, at_ms, body)
         VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    insert.execute(params![
        number << 32 | signed(event.seq),
        event.task,
        event.attempt,
        event.kind.as_ref(),
        event.epoch,
        signed(event.at_ms),
        event.body,
    ])?;
    Ok(())
}

/// The events of the run after `after`, in order, given to `each` one by one.
pub(super) fn each_event(
    connection: &Connection,
    number: i64,
    after: u64,
    limit: usize,
    mut each: impl FnMut(StoredEvent),
) -> Result<(), Failure> {
    let mut query = connection.prepare_cached(
        "SELECT id, task, attempt, kind, epoch, at_ms, body FROM events
         WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT ?3",
    )?;
    let after = number << 32 | signed(after.min(HIGHEST));
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows = query.query([after, id(number, u32::MAX), limit])?;
    while let Some(row) = rows.next()? {
        each(event_of(row)?);
    }
    Ok(())
}

fn event_of(row: &Row<'_>) -> rusqlite::Result<StoredEvent> {
    Ok(StoredEvent {
        seq: lower(row.get(0)?),
        task: row.get(1)?,
        attempt: row.get(2)?,
        kind: kind(row.get_ref(3)?.as_str()?),
        epoch: row.get(4)?,
        at_ms: unsigned(row, 5)?,
        body: row.get(6)?,
    })
}

/// Every run, by id.
pub(super) fn all_runs(connection: &Connection) -> Result<Vec<RunRow>, Failure> {
    let mut query = connection
        .prepare("SELECT runs.*, run FROM runs JOIN run_ids USING(number) ORDER BY run")?;
    let rows = query.query_map([], |row| run_of(row, run_id(row, 13)?))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The runs whose rows lack events: their numbers and ids.
pub(super) fn lagging_runs(connection: &Connection) -> Result<Vec<(i64, RunId)>, Failure> {
    let mut query = connection.prepare_cached(
        "SELECT number, run FROM runs JOIN run_ids USING(number)
         WHERE last <> (SELECT max(id) & 4294967295 FROM events
             WHERE id BETWEEN number << 32 AND number << 32 | 4294967295)",
    )?;
    let rows = query.query_map([], |row| Ok((row.get(0)?, run_id(row, 1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Every run's number and id, by number.
pub(super) fn all_run_ids(connection: &Connection) -> Result<Vec<(i64, RunId)>, Failure> {
    let mut query = connection.prepare("SELECT number, run FROM run_ids ORDER BY number")?;
    let rows = query.query_map([], |row| Ok((row.get(0)?, run_id(row, 1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// What the projections know of a run.
pub(super) fn load_state(
    connection: &Connection,
    number: i64,
    run: RunId,
) -> Result<RunState, Failure> {
    let mut query = connection.prepare_cached("SELECT * FROM runs WHERE number = ?1")?;
    let row = query
        .query_row([number], |row| run_of(row, run))
        .optional()?;
    let mut state = RunState::new(run);
    if let Some(row) = row {
        state.row = row;
        let tasks = tasks_of(connection, number)?;
        state.tasks = tasks.into_iter().map(|task| (task.task, task)).collect();
    }
    Ok(state)
}

fn run_of(row: &Row<'_>, run: RunId) -> rusqlite::Result<RunRow> {
    Ok(RunRow {
        run,
        name: row.get(1)?,
        status: row.get(2)?,
        epoch: row.get(3)?,
        last: unsigned(row, 4)?,
        created_ms: unsigned(row, 5)?,
        updated_ms: unsigned(row, 6)?,
        tasks: TaskCounts {
            pending: row.get(7)?,
            running: row.get(8)?,
            completed: row.get(9)?,
            failed: row.get(10)?,
            cancelled: row.get(11)?,
            skipped: row.get(12)?,
        },
    })
}

/// Writes what is known of a run.
pub(super) fn put_run(connection: &Connection, number: i64, row: &RunRow) -> Result<(), Failure> {
    let mut put = connection.prepare_cached(
        "INSERT OR REPLACE INTO runs
         VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
    )?;
    put.execute(params![
        number,
        row.name,
        row.status,
        row.epoch,
        signed(row.last),
        signed(row.created_ms),
        signed(row.updated_ms),
        row.tasks.pending,
        row.tasks.running,
        row.tasks.completed,
        row.tasks.failed,
        row.tasks.cancelled,
        row.tasks.skipped,
    ])?;
    Ok(())
}

/// The tasks of a run, by number.
pub(super) fn tasks_of(connection: &Connection, number: i64) -> Result<Vec<TaskRow>, Failure> {
    let mut query = connection.prepare_cached(
        "SELECT id, key, capability, status, expanded, attempts, agent, started_ms, ended_ms,
             duration_ms
         FROM tasks WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
    )?;
    let rows = query.query_map([id(number, 0), id(number, u32::MAX)], task_of)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn task_of(row: &Row<'_>) -> rusqlite::Result<TaskRow> {
    Ok(TaskRow {
        task: task_number(row.get(0)?),
        key: row.get(1)?,
        capability: row.get(2)?,
        status: status_of(row, 3)?,
        expanded: row.get(4)?,
        attempts: row.get(5)?,
        agent: row.get(6)?,
        started_ms: optional(row, 7)?,
        ended_ms: optional(row, 8)?,
        duration_ms: optional(row, 9)?,
    })
}

/// Writes what is known of a task.
pub(super) fn put_task(connection: &Connection, number: i64, row: &TaskRow) -> Result<(), Failure> {
    let mut put = connection.prepare_cached(
        "INSERT OR REPLACE INTO tasks
         (id, key, capability, status, expanded, attempts, agent, started_ms, ended_ms,
             duration_ms)
         VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?;
    put.execute(params![
        id(number, row.task),
        row.key,
        row.capability,
        row.status.as_str(),
        row.expanded,
        row.attempts,
        row.agent,
        row.started_ms.map(signed),
        row.ended_ms.map(signed),
        row.duration_ms.map(signed),
    ])?;
    Ok(())
}

fn status_of(row: &Row<'_>, at: usize) -> rusqlite::Result<TaskStatus> {
    let text = row.get_ref(at)?.as_str()?;
    let all = [
        TaskStatus::Pending,
        TaskStatus::Running,
        TaskStatus::Completed,
        TaskStatus::Failed,
        TaskStatus::Cancelled,
        TaskStatus::Skipped,
    ];
    let found = all.into_iter().find(|status| status.as_str() == text);
    found.ok_or_else(|| {
        let reason = format!("{text:?} is no status of a task");
        rusqlite::Error::FromSqlConversionFailure(at, Type::Text, reason.into())
    })
}

pub(super) const fn run_bytes(run: RunId) -> [u8; 16] {
    run.as_u128().to_be_bytes()
}

pub(super) fn run_id(row: &Row<'_>, at: usize) -> rusqlite::Result<RunId> {
    let bytes: [u8; 16] = row.get(at)?;
    Ok(RunId::from_u128(u128::from_be_bytes(bytes)))
}

/// The number within its run that an id holds.
pub(super) const fn lower(id: i64) -> u64 {
    id.cast_unsigned() & HIGHEST
}

/// The task's number within its run.
pub(super) const fn task_number(id: i64) -> u32 {
    lower(id) as u32
}

/// Times and numbers are limited before they come here.
pub(super) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(super) fn unsigned(row: &Row<'_>, at: usize) -> rusqlite::Result<u64> {
    let value: i64 = row.get(at)?;
    u64::try_from(value).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(at, value))
}

pub(super) fn optional(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<u64>> {
    match row.get_ref(at)? {
        rusqlite::types::ValueRef::Null => Ok(None),
        _ => unsigned(row, at).map(Some),
    }
}
