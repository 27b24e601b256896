//! Which repeats are told as families of exact clones.

use super::coverage::Coverage;
use super::list::{RUN, is_list};
use super::pieces::Pieces;
use super::repeats::{Repeat, repeats};
use super::{Copies, Steps};

/// Chooses among the repeats of at least `minimum` tokens, those first that would save most
/// tokens if all but one of the occurrences were gone. What is chosen is covered.
pub(super) fn exact(
    pieces: &Pieces,
    minimum: u32,
    coverage: &mut Coverage,
    steps: &mut Steps,
) -> Vec<Copies> {
    let (array, repeats) = repeats(pieces, minimum);
    let mut chosen = Vec::new();
    for repeat in by_saving(pieces, &array, &repeats, steps) {
        let starts = occurrences(pieces, &array, &repeat);
        steps.0 += starts.len() as u64;
        let is_new = |start: &u32| coverage.is_new(*start..*start + repeat.length, minimum);
        let new: Vec<bool> = starts.iter().map(is_new).collect();
        if starts.len() < 2 || !new.contains(&true) {
            continue;
        }
        let first = array[repeat.from as usize] as usize;
        if is_list(&pieces.text[first..first + repeat.length as usize], RUN) {
            continue;
        }
        for start in &starts {
            coverage.cover(*start..*start + repeat.length);
        }
        let length = repeat.length;
        chosen.push(Copies {
            length,
            starts,
            new,
        });
    }
    chosen
}

/// The repeats, those first that save most tokens, then the longest, then the first.
pub(super) fn by_saving(
    pieces: &Pieces,
    array: &[u32],
    repeats: &[Repeat],
    steps: &mut Steps,
) -> Vec<Repeat> {
    let mut ranked: Vec<_> = repeats
        .iter()
        .map(|repeat| {
            let starts = occurrences(pieces, array, repeat);
            steps.0 += starts.len() as u64;
            let saved = u64::from(repeat.length) * (starts.len() as u64 - 1);
            let rank = (
                std::cmp::Reverse(saved),
                std::cmp::Reverse(repeat.length),
                starts[0],
            );
            (rank, *repeat)
        })
        .collect();
    ranked.sort_unstable_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, repeat)| repeat).collect()
}

/// Where a repeat occurs, counted in tokens, without those that overlap an earlier one.
pub(super) fn occurrences(pieces: &Pieces, array: &[u32], repeat: &Repeat) -> Vec<u32> {
    let places = &array[repeat.from as usize..repeat.to as usize];
    let mut starts: Vec<u32> = places.iter().map(|place| pieces.token(*place)).collect();
    starts.sort_unstable();
    let mut free = 0;
    starts.retain(|start| {
        let is_free = *start >= free;
        if is_free {
            free = *start + repeat.length;
        }
        is_free
    });
    starts
}
