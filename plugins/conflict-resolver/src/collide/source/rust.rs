//! Items of Rust, by the tokens alone.

use std::ops::Range;

use guildhall_source::rust::{Lexer, TokenKind};

use super::{Item, Source, Token, line_of, line_starts};

/// Words before the name of a type.
const TYPES: [&str; 5] = ["struct", "enum", "trait", "union", "type"];

/// Reads tokens and items.
pub(super) fn read(source: &mut Source) {
    let starts = line_starts(&source.text);
    let tokens = Lexer::new(&source.text).filter(|token| token.kind != TokenKind::Comment);
    let tokens = tokens.map(|token| Token {
        start: token.start,
        end: token.end,
        line: line_of(&starts, token.start),
        is_word: token.kind == TokenKind::Ident,
    });
    source.tokens = tokens.collect();
    let mut items = Vec::new();
    // The bodies that enclose the place, each with the type that it is of.
    let mut open: Vec<(usize, Option<String>)> = Vec::new();
    for at in 0..source.tokens.len() {
        open.retain(|(end, _)| at < *end);
        match source.word(at) {
            "impl" if is_statement(source, at) => {
                open.push((block(source, at).end, owner(source, at)));
            }
            "fn" if is_name(source, at + 1) => {
                let owner = open.last().and_then(|(_, owner)| owner.clone());
                items.push(item(source, at, owner, false));
                // A function within a function is nobody's method.
                open.push((block(source, at).end, None));
            }
            "trait" if is_name(source, at + 1) => {
                items.push(item(source, at, None, true));
                let owner = source.word(at + 1).to_owned();
                open.push((block(source, at).end, Some(owner)));
            }
            word if TYPES.contains(&word) && is_name(source, at + 1) => {
                items.push(item(source, at, None, true));
            }
            _ => {}
        }
    }
    source.items = items;
}

/// The item that the keyword `at` begins.
fn item(source: &Source, at: usize, owner: Option<String>, is_type: bool) -> Item {
    let tokens = block(source, at);
    let last = source.tokens[tokens.end - 1].line;
    let lines: Range<usize> = source.tokens[at].line..last + 1;
    let called = source.word(at + 1);
    let name = match &owner {
        Some(owner) => format!("{owner}::{called}"),
        None => called.to_owned(),
    };
    source.make(name, owner, is_type, lines, at + 1)
}

/// From the token `at` to the end of the block that it begins, or to the semicolon.
fn block(source: &Source, at: usize) -> Range<usize> {
    let mut depth = 0usize;
    for place in at..source.tokens.len() {
        match source.word(place) {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" => depth = depth.saturating_sub(1),
            "}" => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at..place + 1;
                }
            }
            ";" if depth == 0 => return at..place + 1,
            _ => {}
        }
    }
    at..source.tokens.len()
}

/// The type that an `impl` is for: its last name outside of angle brackets.
fn owner(source: &Source, at: usize) -> Option<String> {
    let (mut depth, mut found) = (0usize, None);
    for place in at + 1..source.tokens.len() {
        match source.word(place) {
            "{" | ";" | "where" => break,
            "<" => depth += 1,
            // The arrow of a function type is none.
            ">" if source.word(place - 1) != "-" => depth = depth.saturating_sub(1),
            word if depth == 0 && is_name(source, place) && word != "for" => {
                found = Some(word.to_owned());
            }
            _ => {}
        }
    }
    found
}

/// Whether an `impl` begins an item, and is not part of a type.
fn is_statement(source: &Source, at: usize) -> bool {
    let before = at.checked_sub(1).map_or("", |at| source.word(at));
    matches!(before, "" | "}" | "{" | ";" | "]" | "unsafe" | "default")
}

fn is_name(source: &Source, at: usize) -> bool {
    source.tokens.get(at).is_some_and(|token| token.is_word)
}
