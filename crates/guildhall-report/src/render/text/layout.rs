//! Lines for a terminal: colour, wrapping, aligned columns.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr as _;

use crate::Severity;

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
    text: String,
    paint: Paint,
}

/// How the cells of a column are aligned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
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

impl Page<'_> {
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

    /// Rows of cells, aligned; the last column is as wide as it likes.
    pub(super) fn columns(&mut self, aligns: &[Align], rows: &[Vec<Word>]) -> io::Result<()> {
        let widths = widths(aligns.len(), rows);
        for row in rows {
            let mut line = String::new();
            for (index, cell) in row.iter().enumerate().take(aligns.len()) {
                let pad = " ".repeat(widths[index].saturating_sub(cell.text.width()));
                let text = self.painted(&cell.text, cell.paint);
                if index > 0 {
                    line.push_str("  ");
                }
                match aligns[index] {
                    Align::Left => line.extend([text.as_str(), &pad]),
                    Align::Right => line.extend([pad.as_str(), &text]),
                }
            }
            writeln!(self.out, "{}", line.trim_end())?;
        }
        Ok(())
    }

    fn painted(&self, text: &str, paint: Paint) -> String {
        match paint.code() {
            Some(code) if self.colour => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            _ => text.to_owned(),
        }
    }
}

fn widths(count: usize, rows: &[Vec<Word>]) -> Vec<usize> {
    let width = |index: usize| {
        let cells = rows.iter().filter_map(|row| row.get(index));
        cells.map(|cell| cell.text.width()).max().unwrap_or(0)
    };
    (0..count).map(width).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on_page(width: usize, write: impl FnOnce(&mut Page<'_>) -> io::Result<()>) -> String {
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

    #[test]
    fn columns_are_aligned_without_trailing_spaces() {
        let row = |a: &str, b: &str| vec![word(a, Paint::Plain), word(b, Paint::Plain)];
        let rows = [row("1", "left"), row("三", "x")];
        let text = on_page(80, |page| page.columns(&[Align::Right, Align::Left], &rows));
        assert_eq!(text, " 1  left\n三  x\n");
    }
}
