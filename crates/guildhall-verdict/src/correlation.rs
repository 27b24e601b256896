//! How much of what an agent says the others do not say already.
//!
//! Agents that err together count little more than one of them. The weights solve a small
//! system over the correlations of their errors; what is not known is held to be correlated.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::reliability::{Reliability, Row, Said};

/// The correlation of two agents of whom nothing is known: five of them count 1.18 times one.
const PRIOR_CORRELATION: f64 = 0.85;

/// Common outcomes at which what was counted weighs as much as that.
const PRIOR_OUTCOMES: f64 = 20.0;

/// Added to the diagonal, so that nearly equal agents share instead of cancelling out.
const RIDGE: f64 = 0.05;

/// Weights are kept to a billionth, so that no order of arithmetic shows.
const PER_WEIGHT: f64 = 1e9;

/// What pairs of agents have in common.
#[derive(Debug, Clone, Default)]
pub(crate) struct Correlation {
    pairs: BTreeMap<(usize, usize), Pair>,
}

/// What two agents have in common.
#[derive(Debug, Clone, Copy, Default)]
struct Pair {
    common: u64,
    same: u64,
    product: f64,
    first: f64,
    second: f64,
}

/// Someone who speaks: an agent with a record or without, and what it runs on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Speaker<'a> {
    pub(crate) agent: Option<usize>,
    pub(crate) model: Option<&'a str>,
}

impl Correlation {
    pub(crate) fn of<'a>(rows: impl Iterator<Item = &'a Row>, reliability: &Reliability) -> Self {
        let mut all = Self::default();
        for row in rows {
            let errors: Vec<f64> = row
                .said
                .iter()
                .map(|said| error(row, *said, reliability))
                .collect();
            for (at, (one, first)) in row.said.iter().zip(&errors).enumerate() {
                let after = row.said.iter().zip(&errors).skip(at + 1);
                for (other, second) in after {
                    let pair = all.pairs.entry((one.agent, other.agent)).or_default();
                    pair.common += 1;
                    pair.same += u64::from(one.option == other.option);
                    pair.product += first * second;
                    pair.first += first * first;
                    pair.second += second * second;
                }
            }
        }
        all
    }

    /// The weight of each speaker.
    pub(crate) fn weights(&self, speakers: &[Speaker<'_>]) -> Vec<f64> {
        let groups = self.groups(speakers);
        let shared: Vec<Vec<f64>> = groups
            .iter()
            .map(|one| {
                let mean = |other: &Vec<usize>| self.mean(speakers, one, other);
                groups.iter().map(mean).collect()
            })
            .collect();
        let solved = solve(&shared);
        let mut weights = vec![0.0; speakers.len()];
        for (group, weight) in groups.iter().zip(solved) {
            for speaker in group {
                let part = weight / group.len() as f64;
                weights[*speaker] = (part * PER_WEIGHT).round() / PER_WEIGHT;
            }
        }
        weights
    }

    /// Speakers that are one: on one model, or never different.
    fn groups(&self, speakers: &[Speaker<'_>]) -> Vec<Vec<usize>> {
        let mut group_of: Vec<usize> = (0..speakers.len()).collect();
        for one in 0..speakers.len() {
            for other in 0..one {
                if self.are_one(&speakers[one], &speakers[other]) {
                    let (from, to) = (group_of[one], group_of[other]);
                    for group in &mut group_of {
                        if *group == from {
                            *group = to;
                        }
                    }
                }
            }
        }
        let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (speaker, group) in group_of.into_iter().enumerate() {
            groups.entry(group).or_default().push(speaker);
        }
        groups.into_values().collect()
    }

    fn are_one(&self, one: &Speaker<'_>, other: &Speaker<'_>) -> bool {
        if one.model.is_some() && one.model == other.model {
            return true;
        }
        let pair = self.pair(one, other);
        pair.is_some_and(|pair| pair.same == pair.common)
    }

    /// The mean correlation between two groups.
    fn mean(&self, speakers: &[Speaker<'_>], one: &[usize], other: &[usize]) -> f64 {
        if one == other {
            return 1.0;
        }
        let of = |one: &usize| {
            let of = |other: &usize| self.between(&speakers[*one], &speakers[*other]);
            other.iter().map(of).sum::<f64>()
        };
        one.iter().map(of).sum::<f64>() / (one.len() * other.len()) as f64
    }

    fn between(&self, one: &Speaker<'_>, other: &Speaker<'_>) -> f64 {
        let Some(pair) = self.pair(one, other) else {
            return PRIOR_CORRELATION;
        };
        let scale = (pair.first * pair.second).sqrt();
        let counted = match scale > 0.0 {
            true => (pair.product / scale).max(0.0),
            false => 0.0,
        };
        let common = pair.common as f64;
        (common * counted + PRIOR_OUTCOMES * PRIOR_CORRELATION) / (common + PRIOR_OUTCOMES)
    }

    fn pair(&self, one: &Speaker<'_>, other: &Speaker<'_>) -> Option<&Pair> {
        let (one, other) = (one.agent?, other.agent?);
        self.pairs.get(&(one.min(other), one.max(other)))
    }
}

/// By how much an agent was better than it usually is where this is right.
fn error(row: &Row, said: Said, reliability: &Reliability) -> f64 {
    let said = Said {
        level: None,
        ..said
    };
    let right = Said {
        option: row.truth,
        ..said
    };
    let usual = reliability.rate(Some(row.topic), right, row.truth, row.options);
    f64::from(u8::from(said.option == row.truth)) - usual
}

/// Weights with which the sum of the correlated has the least spread. Whoever would weigh
/// less than nothing is left out.
fn solve(correlation: &[Vec<f64>]) -> Vec<f64> {
    let mut weights = vec![0.0; correlation.len()];
    let mut left = ordered(correlation);
    loop {
        let solved = solve_for(correlation, &left);
        let least = solved.iter().copied().fold(f64::INFINITY, f64::min);
        if least >= 0.0 {
            for (row, weight) in left.iter().zip(solved) {
                weights[*row] = weight;
            }
            return weights;
        }
        let kept = left
            .iter()
            .zip(&solved)
            .filter(|(_, weight)| **weight > 0.0);
        left = kept.map(|(row, _)| *row).collect();
        if left.is_empty() {
            return weights;
        }
    }
}

/// The rows in an order that does not depend on names, so that rounding does not either.
fn ordered(correlation: &[Vec<f64>]) -> Vec<usize> {
    let profile = |row: &usize| {
        let mut values = correlation[*row].clone();
        values.sort_by(f64::total_cmp);
        values
    };
    let compare = |a: &Vec<f64>, b: &Vec<f64>| {
        let pairs = a.iter().zip(b).map(|(a, b)| a.total_cmp(b));
        pairs.fold(Ordering::Equal, Ordering::then)
    };
    let mut rows: Vec<(Vec<f64>, usize)> = (0..correlation.len())
        .map(|row| (profile(&row), row))
        .collect();
    rows.sort_by(|a, b| compare(&a.0, &b.0));
    rows.into_iter().map(|(_, row)| row).collect()
}

/// Gauss with pivots.
fn solve_for(correlation: &[Vec<f64>], rows: &[usize]) -> Vec<f64> {
    let count = rows.len();
    let mut system: Vec<Vec<f64>> = rows
        .iter()
        .map(|row| {
            let value = |column: &usize| {
                let ridge = if row == column { RIDGE } else { 0.0 };
                correlation[*row][*column] + ridge
            };
            let line = rows.iter().map(value);
            line.chain([1.0 + RIDGE]).collect()
        })
        .collect();
    for step in 0..count {
        let size = |row: &usize| system[*row][step].abs();
        let pivot = (step..count).max_by(|a, b| size(a).total_cmp(&size(b)).then(b.cmp(a)));
        system.swap(step, pivot.unwrap_or(step));
        let (above, rest) = system.split_at_mut(step);
        let (pivot, below) = rest.split_first_mut().expect("step is a row");
        for row in above.iter_mut().chain(below) {
            let factor = row[step] / pivot[step];
            for (value, subtracted) in row.iter_mut().zip(pivot.iter()).skip(step) {
                *value -= factor * subtracted;
            }
        }
    }
    let solution = |row: usize| system[row][count] / system[row][row];
    (0..count).map(solution).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unknown(model: Option<&str>) -> Speaker<'_> {
        Speaker { agent: None, model }
    }

    #[test]
    fn five_of_whom_nothing_is_known_count_at_most_one_and_a_fifth() {
        let weights = Correlation::default().weights(&[unknown(None); 5]);
        let sum: f64 = weights.iter().sum();
        assert!(sum > 1.0 && sum <= 1.2, "{sum}");
        assert_eq!(Correlation::default().weights(&[unknown(None)]), [1.0]);
    }

    #[test]
    fn those_that_run_on_one_model_are_one() {
        let speakers = [unknown(Some("m")), unknown(Some("m")), unknown(None)];
        let weights = Correlation::default().weights(&speakers);
        let alone = Correlation::default().weights(&speakers[1..]);
        assert!((weights[0] * 2.0 - alone[0]).abs() < 1e-8, "{weights:?}");
        assert!((weights[2] - alone[1]).abs() < 1e-9);
    }
}
