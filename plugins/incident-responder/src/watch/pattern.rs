//! Which lines of a log are the symptom: those of a template that it has.

use crate::Symptom;
use crate::intake::IntakeKind;
use crate::logs::{Limits, Miner, Order, Period, Told, header};

/// A line of fewer words says too little to be known again.
const LEAST_WORDS: usize = 3;

/// Lines of a symptom that are looked for.
const MOST_LINES: usize = 200;

/// What is looked for.
pub(super) struct Pattern {
    /// The lines of the symptom and the texts that were given.
    pub(super) texts: Vec<String>,
    miner: Miner,
    order: Order,
    /// In small letters.
    parts: Vec<String>,
}

impl Pattern {
    /// The lines of a symptom that say enough, and texts that a line may hold.
    pub(super) fn of(kind: IntakeKind, symptom: &Symptom, matching: &[String]) -> Self {
        let mut miner = Miner::new(Limits::default());
        let mut texts: Vec<String> = Vec::new();
        let title = std::iter::once(symptom.title.as_str());
        // Every panic has the lines about it, and a log goes on behind it: what it was stands in
        // the title.
        let is_told_by_lines = kind != IntakeKind::Panic;
        let lines = symptom.text.lines().filter(|_| is_told_by_lines);
        for line in title.chain(lines) {
            let parsed = header(line.as_bytes());
            let message = String::from_utf8_lossy(&parsed.message).trim().to_owned();
            let is_new = !texts.contains(&message);
            if texts.len() < MOST_LINES && is_new && words(&message) >= LEAST_WORDS {
                miner.add(message.as_bytes(), Period::Examined, Told::default());
                texts.push(message);
            }
        }
        let mut parts: Vec<String> = Vec::new();
        if words(&symptom.title) >= LEAST_WORDS {
            parts.push(symptom.title.trim().to_lowercase());
        }
        for text in matching.iter().filter(|text| !text.trim().is_empty()) {
            parts.push(text.trim().to_lowercase());
            texts.push(text.trim().to_owned());
        }
        let order = miner.order();
        Self {
            texts,
            miner,
            order,
            parts,
        }
    }

    /// Whether there is nothing to look for.
    pub(super) fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// Whether a line is the symptom.
    pub(super) fn is_in(&mut self, line: &[u8]) -> bool {
        let message = header(line).message;
        if self
            .miner
            .place(message.trim_ascii(), &self.order)
            .is_some()
        {
            return true;
        }
        let line = String::from_utf8_lossy(line).to_lowercase();
        self.parts.iter().any(|part| line.contains(part))
    }
}

/// Words with a letter.
fn words(text: &str) -> usize {
    let words = text.split_whitespace();
    words
        .filter(|word| word.contains(char::is_alphabetic))
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(title: &str, text: &str, matching: &[&str]) -> Pattern {
        let symptom = Symptom {
            title: title.to_owned(),
            text: text.to_owned(),
            ..Symptom::default()
        };
        let matching: Vec<String> = matching.iter().map(|it| (*it).to_owned()).collect();
        Pattern::of(IntakeKind::Words, &symptom, &matching)
    }

    #[test]
    fn of_a_panic_what_it_was_is_the_symptom_and_not_what_every_panic_writes() {
        let text = "thread 'main' panicked at src/a.rs:3:5:\nindex 7 is out of range of the pool\n\
                    note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n\
                    10:00:01 INFO the next request is served as usual";
        let symptom = Symptom {
            title: "index 7 is out of range of the pool".to_owned(),
            text: text.to_owned(),
            ..Symptom::default()
        };
        let told_as = |kind| Pattern::of(kind, &symptom, &[]);
        let (mut pattern, mut control) = (told_as(IntakeKind::Panic), told_as(IntakeKind::Log));
        assert!(pattern.is_in(b"index 9 is out of range of the pool"));
        for line in text.lines().filter(|line| *line != symptom.title) {
            assert!(!pattern.is_in(line.as_bytes()), "{line}");
        }
        assert!(control.is_in(b"10:00:07 INFO the next request is served as usual"));
    }

    #[test]
    fn the_same_line_with_other_values_is_the_symptom_and_another_is_not() {
        let text = "2026-11-21T18:02:00Z ERROR pool: connection 17 to 10.0.0.3 was refused\nok";
        let mut pattern = pattern("pool", text, &[]);
        let mut is_in = |line: &str| pattern.is_in(line.as_bytes());
        assert!(is_in(
            "2026-11-22T09:00:00Z ERROR pool: connection 4 to 10.0.0.9 was refused"
        ));
        assert!(!is_in(
            "2026-11-22T09:00:00Z INFO pool: connection 4 to 10.0.0.9 was closed"
        ));
        // A word alone says too little.
        assert!(!is_in("ok") && !is_in("pool"));
    }

    #[test]
    fn a_line_that_holds_the_title_or_a_given_text_is_the_symptom() {
        let mut pattern = pattern("Disk is full", "", &["E_NOSPACE"]);
        let mut is_in = |line: &str| pattern.is_in(line.as_bytes());
        assert!(is_in("09:00 writer[3]: the disk is full, giving up"));
        assert!(is_in("code=e_nospace"));
        assert!(!is_in("the disk is half full"));
    }

    #[test]
    fn a_symptom_that_says_too_little_is_nothing_to_look_for() {
        assert!(pattern("broken", "it\nis", &[" "]).is_empty());
        assert!(!pattern("broken", "it\nis", &["E42"]).is_empty());
    }
}
