//! The threads that run plugin code.
//!
//! A plugin may compute for minutes in one poll or never come back from it, so its
//! code runs on threads of its own, never on the host's async workers: a caller's
//! deadline holds whatever the plugin does. The pool is a small executor: it grows
//! while threads are busy and shrinks when they idle. Its threads are never joined,
//! so a poll that never returns keeps nobody from leaving.
//!
//! To wake a thread costs as much as many a poll. So one thread at a time is on its way to
//! the queue, and it calls the next one where it leaves jobs behind: short polls are done
//! by few threads, and while a poll hangs another thread takes what comes after it.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Wake, Waker};
use std::time::{Duration, Instant};

/// Threads at the most: as many polls can hang at once.
const MAX_THREADS: usize = 512;

/// How long an idle thread waits for work.
const IDLE: Duration = Duration::from_secs(10);

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The threads that run plugin code. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Pool {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    ready: Condvar,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Arc<Job>>,
    threads: usize,
    idle: usize,
    /// Whether a thread was woken or started that has not looked at the queue yet.
    on_the_way: bool,
}

/// A future on the pool.
pub(crate) struct Job {
    state: AtomicU8,
    work: Mutex<Option<Work>>,
    polling: Mutex<Option<Instant>>,
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
/// Has ended.
const DONE: u8 = 4;

impl Pool {
    /// Runs `work` to its end on the pool's threads.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) -> Arc<Job> {
        let job = Arc::new(Job {
            state: AtomicU8::new(QUEUED),
            work: Mutex::new(Some(Box::pin(work))),
            polling: Mutex::new(None),
            shared: Arc::clone(&self.shared),
        });
        enqueue(&self.shared, Arc::clone(&job));
        job
    }
}

impl Job {
    /// How long the poll that is under way has lasted, where one is.
    pub(crate) fn polling_for(&self) -> Option<Duration> {
        lock(&self.polling).map(|since| since.elapsed())
    }

    /// Drops the work on one of the pool's threads, as soon as no poll is under way.
    pub(crate) fn abandon(self: &Arc<Self>) {
        let job = Arc::clone(self);
        // Waits for the lock on a thread that may wait; a poll that never returns
        // keeps only that thread.
        Pool {
            shared: Arc::clone(&self.shared),
        }
        .spawn(async move {
            let work = lock(&job.work).take();
            drop(work);
        });
    }

    fn poll(self: &Arc<Self>) {
        self.state.store(RUNNING, Ordering::Release);
        let waker = Waker::from(Arc::clone(self));
        let mut slot = lock(&self.work);
        let Some(work) = slot.as_mut() else { return };
        *lock(&self.polling) = Some(Instant::now());
        let polled = work.as_mut().poll(&mut Context::from_waker(&waker));
        if polled.is_ready() {
            *slot = None;
        }
        *lock(&self.polling) = None;
        drop(slot);
        if polled.is_ready() {
            self.state.store(DONE, Ordering::Release);
            return;
        }
        let exchanged =
            self.state
                .compare_exchange(RUNNING, IDLING, Ordering::AcqRel, Ordering::Acquire);
        if exchanged.is_err() {
            self.state.store(QUEUED, Ordering::Release);
            enqueue(&self.shared, Arc::clone(self));
        }
    }
}

impl Wake for Job {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let woken =
            self.state
                .fetch_update(Ordering::AcqRel, Ordering::Acquire, |state| match state {
                    IDLING => Some(QUEUED),
                    RUNNING => Some(WOKEN),
                    _ => None,
                });
        if woken == Ok(IDLING) {
            enqueue(&self.shared, Arc::clone(self));
        }
    }
}

fn enqueue(shared: &Arc<Shared>, job: Arc<Job>) {
    let mut queue = lock(&shared.queue);
    queue.jobs.push_back(job);
    call_thread(shared, queue);
}

/// Sees to it that a thread comes for the jobs in the queue: the busy ones may never come
/// back.
fn call_thread(shared: &Arc<Shared>, mut queue: MutexGuard<'_, Queue>) {
    if queue.jobs.is_empty() || queue.on_the_way {
        return;
    }
    if queue.idle > 0 {
        queue.on_the_way = true;
        drop(queue);
        shared.ready.notify_one();
    } else if queue.threads < MAX_THREADS {
        queue.on_the_way = true;
        queue.threads += 1;
        drop(queue);
        start_thread(Arc::clone(shared));
    }
}

fn start_thread(shared: Arc<Shared>) {
    let own = Arc::clone(&shared);
    let started = std::thread::Builder::new()
        .name("guildhall-poll".into())
        .stack_size(8 << 20)
        .spawn(move || run_thread(&own));
    if let Err(error) = started {
        let mut queue = lock(&shared.queue);
        queue.threads -= 1;
        queue.on_the_way = false;
        drop(queue);
        tracing::warn!(%error, "no further thread for plugin code can be started");
    }
}

fn run_thread(shared: &Arc<Shared>) {
    lock(&shared.queue).on_the_way = false;
    while let Some(job) = next_job(shared) {
        job.poll();
    }
}

/// The next job, or none after a while without one.
fn next_job(shared: &Arc<Shared>) -> Option<Arc<Job>> {
    let mut queue = lock(&shared.queue);
    loop {
        if let Some(job) = queue.jobs.pop_front() {
            call_thread(shared, queue);
            return Some(job);
        }
        queue.idle += 1;
        let (back, waited) = shared
            .ready
            .wait_timeout(queue, IDLE)
            .unwrap_or_else(PoisonError::into_inner);
        queue = back;
        queue.idle -= 1;
        // Also where it was not woken: a wake may come too late to be one.
        queue.on_the_way = false;
        if waited.timed_out() && queue.jobs.is_empty() {
            queue.threads -= 1;
            return None;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::task::Poll;

    use super::*;

    /// Far longer than any of this takes; reached only where a test fails.
    const PATIENCE: Duration = Duration::from_secs(30);

    #[test]
    fn a_poll_that_hangs_keeps_no_other_work_from_running() {
        let pool = Pool::default();
        let (release, hang) = mpsc::channel::<()>();
        let (started, has_started) = mpsc::channel();
        let hanging = pool.spawn(async move {
            started.send(()).unwrap();
            let _ = hang.recv();
        });
        has_started.recv_timeout(PATIENCE).unwrap();
        let (done, is_done) = mpsc::channel();
        for _ in 0..100 {
            let done = done.clone();
            pool.spawn(async move { done.send(()).unwrap() });
        }
        for _ in 0..100 {
            is_done.recv_timeout(PATIENCE).unwrap();
        }
        assert!(hanging.polling_for().is_some());
        drop(release);
    }

    #[test]
    fn whatever_hangs_a_thread_comes_for_what_is_next() {
        let pool = Pool::default();
        let (last, mut after) = mpsc::channel();
        // Each hangs until the one that stands behind it in the queue has been polled.
        let mut jobs: Vec<Box<dyn FnOnce() + Send>> = vec![Box::new(move || drop(last))];
        for _ in 1..MAX_THREADS {
            let (polled, is_polled) = mpsc::channel::<()>();
            let before = std::mem::replace(&mut after, is_polled);
            jobs.push(Box::new(move || {
                let _ = before.recv();
                drop(polled);
            }));
        }
        for job in jobs.into_iter().rev() {
            pool.spawn(async move { job() });
        }
        let ended = after.recv_timeout(PATIENCE);
        assert_eq!(ended, Err(mpsc::RecvTimeoutError::Disconnected));
    }

    #[test]
    fn wakes_during_a_poll_are_not_lost() {
        let pool = Pool::default();
        let (done, is_done) = mpsc::channel();
        let mut left = 1000;
        pool.spawn(async move {
            std::future::poll_fn(|context| {
                left -= 1;
                if left == 0 {
                    return Poll::Ready(());
                }
                context.waker().wake_by_ref();
                Poll::Pending
            })
            .await;
            done.send(()).unwrap();
        });
        is_done.recv_timeout(PATIENCE).unwrap();
    }

    #[test]
    fn abandoned_work_is_dropped() {
        struct Tells(mpsc::Sender<()>);
        impl Drop for Tells {
            fn drop(&mut self) {
                let _ = self.0.send(());
            }
        }
        let pool = Pool::default();
        let (dropped, is_dropped) = mpsc::channel();
        let tells = Tells(dropped);
        let job = pool.spawn(async move {
            let _tells = tells;
            std::future::pending::<()>().await;
        });
        job.abandon();
        is_dropped.recv_timeout(PATIENCE).unwrap();
    }
}
