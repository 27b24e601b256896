//! Three versions of a file as lines that can be compared.
//!
//! What ends a line, a mark at the beginning and the end of the last line are taken off
//! before the lines are compared, and merged on their own: a side that changed line ends
//! did not thereby change every line.

use std::fmt;

/// The largest file that is merged, in bytes.
pub const MOST_BYTES: usize = 8 << 20;

/// How many first bytes tell whether a file is text, as git has it.
const LOOKED_AT: usize = 8_000;

const MARK: &[u8] = b"\xef\xbb\xbf";

/// Why three versions are not merged by their content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// One of them is no text.
    #[error("{0} is binary; choose one version as a whole")]
    Binary(Version),
    /// One of them is too large.
    #[error(
        "{version} has {bytes} bytes, more than the {MOST_BYTES} that are merged; choose one version as a whole"
    )]
    TooLarge {
        /// Which one.
        version: Version,
        /// Its size.
        bytes: usize,
    },
}

/// Which of the three.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Version {
    /// What both sides began with.
    Base,
    /// The side that is merged into.
    Ours,
    /// The side that is merged.
    Theirs,
}

/// The three versions as lines.
#[derive(Debug, Clone)]
pub struct Texts<'a> {
    /// What both sides began with.
    pub base: Vec<&'a [u8]>,
    /// The side that is merged into.
    pub ours: Vec<&'a [u8]>,
    /// The side that is merged.
    pub theirs: Vec<&'a [u8]>,
    /// Whether all three are UTF-8, so that they can be merged by words.
    pub is_utf8: bool,
    /// A side that has unresolved conflicts of its own, with the line of the first, counted
    /// from one: whatever is in conflict with such a side is left.
    pub unresolved: Option<(Version, usize)>,
    form: Form,
}

/// What the result is written with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Form {
    has_mark: bool,
    has_carriage_returns: bool,
    ends_with_newline: bool,
}

/// What the bytes of one version are besides their lines.
#[derive(Debug, Clone, Copy)]
struct Shape {
    has_mark: bool,
    /// Whether every line ends so; `None` where some do and some do not.
    carriage_returns: Option<bool>,
    ends_with_newline: bool,
    has_line_ends: bool,
}

impl<'a> Texts<'a> {
    /// Reads three versions.
    ///
    /// # Errors
    /// Where one is binary or too large.
    pub fn read(base: &'a [u8], ours: &'a [u8], theirs: &'a [u8]) -> Result<Self, Refused> {
        use Version::{Base, Ours, Theirs};
        let all = [(Base, base), (Ours, ours), (Theirs, theirs)];
        for (version, bytes) in all {
            check(version, bytes)?;
        }
        let shapes = all.map(|(_, bytes)| shape(bytes));
        let uniform = shapes.iter().all(|shape| shape.carriage_returns.is_some());
        let lines = |bytes, shape: Shape| {
            let with_returns = uniform && shape.carriage_returns == Some(true);
            lines(bytes, with_returns)
        };
        let [base, ours, theirs] = [
            lines(base, shapes[0]),
            lines(ours, shapes[1]),
            lines(theirs, shapes[2]),
        ];
        let found = |version, lines: &[&[u8]]| Some((version, unresolved(lines)?));
        Ok(Self {
            unresolved: found(Ours, &ours).or_else(|| found(Theirs, &theirs)),
            base,
            ours,
            theirs,
            is_utf8: all
                .iter()
                .all(|(_, bytes)| std::str::from_utf8(bytes).is_ok()),
            form: form(shapes, uniform),
        })
    }

    /// The bytes of a file with these lines.
    #[must_use]
    pub fn write<'b>(&self, lines: impl IntoIterator<Item = &'b [u8]>) -> Vec<u8> {
        let end: &[u8] = if self.form.has_carriage_returns {
            b"\r\n"
        } else {
            b"\n"
        };
        let mut bytes = Vec::new();
        if self.form.has_mark {
            bytes.extend_from_slice(MARK);
        }
        let mut any = false;
        for line in lines {
            if any {
                bytes.extend_from_slice(end);
            }
            bytes.extend_from_slice(line);
            any = true;
        }
        if any && self.form.ends_with_newline {
            bytes.extend_from_slice(end);
        }
        bytes
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Base => "the base",
            Self::Ours => "our side",
            Self::Theirs => "their side",
        })
    }
}

/// The line, counted from one, where a conflict begins that nobody has resolved: the three
/// lines that every style has, in their order.
#[must_use]
pub fn unresolved(lines: &[&[u8]]) -> Option<usize> {
    let mut begun = None;
    let mut divided = false;
    for (index, line) in lines.iter().enumerate() {
        if is_marker(line, b'<') {
            (begun, divided) = (Some(index + 1), false);
        } else if begun.is_some() && is_marker(line, b'=') {
            divided = true;
        } else if divided && is_marker(line, b'>') {
            return begun;
        }
    }
    None
}

fn is_marker(line: &[u8], sign: u8) -> bool {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let signs = line.iter().take_while(|byte| **byte == sign).count();
    signs >= 7 && line.get(signs).is_none_or(|byte| *byte == b' ')
}

fn check(version: Version, bytes: &[u8]) -> Result<(), Refused> {
    if bytes.len() > MOST_BYTES {
        let bytes = bytes.len();
        return Err(Refused::TooLarge { version, bytes });
    }
    if bytes.iter().take(LOOKED_AT).any(|byte| *byte == 0) {
        return Err(Refused::Binary(version));
    }
    Ok(())
}

fn shape(bytes: &[u8]) -> Shape {
    let ends = bytes.iter().filter(|byte| **byte == b'\n').count();
    let both = bytes.windows(2).filter(|pair| pair == b"\r\n").count();
    Shape {
        has_mark: bytes.starts_with(MARK),
        carriage_returns: match both {
            0 => Some(false),
            both if both == ends => Some(true),
            _ => None,
        },
        ends_with_newline: bytes.is_empty() || bytes.ends_with(b"\n"),
        has_line_ends: ends > 0,
    }
}

fn form([base, ours, theirs]: [Shape; 3], uniform: bool) -> Form {
    let returns = |shape: Shape| {
        shape
            .has_line_ends
            .then_some(shape.carriage_returns == Some(true))
    };
    // A version without a line end says nothing about line ends.
    let said: Vec<bool> = [ours, theirs, base]
        .into_iter()
        .filter_map(returns)
        .collect();
    let first = said.first().copied().unwrap_or(false);
    let [base_has, ours_has, theirs_has] =
        [base, ours, theirs].map(|shape| returns(shape).unwrap_or(first));
    Form {
        has_mark: merged(base.has_mark, ours.has_mark, theirs.has_mark),
        has_carriage_returns: uniform && merged(base_has, ours_has, theirs_has),
        ends_with_newline: merged(
            base.ends_with_newline,
            ours.ends_with_newline,
            theirs.ends_with_newline,
        ),
    }
}

/// Of two values, the one that a side changed to.
fn merged(base: bool, ours: bool, theirs: bool) -> bool {
    if ours == base { theirs } else { ours }
}

/// The lines; a carriage return before a line end is a part of it where all have one.
fn lines(bytes: &[u8], with_returns: bool) -> Vec<&[u8]> {
    let bytes = bytes.strip_prefix(MARK).unwrap_or(bytes);
    let line = |line: &'_ [u8]| -> usize {
        let end = line.len() - usize::from(line.ends_with(b"\n"));
        end - usize::from(with_returns && line.ends_with(b"\r\n"))
    };
    let lines = bytes.split_inclusive(|byte| *byte == b'\n');
    lines.map(|whole| &whole[..line(whole)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<'a>(base: &'a str, ours: &'a str, theirs: &'a str) -> Result<Texts<'a>, Refused> {
        Texts::read(base.as_bytes(), ours.as_bytes(), theirs.as_bytes())
    }

    fn written(texts: &Texts<'_>, lines: &[&[u8]]) -> String {
        String::from_utf8(texts.write(lines.iter().copied())).unwrap()
    }

    #[test]
    fn a_side_that_changes_line_ends_alone_changes_no_line() {
        let texts = read("a\nb\n", "a\r\nb\r\n", "a\nc\n").unwrap();
        assert_eq!(texts.ours, texts.base);
        assert_eq!(written(&texts, &texts.theirs), "a\r\nc\r\n");
    }

    #[test]
    fn where_line_ends_are_mixed_they_are_part_of_the_line() {
        let texts = read("a\r\nb\n", "a\r\nb\n", "a\r\nc\n").unwrap();
        assert_eq!(texts.ours[0], b"a\r");
        assert_eq!(written(&texts, &texts.theirs), "a\r\nc\n");
    }

    #[test]
    fn the_end_of_the_last_line_and_the_mark_are_merged_on_their_own() {
        let texts = read("a\n", "a", "\u{feff}a\n").unwrap();
        assert_eq!(texts.ours, texts.theirs);
        assert_eq!(written(&texts, &texts.ours), "\u{feff}a");
        let texts = read("", "", "a\n").unwrap();
        assert!(texts.base.is_empty());
        assert_eq!(written(&texts, &texts.theirs), "a\n");
    }

    #[test]
    fn binary_and_huge_files_are_refused_with_their_version() {
        let error = read("a", "a\0b", "a").unwrap_err();
        assert_eq!(
            error.to_string(),
            "our side is binary; choose one version as a whole"
        );
        let huge = vec![b'a'; MOST_BYTES + 1];
        let error = Texts::read(b"", b"", &huge).unwrap_err();
        assert!(matches!(
            error,
            Refused::TooLarge {
                version: Version::Theirs,
                ..
            }
        ));
        assert!(Texts::read(b"", b"", &huge[..MOST_BYTES]).is_ok());
    }

    #[test]
    fn conflicts_that_a_side_brings_are_told_and_a_heading_of_equal_signs_is_none() {
        let markers = "a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> x\n";
        let found = |base, ours, theirs| read(base, ours, theirs).unwrap().unresolved;
        assert_eq!(found("a\n", "a\n", markers), Some((Version::Theirs, 2)));
        assert_eq!(found("a\n", "Title\n=======\n", "a\n"), None);
        // In the base they are gone on both sides, or found there.
        assert_eq!(found(markers, "a\n", "b\n"), None);
    }
}
