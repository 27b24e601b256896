//! Lines for a terminal: colour and wrapping.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr as _;

use crate::Severity;
use crate::render::Style;

/// An ANSI "select graphic rendition" code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Paint {
    Plain,
    Bold,
    Dim,
    Severity(Severity),
}

/// A word that is never broken, and its colour.
pub(super) struct Word {
    pub(super) text: String,
    pub(super) paint: Paint,
}

/// A destination for lines, which knows its width and whether it has colours.
pub(super) struct Page<'a> {
    pub(super) out: &'a mut dyn Write,
    pub(super) colour: bool,
    pub(super) width: usize,
}

impl Paint {
    fn code(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Bold => Some("1"),
            Self::Dim => Some("2"),
            Self::Severity(Severity::Critical) => Some("1;31"),
            Self::Severity(Severity::Major) => Some("31"),
            Self::Severity(Severity::Minor) => Some("33"),
            Self::Severity(Severity::Info) => Some("36"),
        }
    }
}

/// Splits `text`, which must be visible, at its spaces.
pub(super) fn words(text: &str, paint: Paint) -> impl Iterator<Item = Word> {
    text.split_whitespace().map(move |word| Word {
        text: word.to_owned(),
        paint,
    })
}

/// `text` as one word, spaces and all.
pub(super) fn word(text: impl Into<String>, paint: Paint) -> Word {
    Word {
        text: text.into(),
        paint,
    }
}

/// Columns that words take on one line.
pub(super) fn width(words: &[Word]) -> usize {
    let letters: usize = words.iter().map(Word::width).sum();
    letters + words.len().saturating_sub(1)
}

impl Word {
    /// Columns that the word takes.
    pub(super) fn width(&self) -> usize {
        self.text.width()
    }
}

impl<'a> Page<'a> {
    /// A page for `style`: wide enough for words, whatever the terminal says.
    pub(super) fn new(style: &Style, out: &'a mut dyn Write) -> Self {
        Self {
            out,
            colour: style.colour,
            width: style.width.max(20),
        }
    }

    pub(super) fn blank(&mut self) -> io::Result<()> {
        self.out.write_all(b"\n")
    }

    /// A blank line, then a heading.
    pub(super) fn heading(&mut self, text: &str) -> io::Result<()> {
        self.blank()?;
        let heading = self.painted(text, Paint::Bold);
        writeln!(self.out, "{heading}")
    }

    /// Words separated by spaces; further lines begin `indent` columns in. A word
    /// wider than the page stays whole, so that it can be copied.
    pub(super) fn paragraph(
        &mut self,
        words: impl IntoIterator<Item = Word>,
        first: usize,
        indent: usize,
    ) -> io::Result<()> {
        write!(self.out, "{:first$}", "")?;
        let mut column = first;
        let mut begun = false;
        for word in words {
            let width = word.width();
            if begun && column + 1 + width > self.width {
                write!(self.out, "\n{:indent$}", "")?;
                column = indent;
            } else if begun {
                self.out.write_all(b" ")?;
                column += 1;
            }
            let painted = self.painted(&word.text, word.paint);
            self.out.write_all(painted.as_bytes())?;
            column += width;
            begun = true;
        }
        self.blank()
    }

    /// A point of a list, `indent` columns in.
    pub(super) fn point(&mut self, text: &str, paint: Paint, indent: usize) -> io::Result<()> {
        let dash = word("-", paint);
        let line = std::iter::once(dash).chain(words(text, paint));
        self.paragraph(line, indent, indent + 2)
    }

    pub(super) fn painted(&self, text: &str, paint: Paint) -> String {
        match paint.code() {
            Some(code) if self.colour => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            _ => text.to_owned(),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn on_page(
        width: usize,
        write: impl FnOnce(&mut Page<'_>) -> io::Result<()>,
    ) -> String {
        let mut out = Vec::new();
        let mut page = Page {
            out: &mut out,
            colour: false,
            width,
        };
        write(&mut page).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn paragraphs_wrap_at_the_width_and_count_wide_characters_twice() {
        let text = words("one two 三四 five", Paint::Plain).collect::<Vec<_>>();
        let wrapped = on_page(12, |page| page.paragraph(text, 0, 2));
        assert_eq!(wrapped, "one two 三四\n  five\n");
    }

    #[test]
    fn a_word_wider_than_the_page_stays_whole() {
        let text = words("a-very-long-word b", Paint::Plain).collect::<Vec<_>>();
        let wrapped = on_page(6, |page| page.paragraph(text, 0, 2));
        assert_eq!(wrapped, "a-very-long-word\n  b\n");
    }
}
