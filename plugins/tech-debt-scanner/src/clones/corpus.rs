//! The tokens in which clones can lie: of all files only what has fingerprints that come
//! more than once, with equal numbers for equal texts.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::ops::Range;

use super::Sources;
use super::noise;
use super::token::{Class, CloneToken};
use super::winnow::{FilePrints, Grain, Hashed, Print};

/// A period is looked for only where a fingerprint comes again within so many of the
/// shortest clones; what repeats further apart overlaps itself too rarely to matter.
const LONGEST_PERIOD: u32 = 64;

/// What is left of the files after the fingerprints were compared.
#[derive(Debug, Default)]
pub(super) struct Corpus {
    /// For each token the number of its text.
    pub(super) symbols: Vec<u32>,
    /// For each token its first byte in its file.
    pub(super) starts: Vec<u32>,
    /// For each token its class.
    pub(super) classes: Vec<Class>,
    /// For each token whether it is noise.
    pub(super) noise: Vec<bool>,
    /// For each token whether it is part of a trivial function.
    pub(super) trivial: Vec<bool>,
    /// For each token whether it is test code.
    pub(super) tests: Vec<bool>,
    /// Runs of tokens that follow one another in a file, in order.
    pub(super) regions: Vec<Region>,
    /// Where fingerprints come again soon: the token, and how far before it stood.
    pub(super) echoes: Vec<(u32, u32)>,
    texts: Texts,
}

/// A run of tokens that follow one another in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Region {
    pub(super) file: u32,
    /// The tokens, counted in the corpus.
    pub(super) tokens: Range<u32>,
}

/// Texts and their numbers: equal numbers, equal texts.
#[derive(Debug, Default)]
struct Texts {
    all: String,
    ends: Vec<u32>,
    /// The first number whose text has the hash.
    by_hash: HashMap<u64, u32, BuildHasherDefault<Hashed>>,
    /// The next number whose text has the same hash.
    next: HashMap<u32, u32>,
}

/// Part of a file in which something is repeated.
type Wanted = Range<u32>;

impl Corpus {
    /// Reads again what may be repeated.
    pub(super) fn gather(
        files: &[FilePrints],
        sources: &dyn Sources,
        exact: Grain,
        renamed: Option<Grain>,
    ) -> Self {
        let mut wanted: Vec<Vec<Wanted>> = vec![Vec::new(); files.len()];
        let mut echoes: Vec<Vec<(u32, u32)>> = vec![Vec::new(); files.len()];
        repeated(files, |file| &file.exact, exact, &mut wanted, &mut echoes);
        if let Some(renamed) = renamed {
            repeated(
                files,
                |file| &file.renamed,
                renamed,
                &mut wanted,
                &mut echoes,
            );
        }
        let mut corpus = Self::default();
        for (file, (wanted, mut echoes)) in wanted.iter_mut().zip(echoes).enumerate() {
            if wanted.is_empty() {
                continue;
            }
            merge(wanted);
            echoes.sort_unstable();
            echoes.dedup();
            // A file that is gone or changed since is searched as it is now.
            if let Some(text) = sources.text(file) {
                let tokens = sources.tokens(file, &text);
                corpus.add(file as u32, &text, &tokens, wanted, &echoes, exact);
            }
        }
        corpus
    }

    /// The text that a number stands for.
    pub(super) fn text(&self, symbol: u32) -> &str {
        self.texts.get(symbol)
    }

    /// How many different texts there are.
    pub(super) fn alphabet(&self) -> usize {
        self.texts.ends.len()
    }

    /// The region that a token lies in.
    pub(super) fn region(&self, token: u32) -> &Region {
        let after = self
            .regions
            .partition_point(|region| region.tokens.start <= token);
        &self.regions[after - 1]
    }

    fn add(
        &mut self,
        file: u32,
        text: &str,
        tokens: &[CloneToken],
        wanted: &[Wanted],
        echoes: &[(u32, u32)],
        grain: Grain,
    ) {
        for segment in noise::segments(tokens, grain.gram) {
            let first = wanted.partition_point(|part| part.end as usize <= segment.start);
            for part in &wanted[first..] {
                if part.start as usize >= segment.end {
                    break;
                }
                let start = segment.start.max(part.start as usize);
                let end = segment.end.min(part.end as usize);
                self.add_region(file, text, tokens, start..end, echoes);
            }
        }
    }

    fn add_region(
        &mut self,
        file: u32,
        text: &str,
        tokens: &[CloneToken],
        part: Range<usize>,
        echoes: &[(u32, u32)],
    ) {
        let first = self.symbols.len() as u32;
        for token in &tokens[part.clone()] {
            let word = &text[token.start as usize..token.end as usize];
            let symbol = self.texts.number(token.value, word);
            self.symbols.push(symbol);
            self.starts.push(token.start);
            self.classes.push(token.class);
            self.noise.push(token.noise);
            self.trivial.push(token.trivial);
            self.tests.push(token.test);
        }
        let tokens = first..self.symbols.len() as u32;
        self.regions.push(Region { file, tokens });
        let (start, end) = (part.start as u32, part.end as u32);
        let inside = echoes.partition_point(|(at, _)| *at < start);
        let inside = echoes[inside..].iter().take_while(|(at, _)| *at < end);
        // What was before the region is in no region.
        let inside = inside.filter(|(at, distance)| at - start >= *distance);
        self.echoes
            .extend(inside.map(|(at, distance)| (at - start + first, *distance)));
    }
}

impl Texts {
    fn get(&self, number: u32) -> &str {
        let end = self.ends[number as usize] as usize;
        let start = number
            .checked_sub(1)
            .map_or(0, |before| self.ends[before as usize] as usize);
        &self.all[start..end]
    }

    fn number(&mut self, hash: u64, text: &str) -> u32 {
        let mut last = None;
        let mut known = self.by_hash.get(&hash).copied();
        while let Some(number) = known {
            if self.get(number) == text {
                return number;
            }
            last = known;
            known = self.next.get(&number).copied();
        }
        let number = self.ends.len() as u32;
        self.all.push_str(text);
        self.ends.push(self.all.len() as u32);
        match last {
            Some(last) => self.next.insert(last, number),
            None => self.by_hash.insert(hash, number),
        };
        number
    }
}

/// Adds what lies around the fingerprints of one kind that come more than once.
fn repeated(
    files: &[FilePrints],
    prints: impl Fn(&FilePrints) -> &Vec<Print>,
    grain: Grain,
    wanted: &mut [Vec<Wanted>],
    echoes: &mut [Vec<(u32, u32)>],
) {
    let mut all: Vec<(u32, u32, u32)> = Vec::new();
    for (file, own) in files.iter().enumerate() {
        let own = prints(own).iter();
        all.extend(own.map(|print| (print.hash, file as u32, print.position)));
    }
    all.sort_unstable();
    let (gram, reach) = (grain.gram as u32, grain.window as u32 - 1);
    let furthest = (grain.minimum() as u32).saturating_mul(LONGEST_PERIOD);
    for same in all
        .chunk_by(|a, b| a.0 == b.0)
        .filter(|same| same.len() > 1)
    {
        let mut last = None;
        for (_, file, position) in same {
            let around = position.saturating_sub(reach)..position.saturating_add(gram + reach);
            wanted[*file as usize].push(around);
            if let Some((before, at)) = last
                && before == file
                && position - at <= furthest
            {
                echoes[*file as usize].push((*position, position - at));
            }
            last = Some((file, *position));
        }
    }
}

/// Puts ranges in order and joins those that touch.
fn merge(ranges: &mut Vec<Wanted>) {
    ranges.sort_unstable_by_key(|range| (range.start, range.end));
    ranges.dedup_by(|next, last| {
        let touches = next.start <= last.end;
        if touches {
            last.end = last.end.max(next.end);
        }
        touches
    });
}
