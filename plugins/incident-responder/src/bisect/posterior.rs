//! How probable each commit is to be the first bad one, after some runs that may be wrong.

/// How often a run at a good commit fails, or one at a bad commit passes.
pub(crate) const RATES: [f64; 6] = [0.001, 0.05, 0.1, 0.2, 0.3, 0.4];

/// What is thought of each rate before any run: most reproductions do not flake.
pub(crate) const PRIOR: [f64; 6] = [0.75, 0.05, 0.05, 0.05, 0.05, 0.05];

const PAIRS: usize = RATES.len() * RATES.len();

/// The joint distribution of the first bad commit and the two rates.
///
/// Commits are numbered from 1; all are equally probable at first. The rates are unknown and
/// learnt beside: a run that contradicts another makes both rates likelier, and so the next
/// runs worth less.
#[derive(Debug, Clone)]
pub(super) struct Posterior {
    /// For the commit `k + 1`, the weight of each pair of rates; all together are 1.
    weights: Vec<[f64; PAIRS]>,
}

impl Posterior {
    pub(super) fn new(commits: usize) -> Self {
        let mut pairs = [0.0; PAIRS];
        for (at, weight) in pairs.iter_mut().enumerate() {
            *weight = PRIOR[at / RATES.len()] * PRIOR[at % RATES.len()];
        }
        let mut posterior = Self {
            weights: vec![pairs; commits],
        };
        posterior.normalise();
        posterior
    }

    /// A run at the commit `at` (0 is the one before the first) has failed, or not.
    pub(super) fn observe(&mut self, at: usize, has_failed: bool) {
        for (index, pairs) in self.weights.iter_mut().enumerate() {
            let is_bad = index < at;
            for (pair, weight) in pairs.iter_mut().enumerate() {
                let good_fails = RATES[pair / RATES.len()];
                let bad_passes = RATES[pair % RATES.len()];
                let fails = if is_bad { 1.0 - bad_passes } else { good_fails };
                *weight *= if has_failed { fails } else { 1.0 - fails };
            }
        }
        self.normalise();
    }

    /// The probability of each commit, from the number 1.
    pub(super) fn commits(&self) -> Vec<f64> {
        let sum = |pairs: &[f64; PAIRS]| pairs.iter().sum();
        self.weights.iter().map(sum).collect()
    }

    fn normalise(&mut self) {
        let all: f64 = self.weights.iter().flatten().sum();
        for weight in self.weights.iter_mut().flatten() {
            *weight /= all;
        }
    }
}
