//! Patterns over text in lower case, compiled at their first use.

use regex::Regex;

/// Defines a pattern.
macro_rules! pattern {
    ($name:ident, $pattern:expr $(,)?) => {
        static $name: std::sync::LazyLock<regex::Regex> = std::sync::LazyLock::new(|| {
            regex::Regex::new($pattern).expect("a pattern of ours is a pattern")
        });
    };
}

pub(crate) use pattern;

/// What a pattern finds first.
pub(super) fn word(pattern: &Regex, text: &str) -> Option<String> {
    pattern
        .find(text)
        .map(|found| found.as_str().trim().to_owned())
}
