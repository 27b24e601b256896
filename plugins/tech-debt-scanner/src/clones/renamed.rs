//! Which repeats of tokens without their names and literals are told as renamed clones.

use std::collections::BTreeMap;
use std::ops::Range;

use super::corpus::Corpus;
use super::coverage::Coverage;
use super::exact::{by_saving, occurrences};
use super::list::{ABSTRACTED_RUN, is_list};
use super::pieces::Pieces;
use super::renaming::Renaming;
use super::repeats::repeats;
use super::token::Class;
use super::{Copies, Steps};

/// How many occurrences are tried as the one that others are renamed from. Each costs one
/// comparison with every other.
const MODELS: usize = 4;

/// Chooses as [`super::exact::exact`] does, and of the occurrences of a repeat those
/// together that differ by one name for another throughout.
pub(super) fn renamed(
    corpus: &Corpus,
    minimum: u32,
    coverage: &mut Coverage,
    steps: &mut Steps,
) -> Vec<Copies> {
    let symbols = abstracted(corpus);
    let alphabet = corpus.alphabet() + 2;
    let pieces = Pieces::of(corpus, &symbols, alphabet, minimum as usize);
    drop(symbols);
    let (array, repeats) = repeats(&pieces, minimum);
    coverage.cover_all(&corpus.trivial);
    let mut renaming = Renaming::new(corpus);
    let mut chosen = Vec::new();
    for repeat in by_saving(&pieces, &array, &repeats, steps) {
        let starts = occurrences(&pieces, &array, &repeat);
        steps.0 += starts.len() as u64;
        let first = array[repeat.from as usize] as usize;
        if is_list(
            &pieces.text[first..first + repeat.length as usize],
            ABSTRACTED_RUN,
        ) {
            continue;
        }
        for copies in split(
            &mut renaming,
            &starts,
            repeat.length,
            minimum,
            coverage,
            steps,
        ) {
            for start in &copies.starts {
                coverage.cover(*start..*start + copies.length);
            }
            chosen.push(copies);
        }
    }
    chosen
}

/// The symbols of the corpus with one for all names and one for all literals.
fn abstracted(corpus: &Corpus) -> Vec<u32> {
    let (name, literal) = (corpus.alphabet() as u32, corpus.alphabet() as u32 + 1);
    let both = corpus.symbols.iter().zip(&corpus.classes);
    both.map(|(symbol, class)| match class {
        Class::Fixed | Class::Text => *symbol,
        Class::Name => name,
        Class::Literal => literal,
    })
    .collect()
}

/// Puts those occurrences together of which each is a renaming of the first. What is new is
/// compared with all; what is not new can only be what something new is renamed from.
fn split(
    renaming: &mut Renaming<'_>,
    starts: &[u32],
    length: u32,
    minimum: u32,
    coverage: &Coverage,
    steps: &mut Steps,
) -> Vec<Copies> {
    let is_new = |tokens: &Range<u32>| coverage.is_new(tokens.clone(), minimum);
    let (mut new, old): (Vec<u32>, Vec<u32>) = starts
        .iter()
        .partition(|start| is_new(&(**start..**start + length)));
    let mut found = Vec::new();
    if starts.len() < 2 {
        return found;
    }
    for _ in 0..MODELS {
        let Some(model) = new.first().copied() else {
            break;
        };
        let others = new[1..].iter().chain(old.iter().take(MODELS));
        let mut groups: BTreeMap<(u32, u32), Vec<u32>> = BTreeMap::new();
        for other in others {
            steps.0 += u64::from(length);
            let common = renaming.longest(model, *other, length);
            if common.end - common.start >= minimum {
                groups
                    .entry((common.start, common.end))
                    .or_default()
                    .push(*other);
            }
        }
        let most = groups.into_iter().max_by_key(|((from, to), members)| {
            (
                u64::from(to - from) * members.len() as u64,
                std::cmp::Reverse(*from),
            )
        });
        let mut taken = vec![model];
        if let Some(((from, to), members)) = most {
            taken.extend(members);
            taken.sort_unstable();
            let starts: Vec<u32> = taken.iter().map(|start| start + from).collect();
            let length = to - from;
            let is_new = |start: &u32| is_new(&(*start..*start + length));
            let new: Vec<bool> = starts.iter().map(is_new).collect();
            if new.contains(&true) {
                found.push(Copies {
                    length,
                    starts,
                    new,
                });
            }
        }
        new.retain(|start| !taken.contains(start));
    }
    found
}
