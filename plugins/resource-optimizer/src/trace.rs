//! A load as it was recorded: jobs with the moment they came and the work they were.

use std::fmt;

use crate::{OptimizerError, table};

/// Seconds that a trace may last: more than three years is a mistake of units.
const MOST_SECONDS: f64 = 1e8;

/// A gap is this many times the median one ...
const GAP_TIMES: f64 = 10.0;

/// ... and this many seconds at the least.
const GAP_SECONDS: f64 = 3600.0;

/// A job: when it came, and how long one agent worked on it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Job {
    /// Seconds since the trace began.
    pub arrival_s: f64,
    /// Seconds of work.
    pub service_s: f64,
}

/// Jobs in the order in which they came, at least one.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    jobs: Vec<Job>,
    notes: Vec<Note>,
}

/// What is odd about a trace, though it can be used.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Note {
    /// So many jobs stood after one that came later; they were put in order.
    OutOfOrder(usize),
    /// Nothing came between two moments.
    Gap {
        /// The job before, in seconds.
        from_s: f64,
        /// The job after.
        to_s: f64,
    },
}

impl Trace {
    /// Reads a file whose first line is `arrival_s,service_s`.
    ///
    /// # Errors
    /// Where it cannot be read, has no job, or a figure that is negative, no number or absurd.
    pub fn read(path: &str) -> Result<Self, OptimizerError> {
        let rows = table::read(path, ["arrival_s", "service_s"])?;
        Self::of(rows).map_err(|reason| OptimizerError::Unreadable {
            path: path.to_owned(),
            reason,
        })
    }

    /// A trace of jobs in any order; none where there is no job, or where a figure is not
    /// between 0 and 100 million seconds.
    ///
    /// ```
    /// use resource_optimizer::trace::{Job, Trace};
    ///
    /// let job = |arrival_s| Job { arrival_s, service_s: 1.5 };
    /// let trace = Trace::new(vec![job(8.0), job(2.0)]).expect("both are sound");
    /// assert_eq!(trace.jobs()[0].arrival_s, 2.0);
    /// assert!(Trace::new(vec![job(-1.0)]).is_none());
    /// ```
    pub fn new(mut jobs: Vec<Job>) -> Option<Self> {
        let is_sound = |job: &Job| is_sound(job.arrival_s) && is_sound(job.service_s);
        if jobs.is_empty() || !jobs.iter().all(is_sound) {
            return None;
        }
        let late = jobs
            .windows(2)
            .filter(|pair| pair[1].arrival_s < pair[0].arrival_s)
            .count();
        jobs.sort_by(|one, other| one.arrival_s.total_cmp(&other.arrival_s));
        let mut notes = Vec::new();
        if late > 0 {
            notes.push(Note::OutOfOrder(late));
        }
        notes.extend(gaps(&jobs));
        Some(Self { jobs, notes })
    }

    /// The jobs, by their arrival.
    pub fn jobs(&self) -> &[Job] {
        &self.jobs
    }

    /// What is odd about it.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    fn of(rows: table::Rows) -> Result<Self, String> {
        let absurd = rows.rows.iter().find_map(|&(line, arrival, service)| {
            let named = [("arrival_s", arrival), ("service_s", service)];
            let (name, value) = named.into_iter().find(|(_, value)| !is_sound(*value))?;
            Some((line, name, value))
        });
        if let Some((line, name, value)) = absurd {
            return Err(format!(
                "line {line}: {name} is {value}; it counts seconds, from 0 to 100 million"
            ));
        }
        let jobs = rows.rows.into_iter().map(|(_, arrival_s, service_s)| Job {
            arrival_s,
            service_s,
        });
        Self::new(jobs.collect()).ok_or_else(|| "it has no job; each line is one".to_owned())
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfOrder(1) => {
                write!(f, "one job stood behind a later one; it was put in order")
            }
            Self::OutOfOrder(count) => {
                write!(
                    f,
                    "{count} jobs stood behind later ones; they were put in order"
                )
            }
            Self::Gap { from_s, to_s } => {
                write!(f, "nothing came between {from_s:.0} s and {to_s:.0} s")
            }
        }
    }
}

fn is_sound(seconds: f64) -> bool {
    (0.0..=MOST_SECONDS).contains(&seconds)
}

/// Stretches without an arrival that are long beside the usual ones.
fn gaps(jobs: &[Job]) -> Vec<Note> {
    let mut between: Vec<f64> = jobs
        .windows(2)
        .map(|pair| pair[1].arrival_s - pair[0].arrival_s)
        .collect();
    between.sort_by(f64::total_cmp);
    let Some(median) = between.get(between.len() / 2) else {
        return Vec::new();
    };
    let least = (GAP_TIMES * median).max(GAP_SECONDS);
    let wide = |pair: &&[Job]| pair[1].arrival_s - pair[0].arrival_s > least;
    let gap = |pair: &[Job]| Note::Gap {
        from_s: pair[0].arrival_s,
        to_s: pair[1].arrival_s,
    };
    jobs.windows(2).filter(wide).map(gap).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Trace, String> {
        Trace::of(table::rows(text, ["arrival_s", "service_s"])?)
    }

    fn at(arrival_s: f64) -> Job {
        Job {
            arrival_s,
            service_s: 1.0,
        }
    }

    #[test]
    fn a_trace_that_cannot_be_read_names_its_line() {
        for (rows, told) in [
            ("", "it has no job; each line is one"),
            (
                "1,2\n3,-4\n",
                "line 3: service_s is -4; it counts seconds, from 0 to 100 million",
            ),
            (
                "-0.5,2\n",
                "line 2: arrival_s is -0.5; it counts seconds, from 0 to 100 million",
            ),
            (
                "1700000000,2\n",
                "line 2: arrival_s is 1700000000; it counts seconds, from 0 to 100 million",
            ),
            (
                "1,NaN\n",
                "line 2: service_s is \"NaN\", which is no number",
            ),
        ] {
            assert_eq!(
                read(&format!("arrival_s,service_s\n{rows}")).unwrap_err(),
                told
            );
        }
    }

    #[test]
    fn one_job_without_work_is_a_trace() {
        let trace = read("arrival_s,service_s\n0,0\n").unwrap();
        assert_eq!(trace.jobs().len(), 1);
        assert!(trace.notes().is_empty());
    }

    #[test]
    fn a_clock_that_jumps_back_is_put_in_order_and_told() {
        let trace = Trace::new(vec![at(5.0), at(9.0), at(2.0), at(3.0)]).unwrap();
        let arrivals: Vec<f64> = trace.jobs().iter().map(|job| job.arrival_s).collect();
        assert_eq!(arrivals, [2.0, 3.0, 5.0, 9.0]);
        assert_eq!(trace.notes(), [Note::OutOfOrder(1)]);
    }

    #[test]
    fn only_a_gap_that_is_long_in_itself_and_beside_others_is_told() {
        let with = |gap: f64, usual: f64| {
            let mut jobs: Vec<Job> = (0..9).map(|n| at(f64::from(n) * usual)).collect();
            jobs.push(at(8.0 * usual + gap));
            Trace::new(jobs).unwrap().notes().len()
        };
        assert_eq!(with(3601.0, 1.0), 1);
        assert_eq!(with(3599.0, 1.0), 0);
        assert_eq!(with(5000.0, 1000.0), 0);
        assert_eq!(with(10_001.0, 1000.0), 1);
    }
}
