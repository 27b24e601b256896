//! All repeats of a sequence that can't be made longer: from the suffix array to intervals.

use super::pieces::Pieces;
use super::suffix::{common_prefixes, suffix_array};

/// A sequence of symbols that comes more than once; some of its occurrences are followed by
/// different symbols, and some come after different symbols.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Repeat {
    /// Symbols in it.
    pub(super) length: u32,
    /// Its occurrences in the suffix array, from this place
    pub(super) from: u32,
    /// up to this one, which is no longer of it.
    pub(super) to: u32,
}

/// The repeats of at least `minimum` symbols, and the suffix array that they lie in.
pub(super) fn repeats(pieces: &Pieces, minimum: u32) -> (Vec<u32>, Vec<Repeat>) {
    let array = suffix_array(&pieces.text, pieces.alphabet);
    let prefixes = common_prefixes(&pieces.text, &array);
    let before = |place: usize| {
        let start = array[place] as usize;
        start.checked_sub(1).map(|before| pieces.text[before])
    };
    let mut found = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    for place in 0..array.len() {
        let mut group = Group {
            from: place as u32,
            before: before(place),
            mixed: false,
        };
        let next = prefixes.get(place + 1).copied().unwrap_or(0);
        let next = if next < minimum { 0 } else { next };
        while open.last().is_some_and(|last| last.length > next) {
            let Some(mut last) = open.pop() else { break };
            last.group.absorb(&group);
            group = last.group;
            if group.mixed {
                found.push(Repeat {
                    length: last.length,
                    from: group.from,
                    to: place as u32 + 1,
                });
            }
        }
        match open.last_mut() {
            Some(last) if last.length == next => last.group.absorb(&group),
            _ if next > 0 => open.push(Open {
                length: next,
                group,
            }),
            _ => {}
        }
    }
    (array, found)
}

/// A repeat whose end in the suffix array is not reached yet.
struct Open {
    length: u32,
    group: Group,
}

/// Neighbours in the suffix array.
struct Group {
    from: u32,
    /// The symbol before all of them, unless they are mixed.
    before: Option<u32>,
    /// Whether different symbols stand before them. If not, a longer repeat has the same
    /// occurrences.
    mixed: bool,
}

impl Group {
    fn absorb(&mut self, other: &Self) {
        self.mixed |= other.mixed || self.before != other.before || self.before.is_none();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// Every pair of equal runs that can't be made longer to either side, by comparing all.
    fn by_comparing(text: &[u32], minimum: usize) -> BTreeSet<Vec<u32>> {
        let mut found = BTreeSet::new();
        for a in 0..text.len() {
            for b in a + 1..text.len() {
                if a > 0 && text[a - 1] == text[b - 1] {
                    continue;
                }
                let common = text[a..].iter().zip(&text[b..]);
                let length = common.take_while(|(x, y)| x == y).count();
                if length >= minimum {
                    found.insert(text[a..a + length].to_vec());
                }
            }
        }
        found
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        #[test]
        fn exactly_the_repeats_that_cannot_grow_are_found(
            text in prop::collection::vec(0_u32..3, 1..60),
            minimum in 1_usize..5,
        ) {
            let pieces = Pieces::of_text(&text, 3);
            let (array, found) = repeats(&pieces, minimum as u32);
            let contents: Vec<Vec<u32>> = found.iter().map(|repeat| {
                let start = array[repeat.from as usize] as usize;
                pieces.text[start..start + repeat.length as usize].to_vec()
            }).collect();
            let distinct: BTreeSet<Vec<u32>> = contents.iter().cloned().collect();
            prop_assert_eq!(distinct.len(), contents.len());
            prop_assert_eq!(distinct, by_comparing(&text, minimum));
            for repeat in found {
                let start = array[repeat.from as usize] as usize;
                let content = &pieces.text[start..start + repeat.length as usize];
                let count = pieces.text.windows(content.len()).filter(|run| *run == content).count();
                prop_assert_eq!(count as u32, repeat.to - repeat.from);
            }
        }
    }
}
