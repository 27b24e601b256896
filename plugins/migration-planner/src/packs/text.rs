//! A text as tokens, without its comments.

use guildhall_source::language::Language;
use guildhall_source::read::Lines;
use guildhall_source::syntax::{self, SyntaxFailure, TokenKind};

/// A text as tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text {
    tokens: Vec<Token>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Token {
    text: String,
    is_literal: bool,
    /// Whether it is part of an import.
    is_import: bool,
    line: u32,
    column: u32,
}

impl Text {
    /// Reads a text.
    ///
    /// # Errors
    /// Where it cannot be parsed within a number of steps.
    pub fn read(text: &str, language: Language) -> Result<Self, SyntaxFailure> {
        let lines = Lines::new(text);
        let mut tokens = Vec::new();
        syntax::examine(text, language, |token| {
            let written = text.get(token.start..token.end).unwrap_or_default();
            if token.kind != TokenKind::Comment {
                let at = lines.position(token.start);
                tokens.push(Token {
                    text: written.to_owned(),
                    is_literal: token.kind == TokenKind::Literal,
                    is_import: token.aside,
                    line: at.line,
                    column: at.column,
                });
            }
        })?;
        Ok(Self { tokens })
    }

    /// How many tokens there are.
    pub(super) fn len(&self) -> usize {
        self.tokens.len()
    }

    /// A token as it is written; empty behind the end.
    pub(super) fn at(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| token.text.as_str())
    }

    /// The one before; empty before the beginning.
    pub(super) fn before(&self, at: usize) -> &str {
        at.checked_sub(1).map_or("", |at| self.at(at))
    }

    pub(super) fn is_literal(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| token.is_literal)
    }

    pub(super) fn is_import(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| token.is_import)
    }

    /// The text of a literal without its quotes.
    pub(super) fn unquoted(&self, at: usize) -> &str {
        self.at(at).trim_matches(['"', '\'', '`'])
    }

    /// Line and column.
    pub(super) fn place(&self, at: usize) -> (u32, u32) {
        self.tokens
            .get(at)
            .map_or((1, 1), |it| (it.line, it.column))
    }

    /// Whether these tokens stand here.
    pub(super) fn has(&self, at: usize, tokens: &[&str]) -> bool {
        let mut all = tokens.iter().enumerate();
        all.all(|(more, token)| self.at(at + more) == *token)
    }

    /// The place of the bracket that closes the one here; the end where none does.
    pub(super) fn closing(&self, at: usize) -> usize {
        let mut depth = 0_usize;
        for place in at..self.len() {
            match self.at(place) {
                "(" | "[" | "{" | "<" | "${" => depth += 1,
                ")" | "]" | "}" | ">" => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return place;
                    }
                }
                _ => {}
            }
        }
        self.len()
    }

    /// The same for a bracket of code, in which `<` compares.
    pub(super) fn closing_of_code(&self, at: usize) -> usize {
        let mut depth = 0_usize;
        for place in at..self.len() {
            match self.at(place) {
                "(" | "[" | "{" | "${" => depth += 1,
                ")" | "]" | "}" => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return place;
                    }
                }
                _ => {}
            }
        }
        self.len()
    }
}

/// Whether a token is a word.
pub(super) fn is_word(token: &str) -> bool {
    let mut letters = token.chars();
    let is_first = |letter: char| letter.is_alphabetic() || matches!(letter, '_' | '$');
    letters.next().is_some_and(is_first)
        && letters.all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '$'))
}
