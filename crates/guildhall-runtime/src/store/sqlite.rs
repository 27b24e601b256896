//! The store in a state folder: SQLite for the journal, files for the blobs.

mod append;
mod check;
mod checkpoint;
mod committer;
mod failure;
mod open;
mod projections;
mod queue;
mod reader;
mod rows;
mod schema;
mod streams;
mod writer;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use guildhall_coordination::RunId;
use rusqlite::Connection;

use self::committer::Committer;
use self::failure::{Failure, Waited};
use self::queue::Work;
use self::reader::Readers;
use self::schema::{STEPS, Step};
use self::writer::Writer;
use super::blobs::{Blobs, Digest};
use super::event::{Durability, NewEvent, StoredEvent};
use super::files::{FileBlobs, create_private_folder, file_error};
use super::journal::{CachedResult, Durations, Journal, RunRow, TaskRow};
use crate::RuntimeError;

/// Name of the journal's file within the state folder.
const FILE: &str = "store.sqlite";

/// Name of the folder of blobs within the state folder.
const BLOBS: &str = "blobs";

/// How a store is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoreOptions {
    /// For how long another process that writes is waited for; 10 seconds by default. It
    /// writes for microseconds, so this is about one that hangs or is stopped.
    pub busy_timeout: Duration,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            busy_timeout: Duration::from_secs(10),
        }
    }
}

/// A store in a state folder, which several processes may use at once.
///
/// The folder holds `store.sqlite` with SQLite's two files beside it, and `blobs`. Only the
/// user may read them. Any tool that reads SQLite can look at the tables `events`, `runs`
/// and `tasks`; the rows of the latter two may lack the last hundred or so events of a run
/// that is being worked on, or was killed since the store was last opened.
///
/// # How an append is written
/// Appends that wait together are committed together, each whole or not at all. A small
/// one of class [`Durability::Process`] is committed on the caller's own thread, which takes
/// some tens of microseconds and waits for no disk; all others on a thread of the store.
///
/// What was acknowledged as [`Durability::Process`] is in the operating system's hands and
/// survives `kill -9`; after a loss of power a journal ends at an earlier append. The log is
/// synced before [`Durability::Power`] is acknowledged, and what came before is then safe,
/// too.
///
/// Its methods need a tokio runtime. Dropping it writes what waits, and blocks meanwhile.
#[derive(Debug)]
pub struct SqliteStore {
    path: PathBuf,
    options: StoreOptions,
    committer: Committer,
    readers: Arc<Readers>,
    /// Asked for nothing but whether something has changed.
    watcher: Mutex<Connection>,
    blobs: FileBlobs,
}

impl SqliteStore {
    /// The store in `folder`, which is made where it is not there. It may lie anywhere but
    /// on a network's file system.
    ///
    /// A store of an older version is upgraded, after a copy was laid beside it.
    ///
    /// # Errors
    /// [`RuntimeError::StoreTooNew`] where a newer version has written it,
    /// [`RuntimeError::NotAStore`] and [`RuntimeError::StoreDamaged`] where the file is no
    /// store any more, and others where it cannot be opened. The files are as they were
    /// then.
    pub fn open(folder: &Path) -> Result<Self, RuntimeError> {
        Self::open_with(folder, StoreOptions::default())
    }

    /// The store in `folder`, used as `options` say.
    ///
    /// # Errors
    /// As [`SqliteStore::open`].
    pub fn open_with(folder: &Path, options: StoreOptions) -> Result<Self, RuntimeError> {
        Self::open_schema(folder, options, STEPS)
    }

    fn open_schema(
        folder: &Path,
        options: StoreOptions,
        steps: &[Step],
    ) -> Result<Self, RuntimeError> {
        create_private_folder(folder).map_err(|source| file_error(folder, "created", source))?;
        let path = folder.join(FILE);
        let timeout = options.busy_timeout;
        open::prepare(&path, steps, timeout)?;
        let patient = Arc::new(AtomicBool::new(true));
        let fail = |failure: Failure| failure.into_error(&path, Waited(timeout));
        let connection =
            open::connect_impatiently(&path, timeout, Arc::clone(&patient)).map_err(fail)?;
        let checkpointer = open::connect(&path, checkpoint::PATIENCE).map_err(fail)?;
        let watcher = open::connect(&path, timeout).map_err(fail)?;
        // What is wrong with rows is told to those who read them.
        let lagging = rows::lagging_runs(&connection).unwrap_or_default();
        let lagging = (!lagging.is_empty()).then(|| open::connect(&path, timeout));
        let lagging = lagging.transpose().map_err(fail)?;
        let writer = Writer::new(connection, patient);
        Ok(Self {
            committer: Committer::start(writer, checkpointer, lagging, &path)?,
            readers: Arc::new(Readers::new(&path, timeout)),
            watcher: Mutex::new(watcher),
            blobs: FileBlobs::open(&folder.join(BLOBS))?,
            path,
            options,
        })
    }

    /// Looks over the whole journal: that its file is sound, that the events of each run
    /// are numbered without gaps, and that the projections are what the events say. Gives
    /// what is wrong, in sentences; nothing where all is well. It takes as long as reading
    /// the file.
    ///
    /// # Errors
    /// [`RuntimeError::StoreDamaged`] where the file cannot even be read.
    pub async fn check(&self) -> Result<Vec<String>, RuntimeError> {
        self.read_aside(check::check).await
    }

    /// The file that holds the journal.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads on a thread that may wait for a disk.
    async fn read_aside<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, RuntimeError> {
        let readers = Arc::clone(&self.readers);
        let done = tokio::task::spawn_blocking(move || readers.read(query)).await;
        done.unwrap_or_else(|error| Err(Failure::Other(error.to_string())))
            .map_err(|failure| self.error(failure))
    }

    fn error(&self, failure: Failure) -> RuntimeError {
        failure.into_error(&self.path, Waited(self.options.busy_timeout))
    }
}

#[async_trait]
impl Journal for SqliteStore {
    async fn append(
        &self,
        run: RunId,
        events: Vec<NewEvent>,
        expected: u64,
        durability: Durability,
    ) -> Result<u64, RuntimeError> {
        let believed = expected.saturating_add(events.len() as u64);
        let work = Work::Append {
            run,
            events,
            expected,
        };
        let last = self.committer.write(work, durability).await;
        let last = last.map_err(|failure| self.error(failure))?;
        Ok(last.unwrap_or(believed))
    }

    async fn read(
        &self,
        run: RunId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, RuntimeError> {
        self.read_aside(move |connection| reader::events(connection, run, after, limit))
            .await
    }

    async fn last(&self, run: RunId) -> Result<u64, RuntimeError> {
        self.read_aside(move |connection| reader::last(connection, run))
            .await
    }

    async fn runs(&self) -> Result<Vec<RunRow>, RuntimeError> {
        self.read_aside(reader::runs).await
    }

    async fn tasks(&self, run: RunId) -> Result<Vec<TaskRow>, RuntimeError> {
        self.read_aside(move |connection| reader::tasks(connection, run))
            .await
    }

    async fn durations(&self, key: &str) -> Result<Option<Durations>, RuntimeError> {
        let key = key.to_owned();
        self.read_aside(move |connection| reader::durations(connection, &key))
            .await
    }

    async fn cache_get(&self, key: &str) -> Result<Option<CachedResult>, RuntimeError> {
        let key = key.to_owned();
        self.read_aside(move |connection| reader::cached(connection, &key))
            .await
    }

    async fn cache_put(&self, key: &str, run: RunId, task: u32) -> Result<(), RuntimeError> {
        let key = key.to_owned();
        let work = Work::Remember { key, run, task };
        let written = self.committer.write(work, Durability::Relaxed).await;
        written.map(drop).map_err(|failure| self.error(failure))
    }

    async fn rebuild(&self) -> Result<(), RuntimeError> {
        let written = self
            .committer
            .write(Work::Rebuild, Durability::Process)
            .await;
        written.map(drop).map_err(|failure| self.error(failure))
    }

    async fn changed(&self) -> Result<u64, RuntimeError> {
        let watcher = self.watcher.lock().unwrap_or_else(PoisonError::into_inner);
        reader::data_version(&watcher).map_err(|failure| self.error(failure))
    }
}

#[async_trait]
impl Blobs for SqliteStore {
    async fn put(&self, data: Bytes, durability: Durability) -> Result<Digest, RuntimeError> {
        self.blobs.put(data, durability).await
    }

    async fn get(&self, digest: &Digest) -> Result<Bytes, RuntimeError> {
        self.blobs.get(digest).await
    }

    async fn has(&self, digest: &Digest) -> Result<bool, RuntimeError> {
        self.blobs.has(digest).await
    }
}
