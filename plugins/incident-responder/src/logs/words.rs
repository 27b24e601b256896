//! The words of a message whose values are masked, as numbers.
//!
//! Words are kept as 64-bit hashes, so that what is kept of a line does not grow with its
//! length, and neighbouring values are one: how many tokens a value has says nothing of
//! what happened.

use super::spans::{DOTS, Spans, VALUE, is_space, is_word};

/// A value in a signature. No word has this number.
pub(super) const ANY: u64 = 1;

/// The position that is left open in a key of siblings. No word has this number.
pub(super) const OPEN: u64 = 2;

/// More words of a message are not told apart: what follows is one value.
const MOST_WORDS: usize = 128;

const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
const OTHER_FACTOR: u64 = 0xd6e8_feb8_6659_fd93;

/// Reads messages; its buffers are used again for each.
#[derive(Debug, Default)]
pub(super) struct Reader {
    spans: Spans,
    words: Vec<u64>,
    /// Where each word stands in the masked message; a value has no place.
    places: Vec<(usize, usize)>,
}

impl Reader {
    /// The words of a message; neighbouring values are one [`ANY`].
    pub(super) fn read(&mut self, message: &[u8]) -> &[u64] {
        self.words.clear();
        self.places.clear();
        let masked = self.spans.mask(message);
        let mut at = 0;
        while at < masked.len() {
            let end = at + length(&masked[at..]);
            let (start, stop) = trimmed(masked, at, end);
            match kind(&masked[start..stop]) {
                Kind::Nothing => {}
                _ if self.words.len() == MOST_WORDS => {
                    value(&mut self.words, &mut self.places);
                    break;
                }
                Kind::Value => value(&mut self.words, &mut self.places),
                Kind::Word => {
                    self.words.push(hash(&masked[start..stop]));
                    self.places.push((start, stop));
                }
            }
            at = end + 1;
        }
        &self.words
    }

    /// What was read last, as text: its words, and `*` for values, at most `most` bytes.
    pub(super) fn text(&self, most: usize) -> String {
        let masked = self.spans.masked();
        let mut text = String::new();
        for (word, (start, end)) in self.words.iter().zip(&self.places) {
            let shown = match &masked[*start..*end] {
                _ if *word == ANY => "*".into(),
                [DOTS] => "....".into(),
                word => String::from_utf8_lossy(word),
            };
            if text.len() + shown.len() + 1 > most {
                text.push_str(" ...");
                break;
            }
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(&shown);
        }
        text
    }
}

/// The number of a word at a position. Numbers of all positions are added up, so that a
/// signature with one position changed is known without reading the others again.
pub(super) fn placed(position: usize, word: u64) -> u64 {
    let place = (position as u64 + 1).wrapping_mul(OTHER_FACTOR);
    folded(word ^ place, FACTOR).wrapping_add(place)
}

/// The number of a signature.
pub(super) fn total(words: &[u64]) -> u64 {
    let numbers = words.iter().enumerate().map(|(at, word)| placed(at, *word));
    numbers.fold(0, u64::wrapping_add)
}

enum Kind {
    Nothing,
    Value,
    Word,
}

/// What a token is by its form. Digits, paths, hosts, classes and files vary; what has
/// no letter is punctuation.
fn kind(token: &[u8]) -> Kind {
    let (mut slashes, mut is_value, mut is_anything) = (0, false, false);
    for (at, byte) in token.iter().enumerate() {
        match *byte {
            b'0'..=b'9' | VALUE => is_value = true,
            b'/' => slashes += 1,
            b'.' => {
                let before = at
                    .checked_sub(1)
                    .is_some_and(|before| is_word(token[before]));
                is_value |= before && token.get(at + 1).copied().is_some_and(is_word);
            }
            byte => is_anything |= is_word(byte) || byte == DOTS,
        }
    }
    let is_path = slashes >= 2 || (token.len() > 1 && token[0] == b'/');
    if is_value || is_path {
        Kind::Value
    } else if is_anything {
        Kind::Word
    } else {
        Kind::Nothing
    }
}

/// How long the token at the beginning is.
fn length(text: &[u8]) -> usize {
    let end = text.iter().position(|byte| is_separator(*byte));
    end.unwrap_or(text.len())
}

/// A token without the signs at the ends of sentences.
fn trimmed(text: &[u8], start: usize, end: usize) -> (usize, usize) {
    let is_sign = |byte: &u8| matches!(byte, b'.' | b'!' | b'?');
    let token = &text[start..end];
    let before = token.iter().take_while(|byte| is_sign(byte)).count();
    let behind = token[before..]
        .iter()
        .rev()
        .take_while(|byte| is_sign(byte));
    (start + before, end - behind.count())
}

fn is_separator(byte: u8) -> bool {
    is_space(byte)
        || matches!(
            byte,
            b',' | b';'
                | b'='
                | b':'
                | b'('
                | b')'
                | b'['
                | b']'
                | b'{'
                | b'}'
                | b'"'
                | b'\''
                | b'<'
                | b'>'
                | b'|'
        )
}

fn value(words: &mut Vec<u64>, places: &mut Vec<(usize, usize)>) {
    if words.last() != Some(&ANY) {
        words.push(ANY);
        places.push((0, 0));
    }
}

/// The number of a word, the same in every run.
fn hash(word: &[u8]) -> u64 {
    let mut hash = folded(word.len() as u64 ^ OTHER_FACTOR, FACTOR);
    for part in word.chunks(8) {
        let mut bytes = [0; 8];
        bytes[..part.len()].copy_from_slice(part);
        hash = folded(hash ^ u64::from_le_bytes(bytes), FACTOR);
    }
    // Above those that stand for no word.
    hash | 4
}

/// Both halves of a product, of which each depends on all bits.
fn folded(number: u64, factor: u64) -> u64 {
    let product = u128::from(number).wrapping_mul(u128::from(factor));
    (product as u64) ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(message: &str) -> String {
        let mut reader = Reader::default();
        reader.read(message.as_bytes());
        reader.text(1000)
    }

    #[test]
    fn values_and_words_are_told_apart_by_form() {
        for (message, expected) in [
            ("Connected to node-7 (10.0.0.1:80)!", "Connected to *"),
            ("open /etc/passwd: a/b c/d/e", "open * a/b *"),
            ("java.io.IOException: reset by peer.", "* reset by peer"),
            ("-- ? ... end", "end"),
            ("at once......0", "at once .... *"),
            ("\u{fc}ber 1 \u{b5}s", "\u{fc}ber * \u{b5}s"),
            ("", ""),
        ] {
            assert_eq!(read(message), expected, "{message}");
        }
    }

    #[test]
    fn what_only_the_count_of_tokens_tells_apart_is_one_group() {
        assert_eq!(read("hosts 10.0.0.1 10.0.0.2 10.0.0.3 up"), "hosts * up");
        assert_eq!(read("hosts 10.0.0.1 up"), "hosts * up");
    }

    #[test]
    fn a_message_of_very_many_words_ends_in_a_value() {
        let message = "word ".repeat(1_000);
        let mut reader = Reader::default();
        assert_eq!(reader.read(message.as_bytes()).len(), MOST_WORDS + 1);
        assert!(reader.text(60).len() <= 64);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(message in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut reader = Reader::default();
            let words = reader.read(&message).to_vec();
            prop_assert!(words.windows(2).all(|pair| pair != [ANY, ANY]));
            let _ = reader.text(100);
            prop_assert_eq!(reader.read(&message), words.as_slice());
        }

        #[test]
        fn one_changed_position_is_known_without_the_others(
            words in prop::collection::vec(4_u64.., 1..20), at in 0_usize..20,
        ) {
            let at = at % words.len();
            let mut open = words.clone();
            open[at] = OPEN;
            let changed = total(&words)
                .wrapping_sub(placed(at, words[at]))
                .wrapping_add(placed(at, OPEN));
            prop_assert_eq!(changed, total(&open));
        }
    }
}
