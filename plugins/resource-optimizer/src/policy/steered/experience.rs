//! What a short past does not show: after few bursts the greatest one seen is a poor guess of
//! the next. Source: I. Weissman, "Estimation of parameters and large quantiles based on the k
//! largest observations" (1978).

use super::Tuning;
use crate::policy::Seen;

/// How many stretches with work have been seen.
#[derive(Debug, Clone)]
pub(super) struct Experience {
    rare: f64,
    tail: f64,
    blocks: f64,
    /// When the last one began.
    since_s: f64,
    has_seen_jobs: bool,
}

impl Experience {
    pub(super) fn new(tuning: &Tuning) -> Self {
        Self {
            rare: tuning.rare,
            tail: tuning.tail,
            blocks: 0.0,
            since_s: f64::NEG_INFINITY,
            has_seen_jobs: false,
        }
    }

    /// A stretch lasts from its first job on until an agent wanted then would be up.
    pub(super) fn observe(&mut self, seen: &Seen<'_>) {
        if seen.arrived.is_empty() {
            return;
        }
        self.has_seen_jobs = true;
        if seen.now_s - self.since_s >= seen.boot_s + seen.tick_s {
            self.blocks += 1.0;
            self.since_s = seen.now_s;
        }
    }

    /// By how much more is needed than was: 4.5 after one stretch, 1 from twenty on.
    pub(super) fn factor(&self) -> f64 {
        if !self.has_seen_jobs {
            return 1.0;
        }
        let expected = self.rare * self.blocks.max(1.0);
        (1.0 / expected).powf(1.0 / self.tail).max(1.0)
    }
}

#[cfg(test)]
pub(super) fn nothing_seen() -> Seen<'static> {
    Seen {
        now_s: 15.0,
        tick_s: 15.0,
        boot_s: 30.0,
        wait_s: 5.0,
        max: 500,
        arrived: &[],
        waiting: &[],
        begun: &[],
        done: &[],
        busy: 0,
        booting: 0,
        running: 1,
        utilisation: 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_experience_the_past_is_taken_as_it_was() {
        let mut experience = Experience::new(&Tuning::promising(0.05));
        assert_eq!(experience.factor(), 1.0);
        let mut factors = Vec::new();
        for tick in 1..=100 {
            experience.observe(&Seen {
                now_s: f64::from(tick) * 15.0,
                arrived: &[0.0],
                ..nothing_seen()
            });
            factors.push(experience.factor());
        }
        assert!((factors[0] - 20_f64.sqrt()).abs() < 1e-12);
        assert!(factors.windows(2).all(|pair| pair[1] <= pair[0]));
        // Three ticks are a stretch.
        assert!(factors[56] > 1.0);
        assert_eq!(factors[57], 1.0);
    }
}
