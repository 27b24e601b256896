//! A lexer for Rust that never fails and never recurses.
//!
//! It exists beside `proc-macro2` for two reasons: comments, which that crate
//! drops, and the nesting guard ([`super::guard`]), which must look at a file
//! before anything recursive does. It agrees with `proc-macro2` token by token on
//! everything that crate accepts (a property test below holds it to that), and
//! keeps going where that crate gives up.

use memchr::{memchr, memchr2};

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// A comment, documentation or not.
    Comment,
    /// An identifier or keyword, raw or not.
    Ident,
    /// A lifetime or label with its quote.
    Lifetime,
    /// A literal of any kind with its suffix.
    Literal,
    /// One of `(`, `[`, `{`.
    Open(u8),
    /// One of `)`, `]`, `}`.
    Close(u8),
    /// One character of punctuation.
    Punct(u8),
}

/// A token: its kind and the bytes it covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Its first byte.
    pub start: usize,
    /// The byte after its last.
    pub end: usize,
}

/// The tokens of a text. It ends early where a comment or literal never ends.
#[derive(Debug, Clone)]
pub struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    /// Starts at the beginning of a file: a byte order mark and a `#!` line are
    /// passed over.
    pub fn new(text: &'a str) -> Self {
        let mut lexer = Self { text, at: 0 };
        if text.starts_with('\u{feff}') {
            lexer.at = '\u{feff}'.len_utf8();
        }
        lexer.skip_shebang();
        lexer
    }

    /// `#!` begins an interpreter line unless it begins an inner attribute.
    fn skip_shebang(&mut self) {
        if !self.rest().starts_with(b"#!") {
            return;
        }
        let mut ahead = self.clone();
        ahead.at += 2;
        let next = ahead.find(|token| token.kind != TokenKind::Comment);
        if next.is_none_or(|token| token.kind != TokenKind::Open(b'[')) {
            self.at = self.line_end(self.at);
        }
    }

    fn rest(&self) -> &'a [u8] {
        &self.text.as_bytes()[self.at..]
    }

    fn byte(&self, at: usize) -> u8 {
        // Zero stands for the end: it is no part of any token.
        self.text.as_bytes().get(at).copied().unwrap_or(0)
    }

    fn char(&self, at: usize) -> Option<char> {
        self.text[at..].chars().next()
    }

    fn line_end(&self, from: usize) -> usize {
        let bytes = &self.text.as_bytes()[from..];
        memchr(b'\n', bytes).map_or(self.text.len(), |offset| from + offset)
    }

    fn skip_whitespace(&mut self) {
        loop {
            match self.byte(self.at) {
                b' ' | 0x09..=0x0d => self.at += 1,
                0x80.. => match self.char(self.at) {
                    Some(c) if is_wide_space(c) => self.at += c.len_utf8(),
                    _ => return,
                },
                _ => return,
            }
        }
    }

    /// The kind and end of the token at `at`; `None` where it never ends.
    fn token_at(&self, at: usize) -> Option<(TokenKind, usize)> {
        let first = self.byte(at);
        match first {
            b'/' if self.byte(at + 1) == b'/' => Some((TokenKind::Comment, self.line_end(at))),
            b'/' if self.byte(at + 1) == b'*' => {
                Some((TokenKind::Comment, self.block_comment(at)?))
            }
            b'(' | b'[' | b'{' => Some((TokenKind::Open(first), at + 1)),
            b')' | b']' | b'}' => Some((TokenKind::Close(first), at + 1)),
            b'"' => self.literal(self.string(at + 1)),
            b'\'' => self.quote(at),
            b'0'..=b'9' => Some((TokenKind::Literal, self.number(at))),
            b'r' | b'b' | b'c' => self.prefixed(at),
            _ if is_ident_byte(first) => Some((TokenKind::Ident, self.ident(at))),
            _ => Some((TokenKind::Punct(first), at + 1)),
        }
    }

    fn block_comment(&self, start: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let mut depth = 0_usize;
        let mut at = start;
        loop {
            at += memchr2(b'/', b'*', bytes.get(at..)?)?;
            match (bytes[at], self.byte(at + 1)) {
                (b'/', b'*') => depth += 1,
                (b'*', b'/') => depth -= 1,
                _ => {
                    at += 1;
                    continue;
                }
            }
            at += 2;
            if depth == 0 {
                return Some(at);
            }
        }
    }

    /// A string, byte string, C string, raw identifier or ordinary word that
    /// begins with one of their letters.
    fn prefixed(&self, at: usize) -> Option<(TokenKind, usize)> {
        let rest = &self.text.as_bytes()[at..];
        let prefix = match rest {
            [b'b' | b'c', b'r', ..] => 2,
            _ => 1,
        };
        let raw = rest[prefix - 1] == b'r';
        match rest.get(prefix) {
            Some(b'"') if !raw => return self.literal(self.string(at + prefix + 1)),
            Some(b'\'') if rest[0] == b'b' && !raw => {
                return self.literal(self.char_end(at + prefix + 1));
            }
            Some(b'"' | b'#') if raw => {
                if let Some(hashes) = self.raw_hashes(at + prefix) {
                    return self.literal(self.raw_string(at + prefix, hashes));
                }
            }
            _ => {}
        }
        let word = if rest.starts_with(b"r#") { at + 2 } else { at };
        Some((TokenKind::Ident, self.ident(word)))
    }

    /// How many `#` stand before the quote of a raw string; `None` where no quote
    /// follows.
    fn raw_hashes(&self, at: usize) -> Option<usize> {
        let hashes = self.text.as_bytes()[at..]
            .iter()
            .take_while(|byte| **byte == b'#')
            .count();
        (self.byte(at + hashes) == b'"').then_some(hashes)
    }

    fn raw_string(&self, at: usize, hashes: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let mut at = at + hashes + 1;
        loop {
            at += memchr(b'"', bytes.get(at..)?)? + 1;
            let closing = bytes[at..].iter().take(hashes);
            if closing.take_while(|byte| **byte == b'#').count() == hashes {
                return Some(at + hashes);
            }
        }
    }

    /// The end of a string whose opening quote is before `at`.
    fn string(&self, mut at: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        loop {
            at += memchr2(b'"', b'\\', bytes.get(at..)?)?;
            if bytes[at] == b'"' {
                return Some(at + 1);
            }
            at += 2;
        }
    }

    /// The end of a character whose opening quote is before `at`.
    fn char_end(&self, at: usize) -> Option<usize> {
        let mut at = at;
        if self.byte(at) == b'\\' {
            at += 2;
            let line = self.line_end(at.min(self.text.len()));
            let offset = memchr(b'\'', self.text.as_bytes().get(at..line)?)?;
            return Some(at + offset + 1);
        }
        at += self.char(at)?.len_utf8();
        (self.byte(at) == b'\'').then_some(at + 1)
    }

    /// A character or a lifetime.
    fn quote(&self, at: usize) -> Option<(TokenKind, usize)> {
        if let Some(end) = self.char_end(at + 1) {
            return self.literal(Some(end));
        }
        // Only a name makes a lifetime: in `'b"x"` a quote stands before a literal.
        if self.starts_name(at + 1)
            && let Some((TokenKind::Ident, end)) = self.token_at(at + 1)
        {
            return Some((TokenKind::Lifetime, end));
        }
        Some((TokenKind::Punct(b'\''), at + 1))
    }

    /// A literal that ends at `end`, with the suffix that may follow.
    fn literal(&self, end: Option<usize>) -> Option<(TokenKind, usize)> {
        let end = end?;
        let end = if self.starts_name(end) {
            self.ident(end)
        } else {
            end
        };
        Some((TokenKind::Literal, end))
    }

    fn number(&self, at: usize) -> usize {
        let mut end = self.ident(at);
        let word = &self.text[at..end];
        if word.starts_with("0x") || word.starts_with("0o") || word.starts_with("0b") {
            return end;
        }
        let whole = word
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'_');
        if whole && self.byte(end) == b'.' {
            let next = self.byte(end + 1);
            if next == b'.' || self.starts_name(end + 1) {
                return end;
            }
            end += 1;
            if next.is_ascii_digit() {
                end = self.ident(end);
            }
        }
        self.exponent(at, end)
    }

    /// Takes in the signed exponent that a float may end with: `1e-5`.
    fn exponent(&self, start: usize, end: usize) -> usize {
        let word = &self.text.as_bytes()[start..end];
        let Some((b'e' | b'E', mantissa)) = word.split_last() else {
            return end;
        };
        let mut plain = mantissa.iter();
        let is_mantissa = plain.all(|byte| byte.is_ascii_digit() || matches!(byte, b'_' | b'.'));
        if is_mantissa && matches!(self.byte(end), b'+' | b'-') {
            let digits = self.text.as_bytes()[end + 1..].iter();
            let first = digits.clone().find(|byte| **byte != b'_');
            if first.is_some_and(u8::is_ascii_digit) {
                return self.ident(end + 1);
            }
        }
        end
    }

    /// Whether an identifier could begin at `at`.
    fn starts_name(&self, at: usize) -> bool {
        let first = self.byte(at);
        if first.is_ascii() {
            return is_ident_byte(first) && !first.is_ascii_digit();
        }
        self.char(at).is_some_and(|c| !is_wide_space(c))
    }

    /// The end of the run of letters, digits and underscores at `at`.
    fn ident(&self, mut at: usize) -> usize {
        let bytes = self.text.as_bytes();
        while let Some(byte) = bytes.get(at) {
            if byte.is_ascii() {
                if !is_ident_byte(*byte) {
                    break;
                }
                at += 1;
            } else {
                match self.char(at) {
                    Some(c) if !is_wide_space(c) => at += c.len_utf8(),
                    _ => break,
                }
            }
        }
        at
    }
}

impl Iterator for Lexer<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        self.skip_whitespace();
        let start = self.at;
        if start >= self.text.len() {
            return None;
        }
        let Some((kind, end)) = self.token_at(start) else {
            self.at = self.text.len();
            return None;
        };
        self.at = end;
        Some(Token { kind, start, end })
    }
}

/// Whether a byte can be part of an identifier. Every byte that is not ASCII may
/// be: whether the character is allowed there is the parser's business.
fn is_ident_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

/// White space outside ASCII, with the two marks that Rust counts as such.
fn is_wide_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200e}' | '\u{200f}')
}

#[cfg(test)]
mod tests {
    use std::str::FromStr as _;

    use proc_macro2::{Delimiter, TokenStream, TokenTree};
    use proptest::prelude::*;

    use super::*;

    /// The tokens of `text` in short: `i` an identifier, `l` a literal, else the
    /// character itself. A documentation comment is the attribute it stands for.
    fn ours(text: &str) -> String {
        let mut short = String::new();
        for token in Lexer::new(text) {
            match token.kind {
                TokenKind::Comment => short.push_str(doc_attribute(&text[token.start..token.end])),
                TokenKind::Ident => short.push('i'),
                TokenKind::Lifetime => short.push_str("'i"),
                TokenKind::Literal => short.push('l'),
                TokenKind::Open(byte) | TokenKind::Close(byte) | TokenKind::Punct(byte) => {
                    short.push(byte as char);
                }
            }
        }
        short
    }

    fn doc_attribute(comment: &str) -> &'static str {
        let outer = (comment.starts_with("///") && !comment.starts_with("////"))
            || (comment.starts_with("/**") && !comment.starts_with("/***") && comment != "/**/");
        if outer {
            "#[i=l]"
        } else if comment.starts_with("//!") || comment.starts_with("/*!") {
            "#![i=l]"
        } else {
            ""
        }
    }

    fn theirs(stream: TokenStream, short: &mut String) {
        for tree in stream {
            match tree {
                TokenTree::Ident(_) => short.push('i'),
                TokenTree::Literal(_) => short.push('l'),
                TokenTree::Punct(punct) => short.push(punct.as_char()),
                TokenTree::Group(group) => {
                    let (open, close) = match group.delimiter() {
                        Delimiter::Parenthesis => ('(', ')'),
                        Delimiter::Brace => ('{', '}'),
                        Delimiter::Bracket | Delimiter::None => ('[', ']'),
                    };
                    short.push(open);
                    theirs(group.stream(), short);
                    short.push(close);
                }
            }
        }
    }

    fn check(text: &str) {
        // The parser crates strip these before they look at tokens.
        if text.starts_with("#!") || text.starts_with('\u{feff}') {
            return;
        }
        if let Ok(stream) = TokenStream::from_str(text) {
            let mut expected = String::new();
            theirs(stream, &mut expected);
            assert_eq!(ours(text), expected, "{text:?}");
        }
        proc_macro2::extra::invalidate_current_thread_spans();
    }

    /// Pieces that make trouble next to each other.
    const PIECES: &[&str] = &[
        "a", "r", "b", "c", "br", "cr", "r#", "_", "é", "'", "\"", "#", "##", "\\", "\\\"", "\\'",
        "/", "*", "//", "/*", "*/", "/**", "///", "//!", "/**/", "\n", "\r\n", " ", "0", "1", "9.",
        ".", "..", "e", "E", "+", "-", "0x", "1e5", "1.5", "f32", "(", ")", "[", "]", "{", "}",
        "<", ">", "|", "&", "!", "=", ",", ";", "r\"", "r#\"", "\"#", "b'", "b\"", "c\"", "'a'",
        "'a", "\\u{41}", "\\x41", "\\n", "\u{2003}", "\u{200e}", "?", "@", "$", "~", "x.0.0",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn tokens_agree_with_proc_macro2(
            pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..12),
        ) {
            check(&pieces.concat());
        }

        #[test]
        fn any_text_is_lexed_in_order(text in "\\PC*") {
            let mut last = 0;
            for token in Lexer::new(&text) {
                prop_assert!(last <= token.start && token.start < token.end);
                prop_assert!(text.get(token.start..token.end).is_some());
                last = token.end;
            }
        }
    }

    #[test]
    fn tricky_tokens_agree_with_proc_macro2() {
        for text in [
            "'a'",
            "'a",
            "'a: loop {}",
            "'\\''",
            "b'\\''",
            "'\\u{1F600}'",
            "'é'",
            "&'static str",
            "r\"a\\\"",
            "r#\"a\"b\"#",
            "br##\"\"#\"##",
            "c\"a\"",
            "cr\"a\\\"",
            "r#fn",
            "'r#fn",
            "1.0e-5",
            "1e+5",
            "1..2",
            "1.foo()",
            "1.",
            "0xe+1",
            "x.0.0",
            "1_000f32",
            "\"a\"suffix",
            "0b1.0",
            "1e_5",
            "a/**/b",
            "a /* /* */ */ b",
            "/// doc\nfn f() {}",
            "#[a] x",
            "\"a\\\n  b\"",
            "1.e5",
            "1._0",
            "2.0.0.0",
            "0.0.0",
            "b\"\\\\\"",
            "''a",
            "'('",
            "9.\u{2003}",
            "'b\"r\"",
            "'r#\"a\"#",
        ] {
            check(text);
        }
    }

    #[test]
    fn what_never_ends_ends_the_tokens() {
        for text in ["a \"b", "a r#\"b\"", "a /* b", "a b'\\", "a \"b\\"] {
            assert!(ours(text).starts_with('i'), "{text:?}");
        }
    }
}
