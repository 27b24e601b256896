//! `guildhall incident logs`: reads logs, and says what they say.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, BufWriter, Write as _};
use std::path::Path;
use std::time::Instant;

use guildhall_report::Report;
use guildhall_sdk::Schema;
use guildhall_sdk::core::path_text;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::logs::{self, Limits, Lines, Miner, PassedOver, Period, Stamp, Told};
use crate::{Moment, ResponderError, present};

/// Lines between two looks at whether somebody still waits.
const STEP: u64 = 1 << 14;

/// Bytes that are read at once.
const PIECE: usize = 1 << 20;

/// Which logs to read, and how.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LogsRequest {
    /// The log; `/dev/stdin` is standard input.
    pub path: String,
    /// A log of before, with which it is compared.
    #[serde(default)]
    pub baseline: Option<String>,
    /// Compare what is from this moment on, as 2026-11-21T18:02:00Z, with what is before it.
    #[serde(default)]
    pub since: Option<String>,
    /// How many templates and changes to list; 20 where absent, 0 for all.
    #[serde(default)]
    pub most: Option<u32>,
    /// Lines are messages alone: nothing before them is taken off.
    #[serde(default)]
    pub messages_only: bool,
    /// Write the number of each line's template to this file, one a line; it must not exist.
    #[serde(default)]
    pub assignments: Option<String>,
}

/// What a long reading tells whoever waits for it.
pub trait Hooks {
    /// So many lines have been read.
    fn progress(&self, lines: u64);

    /// Whether nobody waits any more.
    fn is_cancelled(&self) -> bool;
}

/// Reads logs and reports their templates, and what is new, gone or more than usual.
///
/// The report depends on the files alone, but for what stands in `run`.
///
/// # Errors
/// Where a file cannot be read or written, or the request contradicts itself.
pub fn inspect(request: &LogsRequest, hooks: &impl Hooks) -> Result<Report, ResponderError> {
    can_be_read_twice(request)?;
    let since = since(request)?;
    let mut reading = Reading {
        miner: Miner::new(Limits::default()),
        is_plain: request.messages_only,
        since,
        passed_over: PassedOver::default(),
        has_years: true,
        lines: 0,
    };
    let begun = Instant::now();
    if let Some(baseline) = &request.baseline {
        reading.read(baseline, Period::Baseline, hooks)?;
    }
    reading.read(&request.path, Period::Examined, hooks)?;
    let seconds = begun.elapsed().as_secs_f64().max(1e-9);
    if let Some(file) = &request.assignments {
        reading.assign(&request.path, file, hooks)?;
    }
    let shown = present::Shown {
        source: &request.path,
        most: match request.most {
            Some(0) => usize::MAX,
            most => most.unwrap_or(20) as usize,
        },
        passed_over: reading.passed_over,
        // A year that nobody wrote is not shown either.
        has_years: reading.has_years || since.is_some(),
    };
    let lines = reading.lines;
    let mut report = present::logs(&reading.miner.finish(), &shown);
    report
        .run
        .insert("milliseconds".to_owned(), json!((seconds * 1e3).round()));
    let speed = (lines as f64 / seconds).round();
    report.run.insert("lines_per_s".to_owned(), json!(speed));
    Ok(report)
}

struct Reading {
    miner: Miner,
    /// Whether lines are messages alone.
    is_plain: bool,
    since: Option<Moment>,
    passed_over: PassedOver,
    has_years: bool,
    lines: u64,
}

impl Reading {
    fn read(
        &mut self,
        path: &str,
        period: Period,
        hooks: &impl Hooks,
    ) -> Result<(), ResponderError> {
        let mut lines = Lines::new(open(path)?);
        let mut is_before = self.since.is_some();
        // The year of a line that writes none is that in which it is nearest to the one before.
        let mut near = self.since;
        let mut number = 0;
        while let Some(line) = next(&mut lines, path)? {
            self.lines += 1;
            number += 1;
            look(self.lines, hooks)?;
            let line_number = Some(number);
            if self.is_plain {
                let told = Told {
                    line: line_number,
                    ..Told::default()
                };
                self.miner.add(line, period, told);
                continue;
            }
            let header = logs::header(line);
            self.has_years &= !matches!(header.stamp, Some(Stamp::WithoutYear(..)));
            let at = header.stamp.and_then(|stamp| stamp.moment(near));
            near = at.or(near);
            // A line without a time is of the same period as the one before it.
            if let (Some(at), Some(since)) = (at, self.since) {
                is_before = at < since;
            }
            let period = if is_before { Period::Baseline } else { period };
            let level = header.level;
            let told = Told {
                level,
                at,
                line: line_number,
            };
            self.miner.add(&header.message, period, told);
        }
        self.passed_over.long_lines += lines.passed_over.long_lines;
        self.passed_over.not_utf8 += lines.passed_over.not_utf8;
        Ok(())
    }

    /// Reads the log once more and writes where each of its lines belongs.
    fn assign(
        &mut self,
        path: &str,
        target: &str,
        hooks: &impl Hooks,
    ) -> Result<(), ResponderError> {
        let unwritable = |reason| ResponderError::Unwritable {
            path: target.to_owned(),
            reason,
        };
        let file = path_text::decode(target);
        let file = OpenOptions::new().write(true).create_new(true).open(file);
        let mut file = BufWriter::new(file.map_err(unwritable)?);
        let order = self.miner.order();
        let mut lines = Lines::new(open(path)?);
        let mut count = 0;
        while let Some(line) = next(&mut lines, path)? {
            count += 1;
            look(count, hooks)?;
            let place = if self.is_plain {
                self.miner.place(line, &order)
            } else {
                self.miner.place(&logs::header(line).message, &order)
            };
            match place {
                Some(place) => writeln!(file, "{}", place + 1),
                None => writeln!(file, "-"),
            }
            .map_err(unwritable)?;
        }
        file.flush().map_err(unwritable)
    }
}

fn open(path: &str) -> Result<impl BufRead + use<>, ResponderError> {
    let unreadable = |reason| ResponderError::Unreadable {
        path: path.to_owned(),
        reason,
    };
    let file = File::open(path_text::decode(path)).map_err(unreadable)?;
    // Opening a folder succeeds on some systems; reading it does not.
    let is_folder = file.metadata().map_err(unreadable)?.is_dir();
    if is_folder {
        return Err(unreadable(std::io::ErrorKind::IsADirectory.into()));
    }
    Ok(BufReader::with_capacity(PIECE, file))
}

fn next<'a>(
    lines: &'a mut Lines<impl BufRead>,
    path: &str,
) -> Result<Option<&'a [u8]>, ResponderError> {
    lines.next_line().map_err(|reason| match reason {
        logs::LinesError::Io(reason) => ResponderError::Unreadable {
            path: path.to_owned(),
            reason,
        },
        reason => ResponderError::NotText {
            path: path.to_owned(),
            reason,
        },
    })
}

fn look(lines: u64, hooks: &impl Hooks) -> Result<(), ResponderError> {
    if !lines.is_multiple_of(STEP) {
        return Ok(());
    }
    hooks.progress(lines);
    match hooks.is_cancelled() {
        true => Err(ResponderError::Cancelled),
        false => Ok(()),
    }
}

/// That the log can be read once more where assignments are asked for.
fn can_be_read_twice(request: &LogsRequest) -> Result<(), ResponderError> {
    if request.assignments.is_none() || is_file(&request.path) {
        return Ok(());
    }
    Err(ResponderError::Request {
        key: "assignments",
        problem: "needs a log that can be read twice; write standard input to a file first"
            .to_owned(),
    })
}

/// The moment that parts before from now, where one is given.
fn since(request: &LogsRequest) -> Result<Option<Moment>, ResponderError> {
    let problem = |key, problem: &str| {
        Err(ResponderError::Request {
            key,
            problem: problem.to_owned(),
        })
    };
    let Some(text) = &request.since else {
        return Ok(None);
    };
    if request.baseline.is_some() {
        let reason = "says what is before, and so does `baseline`; take one of the two out";
        return problem("since", reason);
    }
    if request.messages_only {
        let reason = "needs the times of lines, which `messages-only` leaves out; take one out";
        return problem("since", reason);
    }
    match text.parse() {
        Ok(moment) => Ok(Some(moment)),
        Err(error) => problem("since", &format!("is not understood: {error}")),
    }
}

/// Whether a path is no device or pipe. One that is not there is told of when it is opened.
fn is_file(path: &str) -> bool {
    let path = path_text::decode(path);
    Path::new(&path).metadata().map_or(true, |it| it.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Quiet;

    impl Hooks for Quiet {
        fn progress(&self, _: u64) {}

        fn is_cancelled(&self) -> bool {
            false
        }
    }

    fn report(log: &str, since: Option<&str>) -> Report {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.log");
        std::fs::write(&path, log).unwrap();
        let request = LogsRequest {
            path: path_text::encode(&path),
            since: since.map(str::to_owned),
            ..LogsRequest::default()
        };
        inspect(&request, &Quiet).unwrap()
    }

    fn figure(report: &Report, key: &str) -> Option<f64> {
        let mut figures = report.figures.iter();
        figures
            .find(|figure| figure.id == key)
            .map(|figure| figure.value)
    }

    const NEW_YEAR: &str = "Dec 31 23:58:00 host app[1]: opened the door\n\
        Dec 31 23:59:00 host app[1]: opened the door\n\
        Jan  1 00:01:00 host app[1]: closed the door\n\
        Jan  1 00:02:00 host app[1]: closed the door\n";

    #[test]
    fn a_log_over_new_year_is_parted_where_it_is_said() {
        let report = report(NEW_YEAR, Some("2027-01-01T00:00:00Z"));
        assert_eq!(figure(&report, "baseline-lines"), Some(2.0));
        assert_eq!(figure(&report, "lines"), Some(2.0));
        let since = report.tables[0].rows[0][4].to_string();
        assert!(since.contains("2027-01-01 00:01:00"), "{since}");
    }

    #[test]
    fn the_number_of_a_line_is_that_in_the_file() {
        let report = report(NEW_YEAR, Some("2027-01-01T00:00:00Z"));
        let closed = report.tables[1]
            .rows
            .iter()
            .find(|row| row[4] == "closed the door");
        assert_eq!(closed.unwrap()[3], 3);
    }
}
