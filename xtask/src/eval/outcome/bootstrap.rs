//! How sure a gain is: both rankings of each repository are scored again and again on files
//! drawn with replacement, the same ones for both.

use super::score::Ranking;

/// How often files are drawn.
const DRAWS: usize = 2_000;

/// So many of the draws lie below the interval of 90 %, and as many above.
const OUTSIDE: f64 = 0.05;

/// The seed of every evaluation, so that the same cases give the same interval.
const SEED: u64 = 0x6775_696c_6468_616c;

/// Two rankings of the files of one repository.
#[derive(Debug)]
pub(super) struct Paired {
    /// None where an agent did not answer: it finds nothing then.
    ranking: Option<Ranking>,
    base: Ranking,
}

/// The gain of one ranking over another, in the mean of all repositories.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Gain {
    /// What the simple ranking reaches.
    pub(super) base: f64,
    /// How much more the other one does.
    pub(super) mean: f64,
    /// The interval in which 90 % of all draws lie.
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Paired {
    /// A ranking and the one to be beaten.
    pub(super) fn new(ranking: &Ranking, base: &Ranking) -> Self {
        Self {
            ranking: Some(ranking.clone()),
            base: base.clone(),
        }
    }

    /// No ranking, and the one to be beaten.
    pub(super) fn unanswered(base: &Ranking) -> Self {
        Self {
            ranking: None,
            base: base.clone(),
        }
    }

    fn gain(&self, times: impl Fn(usize) -> u32) -> f64 {
        let ranking = self.ranking.as_ref();
        ranking.map_or(0.0, |it| it.recall_of(&times)) - self.base.recall_of(&times)
    }
}

/// The gain over all repositories, of which there is at least one.
pub(super) fn gain(all: &[&Paired]) -> Gain {
    let count = all.len().max(1) as f64;
    let mean = |part: &mut dyn FnMut(&Paired) -> f64| {
        all.iter().map(|paired| part(paired)).sum::<f64>() / count
    };
    let mut random = Random(SEED);
    let mut draws: Vec<f64> = (0..DRAWS)
        .map(|_| {
            mean(&mut |paired| {
                let times = draw(paired.base.places.len(), &mut random);
                paired.gain(|file| times[file])
            })
        })
        .collect();
    draws.sort_by(f64::total_cmp);
    let outside = (DRAWS as f64 * OUTSIDE) as usize;
    Gain {
        base: mean(&mut |paired| paired.base.recall()),
        mean: mean(&mut |paired| paired.gain(|_| 1)),
        low: draws[outside],
        high: draws[DRAWS - 1 - outside],
    }
}

/// As many files as there are, drawn with replacement: how often each was.
fn draw(files: usize, random: &mut Random) -> Vec<u32> {
    let mut times = vec![0; files];
    for _ in 0..files {
        times[random.below(files)] += 1;
    }
    times
}

/// SplitMix64 (Steele, Lea and Flood 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`, which is not nought.
    fn below(&mut self, limit: usize) -> usize {
        let scaled = (u128::from(self.next()) * limit as u128) >> 64;
        usize::try_from(scaled).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::facts::File;
    use super::*;

    fn files(count: u32) -> BTreeMap<String, File> {
        (0..count)
            .map(|number| {
                let file = File {
                    lines: 10,
                    fixes: u32::from(number % 10 == 0),
                    ..File::default()
                };
                (format!("{number:03}.rs"), file)
            })
            .collect()
    }

    #[test]
    fn a_real_gain_lies_above_nought_and_none_around_it() {
        let files = files(200);
        let perfect = Ranking::new(&files, |_, file| f64::from(file.fixes));
        let chance = Ranking::new(&files, |_, _| 0.0);
        let better = gain(&[&Paired::new(&perfect, &chance)]);
        assert!(better.low > 0.5 && better.low <= better.mean && better.mean <= better.high);
        assert_eq!(better, gain(&[&Paired::new(&perfect, &chance)]));
        let same = gain(&[&Paired::new(&chance, &chance)]);
        assert_eq!((same.mean, same.low, same.high), (0.0, 0.0, 0.0));
        let other = Ranking::new(&files, |path, _| f64::from(path.as_bytes()[2]));
        let unsure = gain(&[&Paired::new(&other, &chance)]);
        assert!(unsure.low < unsure.high);
    }

    #[test]
    fn no_answer_finds_nothing() {
        let files = files(50);
        let perfect = Ranking::new(&files, |_, file| f64::from(file.fixes));
        let gain = gain(&[&Paired::unanswered(&perfect)]);
        assert_eq!((gain.base, gain.mean), (1.0, -1.0));
    }

    #[test]
    fn every_file_can_be_drawn() {
        let mut random = Random(SEED);
        let times = draw(10, &mut random);
        assert_eq!(times.iter().sum::<u32>(), 10);
        let mut seen = vec![0; 10];
        for _ in 0..100 {
            let drawn = draw(10, &mut random);
            seen.iter_mut()
                .zip(drawn)
                .for_each(|(seen, times)| *seen += times);
        }
        assert!(
            seen.iter().all(|times| (60..140).contains(times)),
            "{seen:?}"
        );
    }
}
