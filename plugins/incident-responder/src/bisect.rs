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
pub(crate) use posterior::{PRIOR, RATES};

/// Runs after which an end that never did what it was said to do is taken to be said wrongly.
const RUNS_OF_AN_END: u32 = 4;

/// A commit that was built already is taken instead of the best one where it halves the
/// probability nearly as well.
const NEARLY: f64 = 0.02;

/// As much of what is thought beforehand is that of the commits that were named.
const MOST_PREFERRED: f64 = 0.9;

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
    /// Runs that passed or failed.
    runs: u32,
    /// All of them, with those that said nothing.
    steps: u32,
    /// What is thought of each commit beforehand, from the number 1; empty where nothing is.
    preferred: Vec<f64>,
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
            steps: 0,
            preferred: Vec::new(),
        }
    }

    /// Says how likely some commits are beforehand, by number and from 0 to 1. That chooses among
    /// commits which are equally good to run next, after which as many halvings are left in the
    /// worst case; what is found, and how sure that is, it does not touch.
    pub fn prefer(&mut self, likely: &[(usize, f64)]) {
        let commits = self.last();
        let chances = likely.iter().map(|(_, chance)| chance.clamp(0.0, 1.0));
        let sum: f64 = chances.sum();
        // Something is left for every other commit.
        let scale = if sum > MOST_PREFERRED {
            MOST_PREFERRED / sum
        } else {
            1.0
        };
        let others = (1.0 - sum * scale) / commits as f64;
        self.preferred = vec![others; commits];
        for (at, chance) in likely {
            if let Some(place) = at.checked_sub(1).and_then(|at| self.preferred.get_mut(at)) {
                *place += chance.clamp(0.0, 1.0) * scale;
            }
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
        let at = match self.interval() {
            Some((low, high)) => self.between(low, high),
            None => Some(self.halving()),
        };
        at.map_or(Step::Done, Step::Test)
    }

    /// Takes what came of a run at a commit.
    ///
    /// # Panics
    /// Where `at` is no number that [`Bisect::next`] gives.
    pub fn observe(&mut self, at: usize, seen: Seen) {
        self.steps += 1;
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
        // One that has failed was there and said so: that it says nothing later takes nothing away.
        if bad.is_skipped && bad.fails == 0 {
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

    /// The next commit of an interval in which no run contradicts another; where none within it
    /// can be run, one of its two ends, and `None` where these cannot either.
    fn between(&self, low: usize, high: usize) -> Option<usize> {
        let left = |at: usize| halvings_left(low, at, high);
        let distance = |at: usize| at.abs_diff(usize::midpoint(low, high));
        let best = self.offs(low, high).min_by(|(one, off), (other, more)| {
            left(*one)
                .cmp(&left(*other))
                .then(off.total_cmp(more))
                .then(distance(*one).cmp(&distance(*other)))
        });
        best.map(|(at, _)| at).or_else(|| self.end_of(low, high))
    }

    /// The commits within an interval that can be run, each with how far it is from halving what
    /// is thought of the commits beforehand.
    fn offs(&self, low: usize, high: usize) -> impl Iterator<Item = (usize, f64)> {
        let preferred = |at: usize| self.preferred.get(at - 1).copied().unwrap_or(0.0);
        let whole: f64 = (low + 1..=high).map(preferred).sum();
        let mut before = 0.0;
        let all = (low + 1..high).map(move |at| {
            before += preferred(at);
            (at, (before - whole / 2.0).abs())
        });
        all.filter(move |(at, _)| !self.places[*at].is_skipped)
    }

    /// The end of an interval that is run again: the two in turn, but for one that says nothing
    /// now while the other one does; `None` where neither says anything.
    fn end_of(&self, low: usize, high: usize) -> Option<usize> {
        match (self.places[low].is_skipped, self.places[high].is_skipped) {
            (true, true) => None,
            (true, false) => Some(high),
            (false, true) => Some(low),
            (false, false) if self.steps % 2 == 1 => Some(high),
            (false, false) => Some(low),
        }
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

/// How many halvings are left in the worst case after a run at a commit between two ends; never
/// fewer than after one at the middle, so that commits which are as good as that one are equal.
fn halvings_left(low: usize, at: usize, high: usize) -> u32 {
    let worst = (at - low).max(high - at);
    let least = (high - low).div_ceil(2);
    worst.max(least).next_power_of_two().ilog2()
}

impl Place {
    /// Whether anything was seen there.
    fn is_built(&self) -> bool {
        self.passes + self.fails > 0
    }
}
