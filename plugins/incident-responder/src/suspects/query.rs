//! What is looked for: the tokens and words of a symptom, and the places that it names.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use crate::{Frame, Symptom};

use super::tokens;

/// Words that are looked for in the files of a commit.
const MOST_WORDS: usize = 120;

/// A symptom as the ranking compares it.
#[derive(Debug, Clone)]
pub(crate) struct Query {
    /// Its tokens, ordered.
    pub(crate) tokens: Vec<Token>,
    /// Its words as they are written, ordered.
    pub(crate) words: Vec<String>,
    /// The places that it names.
    pub(crate) frames: Vec<Frame>,
    numbers: HashMap<Box<[u8]>, u32>,
}

/// A token of a symptom.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) text: String,
    /// How often it stands there.
    pub(crate) count: u32,
    pub(crate) is_in_title: bool,
}

impl Query {
    pub(crate) fn of(symptom: &Symptom) -> Self {
        let text = whole(symptom);
        let mut counts: BTreeMap<String, (u32, bool)> = BTreeMap::new();
        for token in tokens::of(&text) {
            counts.entry(token).or_default().0 += 1;
        }
        for token in tokens::of(&symptom.title) {
            if let Some((_, is_in_title)) = counts.get_mut(&token) {
                *is_in_title = true;
            }
        }
        let tokens: Vec<Token> = counts
            .into_iter()
            .map(|(text, (count, is_in_title))| Token {
                text,
                count,
                is_in_title,
            })
            .collect();
        let numbers = tokens.iter().zip(0..);
        let numbers = numbers.map(|(token, number)| (token.text.as_bytes().into(), number));
        let mut words: Vec<String> = tokens::words(&text)
            .into_iter()
            .map(str::to_owned)
            .collect();
        words.sort();
        words.dedup();
        // Names of code say more than words of a language, and long ones more than short ones.
        words.sort_by_key(|word| Reverse((is_compound(word), word.len())));
        words.truncate(MOST_WORDS);
        words.sort();
        Self {
            numbers: numbers.collect(),
            words,
            frames: symptom.frames.clone(),
            tokens,
        }
    }

    /// The number of a token of the symptom.
    pub(crate) fn number(&self, token: &[u8]) -> Option<u32> {
        self.numbers.get(token).copied()
    }

    /// Whether nothing can be looked for.
    pub(crate) fn is_empty(&self) -> bool {
        self.tokens.is_empty() && self.frames.is_empty()
    }
}

/// Whether a word is made of several, as names of code are: `lock_file`, `LockFile`.
fn is_compound(word: &str) -> bool {
    let inner = word.trim_matches('_').as_bytes();
    let has_hump = |pair: &[u8]| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase();
    inner.contains(&b'_') || inner.windows(2).any(has_hump)
}

/// Title and text, of which the text may begin with the title.
fn whole(symptom: &Symptom) -> String {
    match symptom.text.trim_start().starts_with(&symptom.title) {
        true => symptom.text.clone(),
        false => format!("{}\n{}", symptom.title, symptom.text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_too_many_words_names_of_code_are_kept_wherever_they_stand() {
        let mut text: String = (0..300)
            .map(|number| format!("Aword{number:03}x "))
            .collect();
        text.push_str("zip_reader zipReader _plain_ ZERO");
        let symptom = Symptom {
            text,
            ..Symptom::default()
        };
        let words = Query::of(&symptom).words;
        assert_eq!(words.len(), MOST_WORDS);
        assert!(words.is_sorted());
        let has = |word: &str| words.iter().any(|kept| kept == word);
        assert!(has("zip_reader") && has("zipReader"));
        assert!(!has("_plain_") && !has("ZERO"), "the control");
    }
}
