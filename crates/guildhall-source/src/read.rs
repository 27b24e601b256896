//! Reading a file once, and finding one's way in its text.

use std::cell::Cell;
use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use guildhall_report::{Position, Skipped};
use memchr::memchr_iter;

const BYTE_ORDER_MARK: &str = "\u{feff}";

/// The content of a file, read once.
#[derive(Debug)]
pub struct Content {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What the system says of the file that has these bytes; `None` where it was changed
    /// while it was read, so that it may have others by now.
    pub metadata: Option<Metadata>,
}

/// Why the text of a file could not be had.
#[derive(Debug)]
pub enum ReadFailure {
    /// The system refuses to give it.
    Unreadable(io::Error),
    /// It is longer than the limit.
    TooLarge {
        /// How long it is.
        bytes: u64,
        /// How long it may be.
        limit: u64,
    },
    /// It is not UTF-8, first at this byte (from nought).
    NotUtf8 {
        /// How long the file is.
        bytes: u64,
        /// Where the first byte is that begins no character.
        offset: usize,
    },
}

impl ReadFailure {
    /// How long the file is; nought where that is not known.
    pub fn bytes(&self) -> u64 {
        match self {
            Self::Unreadable(_) => 0,
            Self::TooLarge { bytes, .. } | Self::NotUtf8 { bytes, .. } => *bytes,
        }
    }

    /// How a report lists the file.
    pub fn skipped(&self, name: &str) -> Skipped {
        let (code, reason) = match self {
            // Whoever reads has found it before.
            Self::Unreadable(error) if error.kind() == io::ErrorKind::NotFound => (
                "vanished",
                "it was there when its folder was listed, and gone when it was to be read"
                    .to_owned(),
            ),
            Self::Unreadable(error) => ("unreadable", error.to_string()),
            Self::TooLarge { bytes, limit } => (
                "too-large",
                format!("it has {bytes} bytes; files of more than {limit} are not read"),
            ),
            Self::NotUtf8 { offset, .. } => (
                "not-utf8",
                format!("it is not UTF-8: byte {offset} begins no character"),
            ),
        };
        Skipped::new(name, code, reason)
    }
}

/// Reads the text of a file of at most `limit` bytes.
///
/// # Errors
/// [`ReadFailure`] says why there is no text.
pub fn read(path: &Path, limit: u64) -> Result<String, ReadFailure> {
    read_content(path, limit).and_then(|content| text(content.bytes))
}

/// Reads a file of at most `limit` bytes, whatever they are.
///
/// # Errors
/// [`ReadFailure`] says why there is no content.
pub fn read_content(path: &Path, limit: u64) -> Result<Content, ReadFailure> {
    let mut file = File::open(path).map_err(ReadFailure::Unreadable)?;
    let before = file.metadata().map_err(ReadFailure::Unreadable)?;
    let bytes = before.len();
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
    let after = file.metadata().ok();
    let is_settled = after.is_some_and(|after| times(&before) == times(&after));
    Ok(Content {
        bytes: content,
        metadata: (is_settled && before.len() == bytes).then_some(before),
    })
}

/// Reads what a user named as a file, of at most `limit` bytes. A pipe is refused and not opened,
/// since that would wait for its other end.
///
/// # Errors
/// [`ReadFailure`] says why there is no content.
pub fn read_file(path: &Path, limit: u64) -> Result<Vec<u8>, ReadFailure> {
    let metadata = path.metadata().map_err(ReadFailure::Unreadable)?;
    if !metadata.is_file() {
        let error = io::Error::other("it is no regular file");
        return Err(ReadFailure::Unreadable(error));
    }
    read_content(path, limit).map(|content| content.bytes)
}

/// The text of a file's content.
///
/// # Errors
/// [`ReadFailure::NotUtf8`].
pub fn text(content: Vec<u8>) -> Result<String, ReadFailure> {
    let bytes = content.len() as u64;
    String::from_utf8(content).map_err(|error| ReadFailure::NotUtf8 {
        bytes,
        offset: error.utf8_error().valid_up_to(),
    })
}

/// When content and what is said of it were changed last, in seconds and nanoseconds.
fn times(metadata: &Metadata) -> [i64; 4] {
    [
        metadata.mtime(),
        metadata.mtime_nsec(),
        metadata.ctime(),
        metadata.ctime_nsec(),
    ]
}

fn read_all(mut from: impl io::Read, content: &mut Vec<u8>) -> io::Result<()> {
    from.read_to_end(content).map(drop)
}

/// Where the lines of a text begin.
///
/// ```
/// use guildhall_source::read::Lines;
///
/// let lines = Lines::new("first\nsecond");
/// let at = lines.position(8);
/// assert_eq!((at.line, at.column), (2, 3));
/// assert_eq!(lines.count(), 2);
/// ```
#[derive(Debug)]
pub struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
    /// The place that was asked for last and its column, so that a line of megabytes is
    /// not counted through for each of the places on it.
    last: Cell<(usize, usize)>,
}

impl<'a> Lines<'a> {
    /// Finds the lines of `text`. A line ends with a line feed; the carriage return
    /// that may stand before it is the last character of the line. A byte order
    /// mark is not part of the first line.
    pub fn new(text: &'a str) -> Self {
        let first = if text.starts_with(BYTE_ORDER_MARK) {
            BYTE_ORDER_MARK.len()
        } else {
            0
        };
        let breaks = memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1);
        let starts = std::iter::once(first).chain(breaks).collect();
        Self {
            text,
            starts,
            last: Cell::new((first, 1)),
        }
    }

    /// How many lines there are; what follows the last line feed is a line only
    /// where it is not empty.
    pub fn count(&self) -> usize {
        let last = self.starts.last().copied().unwrap_or(0);
        self.starts.len() - usize::from(last >= self.text.len())
    }

    /// The texts of the lines from the `first` to the `last`, counted from one, each with
    /// its line break; fewer where there are fewer.
    ///
    /// ```
    /// let lines = guildhall_source::read::Lines::new("a\nb\nc");
    /// assert_eq!(lines.from_to(2, 9).collect::<Vec<_>>(), ["b\n", "c"]);
    /// ```
    pub fn from_to(&self, first: u32, last: u32) -> impl Iterator<Item = &'a str> {
        let index = |line: u32| usize::try_from(line).unwrap_or(usize::MAX);
        let count = self.starts.len();
        let first = index(first).clamp(1, count) - 1;
        let last = index(last).clamp(first, count);
        let text = self.text;
        (first..last).map(move |line| {
            let end = self.starts.get(line + 1).copied().unwrap_or(text.len());
            &text[self.starts[line].min(end)..end]
        })
    }

    /// The line and column of a byte, both from one; a column is one Unicode scalar
    /// value. An offset after the end counts as the end, one within a character as that
    /// character.
    pub fn position(&self, offset: usize) -> Position {
        let offset = self.text.floor_char_boundary(offset);
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        let start = self.starts[line - 1].min(offset);
        let column = self.column(start, offset);
        Position {
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: u32::try_from(column).unwrap_or(u32::MAX),
        }
    }

    /// The column of a place on the line that begins at `start`.
    fn column(&self, start: usize, offset: usize) -> usize {
        let (from, before) = match self.last.get() {
            (last, column) if (start..=offset).contains(&last) => (last, column),
            _ => (start, 1),
        };
        let column = before + self.text[from..offset].chars().count();
        self.last.set((offset, column));
        column
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
    fn the_order_in_which_places_are_asked_for_changes_no_answer() {
        let text = "äb cd\n\u{1f600}x y\n\nlast";
        let all: Vec<_> = (0..=text.len()).collect();
        let alone = |at: &usize| Lines::new(text).position(*at);
        let expected: Vec<_> = all.iter().map(alone).collect();
        let lines = Lines::new(text);
        let ahead: Vec<_> = all.iter().map(|at| lines.position(*at)).collect();
        assert_eq!(ahead, expected);
        for at in all.iter().rev() {
            assert_eq!(lines.position(*at), expected[*at]);
        }
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
    fn any_offset_has_a_position() {
        let lines = Lines::new("é\nb");
        let place = |offset| {
            let at = lines.position(offset);
            (at.line, at.column)
        };
        assert_eq!(place(1), (1, 1));
        assert_eq!(place(usize::MAX), (2, 2));
    }

    #[test]
    fn a_file_of_the_limit_is_read_and_one_byte_more_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, "abc").unwrap();
        assert_eq!(read(&path, 3).unwrap(), "abc");
        let failure = read(&path, 2).unwrap_err();
        assert_eq!(failure.bytes(), 3);
        assert_eq!(failure.skipped("a").code, "too-large");
        std::fs::write(&path, b"a\xff").unwrap();
        let failure = read(&path, 3).unwrap_err();
        assert_eq!(
            (failure.bytes(), failure.skipped("a").code.as_str()),
            (2, "not-utf8")
        );
    }

    #[test]
    fn a_file_that_is_gone_by_now_has_vanished() {
        let failure = read(Path::new("no/such/file.rs"), 10).unwrap_err();
        assert!(
            matches!(&failure, ReadFailure::Unreadable(error) if error.kind() == io::ErrorKind::NotFound)
        );
        assert_eq!(failure.skipped("file.rs").code, "vanished");
    }

    #[test]
    fn content_comes_with_what_the_system_says_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, b"a\xff").unwrap();
        let content = read_content(&path, 10).unwrap();
        assert_eq!(content.bytes, b"a\xff");
        assert_eq!(content.metadata.map(|metadata| metadata.len()), Some(2));
    }

    #[test]
    fn what_is_no_regular_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, b"a\xff").unwrap();
        assert_eq!(read_file(&path, 2).unwrap(), b"a\xff");
        assert!(matches!(
            read_file(&path, 1),
            Err(ReadFailure::TooLarge { bytes: 2, limit: 1 })
        ));
        let refused = read_file(folder.path(), 9).unwrap_err().skipped("a");
        assert_eq!(refused.reason, "it is no regular file");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn what_is_longer_than_the_system_says_cannot_be_known_again() {
        let content = read_content(Path::new("/proc/self/status"), 1 << 20).unwrap();
        assert!(!content.bytes.is_empty());
        assert!(content.metadata.is_none());
    }
}
