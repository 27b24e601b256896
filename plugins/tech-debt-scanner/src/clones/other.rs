//! Files of languages other than Rust as tokens for the search for clones.

use std::ops::Range;

use guildhall_source::language::Language;
use guildhall_source::syntax::{self, Token, TokenKind};

use super::noise;
use super::token::{Class, CloneToken};

/// The tokens of a file at `path`, marked as noise and as test code; none of a text that
/// can't be examined.
pub(crate) fn tokens(path: &str, text: &str, language: Language) -> Vec<CloneToken> {
    let mut tokens = Vec::with_capacity(text.len() / 4);
    match syntax::examine(text, language, |token| tokens.push(token)) {
        Ok(_) => of(path, text, language, &tokens),
        Err(_) => Vec::new(),
    }
}

/// The same where the tokens of the text are known.
pub(crate) fn of(path: &str, text: &str, language: Language, all: &[Token]) -> Vec<CloneToken> {
    let in_tests = language.is_test_path(path);
    let mut tokens = Vec::with_capacity(all.len());
    let mut depth = 0_usize;
    for (at, token) in all.iter().enumerate() {
        let class = match token.kind {
            TokenKind::Comment => continue,
            TokenKind::Fixed => Class::Fixed,
            TokenKind::Identifier => Class::Name,
            TokenKind::Literal => Class::Literal,
        };
        let word = &text[token.start..token.end];
        match word {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        let is_documentation = language == Language::Python
            && class == Class::Literal
            && depth == 0
            && is_alone(text, all, at);
        let mut token_of = |start, end, class| {
            tokens.push(CloneToken {
                noise: token.aside || is_documentation,
                test: token.test || in_tests,
                ..CloneToken::new(text, start, end, class)
            });
        };
        if class == Class::Literal && word.contains('\n') {
            // A string of several lines is text, of which a part can be copied.
            for word in words(word, token.start) {
                token_of(word.start, word.end, Class::Text);
            }
        } else {
            token_of(token.start, token.end, class);
        }
    }
    for statement in statements(text, language, &tokens) {
        noise::mark(text, &mut tokens[statement], &[]);
    }
    tokens
}

/// Whether nothing else stands on the lines of a token. Where no bracket is open, a string
/// of Python that stands so documents what is around it: no work that was done twice.
fn is_alone(text: &str, all: &[Token], at: usize) -> bool {
    let token = &all[at];
    let before = at.checked_sub(1).map_or(0, |before| all[before].end);
    let after = all[at + 1..].iter().find(|next| next.start >= token.end);
    let after = after.map_or(text.len(), |next| next.start);
    let has_break = |between: Option<&str>| between.is_some_and(|it| it.contains('\n'));
    (before == 0 || has_break(text.get(before..token.start)))
        && (after == text.len() || has_break(text.get(token.end..after)))
}

/// The words of a text that begins at `start`.
fn words(text: &str, start: usize) -> impl Iterator<Item = Range<usize>> {
    let begin = text.as_ptr() as usize;
    text.split_ascii_whitespace().map(move |word| {
        let at = start + (word.as_ptr() as usize - begin);
        at..at + word.len()
    })
}

/// Stretches in which data is looked for. Where no semicolon ends a statement, the end of
/// its line does, unless a bracket is open.
fn statements(text: &str, language: Language, tokens: &[CloneToken]) -> Vec<Range<usize>> {
    let has_semicolons = matches!(
        language,
        Language::Java | Language::C | Language::Cpp | Language::CSharp | Language::Php
    );
    let mut statements = Vec::new();
    let (mut start, mut end, mut depth) = (0, 0, 0_usize);
    for (at, token) in tokens.iter().enumerate() {
        let between = text.get(end..token.start as usize).unwrap_or_default();
        if !has_semicolons && depth == 0 && between.contains('\n') {
            statements.push(start..at);
            start = at;
        }
        match noise::word(text, tokens, at) {
            "(" | "[" => depth += 1,
            ")" | "]" => depth = depth.saturating_sub(1),
            _ => {}
        }
        end = token.end as usize;
    }
    statements.push(start..tokens.len());
    statements
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(text: &str, path: &str, language: Language) -> (usize, usize, usize) {
        let tokens = tokens(path, text, language);
        let count = |is: fn(&CloneToken) -> bool| tokens.iter().filter(|token| is(token)).count();
        (
            tokens.len(),
            count(|token| token.noise),
            count(|token| token.test),
        )
    }

    #[test]
    fn imports_are_noise_and_comments_are_no_tokens() {
        let text = "import a  # b\nfrom c import d\n\ndef e(): return a(d)\n";
        assert_eq!(marked(text, "a.py", Language::Python), (16, 6, 0));
        assert_eq!(marked(text, "test_a.py", Language::Python), (16, 6, 16));
    }

    #[test]
    fn a_table_is_noise_and_calls_below_each_other_are_not() {
        let rows = "  (1, 'a'),\n".repeat(8);
        let text = format!("a = [\n{rows}]\n");
        let (all, noise, _) = marked(&text, "a.py", Language::Python);
        assert!(noise + 3 >= all, "{noise} of {all}");
        let calls = "check(a, 1)\n".repeat(8);
        let (_, noise, _) = marked(&calls, "a.py", Language::Python);
        assert_eq!(noise, 0);
    }

    #[test]
    fn a_text_that_documents_is_noise_and_one_that_is_a_value_is_not() {
        let text = "'''\nb c\n'''";
        for (code, is_noise) in [
            (format!("def f():\n    {text}\n    return 1\n"), true),
            (text.to_owned(), true),
            (format!("a = {text}\n"), false),
            (format!("f(\n  {text}\n)\n"), false),
            (format!("{text}.strip()\n"), false),
        ] {
            let (_, noise, _) = marked(&code, "a.py", Language::Python);
            assert_eq!(noise > 0, is_noise, "{code}");
        }
    }

    #[test]
    fn words_of_a_long_text_are_tokens() {
        let (all, ..) = marked("a = \"\"\"b c\n d\"\"\"", "a.py", Language::Python);
        assert_eq!(all, 5);
    }
}
