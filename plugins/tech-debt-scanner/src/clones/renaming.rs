//! Whether one run of tokens is another with names replaced.

use std::ops::Range;

use super::corpus::Corpus;
use super::token::Class;

/// Compares runs of tokens; keeps what it needs for that between comparisons.
pub(super) struct Renaming<'a> {
    corpus: &'a Corpus,
    /// For each name of the first run the one of the second, and how often.
    there: Vec<(u32, u32)>,
    /// For each name of the second run the one of the first, and how often.
    back: Vec<(u32, u32)>,
}

impl<'a> Renaming<'a> {
    pub(super) fn new(corpus: &'a Corpus) -> Self {
        Self {
            corpus,
            there: vec![(0, 0); corpus.alphabet()],
            back: vec![(0, 0); corpus.alphabet()],
        }
    }

    /// The longest part of `length` tokens from `a` and from `b` on in which each name of one
    /// always stands for the same name of the other. All else is known to be equal.
    pub(super) fn longest(&mut self, a: u32, b: u32, length: u32) -> Range<u32> {
        let mut best = 0..0;
        let mut from = 0;
        for at in 0..length {
            while !self.fits(a + at, b + at) {
                self.forget(a + from, b + from);
                from += 1;
            }
            self.remember(a + at, b + at);
            if at + 1 - from > best.end - best.start {
                best = from..at + 1;
            }
        }
        for at in from..length {
            self.forget(a + at, b + at);
        }
        best
    }

    fn names(&self, a: u32, b: u32) -> Option<(usize, usize)> {
        let name = self.corpus.classes[a as usize] == Class::Name;
        let symbol = |at: u32| self.corpus.symbols[at as usize] as usize;
        name.then(|| (symbol(a), symbol(b)))
    }

    fn fits(&self, a: u32, b: u32) -> bool {
        let Some((a, b)) = self.names(a, b) else {
            return true;
        };
        let agrees =
            |(other, count): (u32, u32), wanted: usize| count == 0 || other as usize == wanted;
        agrees(self.there[a], b) && agrees(self.back[b], a)
    }

    fn remember(&mut self, a: u32, b: u32) {
        if let Some((a, b)) = self.names(a, b) {
            self.there[a] = (b as u32, self.there[a].1 + 1);
            self.back[b] = (a as u32, self.back[b].1 + 1);
        }
    }

    fn forget(&mut self, a: u32, b: u32) {
        if let Some((a, b)) = self.names(a, b) {
            self.there[a].1 -= 1;
            self.back[b].1 -= 1;
        }
    }
}
