//! What is looked for: the tokens and words of a symptom, and the places that it names.

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
        words.truncate(MOST_WORDS);
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

/// Title and text, of which the text may begin with the title.
fn whole(symptom: &Symptom) -> String {
    match symptom.text.trim_start().starts_with(&symptom.title) {
        true => symptom.text.clone(),
        false => format!("{}\n{}", symptom.title, symptom.text),
    }
}
