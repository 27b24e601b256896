//! How an agent does: how fast it is, how it fails, when it was last heard of.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// How an agent does. Its success rate is that of its [`super::Counts`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Health {
    /// Moving mean of the time of completed tasks, in microseconds; absent where none
    /// was completed.
    ///
    /// Each time counts one eighth, all before it seven eighths: the smoothed round
    /// trip time of RFC 6298, section 2. Whole microseconds, so that equal histories
    /// give equal bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean_latency_us: Option<u64>,
    /// Longest time of a completed task, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_latency_ms: Option<u64>,
    /// Failures since the last success.
    #[serde(default)]
    pub consecutive_failures: u32,
    /// When it last gave a sign of life (registration, heartbeat, completed task), in
    /// milliseconds since the Unix epoch.
    pub last_seen: u64,
    /// Why it is offline, failed or taken out, where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Fields of newer versions, kept so that they survive a round trip.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Health {
    pub(super) fn new(now: u64) -> Self {
        Self {
            last_seen: now,
            ..Self::default()
        }
    }

    pub(super) fn succeeded(&mut self, time_ms: u64, now: u64) {
        let time_us = time_ms.saturating_mul(1000);
        self.mean_latency_us = Some(
            self.mean_latency_us
                .map_or(time_us, |mean| smooth(mean, time_us)),
        );
        self.max_latency_ms = self.max_latency_ms.max(Some(time_ms));
        self.consecutive_failures = 0;
        self.last_seen = now;
        self.problem = None;
    }

    pub(super) fn failed(&mut self) {
        self.consecutive_failures = self.consecutive_failures.saturating_add(1);
    }
}

/// The mean after one more value, by the formula given at
/// [`Health::mean_latency_us`], rounded to the nearest.
fn smooth(mean: u64, value: u64) -> u64 {
    let next = (7 * u128::from(mean) + u128::from(value) + 4) / 8;
    u64::try_from(next).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_follows_the_formula_and_the_longest_time_is_kept() {
        let mut health = Health::new(0);
        health.succeeded(800, 1);
        assert_eq!(health.mean_latency_us, Some(800_000));
        health.succeeded(0, 2);
        assert_eq!(health.mean_latency_us, Some(700_000));
        assert_eq!((health.max_latency_ms, health.last_seen), (Some(800), 2));
    }

    #[test]
    fn the_longest_time_there_is_does_no_harm() {
        let mut health = Health::new(0);
        health.succeeded(u64::MAX, 1);
        health.succeeded(u64::MAX, 1);
        assert_eq!(health.mean_latency_us, Some(u64::MAX));
    }
}
