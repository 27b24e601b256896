//! Macros of C and C++ that hide from a grammar what stands around them.
//!
//! A word in upper case within the head of a class (`class EXPORT Order {`), behind the
//! parameters of a function (`void open() LOCKS(mutex) {`) or on a line of its own before
//! a class or a namespace is, by a convention as old as the languages, a macro that adds
//! an attribute or nothing. A grammar takes it for a type or for the function's name. So
//! it is blanked out for the parser; as a token it stays.

use std::borrow::Cow;
use std::ops::Range;

/// Shorter words are more often the name of a type.
const SHORTEST: usize = 3;

/// Longer arguments are not looked through.
const LONGEST_ARGUMENTS: usize = 200;

/// Words that a class, a template or a namespace begins with.
const HOLDERS: [&str; 5] = ["class", "namespace", "struct", "template", "union"];

/// Words that may stand between the parameters of a function and a macro.
const QUALIFIERS: [&str; 4] = ["const", "final", "noexcept", "override"];

/// A text for the parser, and where something was blanked out, in order.
pub(super) fn blanked(text: &str) -> (Cow<'_, str>, Vec<Range<usize>>) {
    let found = find(text);
    if found.is_empty() {
        return (Cow::Borrowed(text), found);
    }
    let mut blanked = String::with_capacity(text.len());
    let mut from = 0;
    for range in &found {
        blanked.push_str(&text[from..range.start]);
        blanked.extend(range.clone().map(|_| ' '));
        from = range.end;
    }
    blanked.push_str(&text[from..]);
    (Cow::Owned(blanked), found)
}

fn find(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut before = Before::default();
    let mut at = 0;
    while let Some(word) = next_word(text, at) {
        at = word.end;
        let between = text[before.end..word.start].trim();
        let is_near = between.is_empty();
        let ends_list = between.ends_with(')');
        if is_macro(&text[word.clone()]) {
            let end = end_of_arguments(text, word.end);
            let in_head = is_near && before.is_holder && is_name_of_type(&text[end..]);
            let behind_list = (is_near && before.is_behind_list || ends_list)
                && text[end..].trim_start().starts_with('{');
            if in_head || behind_list || stands_before_holder(text, &word) {
                at = end;
                before.end = end;
                found.push(word.start..end);
                continue;
            }
        }
        let text = &text[word.clone()];
        before = Before {
            end: word.end,
            is_holder: HOLDERS.contains(&text),
            is_behind_list: QUALIFIERS.contains(&text)
                && (ends_list || is_near && before.is_behind_list),
        };
    }
    found
}

/// What is known of the word before.
#[derive(Debug, Default)]
struct Before {
    end: usize,
    is_holder: bool,
    /// Whether it stands behind the parameters of a function.
    is_behind_list: bool,
}

fn next_word(text: &str, from: usize) -> Option<Range<usize>> {
    let is_of_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let bytes = text.as_bytes();
    let start = from + bytes[from..].iter().position(is_of_word)?;
    let length = bytes[start..].iter().position(|byte| !is_of_word(byte));
    Some(start..length.map_or(text.len(), |length| start + length))
}

fn is_macro(word: &str) -> bool {
    let is_upper = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    word.len() >= SHORTEST
        && word.bytes().all(is_upper)
        && word.starts_with(|c: char| c.is_ascii_uppercase())
}

/// Where the arguments end that stand on the line of a macro, or the macro itself.
fn end_of_arguments(text: &str, from: usize) -> usize {
    let mut depth = 0_u32;
    for (at, byte) in text.bytes().enumerate().skip(from).take(LONGEST_ARGUMENTS) {
        match byte {
            b'(' => depth += 1,
            b')' if depth == 1 => return at + 1,
            b')' if depth > 1 => depth -= 1,
            b'\n' => break,
            _ if depth == 0 => break,
            _ => {}
        }
    }
    from
}

/// Whether a name follows, and then what a type consists of or is based on.
fn is_name_of_type(text: &str) -> bool {
    let rest = text.trim_start();
    let is_apart = rest.len() < text.len();
    let Some(name) = next_word(rest, 0).filter(|name| name.start == 0 && is_apart) else {
        return false;
    };
    let rest = rest[name.end..].trim_start();
    let rest = rest.strip_prefix("final").unwrap_or(rest).trim_start();
    rest.starts_with('{') || rest.starts_with(':') && !rest.starts_with("::")
}

/// Whether a word has a line of its own, and the next one begins a class or a namespace.
fn stands_before_holder(text: &str, word: &Range<usize>) -> bool {
    let is_space = [' ', '\t', '\r'];
    let before = text[..word.start].trim_end_matches(is_space);
    let mut rest = text[word.end..].trim_start_matches(is_space);
    if !(before.is_empty() || before.ends_with('\n')) || !rest.starts_with('\n') {
        return false;
    }
    rest = rest.trim_start();
    while rest.starts_with("//") {
        rest = rest.find('\n').map_or("", |end| rest[end..].trim_start());
    }
    let next = next_word(rest, 0).filter(|next| next.start == 0);
    next.is_some_and(|next| HOLDERS.contains(&&rest[next]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn macros_in_heads_are_blanked_out_and_other_words_are_not() {
        for (text, expected) in [
            ("class EXPORT A {", "class        A {"),
            (
                "struct ALIGN(8) A final : B {",
                "struct          A final : B {",
            ),
            ("void f() LOCKS(m) {", "void f()          {"),
            ("int f() const LOCKS(m) {", "int f() const          {"),
            ("BEGIN\n// b\nnamespace a {", "     \n// b\nnamespace a {"),
        ] {
            let (blanked, found) = blanked(text);
            assert_eq!(blanked, expected);
            assert_eq!(found.len(), 1, "{text}");
        }
        for text in [
            "class ORDER {",
            "struct ORDER f() {",
            "TEST(A, B) {",
            "int a = MAX(b, c);",
            "ORDER f(int MAX) {",
            "if (a) f(MAX);",
        ] {
            assert_eq!(blanked(text), (Cow::Borrowed(text), Vec::new()));
        }
    }
}
