//! Durable streams for tests: the host's service without a host.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use guildhall_core::streams::{
    self, APPEND, Append, LIST, List, MAX_RECORDS, READ, Read, Record, StreamInfo, check_name,
};
use guildhall_core::{AgentError, ErrorCode, Outcome, ServiceRequest};

use super::TestHost;

/// Streams in memory, with the host's limits and conflicts. Clones share them, so that a second
/// [`TestHost`] can go on where the first has ended.
///
/// ```
/// use guildhall_sdk::prelude::*;
/// use guildhall_sdk::core::streams::NewRecord;
/// use guildhall_sdk::testing::{self, TestHost, TestStreams};
///
/// #[derive(Default)]
/// struct Diarist;
///
/// #[agent(id = "diarist", summary = "Keeps a diary",
///     permission(kind = "guildhall.streams", reason = "the diary"))]
/// impl Diarist {
///     /// Writes a line.
///     #[capability(name = "diary.write", version = "1.0.0")]
///     async fn write(&self, line: String, ctx: &Context) -> Result<u64, AgentError> {
///         let streams = ctx.streams();
///         let last = streams.read_all("diary", 0).await?.len() as u64;
///         streams.append("diary", vec![NewRecord::new("line", 0, &line)?], last).await
///     }
/// }
///
/// let streams = TestStreams::new();
/// let host = TestHost::new(Diarist).streams(&streams);
/// testing::run(host.call("diary.write", &"one")).unwrap();
/// // A disk that is full from then on.
/// streams.fail_from(2);
/// assert!(testing::run(host.call("diary.write", &"two")).is_err());
/// assert_eq!(streams.records("diary").len(), 1);
/// ```
#[derive(Debug, Clone, Default)]
pub struct TestStreams {
    kept: Arc<Mutex<Kept>>,
}

#[derive(Debug, Default)]
struct Kept {
    streams: BTreeMap<String, Vec<Record>>,
    /// How many appends were asked for.
    appends: u64,
    /// The append from which on all fail.
    fails_from: Option<u64>,
}

impl TestStreams {
    /// No streams yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The records of a stream.
    pub fn records(&self, stream: &str) -> Vec<Record> {
        self.lock().streams.get(stream).cloned().unwrap_or_default()
    }

    /// Has the append of this number, counted from 1 over all streams, and all after it fail
    /// and change nothing.
    pub fn fail_from(&self, append: u64) {
        self.lock().fails_from = Some(append);
    }

    /// Has appends succeed again.
    pub fn recover(&self) {
        self.lock().fails_from = None;
    }

    fn answer(&self, request: &ServiceRequest) -> Result<Outcome, AgentError> {
        match request.method.as_str() {
            APPEND => {
                let append: Append = request.input()?;
                append.check()?;
                Outcome::new(&self.lock().append(append)?)
            }
            READ => {
                let read: Read = request.input()?;
                check_name(&read.stream)?;
                let after = usize::try_from(read.after).unwrap_or(usize::MAX);
                let records = self.records(&read.stream).into_iter().skip(after);
                Outcome::new(&records.take(page(read.limit)).collect::<Vec<_>>())
            }
            LIST => {
                let list: List = request.input()?;
                let kept = self.lock();
                let later = |name: &String| list.after.as_ref().is_none_or(|after| name > after);
                let streams = kept.streams.iter().filter(|(name, _)| later(name));
                let infos = streams.map(|(name, records)| StreamInfo {
                    name: name.clone(),
                    last: records.len() as u64,
                    updated_ms: records.last().map_or(0, |record| record.at_ms),
                });
                Outcome::new(&infos.take(page(list.limit)).collect::<Vec<_>>())
            }
            _ => Err(request.no_such_method()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn append(&mut self, append: Append) -> Result<u64, AgentError> {
        self.appends += 1;
        if self.fails_from.is_some_and(|from| self.appends >= from) {
            let text = "the store cannot grow: the test says so";
            return Err(AgentError::new(ErrorCode::Unavailable, text));
        }
        let found = self.streams.get(&append.stream).map_or(0, Vec::len) as u64;
        if found != append.expected {
            return Err(streams::conflict(&append.stream, append.expected, found));
        }
        let records = self.streams.entry(append.stream).or_default();
        records.extend((found + 1..).zip(append.records).map(|(seq, new)| Record {
            seq,
            kind: new.kind,
            at_ms: new.at_ms,
            body: new.body,
        }));
        Ok(records.len() as u64)
    }
}

impl TestHost {
    /// Offers the agent these durable streams.
    #[must_use]
    pub fn streams(self, streams: &TestStreams) -> Self {
        let streams = streams.clone();
        self.service(streams::SERVICE, move |request| {
            std::future::ready(streams.answer(&request))
        })
    }
}

fn page(limit: Option<usize>) -> usize {
    limit.unwrap_or(MAX_RECORDS).min(MAX_RECORDS)
}
