//! How much there is of one resource.

use serde::{Deserialize, Serialize};

/// Milliseconds of a minute.
const MINUTE_MS: u64 = 60_000;

/// How much there is of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Capacity {
    /// So many units, which are given back.
    Count(u64),
    /// So many units a minute, which are used up: a bucket that holds those of one minute and
    /// fills all the time (a token bucket).
    PerMinute(u64),
}

/// What is left of a resource.
#[derive(Debug)]
pub(super) enum Pool {
    Counted {
        capacity: u64,
        taken: u64,
    },
    /// Sixty thousandths of a unit, so that each millisecond fills a whole number of them.
    Bucket {
        per_minute: u64,
        left: u128,
        at_ms: u64,
    },
}

impl Pool {
    pub(super) fn new(capacity: Capacity) -> Self {
        match capacity {
            Capacity::Count(capacity) => Self::Counted { capacity, taken: 0 },
            Capacity::PerMinute(per_minute) => Self::Bucket {
                per_minute,
                left: full(per_minute),
                at_ms: 0,
            },
        }
    }

    /// What can be had at once at the most.
    pub(super) fn capacity(&self) -> u64 {
        match self {
            Self::Counted { capacity, .. } => *capacity,
            Self::Bucket { per_minute, .. } => *per_minute,
        }
    }

    pub(super) fn free(&self, now_ms: u64) -> u64 {
        match self {
            Self::Counted { capacity, taken } => capacity.saturating_sub(*taken),
            Self::Bucket { .. } => {
                let whole = self.left(now_ms) / u128::from(MINUTE_MS);
                u64::try_from(whole).unwrap_or(u64::MAX)
            }
        }
    }

    pub(super) fn take(&mut self, now_ms: u64, units: u64) {
        let left_now = self.left(now_ms);
        match self {
            Self::Counted { taken, .. } => *taken = taken.saturating_add(units),
            Self::Bucket { left, at_ms, .. } => {
                *left = left_now.saturating_sub(full(units));
                *at_ms = now_ms;
            }
        }
    }

    /// Units that are counted come back; those that are used up do not.
    pub(super) fn give_back(&mut self, units: u64) {
        if let Self::Counted { taken, .. } = self {
            *taken = taken.saturating_sub(units);
        }
    }

    /// When time alone will have brought so many units; `None` where it brings none, or they
    /// are there.
    pub(super) fn enough_at_ms(&self, now_ms: u64, units: u64) -> Option<u64> {
        let Self::Bucket { per_minute, .. } = self else {
            return None;
        };
        let missing = full(units).saturating_sub(self.left(now_ms));
        if missing == 0 {
            return None;
        }
        let wait_ms = missing.div_ceil(u128::from((*per_minute).max(1)));
        Some(now_ms.saturating_add(u64::try_from(wait_ms).unwrap_or(u64::MAX)))
    }

    fn left(&self, now_ms: u64) -> u128 {
        match self {
            Self::Counted { .. } => 0,
            Self::Bucket {
                per_minute,
                left,
                at_ms,
            } => {
                let passed = u128::from(now_ms.saturating_sub(*at_ms));
                let filled = passed.saturating_mul(u128::from(*per_minute));
                left.saturating_add(filled).min(full(*per_minute))
            }
        }
    }
}

/// So many units, in sixty thousandths.
fn full(units: u64) -> u128 {
    u128::from(units) * u128::from(MINUTE_MS)
}
