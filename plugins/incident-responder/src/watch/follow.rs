//! Logs that are read as they grow.

use std::fs::File;
use std::io::{self, BufReader, Read as _, Seek as _, SeekFrom, Take};
use std::os::unix::fs::MetadataExt as _;

use guildhall_sdk::core::{AgentError, Context, path_text};
use memchr::memrchr;

use super::MOST_EVIDENCE;
use super::pattern::Pattern;
use crate::logs::{Lines, LinesError, header};
use crate::{Moment, ResponderError};

/// Lines between two looks at whether somebody still waits.
const STEP: u64 = 1 << 14;

/// Bytes that are read at once in search of the end of a line.
const PIECE: u64 = 1 << 16;

/// Logs, and what of the symptom was seen in them.
pub(super) struct Followed {
    logs: Vec<Log>,
    pattern: Pattern,
    since: Moment,
    /// When the watch began; a time without a year is near it.
    now: Moment,
    pub(super) lines: u64,
    pub(super) older: u64,
    pub(super) seen: u64,
    /// The first lines in which it was seen.
    pub(super) hits: Vec<Hit>,
}

/// A line in which the symptom was seen.
pub(super) struct Hit {
    pub(super) log: String,
    pub(super) number: u64,
    pub(super) line: String,
    pub(super) at: Option<Moment>,
}

struct Log {
    name: String,
    /// How far it was read, always up to the end of a line.
    offset: u64,
    lines: u64,
    /// The file, as the system numbers it: another one has taken its name where it differs.
    inode: Option<u64>,
    /// The time of the last line that told one.
    last: Option<Moment>,
}

impl Followed {
    pub(super) fn new(logs: &[String], pattern: Pattern, since: Moment, now: Moment) -> Self {
        let log = |name: &String| Log {
            name: name.clone(),
            offset: 0,
            lines: 0,
            inode: None,
            last: None,
        };
        Self {
            logs: logs.iter().map(log).collect(),
            pattern,
            since,
            now,
            lines: 0,
            older: 0,
            seen: 0,
            hits: Vec::new(),
        }
    }

    /// Logs whose lines tell no time.
    pub(super) fn without_times(&self) -> Vec<String> {
        let without = self
            .logs
            .iter()
            .filter(|log| log.last.is_none() && log.lines > 0);
        without.map(|log| log.name.clone()).collect()
    }

    /// Reads what is new in all logs; but for the last time, a line that is not ended is left
    /// for the next.
    ///
    /// # Errors
    /// Where one cannot be read or is no text.
    pub(super) fn look(&mut self, is_last: bool, ctx: &Context) -> Result<(), AgentError> {
        let mut logs = std::mem::take(&mut self.logs);
        let mut all = logs.iter_mut();
        let looked = all.try_for_each(|log| self.look_into(log, is_last, ctx));
        self.logs = logs;
        looked
    }

    fn look_into(&mut self, log: &mut Log, is_last: bool, ctx: &Context) -> Result<(), AgentError> {
        let name = log.name.clone();
        let failed = |reason: LinesError| match reason {
            LinesError::Io(reason) => ResponderError::Unreadable {
                path: name.clone(),
                reason,
            },
            reason => ResponderError::NotText {
                path: name.clone(),
                reason,
            },
        };
        let new = log.open(is_last).map_err(|error| failed(error.into()))?;
        let mut lines = Lines::new(BufReader::new(new));
        while let Some(line) = lines.next_line().map_err(&failed)? {
            log.lines += 1;
            self.lines += 1;
            if self.lines.is_multiple_of(STEP) {
                ctx.progress(self.lines, None, "lines");
                ctx.check_cancelled()?;
            }
            let stamp = header(line).stamp;
            let near = log.last.or(Some(self.now));
            log.last = stamp.and_then(|stamp| stamp.moment(near)).or(log.last);
            if log.last.is_some_and(|at| at < self.since) {
                self.older += 1;
            } else if self.pattern.is_in(line) {
                self.seen += 1;
                if self.hits.len() < MOST_EVIDENCE {
                    self.hits.push(Hit {
                        log: log.name.clone(),
                        number: log.lines,
                        line: String::from_utf8_lossy(line).into_owned(),
                        at: log.last,
                    });
                }
            }
        }
        Ok(())
    }
}

impl Log {
    /// What was not read yet of the file that has the name now.
    fn open(&mut self, is_last: bool) -> io::Result<Take<File>> {
        let mut file = File::open(path_text::decode(&self.name))?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            let text = "it is no file, and only a file can be looked at again";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        let is_another = self.inode.is_some_and(|inode| inode != metadata.ino());
        if is_another || metadata.len() < self.offset {
            (self.offset, self.lines) = (0, 0);
        }
        self.inode = Some(metadata.ino());
        let end = match is_last {
            true => metadata.len(),
            false => whole_lines(&mut file, self.offset, metadata.len())?,
        };
        file.seek(SeekFrom::Start(self.offset))?;
        let new = file.take(end - self.offset);
        self.offset = end;
        Ok(new)
    }
}

/// Where the last line that is ended ends, from an offset on.
fn whole_lines(file: &mut File, from: u64, length: u64) -> io::Result<u64> {
    let mut end = length;
    let mut piece = Vec::new();
    while end > from {
        let start = from.max(end.saturating_sub(PIECE));
        file.seek(SeekFrom::Start(start))?;
        piece.clear();
        file.take(end - start).read_to_end(&mut piece)?;
        if let Some(at) = memrchr(b'\n', &piece) {
            return Ok(start + at as u64 + 1);
        }
        end = start;
    }
    Ok(from)
}
