//! Amounts of time in a sentence: how many minutes, and where the words stand that say so.

use std::ops::Range;

use regex::Captures;

use super::patterns::pattern;

/// An amount of time.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Amount {
    pub(super) minutes: f64,
    pub(super) place: Range<usize>,
    /// Whether it stands before a noun as an adjective does: a 30-minute outage.
    pub(super) is_adjective: bool,
    /// Whether its units are letters, which may mean something else: 5m.
    pub(super) is_compact: bool,
}

/// The longer before those they begin with.
const NUMBERS: [(&str, f64); 31] = [
    ("three quarters of an", 0.75),
    ("a quarter of an", 0.25),
    ("half an", 0.5),
    ("half a", 0.5),
    ("half", 0.5),
    ("a couple of", 2.0),
    ("couple of", 2.0),
    ("dozens of", 24.0),
    ("several", 3.0),
    ("a few", 3.0),
    ("few", 3.0),
    ("an", 1.0),
    ("a", 1.0),
    ("one", 1.0),
    ("two", 2.0),
    ("three", 3.0),
    ("four", 4.0),
    ("five", 5.0),
    ("six", 6.0),
    ("seven", 7.0),
    ("eight", 8.0),
    ("nine", 9.0),
    ("ten", 10.0),
    ("twelve", 12.0),
    ("fifteen", 15.0),
    ("twenty", 20.0),
    ("thirty", 30.0),
    ("forty", 40.0),
    ("fifty", 50.0),
    ("sixty", 60.0),
    ("ninety", 90.0),
];

const UNITS: [(&str, f64); 9] = [
    ("second", SECOND),
    ("sec", SECOND),
    ("minute", 1.0),
    ("min", 1.0),
    ("month", 43_200.0),
    ("hour", 60.0),
    ("hr", 60.0),
    ("day", 1440.0),
    ("week", 10_080.0),
];

const SECOND: f64 = 1.0 / 60.0;

const DIGITS: &str = r"\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?";

pattern!(
    AMOUNT,
    &format!(
        r"(?i)(?:\b(?<least>{DIGITS})\s*(?:-|–|to|or)\s*)?\b(?:(?<digits>{DIGITS})|(?<word>{}))(?<half>\s+and\s+a\s+half)?(?<joint>[\s-]*)(?<unit>{})(?<plural>s?)\b(?:\s+and\s+a\s+(?<part>half|quarter)\b)?(?:,?\s*(?:and\s+)?(?<more>\d+)[\s-]*(?<small>min|sec)(?:ute|ond)?s?\b)?",
        any_of(&NUMBERS),
        any_of(&UNITS),
    )
);
// As devices write it: 3h20m, 90s.
pattern!(
    COMPACT,
    concat!(
        r"\b(?:(?<h>\d+(?:\.\d+)?) ?h(?: ?(?<hm>\d+) ?m(?:in)?)?|(?<m>\d+(?:\.\d+)?) ?m(?: ?(?<ms>\d+) ?s)?",
        r"|(?<s>\d+(?:\.\d+)?) ?s)\b",
    )
);

/// All amounts of time that a sentence names; of a range the middle.
pub(super) fn amounts(sentence: &str) -> impl Iterator<Item = Amount> {
    let words = AMOUNT
        .captures_iter(sentence)
        .filter_map(|found| amount(&found));
    words.chain(
        COMPACT
            .captures_iter(sentence)
            .filter_map(|found| compact(&found)),
    )
}

fn amount(found: &Captures<'_>) -> Option<Amount> {
    let text = |name: &str| found.name(name).map(|found| found.as_str());
    let number = |name: &str| text(name)?.replace(',', "").parse::<f64>().ok();
    let most = number("digits").or_else(|| of(&NUMBERS, text("word")?))?;
    let middle = number("least").map_or(most, |least| f64::midpoint(least, most));
    let part = match text("part").map(str::to_ascii_lowercase).as_deref() {
        Some("half") => 0.5,
        Some(_) => 0.25,
        None => 0.0,
    };
    let half = text("half").map_or(0.0, |_| 0.5);
    let more = || Some(number("more")? * of(&UNITS, text("small")?)?);
    let is_singular = text("plural").is_none_or(str::is_empty);
    let has_hyphen = text("joint").is_some_and(|joint| joint.contains('-'));
    Some(Amount {
        minutes: (middle + half + part) * of(&UNITS, text("unit")?)? + more().unwrap_or(0.0),
        place: found.get(0)?.range(),
        is_adjective: has_hyphen || (is_singular && most > 1.0),
        is_compact: false,
    })
}

fn compact(found: &Captures<'_>) -> Option<Amount> {
    let number = |name: &str| found.name(name)?.as_str().parse::<f64>().ok();
    let hours = number("h").map(|hours| hours * 60.0 + number("hm").unwrap_or(0.0));
    let minutes = || Some(number("m")? + number("ms").unwrap_or(0.0) * SECOND);
    let minutes = hours
        .or_else(minutes)
        .or_else(|| Some(number("s")? * SECOND))?;
    Some(Amount {
        minutes,
        place: found.get(0)?.range(),
        is_adjective: false,
        is_compact: true,
    })
}

fn any_of(table: &[(&str, f64)]) -> String {
    let names: Vec<&str> = table.iter().map(|(name, _)| *name).collect();
    names.join("|")
}

fn of(table: &[(&str, f64)], word: &str) -> Option<f64> {
    let word = word.to_ascii_lowercase();
    let entry = table.iter().find(|(name, _)| *name == word)?;
    Some(entry.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_in_every_usual_form() {
        for (text, expected) in [
            ("5 to 15 minutes", 10.0),
            ("10-15 minutes", 12.5),
            ("half an hour", 30.0),
            ("half-hour", 30.0),
            ("three quarters of an hour", 45.0),
            ("an hour and a half", 90.0),
            ("two and a half hours", 150.0),
            ("2.5 hours", 150.0),
            ("1h 10m", 70.0),
            ("3h20m", 200.0),
            ("2 hours and 15 minutes", 135.0),
            ("1 hr, 5 min", 65.0),
            ("90 secs", 1.5),
            ("1,200 seconds", 20.0),
            ("a couple of days", 2880.0),
        ] {
            let minutes: Vec<f64> = amounts(text).map(|amount| amount.minutes).collect();
            assert_eq!(minutes, [expected], "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_a_time_is_none() {
        for text in [
            "200 ms",
            "a s",
            "5 months5",
            "3 machines",
            "an hourly job",
            "12 MB",
        ] {
            assert_eq!(amounts(text).next(), None, "{text}");
        }
    }

    #[test]
    fn letters_alone_are_told_from_words() {
        let is_compact = |text| amounts(text).next().unwrap().is_compact;
        assert!(is_compact("5m"));
        assert!(!is_compact("5 min"));
    }

    #[test]
    fn an_amount_before_a_noun_is_told_from_one_that_stands_alone() {
        let is_adjective = |text| amounts(text).next().unwrap().is_adjective;
        assert!(is_adjective("a 30-minute outage"));
        assert!(is_adjective("a 10 second timeout"));
        assert!(!is_adjective("down for 10 seconds"));
        assert!(!is_adjective("down for an hour"));
    }
}
