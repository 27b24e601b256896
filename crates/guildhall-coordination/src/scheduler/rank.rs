//! Which of several ready tasks is begun first, as one number that never changes.

use crate::task::Priority;

/// Milliseconds of waiting that outweigh one class of priority. Whatever waits comes to
/// the front in the end, so nothing starves.
pub(super) const AGEING_MS: i64 = 60_000;

/// The rank of a task that was added at `added_ms` and has `path_ms` of work after its
/// start; the smallest is begun first.
///
/// All ranks age alike, so their order does not depend on when one looks: a task's rank
/// is the time since which it waits, set back by one ageing period for each class of
/// priority, and within its class by the length of its critical path.
pub(super) fn of(priority: Priority, path_ms: u64, added_ms: u64) -> i64 {
    let path = i64::try_from(path_ms)
        .unwrap_or(i64::MAX)
        .min(AGEING_MS - 1);
    let added = i64::try_from(added_ms).unwrap_or(i64::MAX);
    added - priority.class() * AGEING_MS - path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn class_comes_before_the_critical_path_and_waiting_before_both_in_the_end() {
        assert!(of(Priority::High, 0, 0) < of(Priority::Normal, u64::MAX, 0));
        assert!(of(Priority::Normal, 500, 0) < of(Priority::Normal, 400, 0));
        let patient = of(Priority::Low, 0, 0);
        let fresh = u64::try_from(4 * AGEING_MS).unwrap();
        assert!(patient < of(Priority::Critical, 0, fresh));
    }
}
