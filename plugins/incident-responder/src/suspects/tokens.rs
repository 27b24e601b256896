//! Words of a text as the ranking compares them: identifiers and their parts.

/// A longer identifier is a hash or encoded data.
const MOST_BYTES: usize = 60;

/// Words that stand in every text, sorted; shorter ones are dropped by their length.
const STOP_WORDS: [&str; 48] = [
    "after", "all", "also", "and", "any", "are", "been", "before", "being", "but", "can", "could",
    "did", "does", "done", "for", "from", "get", "got", "had", "has", "have", "into", "its",
    "made", "make", "not", "only", "our", "should", "some", "than", "that", "the", "then", "there",
    "they", "this", "use", "used", "using", "was", "when", "which", "will", "with", "would", "you",
];

/// Endings that are taken away where four letters stay, the first that fits.
const ENDINGS: [&[u8]; 6] = [b"ing", b"edly", b"ed", b"es", b"s", b"ly"];

/// Gives `take` each token of a text, in lower case: an identifier of several parts as a
/// whole, and each part of at least three letters that is no stop word, without its ending.
/// A number of three digits and more is a part.
pub(crate) fn each(text: &[u8], take: &mut impl FnMut(&[u8])) {
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        let rest = &text[at..];
        let length = match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'_' => run(rest, is_identifier),
            b'0'..=b'9' => run(rest, |byte| byte.is_ascii_digit()),
            _ => {
                at += 1;
                continue;
            }
        };
        let is_short_number = byte.is_ascii_digit() && length < 3;
        if length <= MOST_BYTES && !is_short_number {
            identifier(&rest[..length], take);
        }
        at += length;
    }
}

/// The tokens of a text.
pub(crate) fn of(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    each(text.as_bytes(), &mut |token| {
        found.push(String::from_utf8_lossy(token).into_owned());
    });
    found
}

/// The identifiers of at least four letters in a text that are no stop words, as they are
/// written.
pub(crate) fn words(text: &str) -> Vec<&str> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        if !is_identifier(*byte) || byte.is_ascii_digit() {
            at += 1;
            continue;
        }
        let length = run(&bytes[at..], is_identifier);
        let word = &text[at..at + length];
        if length >= 4 && !is_stop_word(word.to_ascii_lowercase().as_bytes()) {
            found.push(word);
        }
        at += length;
    }
    found
}

fn identifier(word: &[u8], take: &mut impl FnMut(&[u8])) {
    let mut lower = [0; MOST_BYTES];
    let lower = &mut lower[..word.len()];
    lower.copy_from_slice(word);
    lower.make_ascii_lowercase();
    let mut at = 0;
    while let Some((start, end)) = part(word, at) {
        if at == 0 && part(word, end).is_some() {
            take(lower);
        }
        give_part(&lower[start..end], take);
        at = end;
    }
}

fn give_part(part: &[u8], take: &mut impl FnMut(&[u8])) {
    if part.len() > 2 && !is_stop_word(part) {
        take(stem(part));
    }
}

/// Where the next part begins and ends: a word, a word with one capital, capitals, digits.
fn part(word: &[u8], mut at: usize) -> Option<(usize, usize)> {
    at += run(&word[at..], |byte| byte == b'_');
    let rest = &word[at..];
    let length = match rest.first()? {
        b'0'..=b'9' => run(rest, |byte| byte.is_ascii_digit()),
        b'a'..=b'z' => run(rest, |byte| byte.is_ascii_lowercase()),
        _ => {
            let capitals = run(rest, |byte| byte.is_ascii_uppercase());
            let letters = run(&rest[capitals..], |byte| byte.is_ascii_lowercase());
            match (capitals, letters) {
                (_, 0) => capitals,
                (1, _) => 1 + letters,
                // The last capital begins the next part.
                _ => capitals - 1,
            }
        }
    };
    Some((at, at + length))
}

fn stem(part: &[u8]) -> &[u8] {
    for ending in ENDINGS {
        if let Some(rest) = part.strip_suffix(ending)
            && rest.len() >= 4
        {
            return rest;
        }
    }
    part
}

fn is_stop_word(word: &[u8]) -> bool {
    STOP_WORDS
        .binary_search_by(|stop| stop.as_bytes().cmp(word))
        .is_ok()
}

fn is_identifier(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn run(bytes: &[u8], is_in: impl Fn(u8) -> bool) -> usize {
    let end = bytes.iter().position(|byte| !is_in(*byte));
    end.unwrap_or(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_given_whole_and_in_parts() {
        for (text, expected) in [
            ("HTTPServer", "httpserver http server"),
            ("read_line2", "read_line2 read line"),
            ("_private", "private"),
            ("LOCK", "lock"),
            ("error 404, 12 x", "error 404"),
            ("12abcd", "abcd"),
            ("0.0.278", "278"),
            ("fooBarBAZ", "foobarbaz foo bar baz"),
            ("the locks was locked lockings", "lock lock locking"),
            ("caf\u{e9}s", "caf"),
        ] {
            assert_eq!(of(text).join(" "), expected, "{text}");
        }
        assert!(of(&"x".repeat(61)).is_empty());
    }

    #[test]
    fn words_are_as_they_are_written() {
        assert_eq!(
            words("The lock_file was when 9abcd, abc"),
            ["lock_file", "abcd"]
        );
    }

    #[test]
    fn stop_words_are_sorted_and_long_enough_to_be_asked_for() {
        assert!(STOP_WORDS.is_sorted());
        assert!(STOP_WORDS.iter().all(|word| word.len() > 2));
    }
}
