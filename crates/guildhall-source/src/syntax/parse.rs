//! Parsing within a number of steps.

use std::ops::ControlFlow;

use tree_sitter::{ParseOptions, Parser, Tree};

use super::SyntaxFailure;
use super::grammar::Grammar;

/// Rounds of a hundred steps that any text may take.
const ROUNDS: usize = 2_000;

/// For each so many bytes there is one round more. Of 7,351 files of twenty public
/// repositories the dearest, a table of numbers, took one round for every 54 bytes; text
/// that is no code at all took one for every 8 to 50.
const BYTES_A_ROUND: usize = 8;

/// The tree of a text, broken places included.
pub(super) fn parse(text: &str, grammar: &Grammar) -> Result<Tree, SyntaxFailure> {
    let limit = ROUNDS + text.len() / BYTES_A_ROUND;
    parse_within(text, grammar, limit).ok_or(SyntaxFailure::TooCostly(limit * 100))?
}

/// `None` where the limit was reached.
fn parse_within(
    text: &str,
    grammar: &Grammar,
    limit: usize,
) -> Option<Result<Tree, SyntaxFailure>> {
    let mut parser = Parser::new();
    if parser.set_language(&grammar.language).is_err() {
        return Some(Err(SyntaxFailure::ParserFailed));
    }
    let bytes = text.as_bytes();
    let mut rounds = 0;
    let mut count = |_: &_| {
        rounds += 1;
        if rounds > limit {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let options = ParseOptions::new().progress_callback(&mut count);
    let mut read = |offset: usize, _| bytes.get(offset..).unwrap_or_default();
    parser
        .parse_with_options(&mut read, None, Some(options))
        .map(Ok)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;

    #[test]
    fn work_beyond_the_limit_is_refused_and_less_is_not() {
        let grammar = Grammar::of(Language::Java).unwrap();
        let text = "class A { int f(int a) { return a + a * (a - 1); } }\n".repeat(200);
        assert!(parse_within(&text, grammar, 3).is_none());
        assert!(parse(&text, grammar).is_ok());
    }
}
