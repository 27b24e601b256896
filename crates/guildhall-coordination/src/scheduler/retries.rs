//! When a failed attempt is repeated, and what else time makes due.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use guildhall_core::ErrorCode;

use crate::event::FailureClass;
use crate::id::TaskIndex;
use crate::random::Random;
use crate::task::{RetryOn, RetryPolicy};
use crate::turn::AttemptNotice;

/// Whether an attempt that failed like this may be repeated at all.
pub(super) fn is_worth_it(policy: RetryOn, failed: &AttemptNotice) -> bool {
    let hopeless = failed.error.is(ErrorCode::InvalidInput)
        || failed.error.is(ErrorCode::NoSuchCapability)
        || failed.error.is(ErrorCode::Cycle)
        || failed.error.is(ErrorCode::TooDeep);
    match policy {
        RetryOn::Never => false,
        RetryOn::Any => !hopeless,
        RetryOn::Retryable => match failed.class {
            FailureClass::Error | FailureClass::Invalid => failed.error.retryable && !hopeless,
            FailureClass::Timeout | FailureClass::Crash | FailureClass::Busy => !hopeless,
            FailureClass::Interrupted | FailureClass::Yielded => true,
            FailureClass::Cancelled => false,
        },
    }
}

/// Milliseconds to wait before the attempt after `counted` that failed. What gave way or
/// was interrupted waits for nothing; what was told when to come back waits until then.
pub(super) fn wait_ms(
    policy: &RetryPolicy,
    counted: u32,
    failed: &AttemptNotice,
    random: &mut Random,
) -> u64 {
    if !failed.class.counts() {
        return 0;
    }
    let doublings = counted.saturating_sub(1).min(63);
    let ceiling = policy
        .base_ms
        .saturating_mul(1_u64 << doublings)
        .min(policy.cap_ms);
    let jittered = random.up_to(ceiling);
    jittered.max(failed.error.retry_after_ms.unwrap_or(0))
}

/// What time makes due.
#[derive(Debug, Default)]
pub(super) struct Timers {
    retries: BinaryHeap<Reverse<(u64, TaskIndex)>>,
    stages: BinaryHeap<Reverse<(u64, u32)>>,
}

impl Timers {
    pub(super) fn retry_at(&mut self, due_ms: u64, task: TaskIndex) {
        self.retries.push(Reverse((due_ms, task)));
    }

    pub(super) fn stage_ends_at(&mut self, due_ms: u64, stage: u32) {
        self.stages.push(Reverse((due_ms, stage)));
    }

    pub(super) fn due_retry(&mut self, now_ms: u64) -> Option<TaskIndex> {
        due(&mut self.retries, now_ms)
    }

    pub(super) fn due_stage(&mut self, now_ms: u64) -> Option<u32> {
        due(&mut self.stages, now_ms)
    }

    pub(super) fn next_ms(&self) -> Option<u64> {
        let retry = self.retries.peek().map(|Reverse((due, _))| *due);
        let stage = self.stages.peek().map(|Reverse((due, _))| *due);
        [retry, stage].into_iter().flatten().min()
    }
}

fn due<T: Ord + Copy>(heap: &mut BinaryHeap<Reverse<(u64, T)>>, now_ms: u64) -> Option<T> {
    let Reverse((due_ms, it)) = *heap.peek()?;
    (due_ms <= now_ms).then(|| {
        heap.pop();
        it
    })
}

#[cfg(test)]
mod tests {
    use guildhall_core::AgentError;

    use super::*;

    fn failed(class: FailureClass, error: AgentError) -> AttemptNotice {
        AttemptNotice {
            task: TaskIndex(0),
            class,
            error: Box::new(error),
            duration_ms: 1,
            spent: crate::task::Spend::default(),
        }
    }

    #[test]
    fn waits_are_spread_over_an_interval_that_doubles_up_to_its_cap() {
        let policy = RetryPolicy {
            base_ms: 100,
            cap_ms: 350,
            ..RetryPolicy::default()
        };
        let failed = failed(FailureClass::Timeout, AgentError::new("a", "a"));
        let mut random = Random::new(1);
        for (counted, most) in [(1, 100), (2, 200), (3, 350), (60, 350), (u32::MAX, 350)] {
            let waits: Vec<u64> = (0..200)
                .map(|_| wait_ms(&policy, counted, &failed, &mut random))
                .collect();
            assert!(waits.iter().all(|wait| *wait <= most), "{waits:?}");
            assert!(waits.iter().any(|wait| *wait < most / 4), "{waits:?}");
            assert!(waits.iter().any(|wait| *wait > most / 4 * 3), "{waits:?}");
        }
    }

    #[test]
    fn who_was_told_when_to_come_back_comes_back_then() {
        let mut error = AgentError::new("rate-limited", "too many");
        error.retry_after_ms = Some(5_000);
        let failed = failed(FailureClass::Busy, error);
        let wait = wait_ms(&RetryPolicy::default(), 1, &failed, &mut Random::new(1));
        assert!(wait >= 5_000);
    }

    #[test]
    fn only_what_may_succeed_is_repeated() {
        use FailureClass::{Error, Timeout};
        let plain = failed(Error, AgentError::new("a", "a"));
        let again = failed(Error, AgentError::new("a", "a").retryable());
        let wrong = failed(Error, AgentError::new("invalid-input", "a").retryable());
        let slow = failed(Timeout, AgentError::new("deadline-exceeded", "a"));
        let cases = [
            (RetryOn::Retryable, &plain, false),
            (RetryOn::Retryable, &again, true),
            (RetryOn::Retryable, &slow, true),
            (RetryOn::Retryable, &wrong, false),
            (RetryOn::Any, &plain, true),
            (RetryOn::Any, &wrong, false),
            (RetryOn::Never, &again, false),
        ];
        for (policy, failed, expected) in cases {
            assert_eq!(
                is_worth_it(policy, failed),
                expected,
                "{policy:?} {failed:?}"
            );
        }
    }
}
