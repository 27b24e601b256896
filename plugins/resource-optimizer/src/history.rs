//! Rates of the time before a trace, in bins of one width.

use crate::{OptimizerError, table};

/// How far a bin may stand from where its width puts it, as a share of the width.
const TOLERANCE: f64 = 0.01;

/// Bins that a history may have.
const MOST_BINS: f64 = 1e6;

/// Jobs a second in bins of one width, up to the moment 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Rates {
    /// Seconds of a bin.
    pub(crate) bin_s: f64,
    /// The rates, of which the last ends at 0; none where a bin is missing.
    pub(crate) rates: Vec<Option<f64>>,
}

impl Rates {
    /// Reads a file whose first line is `bin_s,rate_per_s`. Bins that begin at 0 or after it
    /// are passed over: they would be the future.
    ///
    /// # Errors
    /// Where it cannot be read, has fewer than three bins before 0, or bins of several widths.
    pub fn read(path: &str) -> Result<Self, OptimizerError> {
        let rows = table::read(path, ["bin_s", "rate_per_s"])?;
        Self::of(rows).map_err(|reason| OptimizerError::Unreadable {
            path: path.to_owned(),
            reason,
        })
    }

    fn of(rows: table::Rows) -> Result<Self, String> {
        let mut bins = rows.rows;
        if let Some((line, ..)) = bins.iter().find(|(_, _, rate)| *rate < 0.0) {
            return Err(format!("line {line}: rate_per_s is negative"));
        }
        bins.retain(|(_, start, _)| *start < 0.0);
        bins.sort_by(|one, other| one.1.total_cmp(&other.1));
        if bins.len() < 3 {
            return Err("it has fewer than three bins before 0, the start of the trace".to_owned());
        }
        let widths = bins.windows(2).map(|pair| pair[1].1 - pair[0].1);
        let bin_s = widths.fold(f64::INFINITY, f64::min);
        if bin_s <= 0.0 {
            let twice = bins.windows(2).find(|pair| pair[1].1 <= pair[0].1);
            let line = twice.map_or(0, |pair| pair[1].0);
            return Err(format!("line {line}: a bin begins where another does"));
        }
        let first = bins[0].1;
        let place = |start: f64| (start - first) / bin_s;
        let last = bins
            .last()
            .map_or(0.0, |(_, start, _)| place(*start).round());
        let count = (-first / bin_s).round().max(last + 1.0);
        if count > MOST_BINS {
            return Err(format!("it has more than a million bins of {bin_s} s"));
        }
        let mut rates = vec![None; count as usize];
        for (line, start, rate) in bins {
            let slot = place(start).round();
            if (place(start) - slot).abs() > TOLERANCE {
                return Err(format!(
                    "line {line}: the bin begins at {start}, but bins are {bin_s} s wide; \
                     take bins of one width"
                ));
            }
            rates[slot as usize] = Some(rate);
        }
        Ok(Self { bin_s, rates })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Rates, String> {
        let text = format!("bin_s,rate_per_s\n{text}");
        Rates::of(table::rows(&text, ["bin_s", "rate_per_s"])?)
    }

    #[test]
    fn bins_that_are_missing_are_no_rate_and_the_future_is_not_read() {
        let rates = read("-400,1\n-300,2\n-100,4\n0,5\n100,6\n").unwrap();
        assert_eq!(rates.bin_s, 100.0);
        assert_eq!(rates.rates, [Some(1.0), Some(2.0), None, Some(4.0)]);
        // One that ended before the trace begins.
        let rates = read("-600,1\n-500,2\n-400,4\n").unwrap();
        assert_eq!(rates.rates.len(), 6);
        assert_eq!(rates.rates[3], None);
    }

    #[test]
    fn a_history_that_cannot_be_read_names_its_line() {
        for (rows, told) in [
            ("-2,1\n-1,1\n", "fewer than three bins before 0"),
            ("0,1\n1,1\n2,1\n", "fewer than three bins before 0"),
            ("-3,1\n-2,-1\n-1,1\n", "line 3: rate_per_s is negative"),
            (
                "-3,1\n-2,1\n-2,1\n",
                "line 4: a bin begins where another does",
            ),
            ("-350,1\n-200,1\n-100,1\n", "line 3: the bin begins at -200"),
            ("-1e9,1\n-2,1\n-1,1\n", "more than a million bins"),
        ] {
            let error = read(rows).unwrap_err();
            assert!(error.contains(told), "{rows:?}: {error}");
        }
    }
}
