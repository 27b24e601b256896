//! Streams of agents in the store's file.

use async_trait::async_trait;
use guildhall_core::AgentId;
use guildhall_core::streams::{NewRecord, Record, StreamInfo};
use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::value::RawValue;

use super::SqliteStore;
use super::failure::Failure;
use super::queue::Work;
use super::rows::{HIGHEST, id, lower, signed, unsigned};
use crate::RuntimeError;
use crate::store::event::Durability;
use crate::store::streams::Streams;

/// Records to be appended to a stream.
#[derive(Debug)]
pub(super) struct StreamAppend {
    pub(super) agent: AgentId,
    pub(super) stream: String,
    pub(super) records: Vec<NewRecord>,
    pub(super) expected: u64,
}

#[async_trait]
impl Streams for SqliteStore {
    async fn append_records(
        &self,
        of: &AgentId,
        stream: &str,
        records: Vec<NewRecord>,
        expected: u64,
        durability: Durability,
    ) -> Result<u64, RuntimeError> {
        let believed = expected.saturating_add(records.len() as u64);
        let work = Work::Stream(StreamAppend {
            agent: of.clone(),
            stream: stream.to_owned(),
            records,
            expected,
        });
        // Nobody could be told later that a relaxed one was refused.
        let last = self
            .committer
            .write(work, durability.max(Durability::Process));
        let last = last.await.map_err(|failure| self.error(failure))?;
        Ok(last.unwrap_or(believed))
    }

    async fn read_records(
        &self,
        of: &AgentId,
        stream: &str,
        after: u64,
        limit: usize,
        bytes: usize,
    ) -> Result<Vec<Record>, RuntimeError> {
        let (of, stream) = (of.clone(), stream.to_owned());
        self.read_aside(move |connection| records(connection, &of, &stream, after, limit, bytes))
            .await
    }

    async fn streams(
        &self,
        of: &AgentId,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<StreamInfo>, RuntimeError> {
        let (of, after) = (of.clone(), after.map(str::to_owned));
        self.read_aside(move |connection| streams(connection, &of, after.as_deref(), limit))
            .await
    }
}

/// Appends within a transaction; where it fails, the caller rolls back what was written.
pub(super) fn append(connection: &Connection, work: &mut StreamAppend) -> Result<u64, Failure> {
    let known = number_of(connection, &work.agent, &work.stream)?;
    let found = known.map_or(0, |(_, last)| last);
    if found != work.expected {
        return Err(Failure::StreamConflict {
            stream: work.stream.clone(),
            expected: work.expected,
            found,
        });
    }
    let records = std::mem::take(&mut work.records);
    let Some(newest) = records.last() else {
        return Ok(found);
    };
    let last = found + records.len() as u64;
    if last > HIGHEST {
        let reason = format!("the stream {:?} has no room for more records", work.stream);
        return Err(Failure::Other(reason));
    }
    let updated_ms = newest.at_ms;
    let number = match known {
        Some((number, _)) => number,
        None => add(connection, &work.agent, &work.stream)?,
    };
    let mut insert = connection.prepare_cached(
        "INSERT INTO stream_records(id, kind, at_ms, body) VALUES(?1, ?2, ?3, ?4)",
    )?;
    for (seq, record) in (found + 1..).zip(&records) {
        insert.execute(params![
            number << 32 | signed(seq),
            record.kind,
            record.at_ms,
            record.body.get(),
        ])?;
    }
    let mut update = connection
        .prepare_cached("UPDATE streams SET last = ?2, updated_ms = ?3 WHERE number = ?1")?;
    update.execute(params![number, signed(last), updated_ms])?;
    Ok(last)
}

/// The number of a stream in this file, and that of its last record.
fn number_of(
    connection: &Connection,
    agent: &AgentId,
    stream: &str,
) -> Result<Option<(i64, u64)>, Failure> {
    let mut query = connection
        .prepare_cached("SELECT number, last FROM streams WHERE agent = ?1 AND name = ?2")?;
    let found = query.query_row([agent.as_str(), stream], |row| {
        Ok((row.get(0)?, unsigned(row, 1)?))
    });
    Ok(found.optional()?)
}

fn add(connection: &Connection, agent: &AgentId, stream: &str) -> Result<i64, Failure> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO streams(agent, name, last, updated_ms) VALUES(?1, ?2, 0, 0)",
    )?;
    insert.execute([agent.as_str(), stream])?;
    Ok(connection.last_insert_rowid())
}

fn records(
    connection: &Connection,
    agent: &AgentId,
    stream: &str,
    after: u64,
    limit: usize,
    bytes: usize,
) -> Result<Vec<Record>, Failure> {
    let Some((number, _)) = number_of(connection, agent, stream)? else {
        return Ok(Vec::new());
    };
    let mut query = connection.prepare_cached(
        "SELECT id, kind, at_ms, body FROM stream_records
         WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT ?3",
    )?;
    let after = number << 32 | signed(after.min(HIGHEST));
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows = query.query([after, id(number, u32::MAX), limit])?;
    let mut room = bytes;
    let mut page = Vec::new();
    while let Some(row) = rows.next()? {
        let body: String = row.get(3)?;
        if body.len() > room && !page.is_empty() {
            break;
        }
        room = room.saturating_sub(body.len());
        let seq = lower(row.get(0)?);
        page.push(Record {
            seq,
            kind: row.get(1)?,
            at_ms: row.get(2)?,
            body: RawValue::from_string(body).map_err(|error| {
                Failure::Damaged(format!("record {seq} of a stream is no JSON: {error}"))
            })?,
        });
    }
    Ok(page)
}

fn streams(
    connection: &Connection,
    agent: &AgentId,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<StreamInfo>, Failure> {
    let mut query = connection.prepare_cached(
        "SELECT name, last, updated_ms FROM streams
         WHERE agent = ?1 AND (?2 IS NULL OR name > ?2) ORDER BY name LIMIT ?3",
    )?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = query.query_map(params![agent.as_str(), after, limit], |row| {
        Ok(StreamInfo {
            name: row.get(0)?,
            last: unsigned(row, 1)?,
            updated_ms: row.get(2)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
