//! Tokens that repeat without anybody having copied work: where they are, and how they
//! are kept from making clones.
//!
//! - Imports: from `use` at the beginning of an item to its semicolon; `mod name;`.
//! - Attributes, with all in their brackets.
//! - Data: a run of at least [`SHORTEST_RUN`] tokens with no keyword of a statement, no
//!   `;` and no assignment, of which so many are literals or arrows of arms that a row is
//!   short: see [`is_data`]. So are tables, lists of flags built by calls, JSON, and matches
//!   whose arms say no more than which value belongs to which.
//!
//! Functions that only name a value are marked apart ([`mark_trivial`]): they are told where
//! they are copied as they are, but not where they are alike.
//!
//! A run of noise that is as long as a gram is cut out; nothing is matched across it. Shorter
//! ones stay, and are held against a clone in the end: see [`super::coverage`].

use std::ops::Range;

use super::token::{Class, CloneToken};

/// Shorter runs are an expression in code, not a table.
const SHORTEST_RUN: usize = 20;

/// A name and two colons.
const PATH_TOKENS: usize = 3;

/// Tokens of a row of data for each literal in it, paths counted as one: `(3, Kind::Some),`
/// has six for one, a setter with one value `.name("value")` five for one.
const TOKENS_A_LITERAL: usize = 7;

/// Tokens of an arm that only names a value: `Kind::One(inner) => inner.value(&mut other),`
/// has fourteen.
const TOKENS_AN_ARROW: usize = 14;

/// Tokens of the body of a function that only names a value: `self.inner.poll(context)` has
/// eight.
const TRIVIAL_BODY: usize = 12;

/// Tokens between a function's name and its body; what is longer is not trivial.
const LONGEST_SIGNATURE: usize = 200;

/// Tokens in the parentheses after `pub`: a path.
const LONGEST_VISIBILITY: usize = 32;

/// Marks what is noise among the tokens of a Rust file.
pub(super) fn mark(text: &str, tokens: &mut [CloneToken], attributes: &[Range<usize>]) {
    let mut attributes = attributes.iter().peekable();
    let mut run = Run::default();
    let mut at = 0;
    while at < tokens.len() {
        while attributes.peek().is_some_and(|next| next.start < at) {
            attributes.next();
        }
        let attribute = attributes.peek().filter(|next| next.start == at);
        let end = attribute.map(|attribute| attribute.end);
        if let Some(end) = end.or_else(|| item_end(text, tokens, at)) {
            run.finish(tokens);
            tokens[at..end]
                .iter_mut()
                .for_each(|token| token.noise = true);
            at = end;
            run = Run::starting(at);
            continue;
        }
        if is_statement(text, tokens, at) {
            run.finish(tokens);
            run = Run::starting(at + 1);
        } else {
            run.add(text, tokens, at);
        }
        at += 1;
    }
    run.finish(tokens);
}

/// Marks functions whose body is one short expression without control flow.
pub(super) fn mark_trivial(text: &str, tokens: &mut [CloneToken]) {
    let mut at = 0;
    while at < tokens.len() {
        let is_function = word(text, tokens, at) == "fn";
        let end = is_function.then(|| trivial_end(text, tokens, at)).flatten();
        if let Some(end) = end {
            tokens[at..end]
                .iter_mut()
                .for_each(|token| token.trivial = true);
        }
        at = end.unwrap_or(at + 1);
    }
}

/// Where the function that begins here ends, if its body is trivial.
fn trivial_end(text: &str, tokens: &[CloneToken], start: usize) -> Option<usize> {
    let mut signature = start..tokens.len().min(start + LONGEST_SIGNATURE);
    let body = signature.find(|at| matches!(word(text, tokens, *at), "{" | ";"))?;
    if word(text, tokens, body) == ";" {
        return None;
    }
    let mut inside = body + 1..tokens.len().min(body + 2 + TRIVIAL_BODY);
    let end = inside.find(|at| {
        matches!(word(text, tokens, *at), "{" | "}") || is_statement(text, tokens, *at)
    })?;
    (word(text, tokens, end) == "}").then_some(end + 1)
}

/// The parts of a file in which clones are looked for: what is between long runs of noise.
pub(super) fn segments(tokens: &[CloneToken], longest_noise: usize) -> Vec<Range<usize>> {
    let mut segments = Vec::new();
    let mut start = 0;
    let mut at = 0;
    while at < tokens.len() {
        let noise = tokens[at..].iter().take_while(|token| token.noise).count();
        if noise >= longest_noise {
            segments.push(start..at);
            start = at + noise;
        }
        at += noise.max(1);
    }
    segments.push(start..tokens.len());
    segments.retain(|segment| !segment.is_empty());
    segments
}

/// Where an import that begins here ends.
fn item_end(text: &str, tokens: &[CloneToken], at: usize) -> Option<usize> {
    match word(text, tokens, at) {
        "pub" => import_end(text, tokens, visibility_end(text, tokens, at)),
        // Elsewhere the word is part of a type: `impl Trait + use<'a>`.
        "use" if !begins_item(text, tokens, at) => None,
        _ => import_end(text, tokens, at),
    }
}

/// Where the import or the name of a module that begins here ends.
fn import_end(text: &str, tokens: &[CloneToken], at: usize) -> Option<usize> {
    match word(text, tokens, at) {
        "use" => Some(after_semicolon(text, tokens, at)),
        "mod" if word(text, tokens, at + 2) == ";" => Some(at + 3),
        _ => None,
    }
}

/// Where `pub` ends, with what may stand in parentheses after it.
fn visibility_end(text: &str, tokens: &[CloneToken], at: usize) -> usize {
    if word(text, tokens, at + 1) != "(" {
        return at + 1;
    }
    let mut inside = at + 2..at + 2 + LONGEST_VISIBILITY;
    let close = inside.find(|at| word(text, tokens, *at) == ")");
    close.map_or(at + 1, |at| at + 1)
}

/// The attributes of a file. One that never ends is none, and nothing after it is one.
pub(super) fn attributes(text: &str, tokens: &[CloneToken]) -> Vec<Range<usize>> {
    let mut attributes = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let bracket = at + 1 + usize::from(word(text, tokens, at + 1) == "!");
        if word(text, tokens, at) != "#" || word(text, tokens, bracket) != "[" {
            at += 1;
            continue;
        }
        // To look for the end of each of a thousand that never end would take for ever.
        let Some(end) = closing(text, tokens, bracket) else {
            break;
        };
        attributes.push(at..end);
        at = end;
    }
    attributes
}

/// Where what is opened here is closed again, and all in it.
fn closing(text: &str, tokens: &[CloneToken], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for at in open..tokens.len() {
        match word(text, tokens, at) {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            _ => continue,
        }
        if depth == 0 {
            return Some(at + 1);
        }
    }
    None
}

fn begins_item(text: &str, tokens: &[CloneToken], at: usize) -> bool {
    at == 0 || matches!(word(text, tokens, at - 1), ";" | "{" | "}" | "]")
}

fn after_semicolon(text: &str, tokens: &[CloneToken], at: usize) -> usize {
    let rest = at..tokens.len();
    let semicolon = rest.into_iter().find(|at| word(text, tokens, *at) == ";");
    semicolon.map_or(tokens.len(), |at| at + 1)
}

/// Whether the token belongs to statements and control flow, not to a value.
fn is_statement(text: &str, tokens: &[CloneToken], at: usize) -> bool {
    let word = word(text, tokens, at);
    match tokens[at].class {
        Class::Fixed if word == ";" => true,
        Class::Fixed if word == "=" => !is_arrow(text, tokens, at),
        Class::Fixed => {
            word.as_bytes()[0].is_ascii_alphabetic()
                && !matches!(
                    word,
                    "true" | "false" | "self" | "Self" | "super" | "crate" | "as"
                )
        }
        Class::Text => true,
        Class::Name | Class::Literal => false,
    }
}

/// Whether the `::` of a path begins here.
fn is_path(text: &str, tokens: &[CloneToken], at: usize) -> bool {
    let next = tokens.get(at + 1);
    word(text, tokens, at) == ":"
        && next.is_some_and(|next| next.start == tokens[at].end)
        && word(text, tokens, at + 1) == ":"
}

fn is_arrow(text: &str, tokens: &[CloneToken], at: usize) -> bool {
    let next = tokens.get(at + 1);
    next.is_some_and(|next| next.start == tokens[at].end && word(text, tokens, at + 1) == ">")
}

/// The keyword or punctuation at a place; nothing where something else is.
pub(super) fn word<'a>(text: &'a str, tokens: &[CloneToken], at: usize) -> &'a str {
    let token = tokens.get(at).filter(|token| token.class == Class::Fixed);
    token.map_or("", |token| &text[token.start as usize..token.end as usize])
}

/// A run of tokens that may be data.
#[derive(Default)]
struct Run {
    start: usize,
    end: usize,
    literals: usize,
    arrows: usize,
    /// Tokens of the front parts of paths: `Kind::` adds nothing to a value.
    path_tokens: usize,
}

impl Run {
    fn starting(at: usize) -> Self {
        Self {
            start: at,
            end: at,
            ..Self::default()
        }
    }

    fn add(&mut self, text: &str, tokens: &[CloneToken], at: usize) {
        self.end = at + 1;
        self.literals += usize::from(tokens[at].class == Class::Literal);
        let is_equals = tokens[at].class == Class::Fixed && word(text, tokens, at) == "=";
        // An assignment would have ended the run.
        self.arrows += usize::from(is_equals);
        if is_path(text, tokens, at) {
            self.path_tokens += PATH_TOKENS;
        }
    }

    fn finish(&self, tokens: &mut [CloneToken]) {
        let length = self.end - self.start;
        let said = length.saturating_sub(self.path_tokens);
        if length >= SHORTEST_RUN && is_data(said, self.literals, self.arrows) {
            let run = &mut tokens[self.start..self.end];
            run.iter_mut().for_each(|token| token.noise = true);
        }
    }
}

fn is_data(tokens: usize, literals: usize, arrows: usize) -> bool {
    literals * TOKENS_A_LITERAL + arrows * TOKENS_AN_ARROW >= tokens
}
