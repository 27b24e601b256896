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
    /// The file that had the name at the last look.
    file: Option<File>,
    /// The time of the last line that told one.
    last: Option<Moment>,
}

/// A part of a file.
struct Piece {
    lines: Take<File>,
    /// Whether it is the beginning of the file.
    begins: bool,
}

impl Followed {
    pub(super) fn new(logs: &[String], pattern: Pattern, since: Moment, now: Moment) -> Self {
        let log = |name: &String| Log {
            name: name.clone(),
            offset: 0,
            lines: 0,
            file: None,
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
        let pieces = log.unread(is_last).map_err(|error| failed(error.into()))?;
        for piece in pieces {
            self.read(log, piece, ctx, &failed)?;
        }
        Ok(())
    }

    fn read(
        &mut self,
        log: &mut Log,
        piece: Piece,
        ctx: &Context,
        failed: &impl Fn(LinesError) -> ResponderError,
    ) -> Result<(), AgentError> {
        if piece.begins {
            log.lines = 0;
        }
        let mut lines = Lines::new(BufReader::new(piece.lines));
        while let Some(line) = lines.next_line().map_err(failed)? {
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
    /// What was not read yet: of a file that has lost its name to another one the rest, then of
    /// that one all there is.
    fn unread(&mut self, is_last: bool) -> io::Result<Vec<Piece>> {
        let named = match File::open(path_text::decode(&self.name)) {
            // Between the two steps of a rotation nothing has the name.
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.file.is_some() => None,
            opened => Some(opened?),
        };
        let mut pieces = Vec::new();
        match (self.file.take(), named) {
            (Some(old), Some(new)) if id(&old)? != id(&new)? => {
                pieces.push(self.piece(&old, true)?);
                self.offset = 0;
                pieces.push(self.piece(&new, is_last)?);
                self.file = Some(new);
            }
            (old, new) => {
                let file = old.or(new);
                if let Some(file) = &file {
                    pieces.push(self.piece(file, is_last)?);
                }
                self.file = file;
            }
        }
        Ok(pieces)
    }

    /// What was not read yet of a file; without what is not ended yet, unless it is the last time.
    fn piece(&mut self, file: &File, is_last: bool) -> io::Result<Piece> {
        let mut file = file.try_clone()?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            let text = "it is no file, and only a file can be looked at again";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        if metadata.len() < self.offset {
            self.offset = 0;
        }
        let begins = self.offset == 0;
        let end = match is_last {
            true => metadata.len(),
            false => whole_lines(&mut file, self.offset, metadata.len())?,
        };
        file.seek(SeekFrom::Start(self.offset))?;
        let lines = file.take(end - self.offset);
        self.offset = end;
        Ok(Piece { lines, begins })
    }
}

/// A file, as the system numbers it.
fn id(file: &File) -> io::Result<(u64, u64)> {
    let metadata = file.metadata()?;
    Ok((metadata.dev(), metadata.ino()))
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

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write as _;

    use super::*;

    fn read(log: &mut Log, is_last: bool) -> String {
        let mut text = String::new();
        for mut piece in log.unread(is_last).unwrap() {
            piece.lines.read_to_string(&mut text).unwrap();
        }
        text
    }

    #[test]
    fn of_a_file_that_was_rotated_away_the_rest_is_read_before_the_new_one() {
        let folder = tempfile::tempdir().unwrap();
        let (path, old) = (folder.path().join("a.log"), folder.path().join("a.log.1"));
        let mut log = Log {
            name: path.to_str().unwrap().to_owned(),
            file: None,
            offset: 0,
            lines: 0,
            last: None,
        };
        assert!(
            log.unread(false).is_err(),
            "one that was never there is told"
        );
        let mut file = File::create(&path).unwrap();
        file.write_all(b"one\ntw").unwrap();
        assert_eq!(read(&mut log, false), "one\n");
        file.write_all(b"o\n").unwrap();
        fs::rename(&path, &old).unwrap();
        assert_eq!(read(&mut log, false), "two\n", "nothing has the name");
        file.write_all(b"three").unwrap();
        fs::write(&path, "four\nfive\n").unwrap();
        assert_eq!(read(&mut log, false), "threefour\nfive\n");
        fs::write(&path, "six\n").unwrap();
        assert_eq!(
            read(&mut log, true),
            "six\n",
            "it was cut off and begun anew"
        );
        assert_eq!(read(&mut log, true), "");
    }
}
