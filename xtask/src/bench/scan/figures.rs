//! The figures of single runs, and what is made of several.

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::rows::Row;

/// One run of one process.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Run {
    /// Processor seconds, user and system, of the process and of those that it started.
    pub(super) cpu: f64,
    /// Of that, on the first thread of the process; none of another's program.
    pub(super) main: Option<f64>,
    pub(super) wall: f64,
    /// The most memory at once, in bytes; none where the system does not tell.
    pub(super) peak: Option<u64>,
    /// What the pass has counted.
    pub(super) counts: Value,
}

impl Run {
    /// Reads what the benchmark prints.
    ///
    /// # Errors
    /// Where it is something else.
    pub(super) fn read(text: &str) -> Result<Self> {
        let value: Value = serde_json::from_str(text).context("what it printed is no JSON")?;
        let seconds = |key: &str| value[key].as_f64().with_context(|| format!("no `{key}`"));
        Ok(Self {
            cpu: seconds("cpu")?,
            main: value["main"].as_f64(),
            wall: seconds("wall")?,
            peak: value["peak"].as_u64(),
            counts: value["counts"].clone(),
        })
    }

    /// With what another's program ended.
    pub(super) fn code(&self) -> Option<i64> {
        self.counts["code"].as_i64()
    }

    /// How long it would take on so many processors that do nothing else: the first thread
    /// works alone, and the others share what is left.
    fn at_best(&self, threads: usize) -> Option<f64> {
        let alone = self.main?;
        Some(alone + (self.cpu - alone).max(0.0) / threads as f64)
    }
}

/// A row and its runs, one a round.
#[derive(Debug)]
pub(super) struct Measured {
    pub(super) row: &'static Row,
    pub(super) runs: Vec<Run>,
}

impl Measured {
    pub(super) fn of(row: &'static Row) -> Self {
        Self {
            row,
            runs: Vec::new(),
        }
    }
}

/// Median processor seconds.
pub(super) fn cpu(runs: &[Run]) -> Option<f64> {
    median(runs.iter().map(|run| run.cpu))
}

/// Median of the most memory, in millions of bytes.
pub(super) fn peak(runs: &[Run]) -> Option<f64> {
    median(runs.iter().filter_map(|run| Some(run.peak? as f64 / 1e6)))
}

/// Median of the rounds' ratios of processor time.
pub(super) fn ratio(runs: &[Run], against: &[Run]) -> Option<f64> {
    paired(runs, against, |run, other| Some(run.cpu / other.cpu))
}

/// How many times as fast these runs on several threads are as those on one, by the clock,
/// and as far as processor time alone says.
pub(super) fn speed_up(one: &[Run], several: &[Run], threads: usize) -> [Option<f64>; 2] {
    [
        paired(one, several, |one, several| Some(one.wall / several.wall)),
        paired(one, several, |one, several| {
            Some(one.cpu / several.at_best(threads)?)
        }),
    ]
}

/// Median of what `of` makes of the runs of one round.
fn paired(a: &[Run], b: &[Run], of: impl Fn(&Run, &Run) -> Option<f64>) -> Option<f64> {
    let both = a.iter().zip(b);
    median(
        both.filter_map(|(a, b)| of(a, b))
            .filter(|it| it.is_finite()),
    )
}

/// The middle one, or between the two in the middle.
fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    let lower = values[(values.len() - 1) / 2];
    Some(f64::midpoint(lower, upper))
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;

    use super::*;

    /// A run that has taken so much processor time, `main` of it alone.
    pub(crate) fn run(cpu: f64, main: f64, wall: f64) -> Run {
        Run {
            cpu,
            main: Some(main),
            wall,
            peak: Some(2_500_000),
            counts: json!({}),
        }
    }

    #[test]
    fn what_the_benchmark_prints_is_read() {
        let line = r#"{"cpu":1.5,"main":0.5,"wall":2.0,"peak":1000,"counts":{"code":3}}"#;
        let read = Run::read(line).unwrap();
        assert_eq!(
            (read.cpu, read.main, read.peak),
            (1.5, Some(0.5), Some(1000))
        );
        assert_eq!(read.code(), Some(3));
        let line = r#"{"cpu":1.5,"main":null,"wall":2.0,"peak":null,"counts":{}}"#;
        let read = Run::read(line).unwrap();
        assert_eq!((read.main, read.peak, read.code()), (None, None, None));
        for wrong in ["", "{}", r#"{"cpu":1}"#, "words"] {
            assert!(Run::read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_median_is_the_middle_or_between_the_two_in_the_middle() {
        let of = |values: &[f64]| median(values.iter().copied());
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[3.0]), Some(3.0));
        assert_eq!(of(&[9.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(of(&[4.0, 1.0, 2.0, 9.0]), Some(3.0));
    }

    #[test]
    fn ratios_are_those_of_one_round() {
        // The machine is three times as slow in the second round, and the ratio is the same.
        let floors = [run(1.0, 0.0, 1.0), run(3.0, 0.0, 3.0)];
        let scans = [run(1.2, 0.0, 1.2), run(3.6, 0.0, 3.6)];
        let ratio = ratio(&scans, &floors).unwrap();
        assert!((ratio - 1.2).abs() < 1e-9, "{ratio}");
        // Of what was run once only the first round counts.
        assert_eq!(super::ratio(&[run(5.0, 0.0, 5.0)], &floors), Some(5.0));
    }

    #[test]
    fn a_speed_up_is_told_by_the_clock_and_by_processor_time() {
        let one = [run(2.0, 0.2, 2.0)];
        let two = [run(2.2, 0.2, 4.0)];
        let [wall, cpu] = speed_up(&one, &two, 2);
        assert_eq!(wall, Some(0.5));
        let cpu = cpu.unwrap();
        assert!((cpu - 2.0 / 1.2).abs() < 1e-9, "{cpu}");
    }

    #[test]
    fn memory_is_in_millions_of_bytes() {
        assert_eq!(peak(&[run(1.0, 0.0, 1.0)]), Some(2.5));
        assert_eq!(peak(&[]), None);
    }
}
