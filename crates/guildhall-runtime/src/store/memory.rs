//! A store without a file: the twin of [`super::SqliteStore`] for tests and simulations.

mod streams;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use guildhall_coordination::RunId;

use super::blobs::{Blobs, Digest};
use super::event::{Durability, NewEvent, StoredEvent};
use super::journal::{CachedResult, Durations, Journal, RunRow, TaskRow};
use super::projection::{Changed, RunState, fold};
use crate::RuntimeError;

/// A store that is gone with the process.
///
/// It behaves as [`super::SqliteStore`] does, except that a relaxed append is written and
/// checked at once.
#[derive(Debug, Default)]
pub struct MemoryStore {
    journal: Mutex<Contents>,
    blobs: Mutex<HashMap<Digest, Bytes>>,
    streams: Mutex<streams::AgentStreams>,
}

#[derive(Debug, Default)]
struct Contents {
    runs: BTreeMap<RunId, Run>,
    /// In the order in which they were made.
    made: Vec<RunId>,
    cache: HashMap<String, (RunId, u32)>,
    changes: u64,
}

#[derive(Debug)]
struct Run {
    events: Vec<StoredEvent>,
    completed: HashSet<u32>,
    state: RunState,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn contents(&self) -> MutexGuard<'_, Contents> {
        lock(&self.journal)
    }
}

#[async_trait]
impl Journal for MemoryStore {
    async fn append(
        &self,
        run: RunId,
        events: Vec<NewEvent>,
        expected: u64,
        _durability: Durability,
    ) -> Result<u64, RuntimeError> {
        self.contents().append(run, events, expected)
    }

    async fn read(
        &self,
        run: RunId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, RuntimeError> {
        let contents = self.contents();
        let events = contents.runs.get(&run).map_or(&[][..], |run| &run.events);
        let after = usize::try_from(after).unwrap_or(usize::MAX);
        Ok(events.iter().skip(after).take(limit).cloned().collect())
    }

    async fn last(&self, run: RunId) -> Result<u64, RuntimeError> {
        Ok(self.contents().last(run))
    }

    async fn runs(&self) -> Result<Vec<RunRow>, RuntimeError> {
        let contents = self.contents();
        Ok(contents
            .runs
            .values()
            .map(|run| run.state.row.clone())
            .collect())
    }

    async fn tasks(&self, run: RunId) -> Result<Vec<TaskRow>, RuntimeError> {
        let contents = self.contents();
        let run = contents.runs.get(&run);
        Ok(run.map_or_else(Vec::new, |run| run.state.tasks.values().cloned().collect()))
    }

    async fn durations(&self, key: &str) -> Result<Option<Durations>, RuntimeError> {
        let contents = self.contents();
        let runs = contents.made.iter().rev();
        let tasks = runs
            .filter_map(|run| contents.runs.get(run))
            .flat_map(|run| run.state.tasks.values().rev());
        let newest = tasks
            .take(Durations::TASKS)
            .filter_map(|task| task.duration_of(key))
            .take(Durations::NEWEST);
        Ok(Durations::of(newest.collect()))
    }

    async fn cache_get(&self, key: &str) -> Result<Option<CachedResult>, RuntimeError> {
        let contents = self.contents();
        let Some((run, task)) = contents.cache.get(key).copied() else {
            return Ok(None);
        };
        let completed = contents.runs.get(&run).and_then(|run| {
            run.events
                .iter()
                .find(|event| event.kind == "completed" && event.task == Some(task))
        });
        Ok(completed.map(|event| CachedResult {
            run,
            task,
            body: event.body.clone(),
        }))
    }

    async fn cache_put(&self, key: &str, run: RunId, task: u32) -> Result<(), RuntimeError> {
        self.contents().cache.insert(key.to_owned(), (run, task));
        Ok(())
    }

    async fn rebuild(&self) -> Result<(), RuntimeError> {
        self.contents().rebuild();
        Ok(())
    }

    async fn changed(&self) -> Result<u64, RuntimeError> {
        Ok(self.contents().changes)
    }
}

impl Contents {
    fn last(&self, run: RunId) -> u64 {
        self.runs.get(&run).map_or(0, |run| run.events.len() as u64)
    }

    fn append(
        &mut self,
        run: RunId,
        events: Vec<NewEvent>,
        expected: u64,
    ) -> Result<u64, RuntimeError> {
        let found = self.last(run);
        if found != expected {
            return Err(RuntimeError::Conflict {
                run,
                expected,
                found,
            });
        }
        self.check_completed_once(run, &events)?;
        if events.is_empty() {
            return Ok(found);
        }
        self.changes += 1;
        let made = &mut self.made;
        let run = self.runs.entry(run).or_insert_with(|| {
            made.push(run);
            Run::new(run)
        });
        Ok(run.append(events))
    }

    fn check_completed_once(&self, run: RunId, events: &[NewEvent]) -> Result<(), RuntimeError> {
        let before = self.runs.get(&run).map(|run| &run.completed);
        let mut now = HashSet::new();
        let completed = events.iter().filter(|event| event.kind == "completed");
        for task in completed.filter_map(|event| event.task) {
            if before.is_some_and(|before| before.contains(&task)) || !now.insert(task) {
                return Err(RuntimeError::CompletedTwice { run, task });
            }
        }
        Ok(())
    }

    fn rebuild(&mut self) {
        for (id, run) in &mut self.runs {
            run.state = RunState::new(*id);
            for event in &run.events {
                fold(&mut run.state, event, &mut Changed::new());
            }
        }
    }
}

impl Run {
    fn new(run: RunId) -> Self {
        Self {
            events: Vec::new(),
            completed: HashSet::new(),
            state: RunState::new(run),
        }
    }

    fn append(&mut self, events: Vec<NewEvent>) -> u64 {
        for event in events {
            let event = StoredEvent::new(self.events.len() as u64 + 1, event);
            if event.kind == "completed" {
                self.completed.extend(event.task);
            }
            fold(&mut self.state, &event, &mut Changed::new());
            self.events.push(event);
        }
        self.state.row.last
    }
}

#[async_trait]
impl Blobs for MemoryStore {
    async fn put(&self, data: Bytes, _durability: Durability) -> Result<Digest, RuntimeError> {
        let digest = Digest::of(&data);
        lock(&self.blobs).insert(digest, data);
        Ok(digest)
    }

    async fn get(&self, digest: &Digest) -> Result<Bytes, RuntimeError> {
        let found = lock(&self.blobs).get(digest).cloned();
        found.ok_or(RuntimeError::NoSuchBlob { digest: *digest })
    }

    async fn has(&self, digest: &Digest) -> Result<bool, RuntimeError> {
        Ok(lock(&self.blobs).contains_key(digest))
    }
}

/// What a thread that panicked has left is whole: nothing in here panics half-way.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
