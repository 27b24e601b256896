//! Probabilities of proposals, and the ledger behind them.
//!
//! Scores are whole billionths of a nat, so that the lines of a ledger add up to the score
//! exactly, in any order.

use crate::facts::FileFacts;
use crate::terms::Terms;
use crate::weights::{FILE, PRECEDENTS, TERMS};

/// Billionths of a nat.
pub type Nanonats = i64;

const NAT: f64 = 1e9;

/// A line of the ledger of a score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What speaks.
    pub term: String,
    /// How much, for the text if positive.
    pub nanonats: Nanonats,
}

/// The score of a text with the lines that add up to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Score {
    /// In the order of the terms; those that weigh nothing are left out.
    pub lines: Vec<Line>,
    /// Their sum.
    pub total: Nanonats,
}

/// The score of these terms.
#[must_use]
pub fn score(terms: &Terms) -> Score {
    let known = |name: &String| {
        let place = TERMS
            .binary_search_by(|(known, _)| (*known).cmp(name))
            .ok()?;
        Some(Line {
            term: name.clone(),
            nanonats: TERMS[place].1,
        })
    };
    let mut lines: Vec<Line> = terms.names.iter().filter_map(known).collect();
    let precedents = rounded(PRECEDENTS as f64 / NAT * terms.precedents);
    if precedents != 0 {
        lines.push(Line {
            term: "precedents".to_owned(),
            nanonats: precedents,
        });
    }
    let total = lines
        .iter()
        .fold(0, |sum: i64, line| sum.saturating_add(line.nanonats));
    Score { lines, total }
}

/// The probability of each score against the others and against none of them.
#[must_use]
pub fn probabilities(scores: &[Nanonats], none: Nanonats) -> Vec<f64> {
    let most = scores.iter().copied().fold(none, i64::max);
    let part = |score: i64| (score.saturating_sub(most) as f64 / NAT).exp();
    let parts: Vec<f64> = scores.iter().map(|score| part(*score)).collect();
    let sum = part(none) + parts.iter().sum::<f64>();
    parts.into_iter().map(|part| part / sum).collect()
}

/// The probability that a whole file is right, of the product of the probabilities of its
/// hunks: they are right together more often than by chance, and where names are gone that
/// the rest still uses, people go on editing.
#[must_use]
pub fn of_file(product: f64, hunks: usize, file: &FileFacts<'_>) -> f64 {
    let terms = file_terms(product, hunks, file);
    let sum: f64 = FILE
        .iter()
        .zip(terms)
        .map(|((_, weight), term)| weight * term)
        .sum();
    billionths(1.0 / (1.0 + (-sum).exp()))
}

/// What the probability of a file is made of, in the order of [`FILE`].
#[must_use]
pub fn file_terms(product: f64, hunks: usize, file: &FileFacts<'_>) -> [f64; 5] {
    let product = product.clamp(1e-6, 1.0 - 1e-6);
    [
        1.0,
        (product / (1.0 - product)).ln(),
        f64::from(u8::from(file.dangles())),
        f64::from(u8::from(hunks > 1)),
        (1.0 + file.bytes_changed as f64).ln() / 8.0,
    ]
}

/// Rounded to nine digits, as it is printed.
pub(crate) fn billionths(value: f64) -> f64 {
    (value * NAT).round() / NAT
}

fn rounded(nats: f64) -> Nanonats {
    (nats * NAT).round() as Nanonats
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_so_that_every_term_is_found() {
        assert!(TERMS.is_sorted_by(|a, b| a.0 < b.0));
        for (name, weight) in TERMS {
            let terms = Terms {
                names: vec![(*name).to_owned()],
                precedents: 0.0,
            };
            assert_eq!(score(&terms).total, *weight);
        }
    }

    #[test]
    fn the_lines_of_a_score_add_up_to_it_exactly() {
        let names = TERMS.iter().map(|(name, _)| (*name).to_owned()).collect();
        let score = score(&Terms {
            names,
            precedents: 0.123_456_789,
        });
        assert_eq!(
            score.lines.iter().map(|line| line.nanonats).sum::<i64>(),
            score.total
        );
        assert_eq!(score.lines.last().unwrap().term, "precedents");
    }

    #[test]
    fn probabilities_leave_room_for_none() {
        let found = probabilities(&[1_000_000_000, 0], 0);
        assert!((found[0] / found[1] - 1f64.exp()).abs() < 1e-9);
        assert!(found.iter().sum::<f64>() < 1.0);
        assert_eq!(probabilities(&[i64::MAX, i64::MIN], i64::MIN)[0], 1.0);
    }
}
