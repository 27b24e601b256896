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

/// A leap year, for times of which only differences count.
const SOME_YEAR: i64 = 2000;

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
    let since = since(request)?;
    let mut reading = Reading {
        miner: Miner::new(Limits::default()),
        is_plain: request.messages_only,
        since,
        year: since.map_or(SOME_YEAR, year_of),
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
    year: i64,
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
        while let Some(line) = next(&mut lines, path)? {
            self.lines += 1;
            look(self.lines, hooks)?;
            if self.is_plain {
                self.miner.add(line, period, Told::default());
                continue;
            }
            let header = logs::header(line);
            self.has_years &= !matches!(header.stamp, Some(Stamp::WithoutYear(..)));
            let at = header.stamp.and_then(|stamp| stamp.moment(Some(self.year)));
            // A line without a time is of the same period as the one before it.
            if let (Some(at), Some(since)) = (at, self.since) {
                is_before = at < since;
            }
            let period = if is_before { Period::Baseline } else { period };
            let level = header.level;
            self.miner.add(&header.message, period, Told { level, at });
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

/// The moment that parts before from now, where one is given.
fn since(request: &LogsRequest) -> Result<Option<Moment>, ResponderError> {
    let problem = |key, problem: &str| {
        Err(ResponderError::Request {
            key,
            problem: problem.to_owned(),
        })
    };
    if request.assignments.is_some() && !is_file(&request.path) {
        let reason = "needs a log that can be read twice; write standard input to a file first";
        return problem("assignments", reason);
    }
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

fn year_of(moment: Moment) -> i64 {
    let text = moment.to_string();
    text.get(..4)
        .and_then(|year| year.parse().ok())
        .unwrap_or(SOME_YEAR)
}
