//! Lists: one short sequence of symbols again and again.
//!
//! Statements or items of one form in a row repeat because that is what a list looks like.
//! They are no copies of one another that somebody could unite.

use std::collections::HashSet;

/// Symbols by which places are told to be alike; longer than a call with one argument.
pub(super) const RUN: usize = 8;

/// The same where names and literals are left out of account, which makes all statements of
/// one kind look alike: longer than one such statement.
pub(super) const ABSTRACTED_RUN: usize = 2 * RUN;

/// From so many items on, on average, what repeats is a list.
const ITEMS: usize = 3;

/// Whether the symbols are mostly a list, seen in runs of this length.
pub(super) fn is_list(symbols: &[u32], run: usize) -> bool {
    let runs = symbols.windows(run);
    let all = runs.len();
    if all == 0 {
        return false;
    }
    let distinct: HashSet<&[u32]> = runs.collect();
    distinct.len() * ITEMS <= all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sequence_is_a_list_from_three_items_on() {
        let of = |items: usize| {
            let symbols: Vec<u32> = (0..items).flat_map(|_| 0..7).collect();
            is_list(&symbols, RUN)
        };
        assert!(!of(3));
        assert!(of(4));
        assert!(!is_list(&[0; RUN - 1], RUN));
        assert!(!is_list(&(0..100).collect::<Vec<u32>>(), RUN));
    }
}
