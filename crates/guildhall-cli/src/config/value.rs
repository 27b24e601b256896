//! Values of the types that settings have.

use std::ops::{Range, RangeInclusive};
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

pub(super) use guildhall_coordination::source_text::nearest;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{json, shown};

/// Longest time in seconds: a day.
const LONGEST_SECONDS: f64 = 86_400.0;
/// Longest text that is repeated in a message.
const LONGEST_WORD: usize = 64;

/// A value as the parser gives it.
pub(super) type Given<'a> = Spanned<DeValue<'a>>;

/// What is wrong with a value.
#[derive(Debug)]
pub(super) struct Wrong {
    /// Where.
    pub(super) span: Range<usize>,
    /// What, as the rest of a sentence that begins with the key.
    pub(super) message: String,
    /// What would be right.
    pub(super) help: Option<String>,
}

impl Wrong {
    pub(super) fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self {
            span,
            message: message.into(),
            help: None,
        }
    }

    fn with_help(mut self, help: Option<String>) -> Self {
        self.help = help;
        self
    }
}

/// The table.
pub(super) fn table<'a, 'i>(given: &'a Given<'i>) -> Result<&'a DeTable<'i>, Wrong> {
    let table = given.get_ref().as_table();
    table.ok_or_else(|| must_be(given, "a table"))
}

/// One of several words, each with what it means.
pub(super) fn word<T: Copy>(given: &Given<'_>, known: &[(&str, T)]) -> Result<T, Wrong> {
    let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    let one_of = format!("one of {}", quoted_list(&names));
    let text = text(given, &one_of)?;
    if let Some((_, value)) = known.iter().find(|(name, _)| *name == text) {
        return Ok(*value);
    }
    let message = format!("must be {one_of}, but is \"{}\"", shown::text(&short(text)));
    let help = nearest(text, names).map(|name| format!("did you mean \"{name}\"?"));
    Err(Wrong::new(given.span(), message).with_help(help))
}

/// A whole number.
pub(super) fn whole(given: &Given<'_>, range: RangeInclusive<u32>) -> Result<u32, Wrong> {
    let wanted = format!("a whole number from {} to {}", range.start(), range.end());
    let DeValue::Integer(integer) = given.get_ref() else {
        return Err(must_be(given, &wanted));
    };
    let number = json::integer_of(integer).and_then(|number| u32::try_from(number).ok());
    let number = number.filter(|number| range.contains(number));
    number.ok_or_else(|| must_be_not(given, &wanted, &integer.to_string()))
}

/// A number that is not negative.
pub(super) fn threshold(given: &Given<'_>) -> Result<f64, Wrong> {
    let wanted = "a number that is not negative";
    let (number, written) = number(given, wanted)?;
    let fits = number.is_finite() && number >= 0.0;
    if fits {
        // An agent should not see a negative zero.
        Ok(number.abs())
    } else {
        Err(must_be_not(given, wanted, &written))
    }
}

/// A time in seconds.
pub(super) fn seconds(given: &Given<'_>) -> Result<Duration, Wrong> {
    let wanted = format!("a number of seconds above 0 and up to {LONGEST_SECONDS}");
    let (number, written) = number(given, &wanted)?;
    let time = Duration::try_from_secs_f64(number).ok();
    // Less than a nanosecond rounds to nothing.
    let time = time.filter(|time| !time.is_zero() && number <= LONGEST_SECONDS);
    time.ok_or_else(|| must_be_not(given, &wanted, &written))
}

/// A switch.
pub(super) fn switch(given: &Given<'_>) -> Result<bool, Wrong> {
    let switch = given.get_ref().as_bool();
    switch.ok_or_else(|| must_be(given, "true or false"))
}

/// A list of paths, each relative to `base`.
pub(super) fn paths(given: &Given<'_>, base: &Path) -> Result<Vec<PathBuf>, Wrong> {
    let DeValue::Array(items) = given.get_ref() else {
        return Err(must_be(given, "a list of paths"));
    };
    items.iter().map(|item| path(item, base)).collect()
}

/// A path beneath `base`: relative, and without a step upwards.
pub(super) fn path_beneath(given: &Given<'_>, base: &Path) -> Result<PathBuf, Wrong> {
    let wanted = "a path beneath the folder of this file";
    let path = one_path(given, base, wanted)?;
    let written = Path::new(text(given, wanted)?);
    let steps_down = |part| matches!(part, Component::Normal(_) | Component::CurDir);
    if written.components().all(steps_down) {
        return Ok(path);
    }
    let message = format!("must be {wanted}; `--baseline` takes any");
    Err(Wrong::new(given.span(), message))
}

fn path(given: &Given<'_>, base: &Path) -> Result<PathBuf, Wrong> {
    one_path(given, base, "a list of paths")
}

fn one_path(given: &Given<'_>, base: &Path, wanted: &str) -> Result<PathBuf, Wrong> {
    let text = text(given, wanted)?;
    let wrong = |message: &str| Err(Wrong::new(given.span(), message));
    if text.is_empty() {
        return wrong("has an empty path; write \".\" for the folder of this file");
    }
    if text.contains('\0') {
        return wrong("has a path with a zero byte, which no system takes");
    }
    if text == "~" || text.starts_with("~/") {
        return wrong("has a path that starts with `~`, which is not expanded; write it in full");
    }
    // Taking the components drops `.` and doubled separators.
    Ok(base.join(text).components().collect())
}

fn text<'a>(given: &'a Given<'_>, wanted: &str) -> Result<&'a str, Wrong> {
    let text = given.get_ref().as_str();
    text.ok_or_else(|| must_be(given, wanted))
}

/// The number and how it is written.
fn number(given: &Given<'_>, wanted: &str) -> Result<(f64, String), Wrong> {
    let (number, written) = match given.get_ref() {
        DeValue::Integer(integer) => {
            let number = json::integer_of(integer).map(|number| number as f64);
            (number, integer.to_string())
        }
        DeValue::Float(float) => (float.as_str().parse().ok(), float.to_string()),
        _ => return Err(must_be(given, wanted)),
    };
    match number {
        Some(number) => Ok((number, written)),
        None => Err(must_be_not(given, wanted, &written)),
    }
}

fn must_be(given: &Given<'_>, wanted: &str) -> Wrong {
    let found = match given.get_ref() {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    };
    must_be_not(given, wanted, found)
}

fn must_be_not(given: &Given<'_>, wanted: &str, found: &str) -> Wrong {
    let message = format!("must be {wanted}, but is {}", short(found));
    Wrong::new(given.span(), message)
}

fn short(text: &str) -> String {
    if text.chars().count() <= LONGEST_WORD {
        return text.to_owned();
    }
    let start: String = text.chars().take(LONGEST_WORD).collect();
    format!("{start}…")
}

fn quoted_list(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    words.join(", ")
}
