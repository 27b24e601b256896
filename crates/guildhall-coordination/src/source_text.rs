//! Mistakes in a text that somebody wrote: their place, the line with a caret, and what
//! may have been meant.

use std::fmt;
use std::ops::Range;

use guildhall_core::shown;
use unicode_width::UnicodeWidthStr as _;

/// Problems of a text that are told at the most.
pub const MOST_TOLD: usize = 20;
/// Characters of a line that are shown at the most.
const LONGEST_LINE: usize = 100;
/// Characters of a long line that are shown before the place.
const BEFORE: usize = 40;
/// Longest name that is shown in a message; the place in the text shows the rest.
const LONGEST_NAME: usize = 60;
/// Longest word that is compared with the known ones: the comparison takes memory for
/// every pair of letters, and no word that long is near to any.
const LONGEST_WORD: usize = 64;

/// One wrong thing in a text.
///
/// ```
/// use guildhall_coordination::source_text::Problem;
/// let problem = Problem::new("plan.toml", "name = 7", &(7..8), "odd".to_owned(), None);
/// assert_eq!(problem.to_string(), "plan.toml:1:8: odd\n  |\n1 | name = 7\n  |        ^");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file as it is shown.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in Unicode scalar values, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
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
    pub fn new(
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
            line: line_of(text, start),
            column: line[..from].chars().count() + 1,
            message,
            help,
            excerpt: Excerpt::new(line, from..to.max(from)),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.line.to_string();
        let gutter = " ".repeat(number.len());
        let indent = " ".repeat(self.excerpt.indent);
        let carets = "^".repeat(self.excerpt.width);
        writeln!(
            f,
            "{}:{}:{}: {}",
            self.file, self.line, self.column, self.message
        )?;
        writeln!(f, "{gutter} |")?;
        writeln!(f, "{number} | {}", self.excerpt.text)?;
        write!(f, "{gutter} | {indent}{carets}")?;
        match &self.help {
            Some(help) => write!(f, "\n{gutter} = help: {help}"),
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
        let indent = format!("{lead}{}", without_tabs(&line[first..marked.start]));
        let under = without_tabs(&line[marked.start..marked.end.min(last)]);
        let after = without_tabs(&line[marked.end.min(last)..last]);
        Self {
            indent: indent.width(),
            width: under.width().max(1),
            text: format!("{indent}{under}{after}{trail}"),
        }
    }
}

/// `problems` one after the other, with an empty line between them, and how many `more`
/// there are.
pub fn list(problems: &[Problem], more: usize) -> String {
    let mut texts: Vec<String> = problems.iter().map(Problem::to_string).collect();
    if more > 0 {
        texts.push(format!("and {more} more"));
    }
    texts.join("\n\n")
}

/// The line, from 1, of the byte `at` of `text`.
pub fn line_of(text: &str, at: usize) -> usize {
    let before = &text.as_bytes()[..at.min(text.len())];
    before.iter().filter(|byte| **byte == b'\n').count() + 1
}

/// `text` with every character that could steer a terminal or reorder what is seen
/// written as an escape.
pub fn printable(text: &str) -> String {
    shown::visible(text).into_owned()
}

/// A key or a word between backticks, shortened where it is very long.
pub fn code(name: &str) -> String {
    let short: String = name.chars().take(LONGEST_NAME).collect();
    let more = if short.len() < name.len() { "…" } else { "" };
    format!("`{}{more}`", printable(&short))
}

/// The word of `known` that `given` is most likely meant to be.
pub fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if given.len() > LONGEST_WORD {
        return None;
    }
    let given = given.to_lowercase();
    let distance = |name: &&str| strsim::damerau_levenshtein(&given, name);
    // A word that is much longer or shorter is not near; most are left out by it.
    let alike = |name: &&str| name.len().abs_diff(given.len()) <= 3;
    let (near, name) = known
        .into_iter()
        .filter(alike)
        .map(|name| (distance(&name), name))
        .min()?;
    // A third of the letters may be wrong, but two short words are not alike by it.
    (near <= (name.len() / 3).clamp(1, 3)).then_some(name)
}

fn without_tabs(text: &str) -> String {
    printable(&text.replace('\t', " "))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn problem(text: &str, span: Range<usize>) -> Problem {
        Problem::new("plan.toml", text, &span, "odd".to_owned(), None)
    }

    #[test]
    fn the_caret_stands_under_the_place() {
        let text = "a = 1\r\n\tschlüssel = \"日本\" # x\r\n";
        let at = text.find("\"日本\"").unwrap();
        let expected = "\
plan.toml:2:14: odd
  |
2 |  schlüssel = \"日本\" # x
  |              ^^^^^^";
        assert_eq!(problem(text, at..at + 8).to_string(), expected);
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
    }

    #[test]
    fn what_steers_a_terminal_is_not_repeated() {
        let shown = problem("x = \u{1b}[2J\u{202e}", 4..5).to_string();
        assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{shown}");
        assert_eq!(code("x\ny"), r"`x\ny`");
        assert_eq!(code(&"x".repeat(1000)).chars().count(), LONGEST_NAME + 3);
    }

    #[test]
    fn the_nearest_word_is_near() {
        let near = |given| nearest(given, ["timeout_seconds", "title", "needs"]);
        assert_eq!(near("tilte"), Some("title"));
        assert_eq!(near("Need"), Some("needs"));
        assert_eq!(near("priority"), None);
        assert_eq!(near(&"title".repeat(100_000)), None);
        assert_eq!(nearest("x", []), None);
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
