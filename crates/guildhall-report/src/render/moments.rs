//! Times as people say them, and the events of a timeline in their order.

use super::words::grouped;
use crate::{Scale, Timeline, TimelineEvent, number};

const SECOND: f64 = 1_000.0;
const MINUTE: f64 = 60.0 * SECOND;
const HOUR: f64 = 60.0 * MINUTE;
const DAY: f64 = 24.0 * HOUR;

/// The largest moment that is said as a date: the end of the year 9999.
const LAST: f64 = 253_402_300_799_999.0;

/// The events that have a time, ordered by it.
pub(super) fn in_order(timeline: &Timeline) -> Vec<&TimelineEvent> {
    let timed = timeline
        .events
        .iter()
        .filter(|event| event.start_ms.is_finite());
    let mut events: Vec<_> = timed.collect();
    events.sort_by(|a, b| a.start_ms.total_cmp(&b.start_ms));
    events
}

/// The end, which is the start for what does not last.
pub(super) fn end(event: &TimelineEvent) -> f64 {
    let end = event.end_ms.filter(|end| end.is_finite());
    end.unwrap_or(event.start_ms).max(event.start_ms)
}

/// When the event was: a date, or the time since `origin`.
pub(super) fn span(timeline: &Timeline, event: &TimelineEvent, origin: f64) -> String {
    let (start, end) = (event.start_ms, end(event));
    if timeline.scale == Some(Scale::Date) {
        let start = date(start);
        return match event.end_ms {
            Some(_) => format!("{start} – {}", date(end)),
            None => start,
        };
    }
    let start = duration(start - origin);
    match event.end_ms {
        Some(_) => format!("{start} – {}", duration(end - origin)),
        None => start,
    }
}

/// A number along an axis as it is said.
pub(super) fn on_scale(value: f64, scale: Option<&Scale>) -> String {
    match scale {
        Some(Scale::Date) => date(value),
        Some(Scale::Duration) => duration(value),
        Some(Scale::Number | Scale::Other(_)) | None => {
            grouped(&number::display(value)).into_owned()
        }
    }
}

/// Milliseconds in the largest unit that fits, to two decimals.
pub(super) fn duration(milliseconds: f64) -> String {
    let (unit, length) = match milliseconds.abs() {
        size if size >= 2.0 * DAY => ("d", DAY),
        size if size >= 2.0 * HOUR => ("h", HOUR),
        size if size >= 2.0 * MINUTE => ("min", MINUTE),
        size if size >= SECOND => ("s", SECOND),
        _ => ("ms", 1.0),
    };
    let amount = number::display(milliseconds / length);
    format!("{} {unit}", grouped(&amount))
}

/// A moment in UTC, `2026-11-21 18:05:30`, as far as it is not all noughts.
pub(super) fn date(milliseconds: f64) -> String {
    if !(0.0..=LAST).contains(&milliseconds) {
        return duration(milliseconds);
    }
    // The bound makes both conversions exact enough.
    let seconds = (milliseconds / SECOND).floor() as u64;
    let (day, second) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = calendar(day);
    let date = format!("{year:04}-{month:02}-{day:02}");
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    match (hour, minute, second) {
        (0, 0, 0) => date,
        (hour, minute, 0) => format!("{date} {hour:02}:{minute:02}"),
        (hour, minute, second) => format!("{date} {hour:02}:{minute:02}:{second:02}"),
    }
}

/// Year, month and day of the month, of a day counted from 1970-01-01.
fn calendar(mut day: u64) -> (u64, usize, u64) {
    let mut year = 1970;
    while day >= days_of(year) {
        day -= days_of(year);
        year += 1;
    }
    let february = if days_of(year) == 366 { 29 } else { 28 };
    let months = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while month < 11 && day >= months[month] {
        day -= months[month];
        month += 1;
    }
    (year, month + 1, day + 1)
}

fn days_of(year: u64) -> u64 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    if leap { 366 } else { 365 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_said_in_the_largest_unit_that_fits() {
        let said = [0.0, 999.0, 1_500.0, 90_000.0, 150_000.0, 9.0e6, 2.0e8].map(duration);
        assert_eq!(
            said,
            [
                "0 ms", "999 ms", "1.5 s", "90 s", "2.5 min", "2.5 h", "2.31 d"
            ]
        );
        assert_eq!(duration(-3_000.0), "-3 s");
    }

    #[test]
    fn moments_are_dates() {
        assert_eq!(date(0.0), "1970-01-01");
        assert_eq!(date(951_782_400_000.0), "2000-02-29");
        assert_eq!(date(1_700_000_000_500.0), "2023-11-14 22:13:20");
        assert_eq!(date(1_709_208_000_000.0), "2024-02-29 12:00");
        assert_eq!(date(LAST), "9999-12-31 23:59:59");
        assert_eq!(date(4_107_542_400_000.0), "2100-03-01", "no leap year");
        assert_eq!(date(f64::NAN), "– ms");
        assert_eq!(date(1e300).split(' ').next_back(), Some("d"));
    }
}
