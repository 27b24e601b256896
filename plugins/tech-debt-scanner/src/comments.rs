//! Comments that own up to debt: `TODO`, `FIXME`, `HACK` and `XXX`.
//!
//! A marker counts where it leads a comment, or a line of a block comment, in upper
//! case and as a word of its own. Prose that merely mentions a marker, such as this
//! paragraph, does not count.

use serde::{Deserialize, Serialize};

/// What debt a comment owns up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Marker {
    Todo,
    Fixme,
    Hack,
    Xxx,
}

/// A comment that a marker leads, from the marker to the end of its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DebtComment<'a> {
    pub(crate) marker: Marker,
    /// The marker and all that follows, without surrounding white space.
    pub(crate) text: &'a str,
    /// Where the marker begins, in bytes from the start of the file.
    pub(crate) offset: usize,
}

impl Marker {
    pub(crate) const ALL: [Self; 4] = [Self::Todo, Self::Fixme, Self::Hack, Self::Xxx];

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Todo => "TODO",
            Self::Fixme => "FIXME",
            Self::Hack => "HACK",
            Self::Xxx => "XXX",
        }
    }
}

/// The debt that one comment owns up to. `comment` is its text with the slashes
/// and stars, `offset` where it begins in the file.
pub(crate) fn debts(comment: &str, offset: usize) -> impl Iterator<Item = DebtComment<'_>> {
    let block = comment.starts_with("/*");
    let content = match comment.strip_suffix("*/") {
        Some(content) if block => content,
        _ => comment,
    };
    let mut at = offset;
    content.split('\n').filter_map(move |line| {
        let start = at;
        at += line.len() + 1;
        let led = line.trim_start_matches(is_lead);
        let marker = leading_marker(led)?;
        Some(DebtComment {
            marker,
            text: led.trim_end(),
            offset: start + (line.len() - led.len()),
        })
    })
}

/// What may stand between the beginning of a comment's line and a marker.
fn is_lead(c: char) -> bool {
    matches!(c, '/' | '*' | '!') || c.is_whitespace()
}

fn leading_marker(text: &str) -> Option<Marker> {
    let marker = Marker::ALL
        .into_iter()
        .find(|marker| text.starts_with(marker.word()))?;
    let mut rest = text[marker.word().len()..].chars();
    let ends = match rest.next() {
        None => true,
        Some('_' | '\'' | '’') => false,
        // "TODO-list" and "XXX.YYY" are words; "TODO - later" is a marker.
        Some('-' | '.') => !rest.next().is_some_and(char::is_alphanumeric),
        Some(c) => !c.is_alphanumeric(),
    };
    ends.then_some(marker)
}

#[cfg(test)]
mod tests {
    use guildhall_source::rust::{Lexer, TokenKind};

    use super::*;

    /// Texts of the debt comments of a file.
    fn found(file: &str) -> Vec<&str> {
        Lexer::new(file)
            .filter(|token| token.kind == TokenKind::Comment)
            .flat_map(|token| debts(&file[token.start..token.end], token.start))
            .inspect(|debt| assert!(file[debt.offset..].starts_with(debt.text)))
            .map(|debt| debt.text)
            .collect()
    }

    #[test]
    fn every_marker_that_leads_a_comment_is_found() {
        let file =
            "// TODO: a\n//FIXME b\n/// HACK(me): c\n//! XXX\n/* TODO! d */\n/** FIXME: e */";
        let all = [
            "TODO: a",
            "FIXME b",
            "HACK(me): c",
            "XXX",
            "TODO! d",
            "FIXME: e",
        ];
        assert_eq!(found(file), all);
    }

    #[test]
    fn every_line_of_a_block_comment_can_lead() {
        let file = "/*\n * TODO: a\r\n * nothing\n   FIXME: b\n */ fn f() {}";
        assert_eq!(found(file), ["TODO: a", "FIXME: b"]);
    }

    #[test]
    fn prose_and_longer_words_are_no_markers() {
        for comment in [
            "// the TODO list",
            "// todo: lower case",
            "// TODOS: more",
            "// TODO_LIST",
            "// TODO-list of things",
            "// XXX.YYY.ZZZ",
            "// XXXX",
            "// `TODO` marks debt",
            "// HACKS",
            "// Fixme",
        ] {
            assert_eq!(found(comment), [""; 0], "{comment}");
        }
        assert_eq!(
            found("// TODO - later\n// TODO. Later"),
            ["TODO - later", "TODO. Later"]
        );
    }

    #[test]
    fn literals_hold_no_comments() {
        let file = r###"
            const A: &str = "// TODO: a"; const B: &str = r#"" // TODO: b"#;
            const C: &[u8] = b"// TODO: c"; const D: &[u8] = br"// TODO: d";
            const E: &CStr = c"// TODO: e"; const F: &CStr = cr#"// TODO: f"#;
            const G: &str = "\" // TODO: g"; const H: char = '"'; // TODO: real
            const I: char = '\''; const J: u8 = b'"'; fn k<'a>(_: &'a str) {} // FIXME: real too
        "###;
        assert_eq!(found(file), ["TODO: real", "FIXME: real too"]);
    }

    #[test]
    fn nested_block_comments_end_where_they_end() {
        let file = "/* a /* b */ // TODO: inside\n */ // TODO: outside";
        assert_eq!(found(file), ["TODO: outside"]);
    }

    #[test]
    fn an_interpreter_line_is_no_comment_and_an_inner_attribute_no_interpreter_line() {
        assert_eq!(
            found("#!/usr/bin/env run // TODO: no\n// TODO: yes"),
            ["TODO: yes"]
        );
        assert_eq!(found("#![allow(x)] // TODO: yes"), ["TODO: yes"]);
        assert_eq!(
            found("\u{feff}#!/bin/x // TODO: no\n// TODO: yes"),
            ["TODO: yes"]
        );
    }
}
