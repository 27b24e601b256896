//! Finding the first bad commit by running a reproduction that may be wrong at times.
//!
//! It is inference rather than search: after every run each commit has a probability of being
//! the first bad one, and it ends when one of them has nearly all of it. While no run contradicts
//! another this is an ordinary bisection, whose two last commits are run some times more; where
//! runs contradict, what is run next is the commit that halves the probability. Nothing here runs
//! anything: [`Bisect::next`] says what to run, [`Bisect::observe`] takes what came of it.
//!
//! In reading order: `posterior` is the arithmetic, `line` the commits between two, `bench`
//! where the reproduction is run at a commit, `record` keeps the runs in an incident, and `drive`
//! leads the one by the other.

mod bench;
mod drive;
mod line;
mod posterior;
mod record;

#[cfg(test)]
mod tests;

use serde::Serialize;

use crate::event::Seen;

use posterior::Posterior;

pub(crate) use bench::Observed;
pub use drive::BisectRequest;
pub(crate) use drive::{Bisected, bisect};

/// Runs after which an end that never did what it was said to do is taken to be said wrongly.
const RUNS_OF_AN_END: u32 = 4;

/// A commit that was built already is taken instead of the best one where it halves the
/// probability nearly as well.
const NEARLY: f64 = 0.02;

/// An undecided answer names as many commits as have this much of the probability.
const MOST_OF_IT: f64 = 0.95;

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Run at this commit; 0 is the good one, the last number the bad one.
    Test(usize),
    /// There is nothing left to run; see [`Bisect::answer`].
    Done,
}

/// An end that is not what it was said to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WrongEnd {
    /// The bad one passes.
    BadPasses,
    /// Nothing can be said of the bad one.
    BadIsSkipped,
    /// The good one fails.
    GoodFails,
}

/// What is known so far.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The commits of which one is the first bad one, in their order: one where it is decided
    /// and none between was skipped.
    pub among: Vec<usize>,
    /// How probable it is that it is one of them.
    pub chance: f64,
    /// Whether that is as much as was asked for.
    pub is_decided: bool,
    /// Why there can be no answer.
    pub wrong_end: Option<WrongEnd>,
    /// Commits that were run at.
    pub builds: usize,
    /// Runs that passed or failed.
    pub runs: u32,
    /// Commits of which nothing could be said.
    pub skipped: usize,
    /// Runs before the first bad commit that failed, of how many.
    pub good_failed: (u32, u32),
    /// Runs from the first bad commit on that passed, of how many.
    pub bad_passed: (u32, u32),
}

/// A search for the first bad of some commits in a line.
///
/// ```
/// use incident_responder::event::Seen;
/// use incident_responder::{Bisect, Step};
///
/// let mut bisect = Bisect::new(100, 0.99);
/// while let Step::Test(at) = bisect.next() {
///     bisect.observe(at, if at >= 37 { Seen::Bad } else { Seen::Good });
/// }
/// let answer = bisect.answer();
/// assert_eq!(answer.among, [37]);
/// assert!(answer.is_decided && answer.builds <= 7 + 2);
/// ```
#[derive(Debug, Clone)]
pub struct Bisect {
    stop: f64,
    /// What was seen at each commit, and at the good one before them, number 0.
    places: Vec<Place>,
    posterior: Posterior,
    /// The sum of it.
    runs: u32,
}

#[derive(Debug, Clone, Copy, Default)]
struct Place {
    passes: u32,
    fails: u32,
    is_skipped: bool,
}

impl Bisect {
    /// A search among so many commits after a good one, the last of them bad; it ends when the
    /// probability of an answer is `stop`, for example 0.99.
    ///
    /// # Panics
    /// Where there is no commit.
    pub fn new(commits: usize, stop: f64) -> Self {
        assert!(commits > 0, "there is no commit to be found");
        Self {
            stop,
            places: vec![Place::default(); commits + 1],
            posterior: Posterior::new(commits),
            runs: 0,
        }
    }

    /// What to run next.
    pub fn next(&self) -> Step {
        if self.wrong_end().is_some() {
            return Step::Done;
        }
        if let Some(end) = self.end_to_test() {
            return Step::Test(end);
        }
        let (_, chance) = self.best_class();
        if chance >= self.stop {
            return Step::Done;
        }
        Step::Test(match self.interval() {
            Some((low, high)) => self.between(low, high),
            None => self.halving(),
        })
    }

    /// Takes what came of a run at a commit.
    ///
    /// # Panics
    /// Where `at` is no number that [`Bisect::next`] gives.
    pub fn observe(&mut self, at: usize, seen: Seen) {
        let place = &mut self.places[at];
        match seen {
            Seen::Skip => {
                place.is_skipped = true;
                return;
            }
            Seen::Good => place.passes += 1,
            Seen::Bad => place.fails += 1,
        }
        self.runs += 1;
        self.posterior.observe(at, seen == Seen::Bad);
    }

    /// What is known so far.
    pub fn answer(&self) -> Answer {
        let (class, chance) = self.best_class();
        let is_decided = chance >= self.stop && self.wrong_end().is_none();
        let (among, chance) = if is_decided {
            (class, chance)
        } else {
            self.most_of_it()
        };
        let counted =
            |places: &[Place], count: fn(&Place) -> u32| -> u32 { places.iter().map(count).sum() };
        let (good, bad) = self.places.split_at(among.first().copied().unwrap_or(1));
        let runs = |place: &Place| place.passes + place.fails;
        Answer {
            among,
            chance,
            is_decided,
            wrong_end: self.wrong_end(),
            builds: self.places.iter().filter(|place| place.is_built()).count(),
            runs: self.runs,
            skipped: self.places.iter().filter(|place| place.is_skipped).count(),
            good_failed: (counted(good, |place| place.fails), counted(good, runs)),
            bad_passed: (counted(bad, |place| place.passes), counted(bad, runs)),
        }
    }

    fn last(&self) -> usize {
        self.places.len() - 1
    }

    fn wrong_end(&self) -> Option<WrongEnd> {
        let (good, bad) = (self.places[0], self.places[self.last()]);
        if bad.is_skipped {
            Some(WrongEnd::BadIsSkipped)
        } else if bad.fails == 0 && bad.passes >= RUNS_OF_AN_END {
            Some(WrongEnd::BadPasses)
        } else if good.passes == 0 && good.fails >= RUNS_OF_AN_END {
            Some(WrongEnd::GoodFails)
        } else {
            None
        }
    }

    /// An end that has not yet shown what it was said to be. A good one that does not build is
    /// believed to be good.
    fn end_to_test(&self) -> Option<usize> {
        let (good, bad) = (self.places[0], self.places[self.last()]);
        if bad.fails == 0 {
            Some(self.last())
        } else if good.passes == 0 && !good.is_skipped {
            Some(0)
        } else {
            None
        }
    }

    /// The greatest number that passed and the least that failed, where no run contradicts
    /// another.
    pub(crate) fn interval(&self) -> Option<(usize, usize)> {
        let high = self.places.iter().position(|place| place.fails > 0)?;
        let low = self.places.iter().rposition(|place| place.passes > 0);
        let low = low.unwrap_or(0);
        (low < high).then_some((low, high))
    }

    /// The one next to the middle that can be run; where there is none, the two ends in turn.
    fn between(&self, low: usize, high: usize) -> usize {
        let middle = usize::midpoint(low, high);
        let inside = (low + 1..high).filter(|at| !self.places[*at].is_skipped);
        let nearest = inside.min_by_key(|at| at.abs_diff(middle));
        nearest.unwrap_or_else(|| {
            let takes_high = self.runs % 2 == 1 || self.places[low].is_skipped;
            if takes_high { high } else { low }
        })
    }

    /// The one that halves the probability, or nearly so and is built already.
    fn halving(&self) -> usize {
        let mut before = 0.0;
        let mut best: Option<(usize, f64)> = None;
        let mut best_built: Option<(usize, f64)> = None;
        for (index, p) in self.posterior.commits().into_iter().enumerate() {
            before += p;
            let at = index + 1;
            if at == self.last() || self.places[at].is_skipped {
                continue;
            }
            let off = (before - 0.5).abs();
            let is_better = |best: Option<(usize, f64)>| best.is_none_or(|(_, least)| off < least);
            if is_better(best) {
                best = Some((at, off));
            }
            if self.places[at].is_built() && is_better(best_built) {
                best_built = Some((at, off));
            }
        }
        match (best, best_built) {
            (Some((_, least)), Some((built, off))) if off <= least + NEARLY => built,
            (Some((best, _)), _) => best,
            // With all between skipped there is one class of commits, and it is decided.
            (None, _) => self.last(),
        }
    }

    /// The commits that no run can tell apart, of the greatest probability together.
    fn best_class(&self) -> (Vec<usize>, f64) {
        let mut best = (Vec::new(), 0.0);
        let (mut class, mut chance) = (Vec::new(), 0.0);
        for (index, p) in self.posterior.commits().into_iter().enumerate() {
            let at = index + 1;
            class.push(at);
            chance += p;
            let place = &self.places[at];
            if place.is_skipped && !place.is_built() {
                continue;
            }
            let whole = (std::mem::take(&mut class), std::mem::take(&mut chance));
            if whole.1 > best.1 {
                best = whole;
            }
        }
        best
    }

    /// The fewest commits that have most of the probability.
    fn most_of_it(&self) -> (Vec<usize>, f64) {
        let mut commits: Vec<(usize, f64)> = self
            .posterior
            .commits()
            .into_iter()
            .enumerate()
            .map(|(index, p)| (index + 1, p))
            .collect();
        commits.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        let (mut among, mut chance) = (Vec::new(), 0.0);
        for (at, p) in commits {
            if chance >= MOST_OF_IT {
                break;
            }
            among.push(at);
            chance += p;
        }
        among.sort_unstable();
        (among, chance)
    }
}

impl Place {
    /// Whether anything was seen there.
    fn is_built(&self) -> bool {
        self.passes + self.fails > 0
    }
}
