//! The same work for many items, on as many threads as wanted.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use crate::SourceError;
use crate::rust::WORKER_STACK;

/// What `work` gives for each item, in the order of the items. Its threads have the stack
/// that [parsing](crate::rust::parse) needs.
///
/// ```
/// let doubled = guildhall_source::parallel::each(&[1, 2, 3], 2, &|| false, |one| 2 * one);
/// assert_eq!(doubled?, [2, 4, 6]);
/// # Ok::<(), guildhall_source::SourceError>(())
/// ```
///
/// # Errors
/// [`SourceError::Cancelled`] as `is_cancelled` says, which is asked before each item;
/// [`SourceError::Threads`] where not one thread can be started, [`SourceError::Broken`] where
/// `work` panics.
pub fn each<I: Sync, T: Send>(
    items: &[I],
    threads: usize,
    is_cancelled: &(dyn Fn() -> bool + Sync),
    work: impl Fn(&I) -> T + Sync,
) -> Result<Vec<T>, SourceError> {
    let line = Line {
        items,
        is_cancelled,
        work,
        next: AtomicUsize::new(0),
        cancelled: AtomicBool::new(false),
    };
    let mut done = line.run(threads.max(1).min(items.len()))?;
    done.sort_by_key(|(place, _)| *place);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}

/// The items, handed out one by one.
struct Line<'a, I, W> {
    items: &'a [I],
    is_cancelled: &'a (dyn Fn() -> bool + Sync),
    work: W,
    next: AtomicUsize,
    cancelled: AtomicBool,
}

impl<I: Sync, T: Send, W: Fn(&I) -> T + Sync> Line<'_, I, W> {
    fn run(&self, threads: usize) -> Result<Vec<(usize, T)>, SourceError> {
        let done = thread::scope(|scope| {
            let mut workers = Vec::new();
            for _ in 0..threads {
                let builder = thread::Builder::new().stack_size(WORKER_STACK);
                match builder.spawn_scoped(scope, || self.drain()) {
                    Ok(worker) => workers.push(worker),
                    // The threads that did start do the work of the others.
                    Err(_) if !workers.is_empty() => break,
                    Err(error) => return Err(SourceError::Threads(error)),
                }
            }
            let mut done = Vec::with_capacity(self.items.len());
            for worker in workers {
                done.extend(worker.join().map_err(|_| SourceError::Broken)?);
            }
            Ok(done)
        })?;
        if self.cancelled.load(Ordering::Relaxed) {
            return Err(SourceError::Cancelled);
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
            if (self.is_cancelled)() {
                self.cancelled.store(true, Ordering::Relaxed);
                return done;
            }
            done.push((place, (self.work)(item)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_items_on_any_number_of_threads() {
        let items: Vec<u32> = (0..100).collect();
        for threads in [0, 1, 2, 7, 200] {
            let done = each(&items, threads, &|| false, |item| item + 1).unwrap();
            assert_eq!(done, (1..101).collect::<Vec<u32>>(), "{threads} threads");
        }
        let none: [u32; 0] = [];
        assert!(each(&none, 2, &|| false, |_| ()).unwrap().is_empty());
    }

    #[test]
    fn a_cancellation_and_a_panic_are_told() {
        let cancelled = each(&[1], 1, &|| true, |_| ());
        assert!(matches!(cancelled, Err(SourceError::Cancelled)));
        let broken = each(&[1], 1, &|| false, |_| panic!("a defect"));
        assert!(matches!(broken, Err(SourceError::Broken)));
    }
}
