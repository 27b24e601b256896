//! Reading a file once, and finding one's way in its text.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use guildhall_report::Position;
use memchr::memchr_iter;

const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Why the text of a file could not be had.
#[derive(Debug)]
pub(crate) enum ReadFailure {
    /// The system refuses to give it.
    Unreadable(io::Error),
    /// It is longer than the limit.
    TooLarge { bytes: u64, limit: u64 },
    /// It is not UTF-8, first at this byte (from nought).
    NotUtf8 { bytes: u64, offset: usize },
}

/// Reads a file of at most `limit` bytes.
pub(crate) fn read(path: &Path, limit: u64) -> Result<String, ReadFailure> {
    let mut file = File::open(path).map_err(ReadFailure::Unreadable)?;
    let bytes = file.metadata().map_err(ReadFailure::Unreadable)?.len();
    if bytes > limit {
        return Err(ReadFailure::TooLarge { bytes, limit });
    }
    let mut content = Vec::with_capacity(usize::try_from(bytes).unwrap_or(0) + 1);
    // The file may grow while it is read.
    let read = file.by_ref().take(limit.saturating_add(1));
    read_all(read, &mut content).map_err(ReadFailure::Unreadable)?;
    let bytes = content.len() as u64;
    if bytes > limit {
        return Err(ReadFailure::TooLarge { bytes, limit });
    }
    String::from_utf8(content).map_err(|error| ReadFailure::NotUtf8 {
        bytes,
        offset: error.utf8_error().valid_up_to(),
    })
}

fn read_all(mut from: impl io::Read, content: &mut Vec<u8>) -> io::Result<()> {
    from.read_to_end(content).map(drop)
}

/// Where the lines of a text begin.
#[derive(Debug)]
pub(crate) struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    /// Finds the lines of `text`. A line ends with a line feed; the carriage return
    /// that may stand before it is the last character of the line. A byte order
    /// mark is not part of the first line.
    pub(crate) fn new(text: &'a str) -> Self {
        let first = if text.starts_with(BYTE_ORDER_MARK) {
            BYTE_ORDER_MARK.len()
        } else {
            0
        };
        let breaks = memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1);
        let starts = std::iter::once(first).chain(breaks).collect();
        Self { text, starts }
    }

    /// How many lines there are; what follows the last line feed is a line only
    /// where it is not empty.
    pub(crate) fn count(&self) -> usize {
        let last = self.starts.last().copied().unwrap_or(0);
        self.starts.len() - usize::from(last >= self.text.len())
    }

    /// The line and column of a byte, both from one; a column is one Unicode scalar
    /// value.
    pub(crate) fn position(&self, offset: usize) -> Position {
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        let start = self.starts[line - 1].min(offset);
        let column = self.text[start..offset].chars().count() + 1;
        Position {
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: u32::try_from(column).unwrap_or(u32::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str, needle: &str) -> (u32, u32) {
        let at = Lines::new(text).position(text.find(needle).unwrap());
        (at.line, at.column)
    }

    #[test]
    fn columns_count_characters_from_one() {
        assert_eq!(place("x", "x"), (1, 1));
        assert_eq!(place("äöü x", "x"), (1, 5));
        assert_eq!(place("a\n\n  x", "x"), (3, 3));
    }

    #[test]
    fn a_byte_order_mark_is_no_column() {
        assert_eq!(place("\u{feff}x", "x"), (1, 1));
    }

    #[test]
    fn carriage_returns_begin_no_line() {
        assert_eq!(place("a\r\nb\r\nx", "x"), (3, 1));
        assert_eq!(Lines::new("a\r\nb\r\n").count(), 2);
    }

    #[test]
    fn an_unfinished_line_is_a_line() {
        let count = |text| Lines::new(text).count();
        assert_eq!(count(""), 0);
        assert_eq!(count("\u{feff}"), 0);
        assert_eq!(count("a"), 1);
        assert_eq!(count("a\n"), 1);
        assert_eq!(count("a\nb"), 2);
        assert_eq!(count("\n\n"), 2);
    }

    #[test]
    fn a_missing_file_is_unreadable() {
        let failure = read(Path::new("no/such/file.rs"), 10).unwrap_err();
        assert!(
            matches!(failure, ReadFailure::Unreadable(error) if error.kind() == io::ErrorKind::NotFound)
        );
    }
}
