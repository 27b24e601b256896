//! What stands in macros, which is no syntax but tokens.

use proc_macro2::{Delimiter, Group, Ident, Spacing, Span, TokenStream, TokenTree};

use super::visit::{Finder, UNSAFE_OF_ENV};
use super::{EXPRESSION_MATCHER, PANIC_FORMAT, PATTERN_MATCHER, Rule, UNSAFE_CALL};

/// Macros whose message was not always a format.
const PANICS: [&str; 3] = ["panic", "assert", "debug_assert"];

/// How deep groups are followed; the parser refuses what nests far deeper.
const DEEPEST: u32 = 200;

/// The call of a macro: words, calls within, and a message that is no format.
pub(super) fn call(finder: &mut Finder, call: &syn::Macro) {
    let name = call.path.segments.last().map(|it| it.ident.to_string());
    let name = name.unwrap_or_default();
    if PANICS.contains(&name.as_str()) {
        message(finder, &call.tokens, name != "panic");
    }
    // The words of a definition are those of whoever calls it.
    if name != "macro_rules" {
        scan(finder, &call.tokens, 0);
    }
}

/// The matchers of a macro by example.
pub(super) fn matchers(finder: &mut Finder, definition: &TokenStream, is_exported: bool) {
    let mut is_matcher = true;
    for token in definition.clone() {
        match token {
            TokenTree::Group(group) if is_matcher => {
                fragments(finder, group.stream(), is_exported, 0);
                is_matcher = false;
            }
            TokenTree::Punct(mark) if mark.as_char() == ';' => is_matcher = true,
            _ => {}
        }
    }
}

/// The words that stand in an attribute's arguments and not in `unsafe(..)`.
pub(super) fn plain_words(tokens: &TokenStream, words: &[&str]) -> Vec<Span> {
    let mut found = Vec::new();
    let mut is_after_unsafe = false;
    for token in tokens.clone() {
        match &token {
            TokenTree::Ident(word) if words.iter().any(|it| word == it) => found.push(word.span()),
            TokenTree::Group(group) if !is_after_unsafe => {
                found.extend(plain_words(&group.stream(), words));
            }
            _ => {}
        }
        is_after_unsafe = matches!(&token, TokenTree::Ident(word) if word == "unsafe");
    }
    found
}

/// Words and calls among tokens.
fn scan(finder: &mut Finder, tokens: &TokenStream, depth: u32) {
    if depth > DEEPEST {
        return;
    }
    let all: Vec<TokenTree> = tokens.clone().into_iter().collect();
    for (at, token) in all.iter().enumerate() {
        match token {
            TokenTree::Ident(word) => {
                if is_called(&all, at) && !finder.is_unsafe() {
                    finder.note(word.span(), &UNSAFE_CALL);
                }
                if !is_variable(&all, at) {
                    finder.word(word);
                }
            }
            TokenTree::Group(group) => match is_unsafe_block(&all, at, group) {
                true => finder.in_unsafe(|it| scan(it, &group.stream(), depth + 1)),
                false => scan(finder, &group.stream(), depth + 1),
            },
            _ => {}
        }
    }
}

/// Whether the word at a place ends `env::set_var(` or the like.
fn is_called(all: &[TokenTree], at: usize) -> bool {
    let is_it = |word: &Ident| UNSAFE_OF_ENV.iter().any(|name| word == name);
    let TokenTree::Ident(word) = &all[at] else {
        return false;
    };
    let before = at.checked_sub(3).and_then(|start| all.get(start..at));
    let is_of_env = matches!(
        before,
        Some([TokenTree::Ident(module), TokenTree::Punct(one), TokenTree::Punct(two)])
            if module == "env" && one.as_char() == ':' && one.spacing() == Spacing::Joint && two.as_char() == ':'
    );
    let is_call = matches!(
        all.get(at + 1),
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis
    );
    is_it(word) && is_of_env && is_call
}

/// Whether a word is the name of a macro's variable, which may be called as it likes.
fn is_variable(all: &[TokenTree], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|at| all.get(at));
    matches!(before, Some(TokenTree::Punct(mark)) if mark.as_char() == '$')
}

fn is_unsafe_block(all: &[TokenTree], at: usize, group: &Group) -> bool {
    let before = at.checked_sub(1).and_then(|at| all.get(at));
    let is_after = matches!(before, Some(TokenTree::Ident(word)) if word == "unsafe");
    is_after && group.delimiter() == Delimiter::Brace
}

/// What stands between the commas of a macro's call, but for those between the arguments of
/// a generic: `f::<A, B>()`.
fn arguments(tokens: &TokenStream) -> Vec<Vec<TokenTree>> {
    let mut arguments: Vec<Vec<TokenTree>> = vec![Vec::new()];
    let (mut depth, mut before) = (0_u32, ' ');
    for token in tokens.clone() {
        let mark = match &token {
            TokenTree::Punct(mark) => mark.as_char(),
            _ => ' ',
        };
        match (before, mark) {
            (':', '<') => depth += 1,
            (_, '<') if depth > 0 => depth += 1,
            ('-' | '=', '>') => {}
            (_, '>') => depth = depth.saturating_sub(1),
            _ => {}
        }
        before = mark;
        match arguments.last_mut() {
            Some(last) if mark != ',' || depth > 0 => last.push(token),
            _ => arguments.push(Vec::new()),
        }
    }
    arguments.retain(|argument| !argument.is_empty());
    arguments
}

/// A message given alone that is no text, or one with braces that were not read before.
fn message(finder: &mut Finder, tokens: &TokenStream, is_condition_first: bool) {
    let arguments = arguments(tokens);
    let [.., message] = &arguments[..] else {
        return;
    };
    if arguments.len() != 1 + usize::from(is_condition_first) {
        return;
    }
    let Some(first) = message.first() else {
        return;
    };
    let is_format = match (first, message.len()) {
        (TokenTree::Literal(literal), 1) => {
            let text = literal.to_string();
            let is_text = text.starts_with(['"', 'r']);
            is_text && !text.contains(['{', '}'])
        }
        // What another macro makes a text of is read as it was.
        (TokenTree::Ident(_), _) => {
            matches!(message.get(1), Some(TokenTree::Punct(mark)) if mark.as_char() == '!')
                && message.first().is_some_and(|it| it.to_string() != "format")
        }
        _ => false,
    };
    if !is_format {
        finder.note(first.span(), &PANIC_FORMAT);
    }
}

/// The kinds of fragments whose meaning has changed.
fn fragments(finder: &mut Finder, matcher: TokenStream, is_exported: bool, depth: u32) {
    if depth > DEEPEST {
        return;
    }
    let all: Vec<TokenTree> = matcher.into_iter().collect();
    for window in all.windows(4) {
        let [
            TokenTree::Punct(dollar),
            TokenTree::Ident(_),
            TokenTree::Punct(colon),
            TokenTree::Ident(kind),
        ] = window
        else {
            continue;
        };
        if dollar.as_char() != '$' || colon.as_char() != ':' || !is_exported {
            continue;
        }
        let rule: Option<&'static Rule> = match kind.to_string().as_str() {
            "expr" => Some(&EXPRESSION_MATCHER),
            "pat" => Some(&PATTERN_MATCHER),
            _ => None,
        };
        if let Some(rule) = rule {
            finder.note(kind.span(), rule);
        }
    }
    for token in all {
        if let TokenTree::Group(group) = token {
            fragments(finder, group.stream(), is_exported, depth + 1);
        }
    }
}
