//! Rust files as tokens for the search for clones.

use std::ops::Range;

use super::noise;
use super::token::{Class, CloneToken};
use guildhall_source::rust::{Lexer, TokenKind};
use guildhall_source::unwritten::says_generated;

/// The tokens of a file at `path`, marked as noise and as test code; none of a file that
/// says it is generated.
pub(crate) fn tokens(path: &str, text: &str) -> Vec<CloneToken> {
    let mut tokens = Vec::with_capacity(text.len() / 4);
    for token in Lexer::new(text) {
        if token.kind == TokenKind::Comment {
            continue;
        }
        if tokens.is_empty() && says_generated(&text[..token.start]) {
            return Vec::new();
        }
        let word = &text[token.start..token.end];
        if token.kind == TokenKind::Literal && word.contains('\n') {
            add_words(text, token.start..token.end, &mut tokens);
        } else {
            let class = class(token.kind, word);
            tokens.push(CloneToken::new(text, token.start, token.end, class));
        }
    }
    let attributes = noise::attributes(text, &tokens);
    noise::mark(text, &mut tokens, &attributes);
    noise::mark_trivial(text, &mut tokens);
    if is_test_path(path) {
        tokens.iter_mut().for_each(|token| token.test = true);
    } else {
        mark_tests(text, &mut tokens, &attributes);
    }
    tokens
}

/// A string of several lines is text, of which a part can be copied: each of its words is a
/// token.
fn add_words(text: &str, literal: Range<usize>, tokens: &mut Vec<CloneToken>) {
    let mut start = literal.start;
    for word in text[literal].split(|letter: char| letter.is_ascii_whitespace()) {
        let end = start + word.len();
        if start < end {
            tokens.push(CloneToken::new(text, start, end, Class::Text));
        }
        start = end + 1;
    }
}

fn class(kind: TokenKind, word: &str) -> Class {
    match kind {
        TokenKind::Literal => Class::Literal,
        TokenKind::Lifetime => Class::Name,
        TokenKind::Ident if !is_keyword(word) => Class::Name,
        _ => Class::Fixed,
    }
}

/// Whether a word means the same wherever it stands. Words that are keywords only in some
/// places, such as `union`, are names.
fn is_keyword(word: &str) -> bool {
    matches!(
        word,
        "_" | "as"
            | "async"
            | "await"
            | "break"
            | "const"
            | "continue"
            | "crate"
            | "dyn"
            | "else"
            | "enum"
            | "extern"
            | "false"
            | "fn"
            | "for"
            | "if"
            | "impl"
            | "in"
            | "let"
            | "loop"
            | "match"
            | "mod"
            | "move"
            | "mut"
            | "pub"
            | "ref"
            | "return"
            | "self"
            | "Self"
            | "static"
            | "struct"
            | "super"
            | "trait"
            | "true"
            | "type"
            | "unsafe"
            | "use"
            | "where"
            | "while"
    )
}

/// Whether cargo, or custom, keeps nothing but tests in such a file.
pub(crate) fn is_test_path(path: &str) -> bool {
    let (folders, file) = path.rsplit_once('/').unwrap_or(("", path));
    let mut folders = folders.split('/');
    let stem = file.strip_suffix(".rs").unwrap_or(file);
    folders.any(|folder| matches!(folder, "tests" | "test" | "benches"))
        || matches!(stem, "tests" | "test")
        || stem.ends_with("_test")
        || stem.ends_with("_tests")
}

/// Marks items under an attribute that names `test`, unless it is one of `not(test)`.
fn mark_tests(text: &str, tokens: &mut [CloneToken], attributes: &[Range<usize>]) {
    let mut done = 0;
    for attribute in attributes {
        if attribute.start < done || !names_test(text, &tokens[attribute.clone()]) {
            continue;
        }
        done = item_end(text, tokens, attribute.end);
        let item = &mut tokens[attribute.start..done];
        item.iter_mut().for_each(|token| token.test = true);
    }
}

fn names_test(text: &str, attribute: &[CloneToken]) -> bool {
    let mut words = attribute
        .iter()
        .map(|token| &text[token.start as usize..token.end as usize]);
    let test = words
        .clone()
        .any(|word| matches!(word, "test" | "bench" | "rstest"));
    test && !words.any(|word| word == "not")
}

/// Where the item ends whose tokens begin here: after its block, or after its semicolon.
fn item_end(text: &str, tokens: &[CloneToken], start: usize) -> usize {
    let mut depth = 0_usize;
    for at in start..tokens.len() {
        match noise::word(text, tokens, at) {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" => depth = depth.saturating_sub(1),
            "}" => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            ";" if depth == 0 => return at + 1,
            _ => {}
        }
    }
    tokens.len()
}
