//! The registry's time, given from outside so that tests need not wait.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Tells the time.
pub trait Clock: Send + Sync + 'static {
    /// The time in milliseconds since the Unix epoch. The registry takes a time
    /// before one that it has seen already for that one.
    fn now_ms(&self) -> u64;
}

/// The computer's clock. It is read once; from then on time only moves forward, at
/// the pace of the monotonic clock, whatever happens to the computer's date.
#[derive(Debug, Clone)]
pub struct SystemClock {
    started_ms: u64,
    started: Instant,
}

/// A clock that moves only when it is told to.
#[derive(Debug, Default)]
pub struct ManualClock {
    now_ms: AtomicU64,
}

impl SystemClock {
    /// A clock that begins at the computer's present time.
    #[expect(clippy::new_without_default, reason = "each call gives another value")]
    pub fn new() -> Self {
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Self {
            started_ms: milliseconds(since_epoch),
            started: Instant::now(),
        }
    }
}

impl Clock for SystemClock {
    fn now_ms(&self) -> u64 {
        self.started_ms
            .saturating_add(milliseconds(self.started.elapsed()))
    }
}

impl ManualClock {
    /// A clock that stands at `now_ms`.
    pub fn new(now_ms: u64) -> Self {
        Self {
            now_ms: AtomicU64::new(now_ms),
        }
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        let by = milliseconds(by);
        let forward = |now: u64| Some(now.saturating_add(by));
        // The closure always answers, so the update cannot fail.
        let _ = self
            .now_ms
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, forward);
    }
}

impl Clock for ManualClock {
    fn now_ms(&self) -> u64 {
        self.now_ms.load(Ordering::SeqCst)
    }
}

/// A duration in whole milliseconds.
pub(super) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_told_and_never_overflows() {
        let clock = ManualClock::new(5);
        assert_eq!((clock.now_ms(), clock.now_ms()), (5, 5));
        clock.advance(Duration::from_secs(2));
        assert_eq!(clock.now_ms(), 2_005);
        clock.advance(Duration::MAX);
        assert_eq!(clock.now_ms(), u64::MAX);
    }

    #[test]
    fn the_system_clock_tells_milliseconds_since_the_epoch() {
        let before = milliseconds(SystemTime::now().duration_since(UNIX_EPOCH).unwrap());
        let clock = SystemClock::new();
        let (first, second) = (clock.now_ms(), clock.now_ms());
        assert!(before <= first && first <= second);
        assert!(first - before < 60_000, "{before} {first}");
    }
}
