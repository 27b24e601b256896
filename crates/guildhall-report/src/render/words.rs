//! Words and numbers as all formats for people write them.

use std::borrow::Cow;
use std::fmt::Write as _;

pub(crate) use guildhall_core::shown::visible;
use serde_json::Value;
use unicode_width::UnicodeWidthStr as _;

use crate::{ColumnKind, Figure, Finding, Location, number};

/// `path:line:column`, as far as it is known.
pub(crate) fn place(location: &Location) -> String {
    let path = visible(&location.path);
    match location.start {
        Some(start) => format!("{path}:{}:{}", start.line, start.column),
        None => path.into_owned(),
    }
}

/// Where a finding is, as [`place`] says it; empty where it is about no file.
pub(crate) fn finding_place(finding: &Finding) -> String {
    finding.location.as_ref().map(place).unwrap_or_default()
}

/// How sure the agent is: `confidence 80%`.
pub(crate) fn confidence(finding: &Finding) -> Option<String> {
    let percent = (finding.confidence? * 100.0).round();
    Some(format!("confidence {}%", number::display(percent)))
}

/// A line broken between words, each part of at most `width` columns where that is
/// possible.
pub(crate) fn wrapped(line: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in line.split_whitespace() {
        let last = lines.len() - 1;
        let begun = !lines[last].is_empty();
        if begun && lines[last].width() + 1 + word.width() > width {
            lines.push(word.to_owned());
            continue;
        }
        if begun {
            lines[last].push(' ');
        }
        lines[last].push_str(word);
    }
    lines
}

/// `1 finding`, `2 findings`.
pub(crate) fn plural(count: usize, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", grouped(&count.to_string()))
}

/// Minutes as a person says them; a day is one of eight working hours.
pub(crate) fn effort(minutes: u64) -> String {
    let (days, hours, rest) = (minutes / 480, minutes % 480 / 60, minutes % 60);
    match (days, hours, rest) {
        (0, 0, rest) => format!("{rest} min"),
        (0, hours, 0) => format!("{hours} h"),
        (0, hours, rest) => format!("{hours} h {rest} min"),
        (days, 0, _) => format!("{} d", grouped(&days.to_string())),
        (days, hours, _) => format!("{} d {hours} h", grouped(&days.to_string())),
    }
}

/// `value` with its unit: `1,234 lines`, `12.5%`.
pub(crate) fn quantity(value: f64, unit: Option<&str>) -> String {
    let mut text = grouped(&number::display(value)).into_owned();
    match unit {
        Some("%") => text.push('%'),
        // Writing to a String cannot fail.
        Some(unit) => drop(write!(text, " {}", visible(unit))),
        None => {}
    }
    text
}

/// A figure's number with its unit, and the number before where there is one.
pub(crate) fn figure(figure: &Figure) -> String {
    let unit = figure.unit.as_deref();
    let value = quantity(figure.value, unit);
    match figure.before {
        Some(before) => format!("{value} (before: {})", quantity(before, unit)),
        None => value,
    }
}

/// A finding's value against its threshold: `48 of 25`, `48`, or nothing.
pub(crate) fn measure(finding: &Finding) -> Option<String> {
    let value = number::display(finding.value?);
    Some(match finding.threshold {
        Some(threshold) => format!("{value} of {}", number::display(threshold)),
        None => value,
    })
}

/// A decimal number with a comma between thousands.
pub(crate) fn grouped(number: &str) -> Cow<'_, str> {
    let whole = number.split('.').next().unwrap_or(number);
    let digits = whole.trim_start_matches('-');
    if digits.len() <= 3 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Cow::Borrowed(number);
    }
    let mut text = String::with_capacity(number.len() + digits.len() / 3);
    text.push_str(&whole[..whole.len() - digits.len()]);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text.push_str(&number[whole.len()..]);
    Cow::Owned(text)
}

/// The text of a table's cell. Thousands are grouped in columns of numbers only:
/// elsewhere a number may be a year.
pub(crate) fn cell<'a>(kind: &ColumnKind, value: &'a Value) -> Cow<'a, str> {
    match value {
        Value::Null => Cow::Borrowed(""),
        Value::Bool(true) => Cow::Borrowed("yes"),
        Value::Bool(false) => Cow::Borrowed("no"),
        Value::String(text) => visible(text),
        Value::Number(number) => {
            let text = number.as_f64().map(number::display);
            let text = text.unwrap_or_else(|| number.to_string());
            match kind {
                ColumnKind::Number => Cow::Owned(grouped(&text).into_owned()),
                ColumnKind::Text | ColumnKind::Path | ColumnKind::Other(_) => Cow::Owned(text),
            }
        }
        nested => Cow::Owned(visible(&nested.to_string()).into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn efforts_are_said_in_the_largest_fitting_units() {
        assert_eq!(effort(0), "0 min");
        assert_eq!(effort(59), "59 min");
        assert_eq!(effort(60), "1 h");
        assert_eq!(effort(200), "3 h 20 min");
        assert_eq!(effort(480), "1 d");
        assert_eq!(effort(480 * 1234 + 61), "1,234 d 1 h");
    }

    #[test]
    fn cells_of_every_kind_have_a_text() {
        let values = serde_json::json!([null, true, "a\u{7}", 2026, 0.5, {"a": 1}]);
        let texts = |kind| -> Vec<_> {
            let values = values.as_array().unwrap().iter();
            values.map(|value| cell(kind, value)).collect()
        };
        let expected = ["", "yes", r"a\u{7}", "2026", "0.5", r#"{"a":1}"#];
        assert_eq!(texts(&ColumnKind::Text), expected);
        assert_eq!(texts(&ColumnKind::Number)[3], "2,026");
    }

    #[test]
    fn thousands_are_grouped() {
        assert_eq!(grouped("999"), "999");
        assert_eq!(grouped("1000"), "1,000");
        assert_eq!(grouped("-1234567.25"), "-1,234,567.25");
        assert_eq!(grouped("–"), "–");
        assert_eq!(quantity(1234.5, Some("lines")), "1,234.5 lines");
        assert_eq!(quantity(12.0, Some("%")), "12%");
    }
}
