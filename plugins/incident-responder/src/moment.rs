//! Points in time, as alerts, logs and people write them: RFC 3339, no clock.

use std::fmt;
use std::str::FromStr;

use guildhall_report::Day;
use serde::{Deserialize, Serialize};

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const DAY: i64 = 24 * 60 * MINUTE;

/// Days from the beginning of the year 1 to that of 1970.
const BEFORE_1970: i64 = 719_162;

/// Days of a year before each month, in a year that is no leap year.
const BEFORE_MONTH: [u16; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

/// A moment: milliseconds since 1970-01-01 00:00 UTC, of the years 1 to 9999.
///
/// ```
/// use incident_responder::Moment;
///
/// let moment: Moment = "2026-11-21T20:02:00.5+02:00".parse()?;
/// assert_eq!(moment.to_string(), "2026-11-21T18:02:00.500Z");
/// assert_eq!(moment.milliseconds(), 1_795_284_120_500);
/// # Ok::<(), incident_responder::MomentError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Moment(i64);

/// A text or a number that is no moment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no moment; write it as 2026-11-21T18:02:00Z")]
pub struct MomentError(String);

impl Moment {
    /// 1970-01-01 00:00 UTC.
    pub(crate) const BEGIN: Self = Self(0);

    /// The moment that many milliseconds after 1970 began; `None` outside of the years 1 to 9999.
    pub fn from_milliseconds(milliseconds: i64) -> Option<Self> {
        Day::of(milliseconds.div_euclid(SECOND))?;
        Some(Self(milliseconds))
    }

    /// The moment so many milliseconds after a day of the calendar has begun.
    pub(crate) fn of_date(year: i64, month: u8, day: u8, of_day: i64) -> Option<Self> {
        let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let months = BEFORE_MONTH.get(usize::from(month.checked_sub(1)?)..)?;
        let before = i64::from(*months.first()?);
        let next = months.get(1).copied().map_or(365, i64::from);
        let length = next - before + i64::from(is_leap && month == 2);
        let exists = (1..=9_999).contains(&year) && (1..=length).contains(&i64::from(day));
        let years = year - 1;
        let leaps = years / 4 - years / 100 + years / 400 + i64::from(is_leap && month > 2);
        let days = years * 365 + leaps + before + i64::from(day) - 1 - BEFORE_1970;
        exists.then_some(Self(days * DAY + of_day))
    }

    /// Milliseconds since 1970-01-01 00:00 UTC.
    pub fn milliseconds(self) -> i64 {
        self.0
    }

    /// Whole minutes since 1970-01-01 00:00 UTC.
    pub fn minute(self) -> i64 {
        self.0.div_euclid(MINUTE)
    }

    /// The year, in UTC.
    pub(crate) fn year(self) -> i64 {
        // No year has another number than the one that is written first.
        let text = self.to_string();
        text.get(..4)
            .and_then(|year| year.parse().ok())
            .unwrap_or(1970)
    }

    /// Minutes from `earlier` to this moment; negative where that is later.
    pub fn minutes_since(self, earlier: Self) -> f64 {
        (self.0 - earlier.0) as f64 / MINUTE as f64
    }
}

impl TryFrom<i64> for Moment {
    type Error = MomentError;

    fn try_from(milliseconds: i64) -> Result<Self, MomentError> {
        let moment = Self::from_milliseconds(milliseconds);
        moment.ok_or_else(|| MomentError(milliseconds.to_string()))
    }
}

impl From<Moment> for i64 {
    fn from(moment: Moment) -> Self {
        moment.0
    }
}

impl FromStr for Moment {
    type Err = MomentError;

    /// Reads RFC 3339. A space may stand for the `T`, a comma for the point before
    /// fractions; where no zone is given it is UTC.
    fn from_str(text: &str) -> Result<Self, MomentError> {
        parse(text).ok_or_else(|| MomentError(text.chars().take(60).collect()))
    }
}

impl fmt::Display for Moment {
    /// Writes RFC 3339 in UTC, with milliseconds only where there are some.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(day) = Day::of(self.0.div_euclid(SECOND)) else {
            return write!(formatter, "{} ms", self.0);
        };
        let rest = self.0.rem_euclid(DAY);
        let (minutes, seconds) = (rest / MINUTE, rest % MINUTE / SECOND);
        let (hour, minute) = (minutes / 60, minutes % 60);
        write!(formatter, "{day}T{hour:02}:{minute:02}:{seconds:02}")?;
        match rest % SECOND {
            0 => write!(formatter, "Z"),
            milliseconds => write!(formatter, ".{milliseconds:03}Z"),
        }
    }
}

fn parse(text: &str) -> Option<Moment> {
    let day: Day = text.get(..10)?.parse().ok()?;
    let time = text.get(10..)?.strip_prefix(['T', 't', ' '])?;
    let hour = two(time, 0, 23)?;
    let minute = two(after(time, 2, ':')?, 0, 59)?;
    // A leap second is the last one of its minute.
    let rest = after(time, 5, ':')?;
    let second = two(rest, 0, 60)?.min(59);
    let (fraction, zone) = fraction(rest.get(2..)?)?;
    let of_day = ((hour * 60 + minute) * 60 + second) * SECOND + fraction;
    let utc = day.begin() * SECOND + of_day - offset(zone)?;
    Moment::from_milliseconds(utc)
}

/// Milliseconds of a fraction, and what stands behind it.
fn fraction(text: &str) -> Option<(i64, &str)> {
    let Some(digits) = text.strip_prefix(['.', ',']) else {
        return Some((0, text));
    };
    let end = digits.find(|c: char| !c.is_ascii_digit());
    let (digits, rest) = digits.split_at(end.unwrap_or(digits.len()));
    let first: String = digits.chars().chain("000".chars()).take(3).collect();
    let milliseconds = first.parse().ok()?;
    (!digits.is_empty()).then_some((milliseconds, rest))
}

/// Milliseconds by which a zone is ahead of UTC.
fn offset(zone: &str) -> Option<i64> {
    let sign = match zone.as_bytes().first() {
        None => return Some(0),
        Some(b'Z' | b'z') if zone.len() == 1 => return Some(0),
        Some(b'+') => 1,
        Some(b'-') => -1,
        Some(_) => return None,
    };
    let hours = two(zone, 1, 23)?;
    let minutes = match zone.get(3..)? {
        "" => 0,
        rest => {
            let rest = rest.strip_prefix(':').unwrap_or(rest);
            if rest.len() != 2 {
                return None;
            }
            two(rest, 0, 59)?
        }
    };
    Some(sign * (hours * 60 + minutes) * MINUTE)
}

/// The two digits at a place, where they are no more than `most`.
fn two(text: &str, at: usize, most: i64) -> Option<i64> {
    let digits = text.get(at..at + 2)?;
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.parse().ok().filter(|_| is_number)?;
    (number <= most).then_some(number)
}

/// What stands behind a separator at a place.
fn after(text: &str, at: usize, separator: char) -> Option<&str> {
    text.get(at..)?.strip_prefix(separator)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_usual_form_is_the_same_moment() {
        for text in [
            "2026-11-21T18:02:00Z",
            "2026-11-21t18:02:00z",
            "2026-11-21 18:02:00",
            "2026-11-21T20:02:00+02:00",
            "2026-11-21T13:32:00-0430",
            "2026-11-21T20:02:00,000+02",
            "2026-11-21T18:02:00.000000000Z",
        ] {
            let moment: Moment = text.parse().unwrap();
            assert_eq!(moment.to_string(), "2026-11-21T18:02:00Z", "{text}");
        }
    }

    #[test]
    fn what_is_no_moment_is_refused_with_how_to_write_one() {
        for text in [
            "",
            "yesterday",
            "2026-02-30T00:00:00Z",
            "2026-11-21",
            "2026-11-21T24:00:00Z",
            "2026-11-21T18:2:00Z",
            "2026-11-21T18:02:00.Z",
            "2026-11-21T18:02:00+2",
            "2026-11-21T18:02:00+02:0",
            "2026-11-21T18:02:00 Z",
            "0001-01-01T00:00:00+01:00",
            "2026-11-2\u{00e9}T18:02:00Z",
        ] {
            let error = text.parse::<Moment>().unwrap_err();
            assert!(
                error.to_string().ends_with("2026-11-21T18:02:00Z"),
                "{text}"
            );
        }
    }

    #[test]
    fn json_has_it_in_milliseconds_and_refuses_what_no_calendar_has() {
        let moment: Moment = "2026-11-21T18:02:00.5Z".parse().unwrap();
        let json = serde_json::to_string(&moment).unwrap();
        assert_eq!(json, "1795284120500");
        assert_eq!(serde_json::from_str::<Moment>(&json).unwrap(), moment);
        assert!(serde_json::from_str::<Moment>("9223372036854775807").is_err());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(milliseconds in -62_135_596_800_000_i64..253_402_300_800_000) {
            let moment = Moment::from_milliseconds(milliseconds).unwrap();
            prop_assert_eq!(moment.to_string().parse::<Moment>().unwrap(), moment);
        }

        #[test]
        fn a_date_in_numbers_is_the_one_in_words(
            year in 1_i64..=9_999, month in 0_u8..=13, day in 0_u8..=32, of_day in 0..DAY,
        ) {
            let text = format!("{year:04}-{month:02}-{day:02}T00:00:00Z");
            let expected = text.parse::<Moment>().ok();
            let got = Moment::of_date(year, month, day, of_day);
            let begin = got.map(|moment| moment.0 - of_day);
            prop_assert_eq!(begin, expected.map(Moment::milliseconds));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,40}") {
            let _ = text.parse::<Moment>();
        }
    }
}
