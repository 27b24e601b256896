//! The pool under every order in which a few threads can meet, with few preemptions.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p guildhall-host --lib --release pool::model`
//!
//! Work that is lost shows as a deadlock: the model waits for it. The last test is a
//! control, a twin with the mistake that the others look for.

use std::sync::Arc;
use std::task::{Poll, Waker};

use loom::sync::{Condvar, Mutex};
use loom::thread;

use super::{Job, Pool};

/// Enough for every mistake that two threads can make at two places.
const PREEMPTIONS: usize = 2;

fn model(run: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(PREEMPTIONS);
    builder.check(run);
}

/// Counts what has happened, and waits for it.
#[derive(Clone, Default)]
struct Count {
    shared: Arc<(Mutex<usize>, Condvar)>,
}

impl Count {
    fn up(&self) {
        *self.shared.0.lock().unwrap() += 1;
        self.shared.1.notify_all();
    }

    fn now(&self) -> usize {
        *self.shared.0.lock().unwrap()
    }

    fn wait_for(&self, count: usize) {
        let mut now = self.shared.0.lock().unwrap();
        while *now < count {
            now = self.shared.1.wait(now).unwrap();
        }
    }
}

/// Counts when it is dropped.
struct CountsDrop(Count);

impl Drop for CountsDrop {
    fn drop(&mut self) {
        self.0.up();
    }
}

/// Work that waits once for a wake, and tells its waker through `waker`.
fn waits_once(waker: Arc<Mutex<Option<Waker>>>) -> impl Future<Output = ()> + Send {
    let mut polled = false;
    std::future::poll_fn(move |context| {
        if std::mem::replace(&mut polled, true) {
            return Poll::Ready(());
        }
        *waker.lock().unwrap() = Some(context.waker().clone());
        Poll::Pending
    })
}

#[test]
fn jobs_of_two_threads_are_run() {
    model(|| {
        let (pool, done) = (Pool::new(), Count::default());
        let (theirs, their_done) = (pool.clone(), done.clone());
        let other = thread::spawn(move || drop(theirs.spawn(async move { their_done.up() })));
        let own_done = done.clone();
        pool.spawn(async move { own_done.up() });
        done.wait_for(2);
        other.join().unwrap();
        pool.close();
    });
}

#[test]
fn a_job_that_comes_while_the_threads_leave_is_run() {
    model(|| {
        let (pool, done) = (Pool::new(), Count::default());
        let first = done.clone();
        pool.spawn(async move { first.up() });
        let theirs = pool.clone();
        // As where an idle thread's time is up.
        let other = thread::spawn(move || theirs.close());
        let second = done.clone();
        pool.spawn(async move { second.up() });
        done.wait_for(2);
        other.join().unwrap();
    });
}

#[test]
fn a_wake_beside_a_poll_is_not_lost() {
    model(|| {
        let (pool, done) = (Pool::new(), Count::default());
        let (waker, told) = (Arc::new(Mutex::new(None::<Waker>)), Count::default());
        let (place, tell, ended) = (Arc::clone(&waker), told.clone(), done.clone());
        pool.spawn(async move {
            let mut work = std::pin::pin!(waits_once(place));
            std::future::poll_fn(|context| {
                let polled = work.as_mut().poll(context);
                tell.up();
                polled
            })
            .await;
            ended.up();
        });
        told.wait_for(1);
        let waker = waker.lock().unwrap().take();
        waker.unwrap().wake();
        done.wait_for(1);
        pool.close();
    });
}

#[test]
fn abandoned_work_is_dropped_once_whatever_happens_to_it() {
    model(|| {
        let (pool, dropped) = (Pool::new(), Count::default());
        let waker = Arc::new(Mutex::new(None::<Waker>));
        let (place, guard) = (Arc::clone(&waker), CountsDrop(dropped.clone()));
        let job: Arc<Job> = pool.spawn(async move {
            let _guard = guard;
            waits_once(place).await;
        });
        let theirs = Arc::clone(&job);
        let other = thread::spawn(move || theirs.abandon());
        let waker = waker.lock().unwrap().take();
        if let Some(waker) = waker {
            waker.wake();
        }
        other.join().unwrap();
        dropped.wait_for(1);
        pool.close();
        assert_eq!(dropped.now(), 1);
    });
}

mod control {
    //! A twin of a job that looks whether it was woken before it goes to sleep instead of
    //! in the same step. If loom did not find this, it would prove nothing by finding
    //! nothing above.

    use std::sync::Arc;

    use loom::sync::atomic::{AtomicBool, AtomicU8, Ordering};
    use loom::thread;

    use super::{Count, model};

    const IDLING: u8 = 0;
    const RUNNING: u8 = 1;
    const WOKEN: u8 = 2;

    fn a_poll_beside_a_wake(one_step: bool) {
        model(move || {
            let (state, again) = (Arc::new(AtomicU8::new(RUNNING)), Count::default());
            let queued = Arc::new(AtomicBool::new(false));
            let (theirs, their_queue) = (Arc::clone(&state), Arc::clone(&queued));
            let other = thread::spawn(move || {
                let before = theirs.swap(WOKEN, Ordering::AcqRel);
                their_queue.store(before == IDLING, Ordering::Release);
            });
            let woken = if one_step {
                let slept =
                    state.compare_exchange(RUNNING, IDLING, Ordering::AcqRel, Ordering::Acquire);
                slept.is_err()
            } else {
                let woken = state.load(Ordering::Acquire) == WOKEN;
                if !woken {
                    state.store(IDLING, Ordering::Release);
                }
                woken
            };
            other.join().unwrap();
            if woken || queued.load(Ordering::Acquire) {
                again.up();
            }
            assert_eq!(again.now(), 1, "the wake is lost");
        });
    }

    #[test]
    #[should_panic(expected = "the wake is lost")]
    fn a_look_and_a_sleep_in_two_steps_are_found() {
        a_poll_beside_a_wake(false);
    }

    #[test]
    fn the_same_twin_in_one_step_is_sound() {
        a_poll_beside_a_wake(true);
    }
}
