//! Lists: one short sequence of symbols again and again.
//!
//! Statements or items of one form in a row repeat because that is what a list looks like.
//! They are no copies of one another that somebody could unite.

use std::collections::HashSet;

/// Symbols by which places are told to be alike; longer than a call with one argument.
const RUN: usize = 8;

/// From so many items on, on average, what repeats is a list.
const ITEMS: usize = 3;

/// Whether the symbols are mostly a list.
pub(super) fn is_list(symbols: &[u32]) -> bool {
    let runs = symbols.windows(RUN);
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
            is_list(&symbols)
        };
        assert!(!of(3));
        assert!(of(4));
        assert!(!is_list(&[0; RUN - 1]));
        assert!(!is_list(&(0..100).collect::<Vec<u32>>()));
    }
}
