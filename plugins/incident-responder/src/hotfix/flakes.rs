//! How often a reproduction has to pass before that shows anything, where it passes at times
//! though nothing is mended.
//!
//! It is the estimate of the bisection: how often a bad commit passes is unknown, and learnt from
//! the runs there are. Here such a reproduction may pass more often than it fails, so higher rates
//! are thought of as well, each as little likely as the next.

use crate::bisect::{PRIOR, RATES};

/// How often something that is still wrong may pass, beyond the rates of the bisection.
const HIGHER: [f64; 7] = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99];

/// What is thought of each of those before any run.
const PRIOR_OF_HIGHER: f64 = 0.005;

/// As seldom as this may so many passes be luck.
const LUCK: f64 = 0.01;

/// Passes beyond which nobody waits.
const MOST_PASSES: u32 = 200;

/// Runs of the reproduction where it is known to be wrong.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Those that passed all the same.
    pub(crate) passes: u32,
    /// Those that failed.
    pub(crate) fails: u32,
}

impl Tally {
    /// How often it has to pass with a fix, at least `least` times; `None` where so many passes
    /// would be needed that it is no use.
    pub(crate) fn passes_needed(self, least: u32) -> Option<u32> {
        match self.passes {
            0 => Some(least),
            _ => (least..=MOST_PASSES.max(least)).find(|passes| self.luck(*passes) <= LUCK),
        }
    }

    /// How likely so many passes are though nothing is mended.
    fn luck(self, passes: u32) -> f64 {
        let usual = RATES.into_iter().zip(PRIOR);
        let higher = HIGHER.into_iter().map(|rate| (rate, PRIOR_OF_HIGHER));
        let (mut all, mut lucky) = (0.0, 0.0);
        for (rate, prior) in usual.chain(higher) {
            let weight = prior * power(rate, self.passes) * power(1.0 - rate, self.fails);
            all += weight;
            lucky += weight * power(rate, passes);
        }
        // So many runs that no weight is left say nothing less than that it may all be luck.
        if all > 0.0 { lucky / all } else { 1.0 }
    }
}

fn power(base: f64, exponent: u32) -> f64 {
    base.powi(i32::try_from(exponent).unwrap_or(i32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needed(passes: u32, fails: u32) -> Option<u32> {
        Tally { passes, fails }.passes_needed(3)
    }

    #[test]
    fn the_more_often_it_passes_by_itself_the_more_passes_are_needed() {
        assert_eq!(needed(0, 1), Some(3));
        let all = [(1, 3), (3, 3), (9, 3), (17, 3)].map(|(passes, fails)| needed(passes, fails));
        let all: Vec<u32> = all.into_iter().map(Option::unwrap).collect();
        assert!(all.is_sorted() && all[0] > 3, "{all:?}");
        // What fails in one of five runs passes ten times in a row in one of ten cases.
        assert!(needed(12, 3).unwrap() > 20, "{:?}", needed(12, 3));
        // The control: three passes, believed as they are, are luck in half of such cases.
        assert!(
            Tally {
                passes: 12,
                fails: 3
            }
            .luck(3)
                > 0.3
        );
    }

    #[test]
    fn what_nearly_always_passes_shows_nothing_and_any_number_of_runs_is_counted() {
        assert_eq!(needed(400, 1), None);
        assert!(needed(u32::MAX, u32::MAX).is_none_or(|passes| passes <= MOST_PASSES));
        let many = Tally {
            passes: 1,
            fails: 1,
        };
        assert_eq!(many.passes_needed(900), Some(900));
    }
}
