//! The same work for many items, on as many threads as wanted.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use guildhall_source::rust::WORKER_STACK;

use crate::{Hooks, ScanError};

/// What `work` gives for each item, in the order of the items. Its threads have the stack
/// that parsing needs.
///
/// # Errors
/// [`ScanError::Cancelled`] as the hooks say, which are asked before each item.
pub(crate) fn each<I: Sync, T: Send>(
    items: &[I],
    threads: usize,
    hooks: &dyn Hooks,
    work: impl Fn(&I) -> T + Sync,
) -> Result<Vec<T>, ScanError> {
    let line = Line {
        items,
        hooks,
        work,
        next: AtomicUsize::new(0),
        cancelled: AtomicBool::new(false),
    };
    let mut done = line.run(threads.min(items.len()))?;
    done.sort_by_key(|(place, _)| *place);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}

/// The items, handed out one by one.
struct Line<'a, I, W> {
    items: &'a [I],
    hooks: &'a dyn Hooks,
    work: W,
    next: AtomicUsize,
    cancelled: AtomicBool,
}

impl<I: Sync, T: Send, W: Fn(&I) -> T + Sync> Line<'_, I, W> {
    fn run(&self, threads: usize) -> Result<Vec<(usize, T)>, ScanError> {
        let done = thread::scope(|scope| {
            let mut workers = Vec::new();
            for _ in 0..threads {
                let builder = thread::Builder::new().stack_size(WORKER_STACK);
                match builder.spawn_scoped(scope, || self.drain()) {
                    Ok(worker) => workers.push(worker),
                    // The threads that did start do the work of the others.
                    Err(_) if !workers.is_empty() => break,
                    Err(error) => return Err(ScanError::Threads(error)),
                }
            }
            let mut done = Vec::with_capacity(self.items.len());
            for worker in workers {
                done.extend(worker.join().map_err(|_| ScanError::Broken)?);
            }
            Ok(done)
        })?;
        if self.cancelled.load(Ordering::Relaxed) {
            return Err(ScanError::Cancelled);
        }
        Ok(done)
    }

    /// Works until no item is left.
    fn drain(&self) -> Vec<(usize, T)> {
        let mut done = Vec::new();
        loop {
            let place = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = self.items.get(place) else {
                return done;
            };
            if self.hooks.is_cancelled() {
                self.cancelled.store(true, Ordering::Relaxed);
                return done;
            }
            done.push((place, (self.work)(item)));
        }
    }
}
