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
//!
//! Where the system gives no thread, what waits in the queue is taken by those that are
//! there. Where none is there either, the jobs that have not begun are dropped, which
//! tells whoever waits for them; the others stay until a later attempt brings a thread.

mod job;
#[cfg(all(test, loom))]
mod model;
mod sync;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

pub(crate) use job::Job;
use sync::{Condvar, Mutex, MutexGuard, lock};

/// Threads at the most: as many polls can hang at once.
const MAX_THREADS: usize = 512;

/// Stack of each thread, in bytes: what the system gives a main thread.
const STACK: usize = 8 << 20;

/// How long an idle thread waits for work.
const IDLE: Duration = Duration::from_secs(10);

/// The threads that run plugin code. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Pool {
    shared: Arc<Shared>,
}

struct Shared {
    queue: Mutex<Queue>,
    ready: Condvar,
    stack: usize,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Arc<Job>>,
    threads: usize,
    idle: usize,
    /// Whether a thread was woken or started that has not looked at the queue yet.
    on_the_way: bool,
    /// Whether threads that find no job leave at once.
    closed: bool,
}

impl Pool {
    pub(crate) fn new() -> Self {
        Self::with_stack(STACK)
    }

    /// One that the system can give no thread.
    #[cfg(test)]
    pub(crate) fn without_threads() -> Self {
        Self::with_stack(1 << 60)
    }

    fn with_stack(stack: usize) -> Self {
        Self {
            shared: Arc::new(Shared {
                queue: Mutex::new(Queue::default()),
                ready: Condvar::new(),
                stack,
            }),
        }
    }

    /// Runs `work` to its end on the pool's threads. Where no thread can be had it is
    /// dropped before its first poll, on any thread.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) -> Arc<Job> {
        let job = Job::new(work, false, &self.shared);
        enqueue(&self.shared, Arc::clone(&job));
        job
    }

    /// Runs work that must be dropped nowhere else, such as a plugin's destructor. It
    /// waits for as long as no thread can be had.
    pub(crate) fn spawn_bound(&self, work: impl Future<Output = ()> + Send + 'static) {
        enqueue(&self.shared, Job::new(work, true, &self.shared));
    }

    /// Lets the threads that have nothing to do leave. What comes later is still run.
    pub(crate) fn close(&self) {
        lock(&self.shared.queue).closed = true;
        self.shared.ready.notify_all();
    }
}

/// Whether this is a thread of a pool, where a plugin's code may run.
pub(crate) fn is_here() -> bool {
    sync::entered()
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
        start_thread(shared);
    }
}

fn start_thread(shared: &Arc<Shared>) {
    let own = Arc::clone(shared);
    let started = sync::start_thread("guildhall-poll", shared.stack, move || run_thread(&own));
    if let Err(error) = started {
        tracing::warn!(%error, "no further thread for plugin code can be started");
        let mut queue = lock(&shared.queue);
        queue.threads -= 1;
        queue.on_the_way = false;
        let given_up = without_threads(&mut queue);
        drop(queue);
        // Not under the lock: what they hold may have jobs of its own for the pool.
        drop(given_up);
    }
}

/// The jobs that have to be given up where nobody is left to run them.
fn without_threads(queue: &mut Queue) -> Vec<Arc<Job>> {
    if queue.threads > 0 {
        return Vec::new();
    }
    let (stay, given_up) = queue.jobs.drain(..).partition(|job| job.must_run());
    queue.jobs = stay;
    Vec::from(given_up)
}

fn run_thread(shared: &Arc<Shared>) {
    sync::enter();
    lock(&shared.queue).on_the_way = false;
    while let Some(job) = next_job(shared) {
        job.run();
    }
}

/// The next job, or none after a while without one.
fn next_job(shared: &Arc<Shared>) -> Option<Arc<Job>> {
    let mut queue = lock(&shared.queue);
    let mut late = false;
    loop {
        if let Some(job) = queue.jobs.pop_front() {
            call_thread(shared, queue);
            return Some(job);
        }
        if late || queue.closed {
            queue.threads -= 1;
            return None;
        }
        queue.idle += 1;
        (queue, late) = sync::wait(&shared.ready, queue, IDLE);
        queue.idle -= 1;
        // Also where it was not woken: a wake may come too late to be one.
        queue.on_the_way = false;
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::sync::mpsc;
    use std::task::Poll;

    use super::*;

    /// Far longer than any of this takes; reached only where a test fails.
    const PATIENCE: Duration = Duration::from_secs(30);

    #[test]
    fn a_poll_that_hangs_keeps_no_other_work_from_running() {
        let pool = Pool::new();
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
        let pool = Pool::new();
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
        let pool = Pool::new();
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

    struct Tells(mpsc::Sender<()>);

    impl Drop for Tells {
        fn drop(&mut self) {
            let _ = self.0.send(());
        }
    }

    #[test]
    fn abandoned_work_is_dropped() {
        let pool = Pool::new();
        let (dropped, is_dropped) = mpsc::channel();
        let tells = Tells(dropped);
        let job = pool.spawn(async move {
            let _tells = tells;
            std::future::pending::<()>().await;
        });
        job.abandon();
        is_dropped.recv_timeout(PATIENCE).unwrap();
    }

    #[test]
    fn abandoning_polls_that_hang_takes_no_thread() {
        let pool = Pool::new();
        let (started, has_started) = mpsc::channel();
        let mut hanging = Vec::new();
        for _ in 0..MAX_THREADS / 2 {
            let (release, hang) = mpsc::channel::<()>();
            let started = started.clone();
            let job = pool.spawn(async move {
                started.send(()).unwrap();
                let _ = hang.recv();
                std::future::pending::<()>().await;
            });
            has_started.recv_timeout(PATIENCE).unwrap();
            hanging.push((job, release));
        }
        for (job, _) in &hanging {
            job.abandon();
        }
        // As many again find a thread each.
        let (release, hang) = mpsc::channel::<()>();
        let hang = Arc::new(Mutex::new(hang));
        for _ in 0..MAX_THREADS / 2 {
            let (started, hang) = (started.clone(), Arc::clone(&hang));
            pool.spawn(async move {
                started.send(()).unwrap();
                let _ = hang.lock().unwrap().recv();
            });
        }
        for _ in 0..MAX_THREADS / 2 {
            has_started.recv_timeout(PATIENCE).unwrap();
        }
        drop(release);
    }

    #[test]
    fn work_that_is_abandoned_during_its_poll_is_dropped_after_it() {
        let pool = Pool::new();
        let (dropped, is_dropped) = mpsc::channel();
        let (release, hang) = mpsc::channel::<()>();
        let (started, has_started) = mpsc::channel();
        let tells = Tells(dropped);
        let job = pool.spawn(async move {
            let _tells = tells;
            started.send(()).unwrap();
            let _ = hang.recv();
            std::future::pending::<()>().await;
        });
        has_started.recv_timeout(PATIENCE).unwrap();
        job.abandon();
        assert_eq!(is_dropped.try_recv(), Err(mpsc::TryRecvError::Empty));
        drop(release);
        is_dropped.recv_timeout(PATIENCE).unwrap();
    }

    #[test]
    fn a_panic_of_the_hosts_own_code_costs_no_thread() {
        let pool = Pool::new();
        let (tell, told) = mpsc::channel();
        for _ in 0..MAX_THREADS + 1 {
            let tell = tell.clone();
            pool.spawn(async move {
                let _dropped = tell;
                panic!("in the host's code");
            });
        }
        drop(tell);
        let ended = told.recv_timeout(PATIENCE);
        assert_eq!(ended, Err::<(), _>(mpsc::RecvTimeoutError::Disconnected));
        let (done, is_done) = mpsc::channel();
        pool.spawn(async move { done.send(()).unwrap() });
        is_done.recv_timeout(PATIENCE).unwrap();
    }

    #[test]
    fn without_any_thread_whoever_waits_for_work_is_told() {
        let pool = Pool::without_threads();
        let (tell, told) = mpsc::channel::<()>();
        pool.spawn(async move { drop(tell) });
        let dropped = told.recv_timeout(PATIENCE);
        assert_eq!(dropped, Err(mpsc::RecvTimeoutError::Disconnected));
        assert_eq!(lock(&pool.shared.queue).threads, 0);
    }

    #[test]
    fn without_any_thread_a_destructor_waits_for_one() {
        let pool = Pool::without_threads();
        let (dropped, is_dropped) = mpsc::channel();
        let tells = Tells(dropped);
        pool.spawn_bound(async move { drop(tells) });
        // Another attempt, which fails as well.
        pool.spawn(std::future::ready(()));
        assert_eq!(is_dropped.try_recv(), Err(mpsc::TryRecvError::Empty));
        assert_eq!(lock(&pool.shared.queue).jobs.len(), 1);
    }

    #[test]
    fn a_pool_that_was_closed_runs_what_comes_later_and_keeps_no_thread() {
        let pool = Pool::new();
        pool.close();
        let (done, is_done) = mpsc::channel();
        pool.spawn(async move { done.send(()).unwrap() });
        is_done.recv_timeout(PATIENCE).unwrap();
        let began = std::time::Instant::now();
        while lock(&pool.shared.queue).threads > 0 {
            assert!(began.elapsed() < PATIENCE, "an idle thread stays");
            std::thread::yield_now();
        }
    }
}
