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
    let order = (0..items.len()).collect();
    each_in(items, order, threads, is_cancelled, work)
}

/// As [`each`], with the items handed out in descending `size`: what takes long is begun first,
/// so that no thread is left with it while the others have nothing to do. The results are in
/// the order of the items all the same.
///
/// Longest processing time first is at most 4/3 of the shortest possible (Graham, "Bounds on
/// Multiprocessing Timing Anomalies", 1969); where no item is as long as a thread's share it
/// is next to it.
///
/// # Errors
/// As [`each`].
pub fn each_largest_first<I: Sync, T: Send>(
    items: &[I],
    threads: usize,
    is_cancelled: &(dyn Fn() -> bool + Sync),
    size: impl Fn(&I) -> u64 + Sync,
    work: impl Fn(&I) -> T + Sync,
) -> Result<Vec<T>, SourceError> {
    let sizes = each(items, threads, is_cancelled, size)?;
    each_in(items, largest_first(&sizes), threads, is_cancelled, work)
}

/// The places of `sizes`, the largest first, equal ones as they come.
fn largest_first(sizes: &[u64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by_key(|place| std::cmp::Reverse(sizes[*place]));
    order
}

fn each_in<I: Sync, T: Send>(
    items: &[I],
    order: Vec<usize>,
    threads: usize,
    is_cancelled: &(dyn Fn() -> bool + Sync),
    work: impl Fn(&I) -> T + Sync,
) -> Result<Vec<T>, SourceError> {
    let line = Line {
        items,
        order,
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
    /// Their places, in the order in which they are handed out.
    order: Vec<usize>,
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
            let next = self.order.get(self.next.fetch_add(1, Ordering::Relaxed));
            let Some((place, item)) = next.and_then(|at| Some((*at, self.items.get(*at)?))) else {
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
    fn the_largest_are_handed_out_first_and_results_keep_their_order() {
        let items: Vec<u64> = vec![3, 9, 1, 9, 4];
        let handed_out = std::sync::Mutex::new(Vec::new());
        let work = |item: &u64| {
            handed_out.lock().unwrap().push(*item);
            item * 2
        };
        let done = each_largest_first(&items, 1, &|| false, |item| *item, work).unwrap();
        assert_eq!(done, [6, 18, 2, 18, 8]);
        assert_eq!(*handed_out.lock().unwrap(), [9, 9, 4, 3, 1]);
    }

    /// When the last of `threads` is done, where each takes the next item as it becomes free.
    fn makespan(sizes: &[u64], order: &[usize], threads: usize) -> u64 {
        let mut free_at = vec![0; threads];
        for place in order {
            let first = free_at.iter_mut().min().unwrap();
            *first += sizes[*place];
        }
        free_at.into_iter().max().unwrap()
    }

    /// Four hundred files, most of them small and some very large, as in code bases.
    fn sizes(seed: u64) -> Vec<u64> {
        let mut state = seed;
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            state >> 33
        };
        let size = |at: u64| 500 + at % 4_000 + if at.is_multiple_of(40) { 40_000 } else { 0 };
        (0..400).map(|_| size(next())).collect()
    }

    #[test]
    fn the_last_thread_is_done_within_a_fiftieth_of_the_earliest_possible() {
        let mut worst_as_listed: f64 = 1.0;
        for seed in 1..50 {
            let sizes = sizes(seed);
            let as_listed: Vec<usize> = (0..sizes.len()).collect();
            for threads in [2, 4, 10] {
                let share = sizes.iter().sum::<u64>().div_ceil(threads as u64);
                let bound = share.max(*sizes.iter().max().unwrap()) as f64;
                let ratio = |order: &[usize]| makespan(&sizes, order, threads) as f64 / bound;
                let ours = ratio(&largest_first(&sizes));
                assert!(ours <= 1.02, "{ours} with {threads} threads, seed {seed}");
                worst_as_listed = worst_as_listed.max(ratio(&as_listed));
            }
        }
        // The control: in the order of the list one thread is left with a large one.
        assert!(worst_as_listed > 1.1, "{worst_as_listed}");
    }

    #[test]
    fn a_cancellation_and_a_panic_are_told() {
        let cancelled = each(&[1], 1, &|| true, |_| ());
        assert!(matches!(cancelled, Err(SourceError::Cancelled)));
        let broken = each(&[1], 1, &|| false, |_| panic!("a defect"));
        assert!(matches!(broken, Err(SourceError::Broken)));
    }
}
