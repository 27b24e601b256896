//! The tags of a template and the tokens in them, as far as one must know them to tell
//! which names a template reads. What is no well-formed template is cut up somehow; the
//! template engine refuses it.

use std::ops::Range;

/// A part of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece<'t> {
    /// What is taken as it is: text, comments and what stands between `raw` and `endraw`.
    Text(&'t str),
    /// `{{ … }}`: all of it, and what is within.
    Expression(&'t str, &'t str),
    /// `{% … %}`: all of it, and what is within.
    Statement(&'t str, &'t str),
}

/// A token of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token<'t> {
    pub(crate) kind: TokenKind,
    pub(crate) text: &'t str,
    /// Its bytes within the expression.
    pub(crate) range: Range<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Name,
    /// With its quotes.
    Text,
    Number,
    /// One character.
    Sign,
}

impl Token<'_> {
    pub(crate) fn is(&self, sign: &str) -> bool {
        self.kind == TokenKind::Sign && self.text == sign
    }
}

/// Whether `text` has any tag.
pub(crate) fn has_tags(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes
        .windows(2)
        .any(|pair| pair[0] == b'{' && matches!(pair[1], b'{' | b'%' | b'#'))
}

/// The parts of `text`, which together are all of it.
pub(crate) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = next_tag(rest) {
        if at > 0 {
            pieces.push(Piece::Text(&rest[..at]));
        }
        let (piece, length) = tag(&rest[at..]);
        let is_raw = matches!(piece, Piece::Statement(_, inner) if inner.trim() == "raw");
        pieces.push(piece);
        rest = &rest[at + length..];
        if is_raw {
            let raw = raw_length(rest);
            pieces.push(Piece::Text(&rest[..raw]));
            rest = &rest[raw..];
        }
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

/// The tokens of an expression.
pub(crate) fn tokens(expression: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = expression[at..].chars().next() {
        let (kind, length) = match first {
            '"' | '\'' => (Some(TokenKind::Text), string_length(&expression[at..])),
            _ if first.is_whitespace() => (None, first.len_utf8()),
            _ if first.is_ascii_digit() => {
                (Some(TokenKind::Number), word_length(&expression[at..]))
            }
            _ if is_word(first) => (Some(TokenKind::Name), word_length(&expression[at..])),
            _ => (Some(TokenKind::Sign), first.len_utf8()),
        };
        let range = at..at + length;
        if let Some(kind) = kind {
            let text = &expression[range.clone()];
            tokens.push(Token { kind, text, range });
        }
        at += length;
    }
    tokens
}

fn next_tag(text: &str) -> Option<usize> {
    let starts = |at: &usize| matches!(text.as_bytes().get(at + 1), Some(b'{' | b'%' | b'#'));
    text.match_indices('{').map(|(at, _)| at).find(starts)
}

/// The tag at the beginning of `text`, and its length.
fn tag(text: &str) -> (Piece<'_>, usize) {
    if text.starts_with("{#") {
        let length = text.find("#}").map_or(text.len(), |at| at + 2);
        return (Piece::Text(&text[..length]), length);
    }
    let is_expression = text.starts_with("{{");
    let end = if is_expression { "}}" } else { "%}" };
    let (inner, length) = match tag_end(&text[2..], end) {
        Some(at) => (&text[2..2 + at], at + 4),
        None => (&text[2..], text.len()),
    };
    // The marks of white space control.
    let inner = inner.strip_prefix(['-', '+']).unwrap_or(inner);
    let inner = inner.strip_suffix(['-', '+']).unwrap_or(inner);
    let whole = &text[..length];
    let piece = if is_expression {
        Piece::Expression(whole, inner)
    } else {
        Piece::Statement(whole, inner)
    };
    (piece, length)
}

/// Where the tag with this content ends: `end` outside of strings and of brackets, as the
/// engine counts them.
pub(crate) fn tag_end(text: &str, end: &str) -> Option<usize> {
    let (mut at, mut open) = (0, 0_isize);
    while let Some(first) = text[at..].chars().next() {
        if open == 0 && text[at..].starts_with(end) {
            return Some(at);
        }
        match first {
            '"' | '\'' => at += string_length(&text[at..]),
            _ => {
                match first {
                    '(' | '[' | '{' => open += 1,
                    ')' | ']' | '}' => open -= 1,
                    _ => {}
                }
                at += first.len_utf8();
            }
        }
    }
    None
}

/// Length of the string that `text` begins with, quotes included.
fn string_length(text: &str) -> usize {
    let quote = text.as_bytes()[0];
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            _ if byte == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn word_length(text: &str) -> usize {
    text.find(|character| !is_word(character))
        .unwrap_or(text.len())
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// How much of `text` lies before the tag `endraw`.
fn raw_length(text: &str) -> usize {
    let ends = |at: &usize| {
        let inner = text[at + 2..].trim_start_matches(['-', '+']).trim_start();
        inner.starts_with("endraw")
    };
    let mut tags = text.match_indices("{%").map(|(at, _)| at);
    tags.find(ends).unwrap_or(text.len())
}
