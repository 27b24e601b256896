//! One future on the pool, and who may do what with it when.
//!
//! A job stands in the queue at most once, and whoever has taken it out is the only one
//! that touches its work: nobody ever waits for a poll to end.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use super::sync::{AtomicBool, AtomicU8, Mutex, Ordering, lock};
use super::{Shared, enqueue};

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A future on the pool.
pub(crate) struct Job {
    state: AtomicU8,
    work: Mutex<Option<Work>>,
    polling: Mutex<Option<Instant>>,
    /// Whether the work may be dropped on the pool's threads only.
    bound: AtomicBool,
    shared: Arc<Shared>,
}

/// Waits for a wake.
const IDLING: u8 = 0;
/// Stands in the queue.
const QUEUED: u8 = 1;
/// Is being polled.
const RUNNING: u8 = 2;
/// Is being polled and was woken meanwhile.
const WOKEN: u8 = 3;
/// Is to be dropped by the thread that polls it or takes it out of the queue.
const ABANDONED: u8 = 4;
/// Has ended.
const DONE: u8 = 5;

impl Job {
    /// A job that is about to be queued.
    pub(super) fn new(
        work: impl Future<Output = ()> + Send + 'static,
        bound: bool,
        shared: &Arc<Shared>,
    ) -> Arc<Self> {
        Arc::new(Self {
            state: AtomicU8::new(QUEUED),
            work: Mutex::new(Some(Box::pin(work))),
            polling: Mutex::new(None),
            bound: AtomicBool::new(bound),
            shared: Arc::clone(shared),
        })
    }

    /// How long the poll that is under way has lasted, where one is.
    pub(crate) fn polling_for(&self) -> Option<Duration> {
        lock(&self.polling).map(|since| since.elapsed())
    }

    /// Drops the work on one of the pool's threads: on the one that polls it, where one
    /// does, as soon as it comes back.
    pub(crate) fn abandon(self: &Arc<Self>) {
        let before = self.change(|state| (state < ABANDONED).then_some(ABANDONED));
        if before == Ok(IDLING) {
            enqueue(&self.shared, Arc::clone(self));
        }
    }

    /// Whether it stays in the queue for as long as no thread can be had.
    pub(super) fn must_run(&self) -> bool {
        self.bound.load(Ordering::Acquire)
    }

    /// Does what there is to do for a job that was taken out of the queue.
    pub(super) fn run(self: &Arc<Self>) {
        let taken = self.change(|state| (state == QUEUED).then_some(RUNNING));
        if taken.is_err() || self.poll().is_ready() {
            return self.end();
        }
        let after = self.change(|state| match state {
            RUNNING => Some(IDLING),
            WOKEN => Some(QUEUED),
            _ => None,
        });
        match after {
            Ok(WOKEN) => enqueue(&self.shared, Arc::clone(self)),
            Ok(_) => {}
            Err(_) => self.end(),
        }
    }

    fn poll(self: &Arc<Self>) -> Poll<()> {
        // From now on it may hold what only the plugin's own code can drop.
        self.bound.store(true, Ordering::Release);
        let waker = Waker::from(Arc::clone(self));
        let mut slot = lock(&self.work);
        let Some(work) = slot.as_mut() else {
            return Poll::Ready(());
        };
        *lock(&self.polling) = Some(Instant::now());
        let polled = contained(|| work.as_mut().poll(&mut Context::from_waker(&waker)));
        let polled = polled.unwrap_or(Poll::Ready(()));
        if polled.is_ready() {
            let ended = slot.take();
            let _ = contained(|| drop(ended));
        }
        *lock(&self.polling) = None;
        polled
    }

    fn end(&self) {
        let work = lock(&self.work).take();
        let _ = contained(|| drop(work));
        self.state.store(DONE, Ordering::Release);
    }

    /// The state before, or the state that `change` would not change.
    fn change(&self, change: impl FnMut(u8) -> Option<u8>) -> Result<u8, u8> {
        self.state
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, change)
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        // Whoever has the last reference has abandoned the work, or it ended.
        debug_assert!(
            !self.must_run() || lock(&self.work).is_none() || super::is_here(),
            "work of a plugin is dropped on a thread that is not the pool's"
        );
    }
}

impl Wake for Job {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let woken = self.change(|state| match state {
            IDLING => Some(QUEUED),
            RUNNING => Some(WOKEN),
            _ => None,
        });
        if woken == Ok(IDLING) {
            enqueue(&self.shared, Arc::clone(self));
        }
    }
}

/// Runs work whose panics are the host's own, for those of plugins stop on their side of
/// the boundary: the thread goes on, and who waits for the work is told by its end.
fn contained<T>(run: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(run))
        .map_err(|payload| {
            // Its destructor may panic once more.
            std::mem::forget(payload);
            tracing::error!("the host's code panicked on a thread for plugin code");
        })
        .ok()
}
