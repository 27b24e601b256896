//! How long it lasted, as a text says it.

use regex::{Captures, Regex};

use super::facts::Fact;
use super::patterns::{pattern, word};

const NUMBERS: [(&str, f64); 26] = [
    ("a", 1.0),
    ("an", 1.0),
    ("one", 1.0),
    ("two", 2.0),
    ("three", 3.0),
    ("four", 4.0),
    ("five", 5.0),
    ("six", 6.0),
    ("several", 3.0),
    ("couple of", 2.0),
    ("few", 3.0),
    ("half an", 0.5),
    ("half a", 0.5),
    ("dozens of", 24.0),
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
    ("second", 1.0 / 60.0),
    ("sec", 1.0 / 60.0),
    ("minute", 1.0),
    ("min", 1.0),
    ("hour", 60.0),
    ("hr", 60.0),
    ("day", 1440.0),
    ("week", 10_080.0),
    ("month", 43_200.0),
];

pattern!(
    LASTED,
    concat!(
        r"(?i)(?:(\d+(?:\.\d+)?)\s*(?:-|–|to)\s*)?\b(?:(\d+(?:\.\d+)?)|(a|an|one|two|three|four|five",
        r"|six|several|couple of|few|half an|half a|dozens of|seven|eight|nine|ten|twelve|fifteen",
        r"|twenty|thirty|forty|fifty|sixty|ninety))[\s-]*",
        r"(second|sec|minute|min|hour|hr|day|week|month)s?\b",
    )
);
// What was so long is not the incident: 7 hours of data, an hour ago.
pattern!(
    OF_DATA,
    concat!(
        r"(?i)^\s+(?:of|worth of)\s+(?:\w+\s+){0,2}",
        r"(?:data|history|backups?|logs?|records|changes|commits|scoreboard)",
    )
);
pattern!(
    OTHER_TIME,
    r"(?i)^\s+(?:after|later|before|ago|earlier|old|early)"
);
pattern!(HOW_OFTEN, r"(?i)(?:once|every|per|within)\s*(?:a\s*)?$");
pattern!(ONCE, r"(?i)once\s*$");
pattern!(
    CLOCK,
    concat!(
        r"(?i)(?:between|from)\s+(\d\d?):(\d\d)\D{1,24}?(?:and|to|-|–|until|through)",
        r"\s+(\d\d?):(\d\d)",
    )
);
pattern!(
    A_DAY,
    r"(?i)(?:most of|the (?:whole|entire)|for) a?\s*(?:working |business )?day\b"
);
pattern!(A_NIGHT, r"(?i)\b(?:overnight|over the weekend)\b");
pattern!(
    A_MOMENT,
    r"(?i)\b(?:brief(?:ly)?|momentar(?:y|ily)|a few seconds|short-lived)\b"
);

/// The longest time that a text names; of a range its middle.
pub(super) fn minutes(text: &str) -> Option<Fact<f64>> {
    let named = LASTED
        .captures_iter(text)
        .filter_map(|found| named(text, &found));
    let longest = named.reduce(|one, other| if other.value > one.value { other } else { one });
    let fixed = |pattern: &Regex, minutes: f64| {
        word(pattern, text).map(|because| Fact::told(minutes, because, "text"))
    };
    longest
        .or_else(|| between(text))
        .or_else(|| fixed(&A_DAY, 400.0))
        .or_else(|| fixed(&A_NIGHT, 480.0))
        .or_else(|| fixed(&A_MOMENT, 3.0))
}

fn named(text: &str, found: &Captures<'_>) -> Option<Fact<f64>> {
    let whole = found.get(0)?;
    let (before, behind) = (&text[..whole.start()], &text[whole.end()..]);
    // Eight characters are as far as such a word can stand.
    let near = before
        .char_indices()
        .rev()
        .nth(7)
        .map_or(before, |(at, _)| &before[at..]);
    let is_other = OF_DATA.is_match(behind)
        || OTHER_TIME.is_match(behind)
        || HOW_OFTEN.is_match(near)
        || ONCE.is_match(near);
    if is_other {
        return None;
    }
    let number = |at: usize| found.get(at)?.as_str().parse::<f64>().ok();
    let most = number(2).or_else(|| of(&NUMBERS, found.get(3)?.as_str()))?;
    let middle = number(1).map_or(most, |least| f64::midpoint(least, most));
    let minutes = middle * of(&UNITS, found.get(4)?.as_str())?;
    Some(Fact::told(minutes, whole.as_str(), "text"))
}

/// From one time of the day to another.
fn between(text: &str) -> Option<Fact<f64>> {
    let found = CLOCK.captures(text)?;
    let number = |at: usize| found.get(at)?.as_str().parse::<f64>().ok();
    let minutes = number(3)? * 60.0 + number(4)? - number(1)? * 60.0 - number(2)?;
    let minutes = if minutes > 0.0 {
        minutes
    } else {
        minutes + 1440.0
    };
    Some(Fact::told(minutes, found.get(0)?.as_str(), "text"))
}

fn of(table: &[(&str, f64)], word: &str) -> Option<f64> {
    let word = word.to_ascii_lowercase();
    table
        .iter()
        .find(|(name, _)| *name == word)
        .map(|(_, number)| *number)
}
