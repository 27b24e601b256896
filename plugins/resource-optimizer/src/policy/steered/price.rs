//! What a late job costs, by how many were late: a Lagrange multiplier that is steered by what
//! is left of the promise. Source of the budget: B. Beyer et al., "Site Reliability
//! Engineering" (2016), chapter 3.

use super::Tuning;
use crate::policy::Seen;

/// The price of a late job.
#[derive(Debug, Clone)]
pub(crate) struct Price {
    target: f64,
    price: f64,
    gain: f64,
    exponents: (f64, f64),
    prior: f64,
    begun: f64,
    late: f64,
    /// The share of late jobs, those that wait too long already included.
    share: f64,
}

impl Price {
    pub(super) fn new(tuning: &Tuning) -> Self {
        Self {
            target: tuning.target,
            price: tuning.price,
            gain: tuning.gain,
            exponents: tuning.exponents,
            prior: tuning.prior,
            begun: 0.0,
            late: 0.0,
            share: tuning.target,
        }
    }

    /// Counts what was begun, and gives the share of late jobs.
    pub(super) fn observe(&mut self, seen: &Seen<'_>) -> f64 {
        let late = seen.begun.iter().filter(|job| job.wait_s > seen.wait_s);
        self.late += late.count() as f64;
        self.begun += seen.begun.len() as f64;
        let is_late = |arrival: &f64| seen.now_s - arrival > seen.wait_s;
        let waiting = seen.waiting.partition_point(is_late) as f64;
        self.share =
            (self.late + waiting + self.target * self.prior) / (self.begun + waiting + self.prior);
        self.share
    }

    /// Agent-seconds that a late job costs, where a job takes `mean_s`.
    pub(super) fn of(&self, mean_s: f64) -> f64 {
        let (least, most) = self.exponents;
        let excess = (self.share - self.target) / self.target;
        self.price * mean_s * (self.gain * excess).clamp(least, most).exp()
    }

    /// The same after so many jobs, of which so many were late.
    pub(crate) fn after(tuning: &Tuning, jobs: usize, late: usize, mean_s: f64) -> f64 {
        let late = late as f64 + tuning.target * tuning.prior;
        let price = Self {
            share: late / (jobs as f64 + tuning.prior),
            ..Self::new(tuning)
        };
        price.of(mean_s)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Begun;

    fn price_after(late: usize, good: usize) -> f64 {
        let mut price = Price::new(&Tuning::promising(0.05));
        let job = |wait_s| Begun {
            wait_s,
            service_s: 1.0,
        };
        let mut begun = vec![job(9.0); late];
        begun.extend(vec![job(5.0); good]);
        let seen = Seen {
            begun: &begun,
            ..super::super::experience::nothing_seen()
        };
        price.observe(&seen);
        price.of(2.0)
    }

    #[test]
    fn the_price_rises_with_late_jobs_and_falls_without() {
        let fair = price_after(0, 0);
        assert_eq!(fair, 30.0 * 2.0);
        assert!(price_after(10, 100) > fair);
        assert!(price_after(0, 100) < fair);
        assert!(price_after(20, 100) > price_after(10, 100));
        // It has bounds, so that no share drives it to nothing or beyond all figures.
        assert_eq!(price_after(1000, 0), fair * 6_f64.exp());
        assert_eq!(
            price_after(0, 1_000_000),
            fair * (-4.0 * (1.0 - 50.0 / 1_000_050.0_f64)).exp()
        );
    }
}
