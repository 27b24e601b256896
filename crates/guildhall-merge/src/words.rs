//! Words of a text, with and without its white space.

use std::collections::HashSet;

/// Words, line ends, other white space and single signs, which together are the text.
pub(crate) fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = if is_word(first) {
            end_of(rest, is_word)
        } else if first != '\n' && first.is_whitespace() {
            end_of(rest, |c| c != '\n' && c.is_whitespace())
        } else {
            first.len_utf8()
        };
        let (word, after) = rest.split_at(end);
        words.push(word);
        rest = after;
    }
    words
}

/// Words and single signs, without white space.
pub(crate) fn dense(text: &str) -> Vec<&str> {
    dense_with_space(text)
        .into_iter()
        .map(|(_, word)| word)
        .collect()
}

/// Words and single signs, each with the white space before it.
pub(crate) fn dense_with_space(text: &str) -> Vec<(&str, &str)> {
    let mut words = Vec::new();
    let mut rest = text;
    loop {
        let start = end_of(rest, char::is_whitespace);
        let (space, after) = rest.split_at(start);
        let Some(first) = after.chars().next() else {
            return words;
        };
        let end = if is_word(first) {
            end_of(after, is_word)
        } else {
            first.len_utf8()
        };
        let (word, after) = after.split_at(end);
        words.push((space, word));
        rest = after;
    }
}

/// The text without white space, by which two proposals are the same.
pub(crate) fn without_space<'a>(lines: impl IntoIterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for line in lines {
        text.extend(line.split_whitespace());
    }
    text
}

/// The white space before each line that is not blank.
pub(crate) fn indentation<'a>(lines: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let lines = lines.into_iter().filter(|line| !line.trim().is_empty());
    lines
        .map(|line| &line[..line.len() - line.trim_start().len()])
        .collect()
}

/// Those words that may be names.
pub(crate) fn names<'a>(words: impl IntoIterator<Item = &'a str>) -> HashSet<&'a str> {
    words.into_iter().filter(|word| is_name(word)).collect()
}

/// Whether a word may be a name that says something: not a number, and not too short.
fn is_name(word: &str) -> bool {
    let first = word.chars().next();
    first.is_some_and(|c| c.is_alphabetic() || c == '_') && word.chars().nth(2).is_some()
}

/// Whether a word may name something in a program.
pub(crate) fn is_identifier(word: &str) -> bool {
    let mut chars = word.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_') && chars.all(is_word)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn end_of(text: &str, is_in: impl Fn(char) -> bool) -> usize {
    text.find(|c| !is_in(c)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_the_text_and_dense_words_are_it_without_space() {
        let text = "let  été = f(x);\n\n\tx_1 += 2\n";
        let all = words(text);
        assert_eq!(all.concat(), text);
        assert_eq!(&all[..3], ["let", "  ", "été"]);
        assert_eq!(dense(text).concat(), without_space(text.lines()));
        assert_eq!(dense_with_space(" a  b ")[1], ("  ", "b"));
    }

    #[test]
    fn numbers_and_short_words_are_no_names() {
        let found = names(["abc", "ab", "12345", "_x1", "+"]);
        assert_eq!(found, HashSet::from(["abc", "_x1"]));
    }
}
