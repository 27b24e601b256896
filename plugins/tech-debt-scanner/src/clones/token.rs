//! The tokens that clones are made of, whatever language they come from.

/// What a token is to the search for clones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// A keyword or punctuation: the same in every copy.
    Fixed,
    /// A name, which a renamed copy replaces by another everywhere.
    Name,
    /// A literal, which a renamed copy may replace by any other.
    Literal,
    /// A word of a string of several lines: the same in every copy.
    Text,
}

/// One token of a file; comments are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CloneToken {
    /// Hash of the class and the text; see [`hash`].
    pub(crate) value: u64,
    /// First byte in the file.
    pub(crate) start: u32,
    /// Byte after the last one.
    pub(crate) end: u32,
    /// What it is.
    pub(crate) class: Class,
    /// Whether it is of a kind that repeats without being duplicated work: an import, an
    /// attribute, a table of data.
    pub(crate) noise: bool,
    /// Whether it is part of a function that only names a value. Copied word for word that is
    /// duplicated; with other names it is a declaration like many.
    pub(crate) trivial: bool,
    /// Whether it is part of test code.
    pub(crate) test: bool,
}

impl CloneToken {
    /// A token of `class` with the text `text[start..end]`.
    pub(crate) fn new(text: &str, start: usize, end: usize, class: Class) -> Self {
        Self {
            value: hash(&text.as_bytes()[start..end]),
            // Files are smaller than 4 GiB: see the limit in the settings.
            start: start as u32,
            end: end as u32,
            class,
            noise: false,
            trivial: false,
            test: false,
        }
    }
}

/// An odd number with bits all over: the fractional part of the golden ratio.
pub(super) const MIX: u64 = 0x9e37_79b9_7f4a_7c15;

/// A hash of bytes that is the same on every machine and in every run. What it calls equal
/// is compared by its text before anything is reported.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    let mut chunks = bytes.chunks_exact(8);
    let mut state = (bytes.len() as u64).wrapping_mul(MIX);
    for chunk in &mut chunks {
        let word = u64::from_le_bytes(chunk.try_into().unwrap_or_default());
        state = mix(state ^ word);
    }
    let rest = chunks.remainder().iter();
    mix(state ^ rest.fold(0, |word, byte| word << 8 | u64::from(*byte)))
}

/// Spreads every bit over all others.
pub(super) fn mix(value: u64) -> u64 {
    let wide = u128::from(value ^ MIX) * u128::from(MIX ^ value.rotate_left(29) | 1);
    (wide as u64) ^ (wide >> 64) as u64
}
