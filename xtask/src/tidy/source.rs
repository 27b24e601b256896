//! What every Rust file looks like, and the tokens in it for the other checks.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use super::{File, Problem};

pub(super) fn check(files: &[File]) -> Vec<Problem> {
    rust(files)
        .filter(|file| !file.text.starts_with("//!"))
        .map(|file| {
            Problem::new(
                format!("{}:1", file.path),
                "the first line does not say what the file is for; begin it with `//!`",
            )
        })
        .collect()
}

/// The Rust files that are ours; fixtures are code of others, as it were.
pub(super) fn rust(files: &[File]) -> impl Iterator<Item = &File> {
    files
        .iter()
        .filter(|file| file.path.ends_with(".rs") && !file.path.contains("fixtures/"))
}

/// Whether a file is compiled for tests only: modules of `#[cfg(test)]` lie in such files.
pub(super) fn is_for_tests(path: &str) -> bool {
    path.contains("/tests/") || path.ends_with("/tests.rs")
}

/// The tokens of a file.
///
/// # Errors
/// A problem, where these are no tokens.
pub(super) fn tokens(file: &File) -> Result<TokenStream, Problem> {
    file.text.parse().map_err(|error: proc_macro2::LexError| {
        let line = error.span().start().line;
        Problem::new(
            format!("{}:{line}", file.path),
            "this is no Rust code; mend it",
        )
    })
}

/// Calls `see` for each token, a group before what is in it, but neither for
/// documentation nor, where `tests` is false, for modules under `#[cfg(test)]`.
pub(super) fn each(tokens: TokenStream, tests: bool, see: &mut dyn FnMut(&TokenTree)) {
    let mut for_tests = false;
    for token in tokens {
        match &token {
            TokenTree::Group(group) if is_attribute(group, "doc") => continue,
            TokenTree::Group(group) if !tests && is_test_attribute(group) => for_tests = true,
            TokenTree::Group(group) if for_tests && group.delimiter() == Delimiter::Brace => {
                for_tests = false;
                continue;
            }
            TokenTree::Punct(punct) if punct.as_char() == ';' => for_tests = false,
            _ => {}
        }
        if for_tests {
            continue;
        }
        see(&token);
        if let TokenTree::Group(group) = token {
            each(group.stream(), tests, see);
        }
    }
}

fn is_attribute(group: &Group, name: &str) -> bool {
    group.delimiter() == Delimiter::Bracket
        && matches!(group.stream().into_iter().next(), Some(TokenTree::Ident(first)) if first == name)
}

/// Whether this is `[cfg(test)]` or `[cfg(all(test, ...))]`.
fn is_test_attribute(group: &Group) -> bool {
    let inner = group.stream().into_iter().nth(1);
    is_attribute(group, "cfg")
        && matches!(inner, Some(TokenTree::Group(condition)) if needs_test(condition.stream()))
}

/// Whether a condition holds in tests only: the word `test`, alone or as the first of `all`.
fn needs_test(condition: TokenStream) -> bool {
    let mut tokens = condition.into_iter();
    match (tokens.next(), tokens.next()) {
        (Some(TokenTree::Ident(word)), None) => word == "test",
        (Some(TokenTree::Ident(word)), Some(TokenTree::Group(conditions))) if word == "all" => {
            matches!(conditions.stream().into_iter().next(), Some(TokenTree::Ident(first)) if first == "test")
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::file;

    fn words(text: &str, tests: bool) -> Vec<String> {
        let mut words = Vec::new();
        each(tokens(&file("a.rs", text)).unwrap(), tests, &mut |token| {
            if let TokenTree::Ident(word) = token {
                words.push(word.to_string());
            }
        });
        words
    }

    #[test]
    fn the_first_line_says_what_a_file_is_for() {
        let files = [
            file("a.rs", "//! Something.\n"),
            file("b.rs", "// Something.\n"),
            file("tests/fixtures/c.rs", "fn broken("),
            file("d.md", "text"),
        ];
        let problems = check(&files);
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].place, "b.rs:1");
    }

    #[test]
    fn comments_documentation_and_texts_have_no_words() {
        assert_eq!(
            words("//! one\n/// two\nfn three() { \"four\"; } // five", true),
            ["fn", "three"]
        );
    }

    #[test]
    fn test_modules_can_be_left_out() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests { fn b() {} }\nfn c() {}";
        assert!(words(text, true).contains(&"b".to_owned()));
        let without = words(text, false);
        assert!(!without.contains(&"b".to_owned()));
        assert!(without.contains(&"c".to_owned()));
        let text = "#[cfg(test)] mod tests; fn c() { d }";
        assert!(words(text, false).contains(&"d".to_owned()));
        assert!(!words("#[cfg(all(test, unix))] mod a { b }", false).contains(&"b".to_owned()));
        assert!(words("#[cfg(any(test, unix))] mod a { b }", false).contains(&"b".to_owned()));
        assert!(words("#[cfg(not(test))] mod a { b }", false).contains(&"b".to_owned()));
    }

    #[test]
    fn what_is_no_code_is_named() {
        assert_eq!(
            tokens(&file("a.rs", "fn a() {\n}}")).unwrap_err().place,
            "a.rs:2"
        );
    }
}
