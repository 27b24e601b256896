//! Days and months of the Gregorian calendar, in UTC.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::ReportError;

const SECONDS: i64 = 86_400;

/// Days from the beginning of the year 1 to that of 1970.
const BEFORE_1970: i64 = 719_162;

/// A day of the years 1 to 9999, written `2024-02-29`.
///
/// ```
/// use guildhall_report::Day;
///
/// let day: Day = "2024-02-29".parse()?;
/// assert_eq!(day.begin(), 1_709_164_800);
/// assert_eq!(Day::of(1_709_164_800 + 3_600), Some(day));
/// assert!("2023-02-29".parse::<Day>().is_err());
/// # Ok::<(), guildhall_report::ReportError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day {
    year: u16,
    month: u8,
    day: u8,
}

impl Day {
    /// The day of a moment, in seconds since 1970; `None` outside of the years 1 to 9999.
    pub fn of(moment: i64) -> Option<Self> {
        let days = moment.div_euclid(SECONDS) + BEFORE_1970;
        // A year has at most 366 days, so this is no year too late.
        let mut year = u16::try_from(days.div_euclid(366)).ok()?.checked_add(1)?;
        while year <= 9_999 && days_before_year(year + 1) <= days {
            year += 1;
        }
        if year > 9_999 {
            return None;
        }
        let mut day = u16::try_from(days - days_before_year(year)).ok()?;
        let mut month = 1;
        while day >= u16::from(length(year, month)) {
            day -= u16::from(length(year, month));
            month += 1;
        }
        Self::new(year, month, u8::try_from(day).ok()? + 1)
    }

    /// When it begins, in seconds since 1970.
    pub fn begin(self) -> i64 {
        let months = (1..self.month).map(|month| i64::from(length(self.year, month)));
        let days = days_before_year(self.year) + months.sum::<i64>() + i64::from(self.day) - 1;
        (days - BEFORE_1970) * SECONDS
    }

    fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let exists = (1..=9_999).contains(&year)
            && (1..=12).contains(&month)
            && (1..=length(year, month)).contains(&day);
        exists.then_some(Self { year, month, day })
    }
}

impl fmt::Display for Day {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{:04}-{:02}-{:02}",
            self.year, self.month, self.day
        )
    }
}

impl FromStr for Day {
    type Err = ReportError;

    fn from_str(text: &str) -> Result<Self, ReportError> {
        read(text).ok_or_else(|| ReportError::BadDay {
            given: text.to_owned(),
        })
    }
}

impl TryFrom<String> for Day {
    type Error = ReportError;

    fn try_from(text: String) -> Result<Self, ReportError> {
        text.parse()
    }
}

impl From<Day> for String {
    fn from(day: Day) -> Self {
        day.to_string()
    }
}

/// The moment so many days before; `None` where no day of the calendar holds it.
pub(super) fn days_before(moment: i64, days: i64) -> Option<i64> {
    let before = moment.checked_sub(days.checked_mul(SECONDS)?)?;
    Day::of(before).map(|_| before)
}

/// The same time of the same day so many months before, or of the last day of that month.
pub(super) fn months_before(moment: i64, months: i64) -> Option<i64> {
    let day = Day::of(moment)?;
    let since_year_one = i64::from(day.year - 1) * 12 + i64::from(day.month - 1);
    let since_year_one = since_year_one.checked_sub(months)?;
    let year = u16::try_from(since_year_one.div_euclid(12) + 1).ok()?;
    let month = u8::try_from(since_year_one.rem_euclid(12) + 1).ok()?;
    let last = length(year, month);
    let begin = Day::new(year, month, day.day.min(last))?.begin();
    Some(begin + moment.rem_euclid(SECONDS))
}

fn read(text: &str) -> Option<Day> {
    let is_shaped = text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if !is_shaped {
        return None;
    }
    let year = text[..4].parse().ok()?;
    Day::new(year, text[5..7].parse().ok()?, text[8..].parse().ok()?)
}

fn days_before_year(year: u16) -> i64 {
    let before = i64::from(year) - 1;
    before * 365 + before / 4 - before / 100 + before / 400
}

fn length(year: u16, month: u8) -> u8 {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn begin(text: &str) -> i64 {
        text.parse::<Day>().unwrap().begin()
    }

    #[test]
    fn days_begin_where_others_say_so() {
        assert_eq!(begin("1970-01-01"), 0);
        assert_eq!(begin("2000-03-01"), 951_868_800);
        assert_eq!(begin("1969-12-31"), -86_400);
        assert_eq!(begin("0001-01-01"), -62_135_596_800);
        assert_eq!(Day::of(begin("0001-01-01") - 1), None);
        assert_eq!(Day::of(begin("9999-12-31") + 86_400), None);
        // Later years have more days than any month.
        for years in 1..200 {
            let moment = begin("9999-12-31") + years * 366 * 86_400;
            assert_eq!(Day::of(moment), None);
        }
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in [
            "",
            "2024-13-01",
            "2024-00-01",
            "2024-04-31",
            "2023-02-29",
            "1900-02-29",
            "2024-1-1",
            "0000-01-01",
            "yesterday",
            "+024-01-01",
            "2024-01-01T00:00",
            "2024\u{e9}01-01",
        ] {
            assert!(text.parse::<Day>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_month_before_the_31st_is_the_last_day_of_a_shorter_month() {
        let noon = begin("2024-03-31") + 43_200;
        let before = |months| months_before(noon, months).unwrap();
        assert_eq!(before(1), begin("2024-02-29") + 43_200);
        assert_eq!(before(2), begin("2024-01-31") + 43_200);
        assert_eq!(before(13), begin("2023-02-28") + 43_200);
        assert_eq!(months_before(noon, 12 * 2_024), None);
        assert_eq!(days_before(noon, 31), Some(begin("2024-02-29") + 43_200));
        assert_eq!(days_before(noon, i64::MAX), None);
    }

    proptest! {
        #[test]
        fn every_moment_lies_in_its_day(moment in -62_135_596_800_i64..253_402_300_800) {
            let day = Day::of(moment).unwrap();
            prop_assert!((0..SECONDS).contains(&(moment - day.begin())));
            prop_assert_eq!(day.to_string().parse::<Day>().unwrap(), day);
        }

        #[test]
        fn no_text_and_no_moment_is_too_odd(text in any::<String>(), moment in any::<i64>(), months in any::<i32>()) {
            let _ = text.parse::<Day>();
            let _ = Day::of(moment);
            let _ = months_before(moment, i64::from(months).abs());
        }
    }
}
