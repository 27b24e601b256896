//! Who commits what waits.
//!
//! A thread does, and takes all that waits into one transaction. To wake it, and to be
//! woken by it, costs more than a small commit itself, so a caller with a little to append
//! commits it on its own thread, together with all that waits, where nobody else is at it
//! and no disk has to be waited for.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread::{self, JoinHandle};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::checkpoint::Checkpoints;
use super::failure::Failure;
use super::projections;
use super::queue::{Job, Queue, Work};
use super::writer::{Patience, Writer};
use crate::RuntimeError;
use crate::store::event::Durability;

/// What those hear whose jobs were dropped.
const NO_WRITER: &str = "the thread that writes has ended";

/// Takes jobs, and sees to it that they are committed in their order.
#[derive(Debug)]
pub(super) struct Committer {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    queue: Queue,
    writer: Arc<Mutex<Writer>>,
    checkpoints: Checkpoints,
}

impl Committer {
    /// Starts the threads. `checkpointer` and `lagging` are connections of their own; the
    /// rows that lack something are written by the latter, where there are any.
    ///
    /// # Errors
    /// [`RuntimeError::File`] where the system starts no thread.
    pub(super) fn start(
        writer: Writer,
        checkpointer: Connection,
        lagging: Option<Connection>,
        path: &Path,
    ) -> Result<Self, RuntimeError> {
        let no_thread = |source| RuntimeError::File {
            path: path.to_owned(),
            verb: "served by a thread",
            source,
        };
        let writer = Arc::new(Mutex::new(writer));
        let shared = Arc::new(Shared {
            queue: Queue::new(),
            checkpoints: Checkpoints::start(Arc::clone(&writer), checkpointer)
                .map_err(no_thread)?,
            writer,
        });
        let thread = CommitThread {
            shared: Arc::clone(&shared),
            lagging,
        };
        let thread = thread::Builder::new()
            .name("guildhall-commit".to_owned())
            .spawn(move || thread.run())
            .map_err(no_thread)?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// Writes, and waits until it is written as safely as asked. Work that is relaxed is
    /// not waited for: its outcome is `None`.
    pub(super) async fn write(
        &self,
        work: Work,
        durability: Durability,
    ) -> Result<Option<u64>, Failure> {
        let queue = &self.shared.queue;
        let closed = || Failure::Other(NO_WRITER.to_owned());
        let place = queue.place().await.ok_or_else(closed)?;
        let mut job = Job {
            work,
            durability,
            reply: None,
            _place: place,
        };
        if durability == Durability::Relaxed {
            queue.push(job);
            return Ok(None);
        }
        let (reply, outcome) = oneshot::channel();
        job.reply = Some(reply);
        queue.push(job);
        let asking = AskWhenDropped(queue);
        // Whoever else is ready to append does so first, and shares the commit.
        tokio::task::yield_now().await;
        if outcome.is_empty() {
            self.shared.try_commit_here();
        }
        let outcome = outcome.await;
        drop(asking);
        outcome.map_err(|_| closed())?.map(Some)
    }
}

#[cfg(test)]
impl Committer {
    /// Does something with the connection that writes.
    pub(super) fn with_connection(&self, work: impl FnOnce(&Connection)) {
        work(self.shared.writer().connection());
    }
}

impl Drop for Committer {
    /// Writes what waits.
    fn drop(&mut self) {
        self.shared.queue.close();
        if let Some(thread) = self.thread.take() {
            // A thread that has panicked has dropped its jobs, and has said so.
            let _ = thread.join();
        }
    }
}

/// Lets the thread do what a caller has given up to wait for.
struct AskWhenDropped<'queue>(&'queue Queue);

impl Drop for AskWhenDropped<'_> {
    fn drop(&mut self) {
        self.0.ask();
    }
}

impl Shared {
    /// Commits what waits on this thread where that takes no longer than a few
    /// microseconds; asks the thread where it may.
    fn try_commit_here(&self) {
        let mut writer = match self.writer.try_lock() {
            Ok(writer) => writer,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return self.queue.ask(),
        };
        let jobs = self.queue.take_all_if(|jobs| writer.is_light(jobs.iter()));
        if jobs.is_empty() {
            return self.queue.ask();
        }
        if let Err(jobs) = writer.commit(jobs, Patience::None) {
            self.queue.put_back(jobs);
            self.queue.ask();
        }
        self.checkpoints.ask_where_due(&mut writer);
    }

    fn commit_patiently(&self) {
        let mut writer = self.writer();
        let jobs = self.queue.take();
        if !jobs.is_empty() {
            // With patience no job comes back.
            let _ = writer.commit(jobs, Patience::Full);
        }
        self.checkpoints.ask_where_due(&mut writer);
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct CommitThread {
    shared: Arc<Shared>,
    lagging: Option<Connection>,
}

impl CommitThread {
    fn run(mut self) {
        if let Some(lagging) = self.lagging.take()
            && let Err(failure) = projections::catch_up(&lagging)
        {
            // Whoever reads takes in what the rows lack, as before.
            tracing::debug!(?failure, "the rows of runs that were killed stay behind");
        }
        while self.shared.queue.wait() {
            self.shared.commit_patiently();
        }
    }
}

impl Drop for CommitThread {
    /// Nobody may wait for a thread that is gone, however it went.
    fn drop(&mut self) {
        self.shared.queue.abandon();
    }
}
