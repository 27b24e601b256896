//! A text as lines of code that can be compared: without indentation, blank lines and
//! comments on lines of their own.

use std::ops::Range;

use guildhall_source::language::Language;

use crate::clones::hash;

/// The lines of code of a text.
#[derive(Debug)]
pub(super) struct Lines<'a> {
    pub(super) all: Vec<Line<'a>>,
}

/// One line of code.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    /// Without the white space around it.
    pub(super) text: &'a str,
    pub(super) hash: u64,
    /// Counted from one.
    pub(super) number: u32,
    /// Of the place just after it.
    pub(super) end_column: u32,
}

impl<'a> Lines<'a> {
    pub(super) fn of(text: &'a str, language: Option<Language>) -> Self {
        let mut all = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            let code = line.trim();
            if code.is_empty() || is_comment(code, language) {
                continue;
            }
            all.push(Line {
                text: code,
                hash: hash(code.as_bytes()),
                number,
                end_column: u32::try_from(line.trim_end().chars().count())
                    .unwrap_or(u32::MAX)
                    .saturating_add(1),
            });
        }
        Self { all }
    }

    /// About how many tokens some of the lines have.
    pub(super) fn tokens(&self, lines: Range<usize>) -> u32 {
        let tokens = self.all[lines].iter().map(|line| tokens(line.text));
        tokens.fold(0, u32::saturating_add)
    }
}

/// About how many tokens a line has: words, and marks each by itself.
pub(super) fn tokens(line: &str) -> u32 {
    let mut count = 0;
    let mut in_word = false;
    for character in line.chars() {
        let is_word = character.is_alphanumeric() || character == '_';
        count += u32::from(is_word && !in_word);
        count += u32::from(!is_word && !character.is_whitespace());
        in_word = is_word;
    }
    count
}

/// Whether a line holds nothing but a comment, as far as its beginning says.
fn is_comment(line: &str, language: Option<Language>) -> bool {
    let starts = |starts: &[&str]| starts.iter().any(|start| line.starts_with(start));
    match language {
        Some(Language::Python | Language::Ruby) => line.starts_with('#'),
        // `*` also leads what a pointer leads to.
        _ => starts(&["//", "/*", "* ", "*/"]) || line == "*",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_of_code_are_kept_with_their_numbers() {
        let text = "fn a() {\n\n    // b\n\tc(*d);\r\n /* e\n * f\n */\n    *g = 1;\n}";
        let lines = Lines::of(text, Some(Language::Rust));
        let kept: Vec<(u32, &str)> = lines
            .all
            .iter()
            .map(|line| (line.number, line.text))
            .collect();
        assert_eq!(
            kept,
            [(1, "fn a() {"), (4, "c(*d);"), (8, "*g = 1;"), (9, "}")]
        );
        let lines = Lines::of("# a\nb  # c\n#[d]", Some(Language::Python));
        assert_eq!(lines.all.len(), 1);
        assert_eq!(Lines::of("#[a]", Some(Language::Rust)).all.len(), 1);
    }

    #[test]
    fn tokens_are_words_and_marks() {
        assert_eq!(tokens("let a_1 = b.c(2);"), 9 + 1);
        assert_eq!(tokens(""), 0);
    }
}
