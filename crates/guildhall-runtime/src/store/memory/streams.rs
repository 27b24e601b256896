//! Streams of agents without a file.

use std::collections::BTreeMap;
use std::ops::Bound;

use async_trait::async_trait;
use guildhall_core::AgentId;
use guildhall_core::streams::{NewRecord, Record, StreamInfo};

use super::{MemoryStore, lock};
use crate::RuntimeError;
use crate::store::event::Durability;
use crate::store::streams::Streams;

/// The records of each stream, by agent and name.
pub(super) type AgentStreams = BTreeMap<(AgentId, String), Vec<Record>>;

#[async_trait]
impl Streams for MemoryStore {
    async fn append_records(
        &self,
        of: &AgentId,
        stream: &str,
        records: Vec<NewRecord>,
        expected: u64,
        _durability: Durability,
    ) -> Result<u64, RuntimeError> {
        let mut streams = lock(&self.streams);
        let key = (of.clone(), stream.to_owned());
        let found = streams.get(&key).map_or(0, |records| records.len() as u64);
        if found != expected {
            return Err(RuntimeError::StreamConflict {
                stream: stream.to_owned(),
                expected,
                found,
            });
        }
        if records.is_empty() {
            return Ok(found);
        }
        let there = streams.entry(key).or_default();
        there.extend((found + 1..).zip(records).map(|(seq, record)| Record {
            seq,
            kind: record.kind,
            at_ms: record.at_ms,
            body: record.body,
        }));
        Ok(there.len() as u64)
    }

    async fn read_records(
        &self,
        of: &AgentId,
        stream: &str,
        after: u64,
        limit: usize,
        bytes: usize,
    ) -> Result<Vec<Record>, RuntimeError> {
        let streams = lock(&self.streams);
        let records = streams.get(&(of.clone(), stream.to_owned()));
        let after = usize::try_from(after).unwrap_or(usize::MAX);
        let mut room = bytes;
        let mut page: Vec<Record> = Vec::new();
        for record in records.into_iter().flatten().skip(after).take(limit) {
            let size = record.body.get().len();
            if size > room && !page.is_empty() {
                break;
            }
            room = room.saturating_sub(size);
            page.push(record.clone());
        }
        Ok(page)
    }

    async fn streams(
        &self,
        of: &AgentId,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<StreamInfo>, RuntimeError> {
        let streams = lock(&self.streams);
        let from = (of.clone(), after.unwrap_or_default().to_owned());
        let from = match after {
            Some(_) => Bound::Excluded(from),
            None => Bound::Included(from),
        };
        let own = streams.range((from, Bound::Unbounded));
        let own = own.take_while(|((agent, _), _)| agent == of).take(limit);
        Ok(own
            .map(|((_, name), records)| StreamInfo {
                name: name.clone(),
                last: records.len() as u64,
                updated_ms: records.last().map_or(0, |record| record.at_ms),
            })
            .collect())
    }
}
