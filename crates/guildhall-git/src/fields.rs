//! Cutting a stream of bytes at a delimiter, with bounded memory.

use std::mem;

use memchr::memchr;

use crate::GitFormatError;
use crate::parser::{Flow, Step};

/// Bytes of one field that are kept. Texts are cut there; a path or a number of such a
/// length is refused.
pub(crate) const MOST_KEPT: usize = 1 << 20;

/// What stands between two delimiters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field<'a> {
    /// Its bytes, at most [`MOST_KEPT`] of them.
    pub(crate) bytes: &'a [u8],
    /// Where it begins in the stream.
    pub(crate) offset: u64,
    /// Whether there were more bytes.
    is_cut: bool,
    /// The last of all of them.
    last: Option<u8>,
}

/// Cuts at one delimiter, whatever the pieces are in which the bytes come.
#[derive(Debug, Clone)]
pub(crate) struct Cutter {
    delimiter: u8,
    /// The open field, cut at [`MOST_KEPT`].
    pending: Vec<u8>,
    /// Where the open field begins.
    start: u64,
    /// How long it is so far.
    length: u64,
    /// Its last byte so far.
    last: Option<u8>,
}

impl<'a> Field<'a> {
    fn new(bytes: &'a [u8], offset: u64, length: u64, last: Option<u8>) -> Self {
        Self {
            bytes: &bytes[..bytes.len().min(MOST_KEPT)],
            offset,
            is_cut: length > MOST_KEPT as u64,
            last,
        }
    }

    /// What stands before a last byte that ends a text, cut where it is long; `None` where the
    /// field does not end with it.
    pub(crate) fn ended_by(self, byte: u8) -> Option<&'a [u8]> {
        if self.is_cut {
            return (self.last == Some(byte)).then_some(self.bytes);
        }
        self.bytes.strip_suffix(&[byte])
    }

    /// The same field without what precedes `bytes`, a later part of it.
    pub(crate) fn with_bytes(self, bytes: &'a [u8]) -> Self {
        Self { bytes, ..self }
    }

    /// All of its bytes, where it is a `what` of a length that one can have.
    pub(crate) fn whole(
        self,
        command: &'static str,
        what: &str,
    ) -> Result<&'a [u8], GitFormatError> {
        if self.is_cut {
            return Err(GitFormatError::too_long(command, self.offset, what));
        }
        Ok(self.bytes)
    }

    /// That it is no `expected`.
    pub(crate) fn refuse(self, command: &'static str, expected: &str) -> GitFormatError {
        GitFormatError::unexpected(command, self.offset, expected, self.bytes)
    }
}

impl Cutter {
    pub(crate) fn at(delimiter: u8) -> Self {
        Self {
            delimiter,
            pending: Vec::new(),
            start: 0,
            length: 0,
            last: None,
        }
    }

    /// Takes in `bytes` and gives `take` each field that is complete.
    pub(crate) fn push(
        &mut self,
        mut bytes: &[u8],
        take: &mut dyn FnMut(Field<'_>) -> Step,
    ) -> Step {
        while let Some(at) = memchr(self.delimiter, bytes) {
            let (field, rest) = (&bytes[..at], &bytes[at + 1..]);
            let step = if self.length == 0 {
                self.length = field.len() as u64;
                take(Field::new(
                    field,
                    self.start,
                    self.length,
                    field.last().copied(),
                ))
            } else {
                self.keep(field);
                self.take_pending(take)
            };
            self.start += self.length + 1;
            self.length = 0;
            bytes = rest;
            if step? == Flow::Break(()) {
                return Ok(Flow::Break(()));
            }
        }
        self.keep(bytes);
        Ok(Flow::Continue(()))
    }

    /// Where the open field begins.
    pub(crate) fn offset(&self) -> u64 {
        self.start
    }

    /// Refuses an output that ends within a field.
    pub(crate) fn must_be_empty(&self, command: &'static str) -> Result<(), GitFormatError> {
        if self.length > 0 {
            return Err(GitFormatError::ended(command, self.start));
        }
        Ok(())
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = MOST_KEPT - self.pending.len().min(MOST_KEPT);
        self.pending
            .extend_from_slice(&bytes[..bytes.len().min(room)]);
        self.length += bytes.len() as u64;
        self.last = bytes.last().copied().or(self.last);
    }

    fn take_pending(&mut self, take: &mut dyn FnMut(Field<'_>) -> Step) -> Step {
        let mut pending = mem::take(&mut self.pending);
        let step = take(Field::new(&pending, self.start, self.length, self.last));
        pending.clear();
        self.pending = pending;
        step
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(pieces: &[&[u8]]) -> Vec<(u64, usize, bool)> {
        let mut found = Vec::new();
        let mut cutter = Cutter::at(b'\n');
        let mut take = |field: Field<'_>| {
            found.push((field.offset, field.bytes.len(), field.is_cut));
            Ok(Flow::Continue(()))
        };
        for piece in pieces {
            cutter
                .push(piece, &mut take)
                .unwrap()
                .continue_value()
                .unwrap();
        }
        assert_eq!(
            cutter.must_be_empty("log").is_ok(),
            pieces.concat().ends_with(b"\n")
        );
        found
    }

    #[test]
    fn a_field_is_the_same_in_one_piece_and_in_many() {
        let whole = cut(&[b"ab\n\nc\nde\nf"]);
        assert_eq!(
            whole,
            [(0, 2, false), (3, 0, false), (4, 1, false), (6, 2, false)]
        );
        let pieces: [&[u8]; 6] = [b"a", b"b", b"", b"\n\nc", b"\nd", b"e\nf"];
        assert_eq!(cut(&pieces), whole);
    }

    #[test]
    fn what_is_longer_than_the_limit_is_cut_alike_however_it_comes() {
        let long = vec![b'x'; MOST_KEPT + 1];
        let expected = [(0, MOST_KEPT, true), (MOST_KEPT as u64 + 2, 1, false)];
        assert_eq!(cut(&[&long, b"\ny\n"]), expected);
        assert_eq!(cut(&[&[long.as_slice(), b"\ny\n"].concat()]), expected);
        assert_eq!(cut(&[&long[1..], b"\n"]), [(0, MOST_KEPT, false)]);
    }
}
