//! What waits to be committed, in order.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use guildhall_coordination::RunId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::failure::Failure;
use super::streams::StreamAppend;
use crate::store::event::{Durability, NewEvent};

/// How much waits at the most before callers have to wait, too.
const PLACES: usize = 1024;

/// How much one transaction takes.
const TOGETHER: usize = 512;

/// For how long a relaxed append waits for company.
const LINGER: Duration = Duration::from_millis(5);

/// Something that is to be written.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) work: Work,
    pub(super) durability: Durability,
    /// Where the outcome goes; `None` where nobody waits for it.
    pub(super) reply: Option<oneshot::Sender<Result<u64, Failure>>>,
    /// Its place, given back when it is done.
    pub(super) _place: OwnedSemaphorePermit,
}

#[derive(Debug)]
pub(super) enum Work {
    Append {
        run: RunId,
        events: Vec<NewEvent>,
        expected: u64,
    },
    Remember {
        key: String,
        run: RunId,
        task: u32,
    },
    Stream(StreamAppend),
    Rebuild,
}

impl Job {
    /// How many events it writes.
    pub(super) fn events(&self) -> usize {
        match &self.work {
            Work::Append { events, .. } => events.len(),
            Work::Remember { .. } => 1,
            Work::Stream(append) => append.records.len(),
            Work::Rebuild => usize::MAX,
        }
    }

    /// How many bytes of its own it writes.
    pub(super) fn bytes(&self) -> usize {
        match &self.work {
            Work::Append { events, .. } => events.iter().map(|event| event.body.len()).sum(),
            Work::Remember { key, .. } => key.len(),
            Work::Stream(append) => {
                let bodies = append.records.iter();
                bodies.map(|record| record.body.get().len()).sum()
            }
            Work::Rebuild => usize::MAX,
        }
    }

    /// Tells who waits for it, if anybody does.
    pub(super) fn answer(self, outcome: Result<u64, Failure>) {
        match (self.reply, outcome) {
            // Whoever waited may be gone, which is their right.
            (Some(reply), outcome) => drop(reply.send(outcome)),
            (None, Err(failure)) => {
                tracing::warn!(?failure, "a relaxed append was left out");
            }
            (None, Ok(_)) => {}
        }
    }
}

#[derive(Debug)]
pub(super) struct Queue {
    places: Arc<Semaphore>,
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    /// Somebody waits for the thread to commit.
    asked: bool,
    closed: bool,
}

impl Queue {
    pub(super) fn new() -> Self {
        Self {
            places: Arc::new(Semaphore::new(PLACES)),
            waiting: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    /// A place for a job; waits while there is none. `None` where nothing is written any
    /// more.
    pub(super) async fn place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.places).acquire_owned().await.ok()
    }

    /// Puts a job at the end. Where nobody waits for it the thread commits it by and by.
    pub(super) fn push(&self, job: Job) {
        let mut waiting = self.waiting();
        if waiting.closed {
            return;
        }
        let is_first = job.reply.is_none() && waiting.jobs.is_empty();
        waiting.jobs.push_back(job);
        let is_full = waiting.jobs.len() >= TOGETHER && !waiting.asked;
        waiting.asked |= is_full;
        drop(waiting);
        if is_first || is_full {
            self.changed.notify_one();
        }
    }

    /// Lets the thread commit what waits.
    pub(super) fn ask(&self) {
        let mut waiting = self.waiting();
        if !waiting.jobs.is_empty() && !waiting.asked {
            waiting.asked = true;
            self.changed.notify_one();
        }
    }

    /// Takes what one transaction may hold, from the front.
    pub(super) fn take(&self) -> Vec<Job> {
        let mut waiting = self.waiting();
        let count = waiting.jobs.len().min(TOGETHER);
        let jobs = waiting.jobs.drain(..count).collect();
        waiting.asked = !waiting.jobs.is_empty();
        jobs
    }

    /// Takes all that waits where it is `suitable`; else it stays.
    pub(super) fn take_all_if(&self, suitable: impl FnOnce(&VecDeque<Job>) -> bool) -> Vec<Job> {
        let mut waiting = self.waiting();
        if waiting.jobs.len() > TOGETHER || !suitable(&waiting.jobs) {
            return Vec::new();
        }
        waiting.asked = false;
        waiting.jobs.drain(..).collect()
    }

    /// Puts jobs back to the front that were taken and not begun.
    pub(super) fn put_back(&self, jobs: Vec<Job>) {
        let mut waiting = self.waiting();
        for job in jobs.into_iter().rev() {
            waiting.jobs.push_front(job);
        }
    }

    /// Waits until there is something to commit; false at the end.
    pub(super) fn wait(&self) -> bool {
        let mut waiting = self.waiting();
        loop {
            if waiting.asked || waiting.closed {
                return !waiting.jobs.is_empty() || !waiting.closed;
            }
            if waiting.jobs.is_empty() {
                let changed = self.changed.wait(waiting);
                waiting = changed.unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let changed = self.changed.wait_timeout(waiting, LINGER);
            let (guard, timeout) = changed.unwrap_or_else(PoisonError::into_inner);
            waiting = guard;
            waiting.asked |= timeout.timed_out() && !waiting.jobs.is_empty();
        }
    }

    /// Takes no more jobs; what waits is still committed.
    pub(super) fn close(&self) {
        self.places.close();
        self.waiting().closed = true;
        self.changed.notify_one();
    }

    /// Drops what waits, so that whoever waits for it hears of the end.
    pub(super) fn abandon(&self) {
        self.close();
        self.waiting().jobs.clear();
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
