//! The lines of a stream of any size: long ones are cut, what is no text is refused.

use std::io::{self, BufRead};

use memchr::memchr;

/// Bytes of a line that are read; what follows is passed over.
const MOST_LINE: usize = 64 * 1024;

/// Where NULs mean that it is no text.
const START: usize = 8 * 1024;

/// Why a stream is not read.
#[derive(Debug, thiserror::Error)]
pub enum LinesError {
    /// It is compressed.
    #[error("it is compressed; decompress it first, for example with `zcat`")]
    Compressed,
    /// It is UTF-16.
    #[error("it is UTF-16; convert it first, for example with `iconv -f UTF-16 -t UTF-8`")]
    Utf16,
    /// It has NULs.
    #[error("it is no text: there are NUL bytes at its beginning")]
    Binary,
    /// The stream fails.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// Reads lines, one at a time.
#[derive(Debug)]
pub struct Lines<R> {
    stream: R,
    line: Vec<u8>,
    /// Whether the beginning was looked at.
    is_known: bool,
    /// What was not read as it stands.
    pub passed_over: PassedOver,
}

/// What of a stream was not read as it stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PassedOver {
    /// Lines that were cut.
    pub long_lines: u64,
    /// Lines that are not UTF-8; they are read, byte by byte.
    pub not_utf8: u64,
}

impl<R: BufRead> Lines<R> {
    /// The lines of a stream.
    pub fn new(stream: R) -> Self {
        Self {
            stream,
            line: Vec::new(),
            is_known: false,
            passed_over: PassedOver::default(),
        }
    }

    /// The next line, without its end; `None` behind the last one.
    ///
    /// # Errors
    /// Where the stream is no text, or reading fails.
    pub fn next_line(&mut self) -> Result<Option<&[u8]>, LinesError> {
        if !self.is_known {
            is_text(self.stream.fill_buf()?)?;
            self.is_known = true;
        }
        if !self.read()? {
            return Ok(None);
        }
        if self.line.last() == Some(&b'\r') {
            self.line.pop();
        }
        self.passed_over.not_utf8 += u64::from(std::str::from_utf8(&self.line).is_err());
        Ok(Some(&self.line))
    }

    /// Reads up to the end of a line; whether there was one.
    fn read(&mut self) -> io::Result<bool> {
        self.line.clear();
        let (mut is_anything, mut is_long) = (false, false);
        loop {
            let part = match self.stream.fill_buf() {
                Ok(part) => part,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if part.is_empty() {
                break;
            }
            is_anything = true;
            let end = memchr(b'\n', part);
            let text = &part[..end.unwrap_or(part.len())];
            let room = MOST_LINE - self.line.len();
            is_long |= text.len() > room;
            self.line.extend_from_slice(&text[..text.len().min(room)]);
            let used = end.map_or(part.len(), |end| end + 1);
            self.stream.consume(used);
            if end.is_some() {
                break;
            }
        }
        self.passed_over.long_lines += u64::from(is_long);
        Ok(is_anything)
    }
}

fn is_text(start: &[u8]) -> Result<(), LinesError> {
    let is_one_of = |magic: &[&[u8]]| magic.iter().any(|magic| start.starts_with(magic));
    if is_one_of(&[
        b"\x1f\x8b",
        b"BZh",
        b"\xfd7zXZ",
        b"\x28\xb5\x2f\xfd",
        b"PK\x03\x04",
    ]) {
        return Err(LinesError::Compressed);
    }
    if is_one_of(&[b"\xff\xfe", b"\xfe\xff"]) {
        return Err(LinesError::Utf16);
    }
    match memchr(0, &start[..start.len().min(START)]) {
        Some(_) => Err(LinesError::Binary),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use proptest::prelude::*;

    use super::*;

    fn read(text: &[u8], piece: usize) -> (Vec<Vec<u8>>, PassedOver) {
        let mut lines = Lines::new(BufReader::with_capacity(piece, text));
        let mut read = Vec::new();
        while let Some(line) = lines.next_line().unwrap() {
            read.push(line.to_vec());
        }
        (read, lines.passed_over)
    }

    #[test]
    fn ends_of_lines_are_taken_off_and_empty_lines_stay() {
        let (lines, _) = read(b"a\r\n\nb", 100);
        assert_eq!(lines, [b"a".to_vec(), b"".to_vec(), b"b".to_vec()]);
        assert_eq!(read(b"", 100).0.len(), 0);
    }

    #[test]
    fn a_long_line_is_cut_and_the_next_one_is_whole() {
        let text = [vec![b'x'; 3 * MOST_LINE], b"\nnext\n\xff".to_vec()].concat();
        let (lines, passed_over) = read(&text, 1000);
        assert_eq!(lines[0].len(), MOST_LINE);
        assert_eq!(lines[1], b"next");
        let expected = PassedOver {
            long_lines: 1,
            not_utf8: 1,
        };
        assert_eq!(passed_over, expected);
    }

    #[test]
    fn what_is_no_text_is_refused_with_what_to_do() {
        for (start, words) in [
            (&b"\x1f\x8b\x08\0"[..], "decompress it first"),
            (&b"\xff\xfea\0"[..], "convert it first"),
            (&b"ab\0c"[..], "no text"),
        ] {
            let error = Lines::new(start).next_line().unwrap_err();
            assert!(error.to_string().contains(words), "{error}");
        }
    }

    proptest! {
        #[test]
        fn pieces_of_any_size_mean_the_same(
            text in "[a\\r\\n\u{e9}]{0,60}", piece in 1_usize..9,
        ) {
            prop_assert_eq!(read(text.as_bytes(), piece), read(text.as_bytes(), 1000));
        }
    }
}
