//! A look over the whole file: what is wrong with it, in sentences.

use rusqlite::Connection;

use super::failure::Failure;
use super::projections::{fold_rest, state_of};
use super::rows;
use crate::store::projection::{Changed, RunState};

/// What is wrong with the store; nothing where it is sound.
pub(super) fn check(connection: &Connection) -> Result<Vec<String>, Failure> {
    // One transaction, so that all is seen as of one moment.
    connection.execute_batch("BEGIN")?;
    let problems = check_all(connection);
    // A file that cannot be read may have ended it.
    if !connection.is_autocommit() {
        connection.execute_batch("ROLLBACK")?;
    }
    problems
}

fn check_all(connection: &Connection) -> Result<Vec<String>, Failure> {
    let mut problems = integrity(connection)?;
    if problems.is_empty() {
        problems.extend(gaps(connection)?);
        problems.extend(strangers(connection)?);
        problems.extend(broken_streams(connection)?);
    }
    if problems.is_empty() {
        problems.extend(stale_projections(connection)?);
    }
    Ok(problems)
}

fn integrity(connection: &Connection) -> Result<Vec<String>, Failure> {
    let mut query = connection.prepare("PRAGMA integrity_check")?;
    let lines = query.query_map([], |row| row.get(0))?;
    let lines: Vec<String> = lines.collect::<rusqlite::Result<_>>()?;
    Ok(lines.into_iter().filter(|line| line != "ok").collect())
}

/// Runs whose events are not numbered 1, 2, 3 and so on.
fn gaps(connection: &Connection) -> Result<Vec<String>, Failure> {
    let mut query = connection.prepare(
        "SELECT run_ids.run, count(*), min(seq), max(seq)
         FROM events JOIN run_ids ON run_ids.number = events.run
         GROUP BY events.run HAVING min(seq) <> 1 OR max(seq) <> count(*)",
    )?;
    let lines = query.query_map([], |row| {
        let run = rows::run_id(row, 0)?;
        let (count, first, last): (i64, i64, i64) = (row.get(1)?, row.get(2)?, row.get(3)?);
        Ok(format!(
            "run {run} has {count} events, numbered from {first} to {last}"
        ))
    })?;
    Ok(lines.collect::<rusqlite::Result<_>>()?)
}

/// Events of runs that have no id.
fn strangers(connection: &Connection) -> Result<Vec<String>, Failure> {
    let mut query = connection
        .prepare("SELECT DISTINCT run FROM events WHERE run NOT IN (SELECT number FROM run_ids)")?;
    let lines = query.query_map([], |row| {
        let number: i64 = row.get(0)?;
        Ok(format!("the run of number {number} has events and no id"))
    })?;
    Ok(lines.collect::<rusqlite::Result<_>>()?)
}

/// Streams whose records are not numbered 1, 2, 3 and so on up to the last one, or that
/// there are not.
fn broken_streams(connection: &Connection) -> Result<Vec<String>, Failure> {
    let mut query = connection.prepare(
        "SELECT coalesce(agent, ''), coalesce(name, stream), count(seq), coalesce(last, 0)
         FROM streams FULL JOIN stream_records ON stream_records.stream = streams.number
         GROUP BY coalesce(number, stream)
         HAVING number IS NULL OR count(seq) <> last OR min(seq) IS NOT 1 OR max(seq) <> last",
    )?;
    let lines = query.query_map([], |row| {
        let (agent, name): (String, String) = (row.get(0)?, row.get(1)?);
        let (count, last): (i64, i64) = (row.get(2)?, row.get(3)?);
        Ok(format!(
            "the stream {name:?} of {agent:?} has {count} records and should have {last}"
        ))
    })?;
    Ok(lines.collect::<rusqlite::Result<_>>()?)
}

/// Runs whose projections are not what their events give.
fn stale_projections(connection: &Connection) -> Result<Vec<String>, Failure> {
    let mut problems = Vec::new();
    for (number, run) in rows::all_run_ids(connection)? {
        let mut folded = RunState::new(run);
        fold_rest(connection, number, &mut folded, &mut Changed::new())?;
        let kept = state_of(connection, number, run)?;
        if folded.row != kept.row || folded.tasks != kept.tasks {
            problems.push(format!(
                "what is kept of run {run} is not what its events say: rebuild the projections"
            ));
        }
    }
    Ok(problems)
}
