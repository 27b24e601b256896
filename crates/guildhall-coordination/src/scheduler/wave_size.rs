//! Waves that are let go in portions, whose size follows what has been measured.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::id::TaskIndex;
use crate::ledger::TaskStatus;
use crate::run_settings::{RunSettings, WaveSize};
use crate::tracker::Tracker;

/// The part of a portion that may still be under way when the next one begins, as a divisor:
/// waiting for the slowest would leave places idle.
const SLOWEST: u32 = 10;
/// The portion is halved where more than one task of so many has failed.
const FAILED: u32 = 5;

/// The waves of a run that are let go in portions.
#[derive(Debug, Default)]
pub(super) struct Waves {
    /// By stage; nothing for those that are let go at once.
    waves: Vec<Option<Wave>>,
    /// Waves of which a task may be let go now.
    changed: Vec<u32>,
}

#[derive(Debug)]
struct Wave {
    size: WaveSize,
    /// What a portion is never smaller than, unless tasks fail.
    least: u32,
    /// Tasks that are ready.
    waiting: BinaryHeap<Reverse<(i64, TaskIndex)>>,
    portion: Portion,
}

/// Tasks that are let go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Portion {
    /// From 0.
    number: u32,
    /// How many tasks it may have.
    size: u32,
    let_go: u32,
    ended: u32,
    /// Of these, failed for good.
    failed: u32,
    /// When the first of its tasks was let go.
    began_ms: u64,
}

impl Waves {
    pub(super) fn new(settings: &RunSettings) -> Self {
        let least = settings.limits.concurrency.max(1);
        let wave = |size: WaveSize| {
            let first = match size {
                WaveSize::Fixed(size) => size.max(1),
                WaveSize::Auto { .. } => least,
            };
            Wave {
                size,
                least,
                waiting: BinaryHeap::new(),
                portion: Portion::new(0, first),
            }
        };
        let stages = settings.stages.iter();
        Self {
            waves: stages.map(|stage| stage.size.map(wave)).collect(),
            changed: Vec::new(),
        }
    }

    /// Keeps a ready task until its portion comes; false where its stage has none.
    pub(super) fn hold(&mut self, stage: Option<u32>, rank: i64, task: TaskIndex) -> bool {
        let Some((number, wave)) = self.of(stage) else {
            return false;
        };
        wave.waiting.push(Reverse((rank, task)));
        self.changed.push(number);
        true
    }

    /// A task that was let go with a portion has ended.
    pub(super) fn ended(&mut self, stage: Option<u32>, portion: u32, status: TaskStatus) {
        let Some((number, wave)) = self.of(stage) else {
            return;
        };
        if wave.portion.number == portion {
            wave.portion.ended += 1;
            wave.portion.failed += u32::from(status == TaskStatus::Failed);
            self.changed.push(number);
        }
    }

    /// The tasks that can be let go now, with the number of their portion.
    pub(super) fn release(&mut self, now_ms: u64, tracker: &Tracker) -> Vec<(TaskIndex, u32)> {
        let mut released = Vec::new();
        for stage in std::mem::take(&mut self.changed) {
            if let Some((_, wave)) = self.of(Some(stage)) {
                wave.release(now_ms, tracker, &mut released);
            }
        }
        released
    }

    /// Puts what waits in order by other ranks.
    pub(super) fn rank_anew(&mut self, rank: impl Fn(TaskIndex) -> i64) {
        for wave in self.waves.iter_mut().flatten() {
            let waiting = std::mem::take(&mut wave.waiting).into_iter();
            let ranked = waiting.map(|Reverse((_, task))| Reverse((rank(task), task)));
            wave.waiting = ranked.collect();
        }
    }

    fn of(&mut self, stage: Option<u32>) -> Option<(u32, &mut Wave)> {
        let number = stage?;
        let wave = self.waves.get_mut(number as usize)?;
        wave.as_mut().map(|wave| (number, wave))
    }
}

impl Wave {
    fn release(&mut self, now_ms: u64, tracker: &Tracker, released: &mut Vec<(TaskIndex, u32)>) {
        while let Some(Reverse((_, task))) = self.waiting.peek().copied() {
            if tracker.status(task) != Some(TaskStatus::Pending) {
                // It ended while it waited.
                self.waiting.pop();
                continue;
            }
            if self.portion.is_full() {
                if !self.portion.is_almost_done() {
                    return;
                }
                let size = self.portion.next_size(self.size, self.least, now_ms);
                self.portion = Portion::new(self.portion.number + 1, size);
            }
            self.waiting.pop();
            if self.portion.let_go == 0 {
                self.portion.began_ms = now_ms;
            }
            self.portion.let_go += 1;
            released.push((task, self.portion.number));
        }
    }
}

impl Portion {
    fn new(number: u32, size: u32) -> Self {
        Self {
            number,
            size,
            let_go: 0,
            ended: 0,
            failed: 0,
            began_ms: 0,
        }
    }

    fn is_full(&self) -> bool {
        self.let_go >= self.size
    }

    fn is_almost_done(&self) -> bool {
        self.let_go - self.ended <= self.let_go / SLOWEST
    }

    /// How many tasks the portion after this one has. Halfway between what it was and what
    /// would take the wanted time at the throughput that was measured, and at most twice and
    /// at least half of what it was; where tasks fail, half of it.
    fn next_size(&self, size: WaveSize, least: u32, now_ms: u64) -> u32 {
        let WaveSize::Auto { target_ms } = size else {
            return self.size;
        };
        if self.failed.saturating_mul(FAILED) > self.ended {
            return (self.size / 2).max(1);
        }
        let elapsed_ms = now_ms.saturating_sub(self.began_ms).max(1) as f64;
        let fitting = f64::from(self.ended) * target_ms as f64 / elapsed_ms;
        let middle = (f64::from(self.size) + fitting) / 2.0;
        // Saturates.
        let wanted = middle.round() as u32;
        let (half, twice) = ((self.size / 2).max(1), self.size.saturating_mul(2));
        wanted.clamp(half, twice).max(least)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const AUTO: WaveSize = WaveSize::Auto { target_ms: 60_000 };

    /// A portion all of whose tasks have ended, of which some have failed.
    fn ended(size: u32, failed: u32) -> Portion {
        Portion {
            let_go: size,
            ended: size,
            failed,
            ..Portion::new(0, size)
        }
    }

    #[test]
    fn a_wave_grows_with_throughput_and_halves_on_failures() {
        // Ten tasks in one second are six hundred in a minute.
        assert_eq!(ended(10, 0).next_size(AUTO, 10, 1_000), 20);
        // Ten tasks in fifty seconds are twelve in a minute.
        assert_eq!(ended(10, 0).next_size(AUTO, 10, 50_000), 11);
        // A hundred tasks in four minutes are twenty-five in one.
        assert_eq!(ended(100, 0).next_size(AUTO, 10, 240_000), 63);
        assert_eq!(ended(100, 20).next_size(AUTO, 10, 60_000), 100);
        assert_eq!(ended(100, 21).next_size(AUTO, 10, 60_000), 50);
        assert_eq!(ended(1, 1).next_size(AUTO, 10, 60_000), 1);
    }

    #[test]
    fn a_size_that_is_given_stays() {
        assert_eq!(ended(7, 7).next_size(WaveSize::Fixed(7), 10, 1), 7);
    }

    #[test]
    fn the_slowest_tenth_holds_nobody_up() {
        let portion = |ended| Portion {
            let_go: 20,
            ended,
            ..Portion::new(0, 20)
        };
        assert!(!portion(17).is_almost_done());
        assert!(portion(18).is_almost_done());
    }

    proptest! {
        #[test]
        fn a_size_at_most_doubles_and_at_least_halves(
            size in 1_u32..1_000_000,
            failed in 0_u32..100,
            least in 1_u32..10_000,
            target_ms in 1_u64..u64::MAX,
            now_ms in 0_u64..u64::MAX,
        ) {
            let portion = ended(size, failed.min(size));
            let next = portion.next_size(WaveSize::Auto { target_ms }, least, now_ms);
            prop_assert!(next >= (size / 2).max(1), "{}", next);
            prop_assert!(next <= (size * 2).max(least), "{}", next);
        }

        #[test]
        fn constant_throughput_brings_it_to_what_takes_the_wanted_time(per_task_ms in 10_u64..2_000) {
            let mut size = 10;
            for _ in 0..40 {
                let elapsed = u64::from(size) * per_task_ms;
                size = ended(size, 0).next_size(AUTO, 1, elapsed);
            }
            let wanted = 60_000 / per_task_ms;
            prop_assert!(u64::from(size).abs_diff(wanted) <= 2, "{} for {}", size, wanted);
        }
    }
}
