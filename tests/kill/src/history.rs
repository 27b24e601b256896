//! Everything that is known of a run: its journal, its effects, and what was killed when.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context as _, Result};
use guildhall_coordination::{Output, Recorded, RunEvent, RunId, TaskIndex, TaskKey};
use guildhall_runtime::store::{Blobs as _, Digest, Journal as _, SqliteStore};
use serde_json::Value;

use crate::effects::{Did, Effect};

/// Events that are read at once.
const PAGE: usize = 4096;

/// Everything that is known of a run.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// The journal, in order.
    pub events: Vec<Recorded>,
    /// What tasks did, in order.
    pub effects: Vec<Effect>,
    /// The `guildhall` processes that worked on the run, by their number.
    pub sessions: BTreeMap<u32, Session>,
    /// Processes that still lived when the run had ended.
    pub survivors: Vec<String>,
    /// The outputs that the store holds, by task.
    pub outputs: BTreeMap<String, Value>,
}

/// One `guildhall` process.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Session {
    /// Id of the process that does the work: the child that the command starts.
    pub process: Option<u32>,
    /// Whether it was killed.
    pub killed: bool,
}

impl History {
    /// The keys of all tasks, by index.
    pub fn keys(&self) -> Vec<&TaskKey> {
        let added = self
            .events
            .iter()
            .filter_map(|recorded| match &recorded.event {
                RunEvent::Added(spec) => Some(&spec.key),
                _ => None,
            });
        added.collect()
    }

    /// The key of a task.
    pub fn key(&self, task: TaskIndex) -> String {
        let key = self.keys().get(task.at()).map(ToString::to_string);
        key.unwrap_or_else(|| format!("task {task}, which was never added"))
    }

    /// The session of each epoch.
    pub fn sessions_of_epochs(&self) -> BTreeMap<u32, u32> {
        let opened = self
            .events
            .iter()
            .filter_map(|recorded| match &recorded.event {
                RunEvent::Opened(opened) => Some(opened),
                _ => None,
            });
        // The newest process of this id: ids are used again.
        opened
            .filter_map(|opened| {
                let mut sessions = self.sessions.iter().rev();
                let found = sessions.find(|(_, it)| it.process == Some(opened.process))?;
                Some((opened.epoch, *found.0))
            })
            .collect()
    }

    /// By killed session: the tasks that were in flight at the kill. These are those whose
    /// start is in the journal and whose end is not, and those that had begun without
    /// either: an attempt is begun beside the append of its start.
    pub fn in_flight_at_kills(&self) -> BTreeMap<u32, BTreeSet<String>> {
        let mut tasks = self.unfinished_by_session();
        let journaled = self.started_by_session();
        for effect in &self.effects {
            let attempt = (effect.session, effect.task.clone(), effect.attempt);
            if effect.did == Did::Begin && !journaled.contains(&attempt) {
                let (session, task, _) = attempt;
                tasks.entry(session).or_default().insert(task);
            }
        }
        tasks.retain(|session, _| self.sessions.get(session).is_some_and(|it| it.killed));
        tasks
    }

    /// By session: tasks with an attempt in flight when the next process took over.
    fn unfinished_by_session(&self) -> BTreeMap<u32, BTreeSet<String>> {
        let sessions = self.sessions_of_epochs();
        let mut found: BTreeMap<u32, BTreeSet<String>> = BTreeMap::new();
        let mut running: BTreeSet<TaskIndex> = BTreeSet::new();
        let mut epoch = 0;
        for recorded in &self.events {
            match &recorded.event {
                RunEvent::Opened(opened) => {
                    if let Some(session) = sessions.get(&epoch) {
                        let keys = running.iter().map(|task| self.key(*task));
                        found.entry(*session).or_default().extend(keys);
                    }
                    running.clear();
                    epoch = opened.epoch;
                }
                RunEvent::Started(started) => drop(running.insert(started.task)),
                RunEvent::Completed(completed) => drop(running.remove(&completed.task)),
                RunEvent::AttemptFailed(failed) => drop(running.remove(&failed.task)),
                _ => {}
            }
        }
        found
    }

    /// Session, task and number of every attempt whose start is in the journal.
    fn started_by_session(&self) -> BTreeSet<(u32, String, u32)> {
        let sessions = self.sessions_of_epochs();
        let started = self
            .events
            .iter()
            .filter_map(|recorded| match &recorded.event {
                RunEvent::Started(started) => {
                    let session = *sessions.get(&recorded.epoch)?;
                    Some((session, self.key(started.task), started.attempt))
                }
                _ => None,
            });
        started.collect()
    }
}

/// The runs of a state folder, the oldest first.
///
/// # Errors
/// Where the store cannot be read.
pub fn runs(state: &Path) -> Result<Vec<RunId>> {
    if !state.join("store.sqlite").exists() {
        return Ok(Vec::new());
    }
    let store = SqliteStore::open(state)?;
    let runs = block_on(store.runs())??;
    Ok(runs.into_iter().map(|row| row.run).collect())
}

/// The journal of a run.
///
/// # Errors
/// Where it cannot be read, or holds what is no event.
pub fn journal(state: &Path, run: RunId) -> Result<Vec<Recorded>> {
    let store = SqliteStore::open(state)?;
    block_on(async {
        let mut events: Vec<Recorded> = Vec::new();
        loop {
            let after = events.last().map_or(0, |recorded| recorded.seq);
            let page = store.read(run, after, PAGE).await?;
            for stored in &page {
                events.push(Recorded {
                    seq: stored.seq,
                    at_ms: stored.at_ms,
                    epoch: stored.epoch,
                    event: serde_json::from_str(&stored.body)?,
                });
            }
            if page.len() < PAGE {
                return anyhow::Ok(events);
            }
        }
    })?
}

/// The outputs that a journal names, as the store holds them.
///
/// # Errors
/// Where one is gone or damaged.
pub fn outputs(state: &Path, events: &[Recorded]) -> Result<BTreeMap<String, Value>> {
    let history = History {
        events: events.to_vec(),
        ..History::default()
    };
    let store = SqliteStore::open(state)?;
    block_on(async {
        let mut outputs = BTreeMap::new();
        for recorded in events {
            let RunEvent::Completed(completed) = &recorded.event else {
                continue;
            };
            let key = history.key(completed.task);
            let value = match &completed.output {
                None => continue,
                Some(Output::Inline(value)) => value.clone(),
                Some(Output::Stored(digest)) => {
                    let digest: Digest = digest.parse()?;
                    let data = store.get(&digest).await;
                    let data = data.with_context(|| format!("the output of {key} is gone"))?;
                    serde_json::from_slice(&data)?
                }
            };
            outputs.insert(key, value);
        }
        anyhow::Ok(outputs)
    })?
}

fn block_on<T>(work: impl Future<Output = T>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    Ok(runtime.block_on(work))
}
