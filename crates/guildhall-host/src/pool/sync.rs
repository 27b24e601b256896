//! What the pool takes from the system: the standard library's locks, atomics and threads,
//! or loom's under `cfg(loom)`, so that a model checker sees every order in which threads
//! can meet.

use std::cell::Cell;
use std::io;
use std::sync::PoisonError;
use std::time::Duration;

#[cfg(loom)]
pub(super) use loom::sync::atomic::{AtomicBool, AtomicU8, Ordering};
#[cfg(loom)]
pub(super) use loom::sync::{Condvar, Mutex, MutexGuard};
#[cfg(not(loom))]
pub(super) use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
#[cfg(not(loom))]
pub(super) use std::sync::{Condvar, Mutex, MutexGuard};

#[cfg(loom)]
loom::thread_local! {
    static ON_THE_POOL: Cell<bool> = Cell::new(false);
}
#[cfg(not(loom))]
thread_local! {
    static ON_THE_POOL: Cell<bool> = const { Cell::new(false) };
}

/// Marks this thread as one of a pool.
pub(super) fn enter() {
    ON_THE_POOL.with(|marked| marked.set(true));
}

/// Whether this thread was marked.
pub(super) fn entered() -> bool {
    ON_THE_POOL.with(Cell::get)
}

/// Locks `mutex`, poisoned or not: foreign code that panics under a lock of the pool's is
/// caught before it is left.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits to be told, and gives whether `time` has passed. In a model time does not pass.
pub(super) fn wait<'a, T>(
    condvar: &Condvar,
    guard: MutexGuard<'a, T>,
    time: Duration,
) -> (MutexGuard<'a, T>, bool) {
    let (guard, waited) = condvar
        .wait_timeout(guard, time)
        .unwrap_or_else(PoisonError::into_inner);
    (guard, waited.timed_out())
}

/// Starts a thread that nobody joins.
#[cfg(not(loom))]
pub(super) fn start_thread(
    name: &str,
    stack: usize,
    run: impl FnOnce() + Send + 'static,
) -> io::Result<()> {
    let builder = std::thread::Builder::new()
        .name(name.to_owned())
        .stack_size(stack);
    builder.spawn(run).map(drop)
}

/// A thread of the model; the model's own stacks will do.
#[cfg(loom)]
pub(super) fn start_thread(
    _name: &str,
    _stack: usize,
    run: impl FnOnce() + Send + 'static,
) -> io::Result<()> {
    drop(loom::thread::spawn(run));
    Ok(())
}
