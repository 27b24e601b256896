//! The sequence of symbols that is searched: the regions of the corpus with a separator of
//! its own after each, and periodic runs cut into blocks.
//!
//! A periodic run, such as one statement written a thousand times, repeats itself at every
//! multiple of its period: thousands of overlapping repeats, each nearly as long as the run.
//! Cut into equal blocks it is what a reader sees: a block with so many copies.

use super::corpus::{Corpus, Region};

/// Runs of fewer blocks are left whole, so that a longer clone that holds one is found whole.
const BLOCKS: usize = 4;

/// What is searched.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    /// Symbols, each piece followed by a symbol that comes nowhere else.
    pub(super) text: Vec<u32>,
    /// One more than the highest symbol.
    pub(super) alphabet: usize,
    /// Where each piece begins in the text.
    starts: Vec<u32>,
}

impl Pieces {
    /// Lines up the `symbols` of a corpus, which are below `alphabet`. No run is cut into
    /// blocks of fewer than `minimum` tokens.
    pub(super) fn of(corpus: &Corpus, symbols: &[u32], alphabet: usize, minimum: usize) -> Self {
        let mut pieces = Self {
            text: Vec::with_capacity(symbols.len() + corpus.regions.len()),
            alphabet,
            starts: Vec::with_capacity(corpus.regions.len()),
        };
        let mut echoes = corpus.echoes.as_slice();
        for region in &corpus.regions {
            let inside = echoes.partition_point(|(at, _)| *at < region.tokens.end);
            let (inside, after) = echoes.split_at(inside);
            echoes = after;
            let mut start = region.tokens.start as usize;
            for cut in cuts(symbols, region, inside, minimum) {
                pieces.add(&symbols[start..cut]);
                start = cut;
            }
            pieces.add(&symbols[start..region.tokens.end as usize]);
        }
        pieces
    }

    /// The token of the corpus at a place of the text that is no separator.
    pub(super) fn token(&self, place: u32) -> u32 {
        let separators = self.starts.partition_point(|start| *start <= place) - 1;
        place - separators as u32
    }

    fn add(&mut self, symbols: &[u32]) {
        self.starts.push(self.text.len() as u32);
        self.text.extend_from_slice(symbols);
        self.text.push(self.alphabet as u32);
        self.alphabet += 1;
    }
}

/// Where the periodic runs of a region are cut.
fn cuts(symbols: &[u32], region: &Region, echoes: &[(u32, u32)], minimum: usize) -> Vec<usize> {
    let mut cuts: Vec<usize> = Vec::new();
    let first = region.tokens.start as usize;
    let symbols = &symbols[..region.tokens.end as usize];
    // What was compared last: a period, and how far it holds.
    let mut compared = (0, 0);
    for (at, period) in echoes
        .iter()
        .map(|(at, period)| (*at as usize, *period as usize))
    {
        let done = cuts.last().copied().unwrap_or(0);
        if at < done || (period == compared.0 && at < compared.1) || at < first + period {
            continue;
        }
        let holds = symbols[at..].iter().zip(&symbols[at - period..]);
        let end = at + holds.take_while(|(a, b)| a == b).count();
        compared = (period, end);
        let block = period * minimum.div_ceil(period);
        let start = (at - period).max(done);
        if end < start + BLOCKS * block {
            continue;
        }
        cuts.extend(
            (start..=end - block)
                .step_by(block)
                .filter(|cut| *cut > first),
        );
        cuts.push(start + (end - start) / block * block);
        cuts.dedup();
    }
    cuts
}

#[cfg(test)]
impl Pieces {
    /// One piece that is not cut.
    pub(super) fn of_text(symbols: &[u32], alphabet: usize) -> Self {
        let mut pieces = Self {
            alphabet,
            ..Self::default()
        };
        pieces.add(symbols);
        pieces
    }
}
