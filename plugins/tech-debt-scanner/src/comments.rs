//! Comments that own up to debt: `TODO`, `FIXME`, `HACK`, `XXX`, or a project's own words.
//!
//! A marker counts where it leads a comment, or a line of a block comment, as a word of
//! its own. In upper case it needs nothing more; in another case it must be followed by
//! a colon or by an author in parentheses, or be all there is, because `todo` and `hack`
//! are words of prose as well. A bullet, a bracket or an `@` may stand before it. Prose
//! that merely mentions a marker, such as this paragraph, does not count, and neither
//! does a comment in the code of an example: that is text about debt.
//!
//! What this finds and misses in public code is measured in
//! `docs/measured/README.md`.

mod markers;
mod reference;

use markers::Form;
pub(crate) use markers::{Marker, Markers};

/// A comment that a marker leads, from the marker to the end of its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DebtComment<'a> {
    pub(crate) marker: Marker<'a>,
    /// The marker with a bracket before it, and all that follows, without surrounding
    /// white space.
    pub(crate) text: &'a str,
    /// Where that begins, in bytes from the start of the file.
    pub(crate) offset: usize,
    /// The issue that the comment names, as it is written there: `#12`, `owner/name#12`,
    /// a key such as `SHOP-12`, or an address.
    pub(crate) issue: Option<&'a str>,
    /// Who is to do it, without the `@`: `ada` in `TODO(ada)` and `TODO @ada`.
    pub(crate) assignee: Option<&'a str>,
}

/// With what notes to tools begin in the languages whose comments begin with `#`.
const DIRECTIVES: [&str; 14] = [
    "coverage:",
    "flake8:",
    "fmt:",
    "isort:",
    "mypy:",
    "noqa",
    "nosec",
    "pragma:",
    "pylint:",
    "pyright:",
    "rubocop:",
    "ruff:",
    "standard:",
    "type:",
];

/// Pairs that may stand around a marker, beside `[]`.
const BRACKETS: [(&str, &str); 3] = [("(", ")"), ("**", "**"), ("__", "__")];

/// What kind of comment a marker is looked for in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Line,
    Block,
    Documentation,
}

/// The debt that one comment owns up to. `comment` is its text with the slashes and
/// stars, `offset` where it begins in the file.
pub(crate) fn debts<'a>(
    markers: &'a Markers,
    comment: &'a str,
    offset: usize,
) -> impl Iterator<Item = DebtComment<'a>> {
    let kind = Kind::of(comment);
    let content = match comment.strip_suffix("*/") {
        Some(content) if comment.starts_with("/*") => content,
        _ => comment,
    };
    let mut at = offset;
    content.split('\n').filter_map(move |line| {
        let start = at;
        at += line.len() + 1;
        debt_of_line(markers, line, start, kind)
    })
}

impl Kind {
    fn of(comment: &str) -> Self {
        // Where comments begin with `#`, documentation looks like any other comment.
        let documentation = ["///", "//!", "/**", "/*!", "#"];
        if documentation
            .iter()
            .any(|opener| comment.starts_with(opener))
        {
            Self::Documentation
        } else if comment.starts_with("//") {
            Self::Line
        } else {
            Self::Block
        }
    }
}

fn debt_of_line<'a>(
    markers: &'a Markers,
    line: &'a str,
    start: usize,
    kind: Kind,
) -> Option<DebtComment<'a>> {
    let led = line.trim_start().trim_start_matches(is_opener).trim_start();
    let found = match inner_comment(led) {
        // In documentation it is a comment in the code of an example.
        Some(_) if kind == Kind::Documentation => None,
        Some(inner) => leading_marker(markers, inner),
        None => leading_marker(markers, led),
    };
    let (marker, text) = found.or_else(|| {
        // A note after a directive to a tool, or after code that is commented out.
        let opener = match kind {
            Kind::Line => " //",
            _ if is_directive(line, led) => " #",
            _ => return None,
        };
        let inner = &led[led.find(opener)? + 1..];
        let inner = inner.trim_start_matches(is_opener).trim_start();
        leading_marker(markers, inner)
    })?;
    let bracket = text.len() - text.trim_start_matches(is_bracket).len();
    let rest = text[bracket + marker.word().len()..].trim_start_matches([']', ')', '*', '_']);
    Some(DebtComment {
        marker,
        text: text.trim_end(),
        offset: start + (line.len() - text.len()),
        issue: reference::issue(rest),
        assignee: reference::assignee(rest),
    })
}

/// What a comment begins with, in the languages whose comments are read.
fn is_opener(c: char) -> bool {
    matches!(c, '/' | '*' | '!' | '#')
}

/// Whether a comment that begins with `#` is a note to a tool.
fn is_directive(line: &str, led: &str) -> bool {
    let mut directives = DIRECTIVES.iter();
    line.trim_start().starts_with('#') && directives.any(|directive| led.starts_with(directive))
}

/// What may stand around a marker.
fn is_bracket(c: char) -> bool {
    matches!(c, '[' | '(' | '*' | '_')
}

/// The text of a comment that begins within another one: commented-out code, a note
/// after a directive to a tool, or the code of an example.
fn inner_comment(text: &str) -> Option<&str> {
    let inner = ["//", "/*", "# "]
        .iter()
        .find_map(|opener| text.strip_prefix(opener))?;
    Some(inner.trim_start_matches(is_opener).trim_start())
}

/// The marker that leads `text`, and the text from there to the end of the line.
fn leading_marker<'a>(markers: &'a Markers, text: &'a str) -> Option<(Marker<'a>, &'a str)> {
    let text = without_bullet(text);
    if let Some(bracketed) = text.strip_prefix('[') {
        let (marker, form) = markers.leading(bracketed)?;
        let rest = &bracketed[marker.word().len()..];
        let closed = rest.strip_prefix(']')?;
        // `[TODO](page)` and `[TODO][page]` are links.
        let link = closed.starts_with(['(', '[']);
        return (form != Form::OtherCase && !link).then_some((marker, text));
    }
    for (opener, closer) in BRACKETS {
        if let Some(bracketed) = text.strip_prefix(opener) {
            let (marker, form) = markers.leading(bracketed)?;
            let is_closed = bracketed[marker.word().len()..].starts_with(closer);
            return (form != Form::OtherCase && is_closed).then_some((marker, text));
        }
    }
    if let Some(tag) = text.strip_prefix('@') {
        return markers.leading(tag).map(|(marker, _)| (marker, tag));
    }
    let (marker, form) = markers.leading(text)?;
    let rest = text[marker.word().len()..].trim_end();
    (form == Form::UpperCase || rest.is_empty() || is_note(rest)).then_some((marker, text))
}

/// Whether what follows a word makes it a marker: `todo: x`, `todo(ada): x`.
fn is_note(rest: &str) -> bool {
    match rest.strip_prefix('(') {
        Some(inside) => inside.find(')').is_some_and(|end| end > 0),
        None => rest.starts_with(':'),
    }
}

/// `text` without the bullet of a list and the box of a task before it.
fn without_bullet(text: &str) -> &str {
    let item = ["- ", "+ ", "* ", "• "]
        .iter()
        .find_map(|bullet| text.strip_prefix(bullet));
    let Some(item) = item.map(str::trim_start) else {
        return text;
    };
    item.strip_prefix("[ ] ").map_or(item, str::trim_start)
}

#[cfg(test)]
mod tests {
    use guildhall_source::rust::{Lexer, TokenKind};
    use proptest::prelude::*;

    use super::*;

    /// Texts of the debt comments of a file.
    fn found(file: &str) -> Vec<&str> {
        Lexer::new(file)
            .filter(|token| token.kind == TokenKind::Comment)
            .flat_map(|token| debts(Markers::usual(), &file[token.start..token.end], token.start))
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
            "// todo in lower case",
            "// TODOS: more",
            "// TODO_LIST",
            "// TODO-list of things",
            "// XXX.YYY.ZZZ",
            "// XXXX",
            "// `TODO` marks debt",
            "// HACKS",
            "// Fixme this",
            "// hack to make it work",
            "// xxx: a placeholder",
            "// TODO::new()",
            "//! todo!()",
            "// [TODO](list.md)",
            "// [todo list]",
            "// see @todo",
            "// a TODO: not first",
            "// https://x.y/ //z TODO",
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

    #[test]
    fn another_case_needs_a_colon_an_author_or_to_be_all_there_is() {
        let file = "// todo: a\n// Fixme(ada) b\n// hack\n/* Todo */\n// todo()\n// hack (b)";
        assert_eq!(found(file), ["todo: a", "Fixme(ada) b", "hack", "Todo"]);
    }

    #[test]
    fn bullets_brackets_and_tags_may_stand_before_a_marker() {
        let file = "// - TODO: a\n//! * [ ] FIXME b\n// [TODO] c\n/// @todo d\n// @TODO(ada) e\n\
                    // (TODO) f\n/* **FIXME** g */\n// [TODO](#1) no\n// (TODO later) no\n// **todo** no";
        let all = [
            "TODO: a",
            "FIXME b",
            "[TODO] c",
            "todo d",
            "TODO(ada) e",
            "(TODO) f",
            "**FIXME** g",
        ];
        assert_eq!(found(file), all);
        let debt = debts(Markers::usual(), "// [TODO](ada)", 0).next();
        assert_eq!(debt, None);
        let debt = debts(Markers::usual(), "// (TODO) see #71", 0)
            .next()
            .unwrap();
        assert_eq!((debt.offset, debt.issue), (3, Some("#71")));
    }

    #[test]
    fn a_comment_within_a_comment_is_led_by_its_own_marker() {
        let file = "f(); // lint:off // TODO: a\n// // FIXME b\n//g(); //HACK c";
        assert_eq!(found(file), ["TODO: a", "FIXME b", "HACK c"]);
    }

    #[test]
    fn the_code_of_an_example_owns_up_to_nothing() {
        let file = "/// f(); // TODO: a\n///     // TODO: b\n/** # FIXME c\n * // TODO d\n */";
        assert_eq!(found(file), [""; 0]);
        // The control: the same words as the documentation's own.
        assert_eq!(found("/// TODO: a"), ["TODO: a"]);
    }

    #[test]
    fn comments_that_begin_with_a_number_sign_are_read_alike() {
        let texts = |comment| -> Vec<&str> {
            debts(Markers::usual(), comment, 0)
                .map(|debt| debt.text)
                .collect()
        };
        assert_eq!(texts("# TODO: a"), ["TODO: a"]);
        assert_eq!(texts("## FIXME b"), ["FIXME b"]);
        assert_eq!(texts("#   # TODO: in an example"), [""; 0]);
        assert_eq!(texts("#   f(a) # TODO: in an example"), [""; 0]);
        for directive in ["noqa", "noqa: E501", "type: ignore", "rubocop:disable A/B"] {
            let comment = format!("# {directive}  # TODO: a");
            let found = debts(Markers::usual(), &comment, 0).next().unwrap();
            assert_eq!(found.text, "TODO: a", "{comment}");
        }
    }

    #[test]
    fn the_issue_and_the_assignee_are_taken_from_the_comment() {
        let debt = debts(Markers::usual(), "// TODO(ada): see owner/shop#7", 0)
            .next()
            .unwrap();
        assert_eq!(debt.issue, Some("owner/shop#7"));
        assert_eq!(debt.assignee, Some("ada"));
        let debt = debts(Markers::usual(), "// FIXME", 0).next().unwrap();
        assert_eq!((debt.issue, debt.assignee), (None, None));
    }

    #[test]
    fn a_project_looks_for_its_own_words() {
        let markers = Markers::read("k", &serde_json::json!(["LATER"])).unwrap();
        let comment = "/* LATER: a\n * later(ada) b\n * TODO: c\n * later on */";
        let texts: Vec<_> = debts(&markers, comment, 0)
            .map(|debt| (debt.marker, debt.text))
            .collect();
        let own = Marker::Own("LATER");
        assert_eq!(texts, [(own, "LATER: a"), (own, "later(ada) b")]);
    }

    proptest! {
        #[test]
        fn what_is_found_lies_where_it_says(
            comment in "(//|///|/\\*\\*?|#)[-TODOtodofixme@ \\[\\](:!/*#é\r\n)]{0,60}",
            offset in 0_usize..100,
        ) {
            for debt in debts(Markers::usual(), &comment, offset) {
                prop_assert!(comment[debt.offset - offset..].starts_with(debt.text));
                let text = debt.text.trim_start_matches(is_bracket);
                let word = &text[..debt.marker.word().len()];
                prop_assert!(word.eq_ignore_ascii_case(debt.marker.word()));
            }
        }
    }
}
