//! The times with which lines begin.

use super::header::month;
use super::spans::is_space;
use crate::Moment;

const SECOND: i64 = 1_000;

/// A leap year, for times of which only differences count.
const SOME_YEAR: i64 = 2000;

/// And a week, in milliseconds.
const HALF_A_YEAR: i64 = 190 * 86_400 * SECOND;

/// A time as a line writes it. One without a zone is taken for UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stamp {
    /// All of it.
    Whole(Moment),
    /// Of a year that is not written: month, day, and milliseconds of the day.
    WithoutYear(u8, u8, i64),
    /// One of which no moment can be made: without a day, or none of the calendar.
    Unknown,
}

impl Stamp {
    /// The moment, where the line writes enough of it. A year that is missing is that in which
    /// it is nearest to `near`, a moment close to it, such as that of the line before.
    pub fn moment(self, near: Option<Moment>) -> Option<Moment> {
        match self {
            Self::Whole(moment) => Some(moment),
            Self::WithoutYear(month, day, of_day) => match near {
                None => Moment::of_date(SOME_YEAR, month, day, of_day),
                Some(near) => nearest(near, |year| Moment::of_date(year, month, day, of_day)),
            },
            Self::Unknown => None,
        }
    }

    fn of(moment: Option<Moment>) -> Self {
        moment.map_or(Self::Unknown, Self::Whole)
    }
}

/// The moment of three years that is nearest to another. Of the 29th of February there may be
/// none: one of another year would be far off.
fn nearest(near: Moment, of: impl Fn(i64) -> Option<Moment>) -> Option<Moment> {
    let year = near.year();
    let moments = (year - 1..=year + 1).filter_map(of);
    let distance = |moment: &Moment| (moment.milliseconds() - near.milliseconds()).abs();
    let nearest = moments.min_by_key(distance)?;
    (distance(&nearest) <= HALF_A_YEAR).then_some(nearest)
}

/// The time at the beginning of a text, and its length.
pub(super) fn read(text: &[u8]) -> Option<(Stamp, usize)> {
    match text.first()? {
        b'0'..=b'9' => {
            let forms = [full, day_alone, short, compact, epoch, clock_alone];
            forms.iter().find_map(|form| form(text))
        }
        byte if byte.is_ascii_uppercase() => named_month(text),
        _ => None,
    }
}

/// How many digits stand at the beginning.
pub(super) fn digits(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// `2026-11-21 18:02:00,125+01:00`, with `-`, `/` or `.` within the day.
fn full(text: &[u8]) -> Option<(Stamp, usize)> {
    let (year, month, day) = date(text)?;
    let is_time = matches!(text.get(10)?, b'T' | b' ' | b'-');
    let clock = clock(text.get(11..).filter(|_| is_time)?, b":.")?;
    let (fraction, behind) = fraction(&text[19..]);
    let end = 19 + behind;
    let (ahead, zone) = zone(&text[end..]);
    let of_day = clock.map(|clock| clock * SECOND + fraction - ahead);
    let moment = of_day.and_then(|of_day| Moment::of_date(year, month, day, of_day));
    Some((Stamp::of(moment), end + zone))
}

/// `2026-11-21` or `2026.11.21`: a day, whose midnight is not when the line was written.
fn day_alone(text: &[u8]) -> Option<(Stamp, usize)> {
    date(text).filter(|_| text[4] == text[7] && text[4] != b'/')?;
    Some((Stamp::Unknown, 10))
}

/// `11-21 18:02:00.125`, `21/11/26 18:02:00`. Of a day with a year nobody can tell which
/// number is the month.
fn short(text: &[u8]) -> Option<(Stamp, usize)> {
    let month = two(text, 0)?;
    let is_day = matches!(text.get(2)?, b'-' | b'/' | b'.');
    let day = two(text, 3).filter(|_| is_day)?;
    let separator = usize::from(matches!(text.get(5)?, b'-' | b'/' | b'.'));
    let year = usize::from(two(text, 5 + separator).is_some()) * 2;
    let start = 5 + separator + year;
    let clock = clock(text.get(start..)?.strip_prefix(b" ")?, b":")?;
    let (fraction, behind) = fraction(text.get(start + 9..).unwrap_or_default());
    let of_day = clock.map(|clock| clock * SECOND + fraction);
    let stamp = match of_day {
        Some(of_day) if year == 0 && (1..=12).contains(&month) => {
            Stamp::WithoutYear(month as u8, day as u8, of_day)
        }
        _ => Stamp::Unknown,
    };
    Some((stamp, start + 9 + behind))
}

/// `081109 203615`: year, month, day and hour, minute, second.
fn compact(text: &[u8]) -> Option<(Stamp, usize)> {
    let is_form = digits(text) == 6 && text.get(6) == Some(&b' ') && digits(&text[7..]) >= 6;
    let at = |place| two(text, place).filter(|_| is_form);
    let (year, month, day) = (at(0)?, at(2)?, at(4)?);
    let of_day = of_clock(at(7)?, at(9)?, at(11)?);
    let date = |of_day| Moment::of_date(2000 + year, month as u8, day as u8, of_day * SECOND);
    Some((Stamp::of(of_day.and_then(date)), 13))
}

/// Seconds since 1970, or milliseconds where there are thirteen digits.
fn epoch(text: &[u8]) -> Option<(Stamp, usize)> {
    let digits = digits(text).min(13);
    let number: i64 = std::str::from_utf8(&text[..digits]).ok()?.parse().ok()?;
    let number = (digits >= 9).then_some(number)?;
    let (fraction, behind) = match text.get(digits) {
        Some(b'.') => fraction(&text[digits..]),
        _ => (0, 0),
    };
    let milliseconds = if digits == 13 {
        number
    } else {
        number * SECOND + fraction
    };
    Some((
        Stamp::of(Moment::from_milliseconds(milliseconds)),
        digits + behind,
    ))
}

/// `18:02:00,125`, of a day that is not written.
fn clock_alone(text: &[u8]) -> Option<(Stamp, usize)> {
    clock(text, b":")?;
    let (_, behind) = fraction(&text[8..]);
    Some((Stamp::Unknown, 8 + behind))
}

/// `Nov 21 18:02:00`.
fn named_month(text: &[u8]) -> Option<(Stamp, usize)> {
    let month = month(text)?;
    let spaces = text[3..].iter().take_while(|byte| is_space(**byte)).count();
    let start = 3 + spaces;
    let length = digits(&text[start..]);
    if spaces == 0 || !(1..=2).contains(&length) {
        return None;
    }
    let end = start + length;
    let day = std::str::from_utf8(&text[start..end]).ok()?.parse().ok()?;
    let clock = clock(text[end..].strip_prefix(b" ")?, b":")?;
    let of_year = |clock| Stamp::WithoutYear(month, day, clock * SECOND);
    Some((clock.map_or(Stamp::Unknown, of_year), end + 9))
}

fn date(text: &[u8]) -> Option<(i64, u8, u8)> {
    let is_separated = |at: usize| matches!(text.get(at), Some(b'-' | b'/' | b'.'));
    let year = two(text, 0)? * 100 + two(text, 2)?;
    let month = two(text, 5).filter(|_| is_separated(4))?;
    let day = two(text, 8).filter(|_| is_separated(7))?;
    Some((year, month as u8, day as u8))
}

/// Whether `18:02:00` is there, with one of these separators, and its seconds, where it is
/// what a clock can show.
fn clock(text: &[u8], separators: &[u8]) -> Option<Option<i64>> {
    let is_separated = |at: usize| text.get(at).is_some_and(|byte| separators.contains(byte));
    let hour = two(text, 0)?;
    let minute = two(text, 3).filter(|_| is_separated(2))?;
    let second = two(text, 6).filter(|_| is_separated(5))?;
    Some(of_clock(hour, minute, second))
}

fn of_clock(hour: i64, minute: i64, second: i64) -> Option<i64> {
    let is_clock = hour < 24 && minute < 60 && second < 61;
    is_clock.then_some(hour * 3600 + minute * 60 + second.min(59))
}

/// Milliseconds of `.125` or `,125`, and its length.
fn fraction(text: &[u8]) -> (i64, usize) {
    let length = match text {
        [b'.' | b',', rest @ ..] => digits(rest),
        _ => 0,
    };
    if length == 0 {
        return (0, 0);
    }
    let digit = |at: usize| match text.get(1 + at).filter(|_| at < length) {
        Some(digit) => i64::from(digit - b'0'),
        None => 0,
    };
    (digit(0) * 100 + digit(1) * 10 + digit(2), length + 1)
}

/// Milliseconds by which a zone is ahead of UTC, and its length.
fn zone(text: &[u8]) -> (i64, usize) {
    let sign = match text.first() {
        Some(b'Z') => return (0, 1),
        Some(b'+') => 1,
        Some(b'-') => -1,
        _ => return (0, 0),
    };
    let colon = usize::from(text.get(3) == Some(&b':'));
    match (two(text, 1), two(text, 3 + colon)) {
        (Some(hours), Some(minutes)) => {
            let ahead = sign * (hours * 3600 + minutes * 60) * SECOND;
            (ahead, 5 + colon)
        }
        _ => (0, 0),
    }
}

/// The number of two digits at a place.
fn two(text: &[u8], at: usize) -> Option<i64> {
    match text.get(at..at + 2)? {
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => {
            Some(i64::from(tens - b'0') * 10 + i64::from(ones - b'0'))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read_to_its_end() {
        for (text, moment) in [
            ("2026-11-21T18:02:00.125Z", "2026-11-21T18:02:00.125Z"),
            ("2026/11/21 20:02:00,125+02:00", "2026-11-21T18:02:00.125Z"),
            ("2026-11-21-18.02.00", "2026-11-21T18:02:00Z"),
            ("261121 180200", "2026-11-21T18:02:00Z"),
            ("1795284120", "2026-11-21T18:02:00Z"),
            ("1795284120.25", "2026-11-21T18:02:00.250Z"),
            ("1795284120250", "2026-11-21T18:02:00.250Z"),
            ("Nov 21 18:02:00", "2026-11-21T18:02:00Z"),
            ("11-21 18:02:00.5", "2026-11-21T18:02:00.500Z"),
        ] {
            let (stamp, length) = read(text.as_bytes()).unwrap();
            assert_eq!(length, text.len(), "{text}");
            let read = stamp
                .moment("2026-10-01T00:00:00Z".parse().ok())
                .map(|moment| moment.to_string());
            assert_eq!(read.as_deref(), Some(moment), "{text}");
        }
    }

    #[test]
    fn a_year_that_is_missing_is_that_of_the_nearest_moment() {
        let (stamp, _) = read(b"Dec 31 23:59:00").unwrap();
        let near = |text: &str| {
            let moment = stamp.moment(text.parse().ok());
            moment.unwrap().to_string()
        };
        assert_eq!(near("2027-01-01T00:00:00Z"), "2026-12-31T23:59:00Z");
        assert_eq!(near("2026-12-31T23:58:00Z"), "2026-12-31T23:59:00Z");
        assert_eq!(stamp.moment(None).unwrap().year(), SOME_YEAR);
        let (leap_day, _) = read(b"Feb 29 12:00:00").unwrap();
        assert_eq!(leap_day.moment("2027-03-01T00:00:00Z".parse().ok()), None);
        let near = "2028-03-01T00:00:00Z".parse().ok();
        assert_eq!(leap_day.moment(near).unwrap().year(), 2028);
    }

    #[test]
    fn what_has_the_form_of_a_time_and_is_none_is_taken_off_all_the_same() {
        for text in [
            "2026-02-30 18:02:00",
            "99:99:99",
            "Nov 31 18:02:00",
            "21/11/26 18:02:00",
            "2026.11.21",
        ] {
            let (stamp, length) = read(text.as_bytes()).unwrap();
            assert_eq!(
                (stamp.moment("2026-10-01T00:00:00Z".parse().ok()), length),
                (None, text.len()),
                "{text}"
            );
        }
        for text in ["", "12", "Nov", "Novel 1", "2026-1-2", "12345678"] {
            assert_eq!(read(text.as_bytes()), None, "{text}");
        }
    }
}
