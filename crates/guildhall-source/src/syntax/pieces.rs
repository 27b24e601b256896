//! What follows a directive of the preprocessor: one text to the grammar, divided here.

use super::TokenKind;

/// The tokens of a text, with where they begin and end.
pub(super) fn of(text: &str) -> impl Iterator<Item = (TokenKind, usize, usize)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = &text[at..];
        let start = at + (rest.len() - rest.trim_start_matches(is_space).len());
        let (kind, length) = first(&text[start..])?;
        at = start + length;
        Some((kind, start, at))
    })
}

/// White space, and the backslash that carries a line on.
fn is_space(c: char) -> bool {
    c.is_whitespace() || c == '\\'
}

fn first(text: &str) -> Option<(TokenKind, usize)> {
    let begin = text.chars().next()?;
    Some(match begin {
        _ if text.starts_with("//") => (TokenKind::Comment, text.find('\n').unwrap_or(text.len())),
        _ if text.starts_with("/*") => {
            let end = text.get(2..).and_then(|rest| rest.find("*/"));
            (TokenKind::Comment, end.map_or(text.len(), |end| end + 4))
        }
        '"' | '\'' => (TokenKind::Literal, quoted(text, begin)),
        _ if begin.is_ascii_digit() => (TokenKind::Literal, word(text)),
        _ if is_word(begin) => (TokenKind::Identifier, word(text)),
        _ => (TokenKind::Fixed, begin.len_utf8()),
    })
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn word(text: &str) -> usize {
    text.find(|c| !is_word(c)).unwrap_or(text.len())
}

/// The length of a string from its first quote to its last.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    let end = text.char_indices().skip(1).find(|(_, c)| {
        let ends = *c == quote && !escaped;
        escaped = *c == '\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |(at, c)| at + c.len_utf8())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_told_from_strings_and_operators() {
        let text = r#"f(x) "/* no */" / 'a' \ 12u // yes "#;
        let found: Vec<(TokenKind, &str)> = of(text)
            .map(|(kind, start, end)| (kind, &text[start..end]))
            .collect();
        use TokenKind::{Comment, Fixed, Identifier, Literal};
        let expected = [
            (Identifier, "f"),
            (Fixed, "("),
            (Identifier, "x"),
            (Fixed, ")"),
            (Literal, "\"/* no */\""),
            (Fixed, "/"),
            (Literal, "'a'"),
            (Literal, "12u"),
            (Comment, "// yes "),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn what_does_not_end_ends_with_the_text() {
        for text in ["\"a", "'\\", "/*/", "a\\"] {
            let last = of(text).last().unwrap();
            assert!(last.2 <= text.len(), "{text}");
        }
    }
}
