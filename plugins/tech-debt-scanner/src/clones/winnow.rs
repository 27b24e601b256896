//! The fingerprints of a file: few hashes, chosen so that files that share a long enough
//! run of tokens share at least one of them.
//!
//! S. Schleimer, D. S. Wilkerson and A. Aiken, *Winnowing: Local Algorithms for Document
//! Fingerprinting*, SIGMOD 2003. Of each run of [`Grain::window`] grams of
//! [`Grain::gram`] tokens the smallest hash is kept. Any two runs of
//! `gram + window - 1` equal tokens have the same grams, so the same smallest hash.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};
use std::iter::successors;
use std::ops::Range;

use super::token::{Class, CloneToken, MIX, mix};

/// How finely fingerprints are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Grain {
    /// Tokens that a hash is made of.
    pub(crate) gram: usize,
    /// Hashes of which one is kept.
    pub(crate) window: usize,
}

/// A hash and the token that its gram begins at, counted in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Print {
    pub(crate) hash: u32,
    pub(crate) position: u32,
}

/// What a file brings to the search: all that has to be kept of it, and enough for a cache
/// to keep, as long as the smallest clones looked for are of the same length.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FilePrints {
    /// Fingerprints of the tokens as they are.
    pub(crate) exact: Vec<Print>,
    /// Fingerprints of the tokens whatever names and literals they have.
    pub(crate) renamed: Vec<Print>,
}

impl Grain {
    /// The grain with which no run of `minimum` equal tokens is missed.
    pub(crate) fn of(minimum: usize) -> Self {
        let gram = (minimum / 2).max(1);
        Self {
            gram,
            window: minimum.saturating_sub(gram) + 1,
        }
    }

    /// The shortest run that is found.
    pub(crate) fn minimum(self) -> usize {
        self.gram + self.window - 1
    }
}

impl FilePrints {
    /// Takes the fingerprints of `segments` of the tokens of a file.
    pub(crate) fn of(
        tokens: &[CloneToken],
        segments: &[Range<usize>],
        exact: Grain,
        renamed: Option<Grain>,
    ) -> Self {
        let mut prints = Self::default();
        for segment in segments {
            let tokens = &tokens[segment.clone()];
            if tokens.len() < exact.minimum() {
                continue;
            }
            winnow(
                exact_grams(tokens, exact.gram),
                exact,
                segment.start,
                &mut prints.exact,
            );
            if let Some(renamed) = renamed {
                let grams = renamed_grams(tokens, renamed).into_iter();
                winnow(grams, renamed, segment.start, &mut prints.renamed);
            }
        }
        prints
    }

    /// The bytes that stand for it in a file: about five a fingerprint.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for prints in [&self.exact, &self.renamed] {
            write_number(prints.len() as u64, &mut bytes);
            let mut last = 0;
            for print in prints {
                write_number(u64::from(print.position.wrapping_sub(last)), &mut bytes);
                bytes.extend(print.hash.to_le_bytes());
                last = print.position;
            }
        }
        bytes
    }

    /// What [`to_bytes`](Self::to_bytes) wrote; `None` where it did not write these bytes.
    pub(crate) fn from_bytes(mut bytes: &[u8]) -> Option<Self> {
        let exact = read_prints(&mut bytes)?;
        let renamed = read_prints(&mut bytes)?;
        bytes.is_empty().then_some(Self { exact, renamed })
    }
}

fn read_prints(bytes: &mut &[u8]) -> Option<Vec<Print>> {
    let count = read_number(bytes)?;
    let mut prints = Vec::new();
    let mut position = 0_u32;
    for _ in 0..count {
        let step = u32::try_from(read_number(bytes)?).ok()?;
        position = position.checked_add(step)?;
        let (hash, rest) = bytes.split_first_chunk()?;
        *bytes = rest;
        let hash = u32::from_le_bytes(*hash);
        prints.push(Print { hash, position });
    }
    Some(prints)
}

/// Seven bits a byte, the highest bit set on all but the last.
fn write_number(mut number: u64, bytes: &mut Vec<u8>) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn read_number(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// The hashes of all runs of `gram` tokens, rolled from one to the next.
fn exact_grams(tokens: &[CloneToken], gram: usize) -> impl Iterator<Item = u32> {
    let highest = (1..gram).fold(1, |power: u64, _| power.wrapping_mul(MIX));
    let mut hash = 0_u64;
    (0..tokens.len()).filter_map(move |at| {
        if at >= gram {
            let left = tokens[at - gram].value;
            hash = hash.wrapping_sub(left.wrapping_mul(highest));
        }
        hash = hash.wrapping_mul(MIX).wrapping_add(tokens[at].value);
        (at + 1 >= gram).then(|| narrow(hash))
    })
}

/// The hashes of all runs of tokens, in which a name counts by how far back it stood before
/// in the same run. Runs that differ in nothing but which names and literals they have are
/// equal exactly if the names of one are replaced by those of the other throughout
/// (B. S. Baker, *Parameterized Pattern Matching*, 1996).
fn renamed_grams(tokens: &[CloneToken], grain: Grain) -> Vec<u32> {
    let gram = grain.gram;
    if tokens.len() < grain.minimum() {
        return Vec::new();
    }
    let next = next_of_names(tokens);
    let next_power = |power: &u64| Some(power.wrapping_mul(MIX));
    let powers: Vec<u64> = successors(Some(1), next_power).take(gram).collect();
    let mut terms: Vec<u64> = tokens.iter().map(first_term).collect();
    let mut grams = Vec::with_capacity(tokens.len() + 1 - gram);
    let mut hash = 0_u64;
    for at in 0..tokens.len() {
        if let Some(left) = at.checked_sub(gram) {
            hash = hash.wrapping_sub(terms[left].wrapping_mul(powers[gram - 1]));
            // The name that leaves is no longer there for the next of its kind.
            let reached = next[left] as usize;
            if reached < at {
                let first = first_term(&tokens[reached]);
                let change = first.wrapping_sub(terms[reached]);
                hash = hash.wrapping_add(change.wrapping_mul(powers[at - 1 - reached]));
                terms[reached] = first;
            }
        }
        hash = hash.wrapping_mul(MIX).wrapping_add(terms[at]);
        let again = next[at] as usize;
        if again < tokens.len() && again - at < gram {
            terms[again] = mix((again - at) as u64);
        }
        if at + 1 >= gram {
            grams.push(narrow(hash));
        }
    }
    grams
}

/// What a token counts that did not stand in the run before.
fn first_term(token: &CloneToken) -> u64 {
    match token.class {
        Class::Fixed | Class::Text => token.value,
        Class::Name => 1,
        Class::Literal => 2,
    }
}

/// Where each name comes next; beyond the end where it does not, and for other tokens.
fn next_of_names(tokens: &[CloneToken]) -> Vec<u32> {
    let mut next = vec![u32::MAX; tokens.len()];
    let mut last: HashMap<u64, u32, BuildHasherDefault<Hashed>> = HashMap::default();
    for (at, token) in tokens.iter().enumerate() {
        if token.class == Class::Name
            && let Some(before) = last.insert(token.value, at as u32)
        {
            next[before as usize] = at as u32;
        }
    }
    next
}

/// Keeps of each window the smallest hash: the one it kept before as long as that is in the
/// window and not beaten, else the last of the smallest.
fn winnow(hashes: impl Iterator<Item = u32>, grain: Grain, first: usize, kept: &mut Vec<Print>) {
    // Never falls from front to back, so the front is a smallest one.
    let mut window: VecDeque<Print> = VecDeque::new();
    let mut chosen: Option<Print> = None;
    for (at, hash) in hashes.enumerate() {
        let position = (first + at) as u32;
        while window.back().is_some_and(|last| last.hash > hash) {
            window.pop_back();
        }
        window.push_back(Print { hash, position });
        if at + 1 < grain.window {
            continue;
        }
        let begins = (first + at + 1 - grain.window) as u32;
        while window.front().is_some_and(|print| print.position < begins) {
            window.pop_front();
        }
        let Some(smallest) = window.front().map(|print| print.hash) else {
            continue;
        };
        if chosen.is_some_and(|print| print.position >= begins && print.hash == smallest) {
            continue;
        }
        let ties = window.iter().take_while(|print| print.hash == smallest);
        chosen = ties.last().copied();
        kept.extend(chosen);
    }
}

fn narrow(hash: u64) -> u32 {
    (mix(hash) >> 32) as u32
}

/// A hasher for keys that are hashes already.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = super::token::hash(bytes);
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// Tokens with these numbers for texts: names where they are odd.
    fn tokens(numbers: &[u64]) -> Vec<CloneToken> {
        let token = |number: &u64| {
            let class = match number % 2 {
                0 => Class::Fixed,
                _ => Class::Name,
            };
            CloneToken {
                value: mix(*number),
                ..CloneToken::new("a", 0, 1, class)
            }
        };
        numbers.iter().map(token).collect()
    }

    fn prints(numbers: &[u64], grain: Grain) -> FilePrints {
        let all = 0..numbers.len();
        FilePrints::of(&tokens(numbers), &[all], grain, Some(grain))
    }

    fn hashes(prints: &[Print]) -> BTreeSet<u32> {
        prints.iter().map(|print| print.hash).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        #[test]
        fn files_with_a_long_enough_run_in_common_share_a_fingerprint(
            minimum in 2_usize..30,
            symbols in 1_u64..40,
            before in prop::collection::vec(0_u64..40, 0..40),
            run in prop::collection::vec(0_u64..40, 30..50),
            after in prop::collection::vec(0_u64..40, 0..40),
        ) {
            let run: Vec<u64> = run.iter().take(minimum).map(|number| number % symbols).collect();
            let grain = Grain::of(minimum);
            prop_assert_eq!(grain.minimum(), minimum);
            let one = prints(&[&before[..], &run].concat(), grain);
            let other = prints(&[&run[..], &after].concat(), grain);
            prop_assert!(!hashes(&one.exact).is_disjoint(&hashes(&other.exact)));
            // The names of the run replaced, each by another.
            let renamed: Vec<u64> = run.iter().map(|number| number + number % 2 * 1_000).collect();
            let renamed = prints(&[&after[..], &renamed, &before].concat(), grain);
            prop_assert!(!hashes(&one.renamed).is_disjoint(&hashes(&renamed.renamed)));
        }

        #[test]
        fn grams_are_what_their_tokens_say_and_not_what_is_around_them(
            gram in 1_usize..12,
            numbers in prop::collection::vec(0_u64..12, 12..60),
        ) {
            let grain = Grain { gram, window: 1 };
            let all = prints(&numbers, grain);
            prop_assert_eq!(all.exact.len(), numbers.len() + 1 - gram);
            prop_assert_eq!(all.renamed.len(), all.exact.len());
            for (at, run) in numbers.windows(gram).enumerate() {
                let alone = prints(run, grain);
                prop_assert_eq!(alone.exact[0].hash, all.exact[at].hash);
                prop_assert_eq!(alone.renamed[0].hash, all.renamed[at].hash);
            }
        }

        #[test]
        fn names_mixed_up_have_another_hash(
            numbers in prop::collection::vec(0_u64..12, 2..12),
            first in 0_usize..12,
            second in 0_usize..12,
        ) {
            let (first, second) = (first % numbers.len(), second % numbers.len());
            prop_assume!(first != second);
            let mut run = numbers;
            run[first] = 11;
            run[second] = 11;
            let mut changed = run.clone();
            changed[second] = 1_001;
            let grain = Grain { gram: run.len(), window: 1 };
            prop_assert_ne!(prints(&run, grain).renamed, prints(&changed, grain).renamed);
        }

        #[test]
        fn what_is_stored_is_read_again(numbers in prop::collection::vec(0_u64..9, 0..300)) {
            let prints = prints(&numbers, Grain::of(10));
            prop_assert_eq!(FilePrints::from_bytes(&prints.to_bytes()), Some(prints));
        }

        #[test]
        fn other_bytes_are_refused_or_are_prints(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            if let Some(prints) = FilePrints::from_bytes(&bytes) {
                prop_assert_eq!(FilePrints::from_bytes(&prints.to_bytes()), Some(prints));
            }
        }
    }

    #[test]
    fn a_cut_file_is_refused() {
        let bytes = prints(&[2; 100], Grain::of(10)).to_bytes();
        assert!(bytes.len() > 4);
        for end in 0..bytes.len() {
            assert_eq!(FilePrints::from_bytes(&bytes[..end]), None, "{end}");
        }
    }
}
