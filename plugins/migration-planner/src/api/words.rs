//! Tokens as flat text: what types and bounds are written and compared as.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// One token: a word, a lifetime with its quote, a literal, a bracket, or joined punctuation
/// such as `->` and `::`.
pub(super) type Word = String;

/// Punctuation of two characters that stands as one word in types.
const PAIRS: [(char, char); 2] = [(':', ':'), ('-', '>')];

/// The words of a stream, brackets included and groups without one left out.
pub(super) fn words(tokens: TokenStream) -> Vec<Word> {
    let mut words = Vec::new();
    add(tokens, &mut words);
    words
}

/// Words as text: spaces where two of them would run together, after commas, and around what
/// reads better so.
pub(super) fn text(words: &[Word]) -> String {
    let mut text = String::new();
    for (at, word) in words.iter().enumerate() {
        if at > 0 && is_spaced(&words[at - 1], word) {
            text.push(' ');
        }
        text.push_str(word);
    }
    text
}

/// Whether a word can be a name or a part of a path.
pub(super) fn is_name(word: &str) -> bool {
    word.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

fn add(tokens: TokenStream, words: &mut Vec<Word>) {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Group(group) => {
                let (open, close) = brackets(group.delimiter());
                words.extend(open.map(str::to_owned));
                add(group.stream(), words);
                words.extend(close.map(str::to_owned));
            }
            TokenTree::Ident(name) => words.push(plain(&name.to_string())),
            TokenTree::Literal(literal) => words.push(literal.to_string()),
            TokenTree::Punct(punctuation) => {
                let first = punctuation.as_char();
                let second = tokens.peek();
                let joined = second.and_then(|second| joined(first, second));
                if joined.is_some() {
                    tokens.next();
                }
                words.push(joined.unwrap_or_else(|| first.to_string()));
            }
        }
    }
}

/// What a character of punctuation makes with the token behind it, where they are one.
fn joined(first: char, second: &TokenTree) -> Option<Word> {
    match second {
        TokenTree::Ident(name) if first == '\'' => Some(format!("'{name}")),
        TokenTree::Punct(second) if PAIRS.contains(&(first, second.as_char())) => {
            Some(format!("{first}{}", second.as_char()))
        }
        _ => None,
    }
}

/// A name without the mark that makes a keyword a name.
pub(super) fn plain(name: &str) -> Word {
    name.strip_prefix("r#").unwrap_or(name).to_owned()
}

fn brackets(delimiter: Delimiter) -> (Option<&'static str>, Option<&'static str>) {
    match delimiter {
        Delimiter::Parenthesis => (Some("("), Some(")")),
        Delimiter::Brace => (Some("{"), Some("}")),
        Delimiter::Bracket => (Some("["), Some("]")),
        Delimiter::None => (None, None),
    }
}

fn is_spaced(left: &str, right: &str) -> bool {
    let is_word =
        |word: &str| is_name(word) || word.starts_with(['\'', '"', '#']) || is_digit(word);
    let ends = |word: &str| is_word(word) || matches!(word, ")" | ">" | "]");
    match (left, right) {
        ("," | ";" | ":" | "->" | "+", _) => !matches!(right, "]" | ")" | "="),
        (_, "->") => true,
        (_, "+" | "=") => ends(left),
        ("=", _) => right != "]",
        (_, "?") => ends(left),
        ("mut" | "const" | "'static", _) => !matches!(right, ">" | "," | ")"),
        _ => is_word(right) && ends(left) && left != "]",
    }
}

fn is_digit(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_digit())
}
