//! One wrong thing in a file: its place, its line with a caret, and a help.

use std::fmt;
use std::ops::Range;

use unicode_width::UnicodeWidthStr as _;

use super::shown;

/// Problems of a file that are told at the most.
pub(super) const MOST_TOLD: usize = 20;
/// Characters of a line that are shown at the most.
const LONGEST_LINE: usize = 100;
/// Characters of a long line that are shown before the place.
const BEFORE: usize = 40;

/// One wrong thing in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The file as it is shown.
    pub(crate) file: String,
    /// Line, from 1.
    pub(crate) line: usize,
    /// Column in Unicode scalar values, from 1.
    pub(crate) column: usize,
    /// What is wrong.
    pub(crate) message: String,
    /// What would be right.
    pub(crate) help: Option<String>,
    excerpt: Excerpt,
}

/// A part of a line, with terminal columns for the caret.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Excerpt {
    text: String,
    indent: usize,
    width: usize,
}

impl Problem {
    /// A problem with the bytes `span` of `text`.
    pub(super) fn new(
        file: &str,
        text: &str,
        span: &Range<usize>,
        message: String,
        help: Option<String>,
    ) -> Self {
        let start = text.floor_char_boundary(span.start);
        let before = &text[..start];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = text[line_start..].split('\n').next().unwrap_or_default();
        let line = line.trim_end_matches('\r');
        let from = (start - line_start).min(line.len());
        let to = line.floor_char_boundary(span.end.saturating_sub(line_start));
        Self {
            file: file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: line[..from].chars().count() + 1,
            message,
            help,
            excerpt: Excerpt::new(line, from..to.max(from)),
        }
    }
}

/// `problems` one after the other, with an empty line between them.
pub(super) fn list(problems: &[Problem], more: usize) -> String {
    let mut texts: Vec<String> = problems.iter().map(Problem::to_string).collect();
    if more > 0 {
        texts.push(format!("and {more} more"));
    }
    texts.join("\n\n")
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.line.to_string();
        let gutter = " ".repeat(number.len());
        let indent = " ".repeat(self.excerpt.indent);
        let carets = "^".repeat(self.excerpt.width);
        writeln!(
            formatter,
            "{}:{}:{}: {}",
            self.file, self.line, self.column, self.message
        )?;
        writeln!(formatter, "{gutter} |")?;
        writeln!(formatter, "{number} | {}", self.excerpt.text)?;
        write!(formatter, "{gutter} | {indent}{carets}")?;
        match &self.help {
            Some(help) => write!(formatter, "\n{gutter} = help: {help}"),
            None => Ok(()),
        }
    }
}

impl Excerpt {
    /// The part of `line` around the bytes `marked`.
    fn new(line: &str, marked: Range<usize>) -> Self {
        let before = &line[..marked.start];
        let first = match before.char_indices().rev().nth(BEFORE - 1) {
            Some((at, _)) if line.chars().count() > LONGEST_LINE => at,
            _ => 0,
        };
        let rest = &line[first..];
        let length = match rest.char_indices().nth(LONGEST_LINE) {
            Some((at, _)) => at,
            None => rest.len(),
        };
        let last = first + length;
        let lead = if first > 0 { "…" } else { "" };
        let trail = if last < line.len() { "…" } else { "" };
        let indent = format!("{lead}{}", display(&line[first..marked.start]));
        let under = display(&line[marked.start..marked.end.min(last)]);
        let after = display(&line[marked.end.min(last)..last]);
        Self {
            indent: indent.width(),
            width: under.width().max(1),
            text: format!("{indent}{under}{after}{trail}"),
        }
    }
}

fn display(text: &str) -> String {
    shown::text(&text.replace('\t', " "))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn problem(text: &str, span: Range<usize>) -> Problem {
        Problem::new("g.toml", text, &span, "odd".to_owned(), None)
    }

    #[test]
    fn the_caret_stands_under_the_place() {
        let text = "a = 1\r\n\tschlüssel = \"日本\" # x\r\n";
        let at = text.find("\"日本\"").unwrap();
        let expected = "\
g.toml:2:14: odd
  |
2 |  schlüssel = \"日本\" # x
  |              ^^^^^^";
        assert_eq!(problem(text, at..at + 8).to_string(), expected);
    }

    #[test]
    fn a_help_stands_below() {
        let help = Some("write b".to_owned());
        let problem = Problem::new("g.toml", "a", &(0..1), "odd".to_owned(), help);
        let expected = "g.toml:1:1: odd\n  |\n1 | a\n  | ^\n  = help: write b";
        assert_eq!(problem.to_string(), expected);
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let text = format!("{}HERE{}", "a".repeat(100_000), "b".repeat(100_000));
        let shown = problem(&text, 100_000..100_004).to_string();
        assert!(shown.len() < 400, "{} bytes", shown.len());
        let lines: Vec<&str> = shown.lines().collect();
        let column = lines[3].find('^').unwrap();
        // The mark of the cut is one column and three bytes.
        assert_eq!(&lines[2][column + 2..column + 6], "HERE");
        assert_eq!(lines[3].matches('^').count(), 4);
    }

    #[test]
    fn what_steers_a_terminal_is_not_repeated() {
        let shown = problem("x = \u{1b}[2J\u{202e}", 4..5).to_string();
        assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{shown}");
    }

    proptest! {
        #[test]
        fn every_span_has_a_place(text in "[a\u{e9}\u{65e5}\r\n\t=]{0,300}", start in 0..900_usize, length in 0..900_usize) {
            let shown = problem(&text, start..start + length);
            prop_assert!(shown.line <= text.matches('\n').count() + 1);
            let line = text.split('\n').nth(shown.line - 1).unwrap();
            prop_assert!(shown.column <= line.chars().count() + 1);
            prop_assert_eq!(shown.to_string().lines().count(), 4);
        }
    }
}
