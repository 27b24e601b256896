//! Which tokens of the corpus are spoken for: by a family of clones, or as noise.

use std::ops::Range;

/// One bit a token.
#[derive(Debug)]
pub(super) struct Coverage(Vec<u64>);

impl Coverage {
    /// Begins with the tokens for which `covered` is true.
    pub(super) fn new(covered: &[bool]) -> Self {
        let words = covered.chunks(64);
        let word = |bits: &[bool]| {
            let bits = bits.iter().enumerate();
            bits.fold(0, |word, (at, bit)| word | u64::from(*bit) << at)
        };
        Self(words.map(word).collect())
    }

    /// Whether an occurrence says something new: of its tokens at least half the length of the
    /// shortest clone are free.
    ///
    /// To ask for the whole length would lose a shortest clone that shares a bracket with
    /// another one.
    pub(super) fn is_new(&self, tokens: Range<u32>, minimum: u32) -> bool {
        let length = tokens.end - tokens.start;
        (length - self.count(&tokens)) * 2 >= minimum
    }

    /// Covers the tokens for which `covered` is true.
    pub(super) fn cover_all(&mut self, covered: &[bool]) {
        for (word, more) in self.0.iter_mut().zip(Self::new(covered).0) {
            *word |= more;
        }
    }

    /// Covers some tokens.
    pub(super) fn cover(&mut self, tokens: Range<u32>) {
        for (word, bits) in masks(&tokens) {
            self.0[word] |= bits;
        }
    }

    fn count(&self, tokens: &Range<u32>) -> u32 {
        masks(tokens)
            .map(|(word, bits)| (self.0[word] & bits).count_ones())
            .sum()
    }
}

/// The words that hold some tokens, and which of their bits those are.
fn masks(tokens: &Range<u32>) -> impl Iterator<Item = (usize, u64)> {
    let (start, end) = (tokens.start as usize, tokens.end as usize);
    (start / 64..end.div_ceil(64)).map(move |word| {
        let from = start.saturating_sub(word * 64);
        let to = (end - word * 64).min(64);
        (word, u64::MAX << from & u64::MAX >> (64 - to))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_counted_across_words() {
        let mut coverage = Coverage::new(&[false; 300]);
        coverage.cover(60..130);
        coverage.cover(120..140);
        for (range, expected) in [
            (0..60, 0),
            (60..140, 80),
            (59..61, 1),
            (139..300, 1),
            (64..64, 0),
            (64..128, 64),
        ] {
            assert_eq!(coverage.count(&range), expected, "{range:?}");
        }
    }

    #[test]
    fn what_is_mostly_spoken_for_is_not_new() {
        let mut coverage = Coverage::new(&[true; 100]);
        assert!(!coverage.is_new(0..100, 50));
        coverage = Coverage::new(&[false; 200]);
        coverage.cover(0..100);
        // All but two of the shortest clone are free.
        assert!(coverage.is_new(98..148, 50));
        assert!(coverage.is_new(0..125, 50));
        assert!(!coverage.is_new(0..124, 50));
        coverage.cover_all(&[true; 200]);
        assert!(!coverage.is_new(100..200, 50));
    }
}
