//! The trend capability: what the host asks of every agent that can say how a code base
//! has changed over its releases or over time.

mod calendar;

use std::str::FromStr;

use guildhall_core::Schema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::ReportError;

pub use calendar::Day;

/// Name of the capability that an agent offers to take part in `guildhall trend`.
/// Its input is a [`TrendRequest`], its output a [`crate::Report`]: a chart of lines for
/// what belongs together, a table with a row a point, and figures of the last point with
/// those of the first as `before`.
pub const TREND_CAPABILITY: &str = "guildhall.trend";

/// Versions of [`TREND_CAPABILITY`] that this host calls.
pub const TREND_VERSIONS: &str = "^1";

/// More points than this are refused.
pub const MOST_TREND_POINTS: u32 = 1_000;

/// Of what to tell the trend, and at which points.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Schema)]
pub struct TrendRequest {
    /// Absolute path of the folder, written as `guildhall_core::path_text` writes paths. It
    /// lies in a repository, or is a bare one.
    pub root: String,
    /// The states to be measured.
    #[serde(default)]
    pub points: TrendPoints,
    /// Worker threads at the most; as many as there are processors where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threads: Option<u32>,
    /// Settings for the agents, as in [`crate::ScanRequest::settings`].
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub settings: Map<String, Value>,
}

/// Which states of a code base are measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(tag = "by", rename_all = "kebab-case")]
pub enum TrendPoints {
    /// Tags that are versions, and the commit that is checked out. Of a tag that is not in
    /// the history of that commit, the commit counts at which its branch began.
    Releases {
        /// How many of the highest versions.
        newest: u32,
        /// What stands before the version in the tags; the prefix that most of them have
        /// where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        prefix: Option<String>,
    },
    /// The commit that is checked out, and one a step back from its time each: the last one
    /// along the first parents that was made until then. Nothing depends on today's date.
    Every {
        /// From one point to the next.
        step: Step,
        /// How many points; as many as `since` gives where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        count: Option<u32>,
        /// No point before the beginning of this day (UTC).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(as = "Option<String>")]
        since: Option<Day>,
    },
    /// These commits, in this order.
    Refs {
        /// What git calls them: branches, tags, ids.
        names: Vec<String>,
    },
}

/// A length of time in the calendar.
///
/// ```
/// use guildhall_report::{Step, StepUnit};
///
/// let step: Step = "2 weeks".parse()?;
/// assert_eq!((step.number, step.unit), (2, StepUnit::Week));
/// assert_eq!("month".parse::<Step>()?.number, 1);
/// // 1970-01-15 00:00 UTC, a week back from 1970-01-22.
/// assert_eq!(step.back_from(14 * 86_400 + 60, 1), Some(60));
/// # Ok::<(), guildhall_report::ReportError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct Step {
    /// How many units; at least one.
    pub number: u32,
    /// Of what.
    pub unit: StepUnit,
}

/// A unit of a [`Step`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(rename_all = "kebab-case")]
pub enum StepUnit {
    /// 24 hours.
    Day,
    /// Seven days.
    Week,
    /// A month of the calendar; from the 31st it leads to the last day of a shorter one.
    Month,
    /// Three months.
    Quarter,
    /// Twelve months.
    Year,
}

impl TrendRequest {
    /// The settings that are meant for one agent, as [`crate::ScanRequest::settings_of`]
    /// gives them.
    #[must_use]
    pub fn settings_of(&self, agent: &str, rules: &[crate::Rule]) -> Map<String, Value> {
        let request = crate::ScanRequest {
            settings: self.settings.clone(),
            ..crate::ScanRequest::default()
        };
        request.settings_of(agent, rules)
    }
}

impl Default for TrendPoints {
    /// Twelve months.
    fn default() -> Self {
        Self::Every {
            step: Step::MONTH,
            count: Some(Self::USUAL),
            since: None,
        }
    }
}

impl TrendPoints {
    /// How many points there are where nothing else is said.
    pub const USUAL: u32 = 12;
}

impl Step {
    /// One month.
    pub const MONTH: Self = Self {
        number: 1,
        unit: StepUnit::Month,
    };

    /// The moment so many steps before `moment`, both in seconds since 1970; `None` where
    /// that is before the year 1.
    pub fn back_from(self, moment: i64, steps: u32) -> Option<i64> {
        let units = |each: i64| {
            let number = i64::from(self.number).checked_mul(each)?;
            number.checked_mul(i64::from(steps))
        };
        match self.unit {
            StepUnit::Day => calendar::days_before(moment, units(1)?),
            StepUnit::Week => calendar::days_before(moment, units(7)?),
            StepUnit::Month => calendar::months_before(moment, units(1)?),
            StepUnit::Quarter => calendar::months_before(moment, units(3)?),
            StepUnit::Year => calendar::months_before(moment, units(12)?),
        }
    }
}

impl FromStr for Step {
    type Err = ReportError;

    fn from_str(text: &str) -> Result<Self, ReportError> {
        read(text).ok_or_else(|| ReportError::BadStep {
            given: text.to_owned(),
        })
    }
}

fn read(text: &str) -> Option<Step> {
    let text = text.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let number = match number {
        "" => 1,
        number => number.parse().ok().filter(|number| *number > 0)?,
    };
    let unit = match unit.trim_start() {
        "day" | "days" => StepUnit::Day,
        "week" | "weeks" => StepUnit::Week,
        "month" | "months" => StepUnit::Month,
        "quarter" | "quarters" => StepUnit::Quarter,
        "year" | "years" => StepUnit::Year,
        _ => return None,
    };
    Some(Step { number, unit })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn steps_are_read_with_and_without_a_number() {
        let read = |text: &str| text.parse::<Step>().ok().map(|step| step.number);
        for text in ["1 month", "1month", "month", " 1  months "] {
            assert_eq!(text.parse(), Ok(Step::MONTH), "{text}");
        }
        assert_eq!(read("90 days"), Some(90));
        for text in [
            "",
            "0 days",
            "-1 day",
            "fortnight",
            "1.5 weeks",
            "99999999999 days",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        let longest = Step {
            number: u32::MAX,
            unit: StepUnit::Year,
        };
        assert_eq!(longest.back_from(0, u32::MAX), None);
        let error = "soon".parse::<Step>().unwrap_err().to_string();
        assert!(
            error.contains("soon") && error.contains("2 weeks"),
            "{error}"
        );
    }

    #[test]
    fn a_request_without_points_asks_for_twelve_months() {
        let request: TrendRequest = serde_json::from_value(json!({"root": "/r"})).unwrap();
        let expected = json!({
            "root": "/r",
            "points": {"by": "every", "step": {"number": 1, "unit": "month"}, "count": 12},
        });
        assert_eq!(serde_json::to_value(request).unwrap(), expected);
    }

    #[test]
    fn a_day_stands_in_a_request_as_people_write_it() {
        let points = json!({
            "by": "every", "step": {"number": 2, "unit": "week"}, "since": "2024-02-29",
        });
        let read: TrendPoints = serde_json::from_value(points.clone()).unwrap();
        assert_eq!(serde_json::to_value(read).unwrap(), points);
        let wrong = json!({
            "by": "every", "step": {"number": 2, "unit": "week"}, "since": "2023-02-29",
        });
        assert!(serde_json::from_value::<TrendPoints>(wrong).is_err());
    }
}
