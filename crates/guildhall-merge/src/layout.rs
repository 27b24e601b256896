//! Merging words without white space, and giving the result the white space that they stood
//! in: that of the side which changed it, else ours.

use crate::sequence::{Closeness, Edit, From, Order, edits_of, matches, merge_edits};
use crate::words::dense_with_space;

/// A version as words, each with the white space before it.
#[derive(Debug, Clone)]
pub(crate) struct Dense<'a> {
    pub(crate) words: Vec<&'a str>,
    spaces: Vec<&'a str>,
}

/// Three versions and what the sides changed.
#[derive(Debug)]
pub(crate) struct DenseMerge<'a> {
    base: Dense<'a>,
    ours: Dense<'a>,
    theirs: Dense<'a>,
    of_ours: (Vec<(usize, usize)>, Vec<Edit>),
    of_theirs: (Vec<(usize, usize)>, Vec<Edit>),
}

impl<'a> Dense<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let (spaces, words) = dense_with_space(text).into_iter().unzip();
        Self { words, spaces }
    }

    /// The same with other words for some.
    pub(crate) fn renamed(&self, rename: impl Fn(&'a str) -> &'a str) -> Self {
        Self {
            words: self.words.iter().map(|word| rename(word)).collect(),
            spaces: self.spaces.clone(),
        }
    }

    pub(crate) fn text(&self) -> String {
        let pairs = self.spaces.iter().zip(&self.words);
        pairs.flat_map(|(space, word)| [*space, *word]).collect()
    }
}

impl<'a> DenseMerge<'a> {
    pub(crate) fn new(base: Dense<'a>, ours: Dense<'a>, theirs: Dense<'a>) -> Self {
        let changes = |side: &Dense<'a>| {
            let pairs = matches(&base.words, &side.words);
            let edits = edits_of(&pairs, base.words.len(), side.words.len());
            (pairs, edits)
        };
        let (of_ours, of_theirs) = (changes(&ours), changes(&theirs));
        Self {
            base,
            ours,
            theirs,
            of_ours,
            of_theirs,
        }
    }

    /// The merged text; none where changes overlap.
    pub(crate) fn merge(&self, order: Order) -> Option<(String, Closeness)> {
        let ours = (&self.of_ours.1[..], &self.ours.words[..]);
        let theirs = (&self.of_theirs.1[..], &self.theirs.words[..]);
        let (items, closeness) = merge_edits(self.base.words.len(), ours, theirs, order)?;
        let mut text = String::new();
        for item in items {
            let (space, word) = match item {
                From::Base(at) => (self.space(at), self.base.words[at]),
                From::Ours(at) => (self.ours.spaces[at], self.ours.words[at]),
                From::Theirs(at) => (self.theirs.spaces[at], self.theirs.words[at]),
            };
            text.push_str(space);
            text.push_str(word);
        }
        Some((text, closeness))
    }

    /// The white space before a word that both sides kept.
    fn space(&self, at: usize) -> &'a str {
        let base = self.base.spaces[at];
        let of = |pairs: &[(usize, usize)], side: &Dense<'a>| {
            let place = pairs.binary_search_by_key(&at, |(base, _)| *base).ok()?;
            Some(side.spaces[pairs[place].1])
        };
        let ours = of(&self.of_ours.0, &self.ours).filter(|space| *space != base);
        ours.or_else(|| of(&self.of_theirs.0, &self.theirs))
            .unwrap_or(base)
    }
}
