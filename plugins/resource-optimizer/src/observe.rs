//! What is recorded of work, made sound: from the host's records, or from a file.

use std::collections::BTreeMap;

use guildhall_sdk::core::AgentId;
use guildhall_sdk::core::records::{AttemptEnd, AttemptRecord, Records};

use crate::{OptimizerError, table};

/// A moment later than this many milliseconds since 1970 is a mistake (the year 5138).
const MOST_MS: u64 = 100_000_000_000_000;

/// Of more than this share of odd records nothing is recommended.
pub const MOST_ODD: f64 = 0.05;

/// The records that can be used.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Observed {
    /// The records; attempts in the order of their beginning.
    pub records: Records,
    /// Records that were left out, by why.
    pub odd: BTreeMap<&'static str, usize>,
}

impl Observed {
    /// Leaves out what cannot be: a clock that went back, a moment that is absurd.
    pub fn of(mut records: Records) -> Self {
        let mut odd: BTreeMap<&'static str, usize> = BTreeMap::new();
        let now_ms = records.now_ms;
        records.attempts.retain(|attempt| {
            let reason = oddity(attempt, now_ms);
            if let Some(reason) = reason {
                *odd.entry(reason).or_default() += 1;
            }
            reason.is_none()
        });
        records.waiting.retain(|waiting| {
            let is_sound = waiting.ready_ms <= now_ms;
            if !is_sound {
                *odd.entry("it waits since a moment to come").or_default() += 1;
            }
            is_sound
        });
        records
            .attempts
            .sort_by(|one, other| key_of(one).cmp(&key_of(other)));
        Self { records, odd }
    }

    /// Reads a file: JSON as the host's records have it, a JSON list of attempts, or CSV with a
    /// line of names: `agent`, `ready_ms`, `started_ms`, `ended_ms` and, where there are,
    /// `capability`, `run`, `task`, `attempt`, `end`, `usd`, `tokens`. The last moment in it is
    /// taken for now, unless it says another.
    ///
    /// # Errors
    /// Where it cannot be read, or holds something else.
    pub fn read(path: &str) -> Result<Self, OptimizerError> {
        let unreadable = |reason: String| OptimizerError::Unreadable {
            path: path.to_owned(),
            reason,
        };
        let text = table::text_of(path).map_err(|error| unreadable(error.to_string()))?;
        let records = records_of(&text).map_err(unreadable)?;
        Ok(Self::of(records))
    }

    /// How many records were left out.
    pub fn odd_records(&self) -> usize {
        self.odd.values().sum()
    }

    /// Whether so many are odd that the rest is not to be acted upon.
    pub fn is_doubtful(&self) -> bool {
        let odd = self.odd_records() as f64;
        odd > MOST_ODD * (odd + self.records.attempts.len() as f64)
    }
}

fn key_of(attempt: &AttemptRecord) -> (u64, &str, &str, u32) {
    (
        attempt.started_ms,
        &attempt.run,
        &attempt.task,
        attempt.attempt,
    )
}

fn oddity(attempt: &AttemptRecord, now_ms: u64) -> Option<&'static str> {
    let last = attempt.ended_ms.unwrap_or(attempt.started_ms);
    if last > MOST_MS || attempt.ready_ms > MOST_MS {
        return Some("a moment is absurd");
    }
    if attempt.started_ms < attempt.ready_ms {
        return Some("it began before it could");
    }
    if last < attempt.started_ms {
        return Some("it ended before it began");
    }
    if last > now_ms {
        return Some("it ended after the moment at which it was read");
    }
    if !attempt.usd.is_finite() || attempt.usd < 0.0 {
        return Some("its cost is negative or no number");
    }
    None
}

fn records_of(text: &str) -> Result<Records, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let first = text.trim_start().chars().next();
    let mut records = match first {
        Some('{') => serde_json::from_str::<Records>(text).map_err(|error| error.to_string())?,
        Some('[') => Records {
            attempts: serde_json::from_str(text).map_err(|error| error.to_string())?,
            ..Records::default()
        },
        Some(_) => of_csv(text)?,
        None => return Err("it is empty; give JSON or CSV".to_owned()),
    };
    if records.now_ms == 0 {
        let last = |attempt: &AttemptRecord| attempt.ended_ms.unwrap_or(attempt.started_ms);
        records.now_ms = records.attempts.iter().map(last).max().unwrap_or(0);
    }
    Ok(records)
}

fn of_csv(text: &str) -> Result<Records, String> {
    let mut lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty());
    let (_, header) = lines.next().unwrap_or_default();
    let titles: Vec<&str> = header.split(',').map(str::trim).collect();
    for name in ["agent", "ready_ms", "started_ms"] {
        if !titles.contains(&name) {
            return Err(format!(
                "it is no JSON, and its first line has no column `{name}`; \
                 CSV needs agent, ready_ms and started_ms"
            ));
        }
    }
    let attempts = lines.map(|(at, line)| {
        let values: Vec<&str> = line.split(',').map(str::trim).collect();
        let row = Row {
            titles: &titles,
            values: &values,
        };
        row.attempt()
            .map_err(|reason| format!("line {}: {reason}", at + 1))
    });
    Ok(Records {
        attempts: attempts.collect::<Result<_, String>>()?,
        ..Records::default()
    })
}

/// A line of CSV under its names.
struct Row<'a> {
    titles: &'a [&'a str],
    values: &'a [&'a str],
}

impl Row<'_> {
    fn attempt(&self) -> Result<AttemptRecord, String> {
        let needed = |name: &str| {
            let moment = self.number::<u64>(name)?;
            moment.ok_or_else(|| format!("{name} is missing"))
        };
        let agent = self.text("agent").unwrap_or_default();
        let ended_ms = self.number("ended_ms")?;
        let end = match self.text("end") {
            Some(end) => serde_json::from_value(end.into()).unwrap_or(AttemptEnd::Unknown),
            None if ended_ms.is_none() => AttemptEnd::InFlight,
            None => AttemptEnd::Completed,
        };
        Ok(AttemptRecord {
            run: self.text("run").unwrap_or_default().to_owned(),
            task: self.text("task").unwrap_or_default().to_owned(),
            attempt: self.number("attempt")?.unwrap_or(1),
            capability: self.text("capability").map(str::to_owned),
            agent: AgentId::new(agent).map_err(|error| error.to_string())?,
            ready_ms: needed("ready_ms")?,
            started_ms: needed("started_ms")?,
            ended_ms,
            end,
            usd: self.number("usd")?.unwrap_or(0.0),
            tokens: self.number("tokens")?.unwrap_or(0),
            needs: Vec::new(),
            extra: serde_json::Map::new(),
        })
    }

    fn text(&self, name: &str) -> Option<&str> {
        let place = self.titles.iter().position(|title| *title == name)?;
        self.values
            .get(place)
            .copied()
            .filter(|text| !text.is_empty())
    }

    fn number<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>, String> {
        let Some(text) = self.text(name) else {
            return Ok(None);
        };
        match text.parse() {
            Ok(value) => Ok(Some(value)),
            Err(_) => Err(format!("{name} is {text:?}, which is not as it should be")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_and_csv_say_the_same() {
        let json = r#"[{"agent":"a","capability":"x","ready_ms":1,"started_ms":2,"ended_ms":5},
            {"agent":"b","ready_ms":3,"started_ms":4,"end":"in-flight"}]"#;
        let csv = "started_ms,agent,ready_ms,ended_ms,capability\n2,a,1,5,x\n4,b,3,,\n";
        let (one, other) = (records_of(json).unwrap(), records_of(csv).unwrap());
        assert_eq!(one, other);
        assert_eq!(one.now_ms, 5);
        assert_eq!(one.attempts[1].end, AttemptEnd::InFlight);
    }

    #[test]
    fn what_is_no_record_is_told_with_its_line() {
        for (text, told) in [
            ("", "it is empty"),
            ("a,b\n1,2\n", "has no column `agent`"),
            (
                "agent,ready_ms,started_ms\na,1,x\n",
                "line 2: started_ms is \"x\"",
            ),
            (
                "agent,ready_ms,started_ms\na,-1,2\n",
                "line 2: ready_ms is \"-1\"",
            ),
            (
                "agent,ready_ms,started_ms\na,1\n",
                "line 2: started_ms is missing",
            ),
            ("agent,ready_ms,started_ms\nA b,1,2\n", "line 2: "),
            ("{\"now_ms\": 1}", "missing field `attempts`"),
        ] {
            let error = records_of(text).unwrap_err();
            assert!(error.contains(told), "{text:?}: {error}");
        }
    }

    #[test]
    fn clocks_that_jump_and_absurd_figures_are_left_out_and_counted() {
        let attempt = |ready: u64, started: u64, ended: u64, usd: f64| {
            serde_json::json!({
                "agent": "a", "ready_ms": ready, "started_ms": started, "ended_ms": ended, "usd": usd
            })
        };
        let all = [
            attempt(1, 2, 3, 0.5),
            attempt(9, 2, 3, 0.0),
            attempt(1, 5, 3, 0.0),
            attempt(1, 2, 3, -1.0),
            attempt(1, 2, u64::MAX, 0.0),
            attempt(1, 2, 2000, 0.0),
        ];
        let records = serde_json::json!({"now_ms": 1000, "attempts": all});
        let observed = Observed::of(serde_json::from_value(records).unwrap());
        assert_eq!(observed.records.attempts.len(), 1);
        assert_eq!(observed.odd_records(), 5);
        assert_eq!(observed.odd.len(), 5);
        assert!(observed.is_doubtful());
    }
}
