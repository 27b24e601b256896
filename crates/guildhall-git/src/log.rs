//! Commits with the files that each changed, newest first: `git log --raw` and
//! `git log --numstat`.
//!
//! A merge has no changes of its own here: what it brought was counted where it was made.
//! Renames are found where the content stayed the same to the byte, which costs nothing
//! and does not depend on how much else changed in the commit.
//!
//! [`PatchLog`] gives the lines themselves, and [`CommitTimes`] nothing but the commits.
//!
//! Behind the arguments come the commits to begin at, `--`, and the paths to look at.

mod patch;
mod times;

use std::mem;

use crate::change::{ChangeFields, NumstatFields, RawFields};
use crate::fields::{Cutter, Field};
use crate::numbers::time;
use crate::{Change, Counts, Flow, GitFormatError, ObjectId, Parser, Step, Take};

pub use patch::{PatchCommit, PatchLine, PatchLog, PatchRecord, Side};
pub use times::{CommitTime, CommitTimes};

const COMMAND: &str = "log";

/// What a commit begins with; no change does.
const MARK: u8 = 1;

/// The arguments of both forms; `$what` is the form's own.
macro_rules! arguments {
    ($what:literal) => {
        &[
            "log",
            $what,
            "-z",
            "--no-abbrev",
            "-M100%",
            "--format=tformat:%x01%H%x00%P%x00%ct%x00%an%x00%ae%x00%s",
            // What a configuration could change.
            "--encoding=UTF-8",
            "--diff-merges=off",
            "--root",
            "--no-show-signature",
            "--no-notes",
            "--no-follow",
            "--no-color",
            "--no-ext-diff",
            "--no-textconv",
            "--no-relative",
            "--ignore-submodules=dirty",
            "--diff-algorithm=myers",
            "-O/dev/null",
        ]
    };
}

/// One step of a history: a commit, then its changes one by one, then the next commit.
///
/// A commit is not given together with its changes, since one may change a million files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogRecord<C> {
    /// A commit begins.
    Commit(Commit),
    /// The last commit changed this.
    Change(C),
}

/// A commit without its changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its name.
    pub id: ObjectId,
    /// The commits that it was made from: none for a first one, several for a merge.
    pub parents: Vec<ObjectId>,
    /// When it was made, in seconds since 1970; `None` where the commit does not say.
    pub time: Option<i64>,
    /// Who wrote the change, as the commit says; texts are cut at a mebibyte.
    pub author_name: Vec<u8>,
    /// The author's mail address.
    pub author_mail: Vec<u8>,
    /// The first paragraph of its message in one line.
    pub subject: Vec<u8>,
}

/// `git log --raw`: each change with modes and contents.
#[derive(Debug, Clone, Default)]
pub struct Log(History<RawFields>);

/// `git log --numstat`: each change with the numbers of its lines.
#[derive(Debug, Clone, Default)]
pub struct NumstatLog(History<NumstatFields>);

/// The parser of both.
#[derive(Debug, Clone)]
struct History<C> {
    cutter: Cutter,
    state: State<C>,
}

#[derive(Debug, Clone, Default)]
struct State<C> {
    /// The commit whose fields are being read, and how many of them were.
    open: Option<(Commit, u8)>,
    changes: C,
    /// Whether a commit was read, so that there is something that changes belong to.
    has_commit: bool,
    /// Whether a line break may stand before the next change.
    is_first_change: bool,
}

impl Parser for Log {
    type Record = LogRecord<Change>;

    fn arguments(&self) -> &'static [&'static str] {
        arguments!("--raw")
    }

    fn push(&mut self, bytes: &[u8], take: Take<'_, Self::Record>) -> Step {
        self.0.push(bytes, take)
    }

    fn finish(&mut self, _: Take<'_, Self::Record>) -> Step {
        self.0.finish()
    }
}

impl Parser for NumstatLog {
    type Record = LogRecord<Counts>;

    fn arguments(&self) -> &'static [&'static str] {
        arguments!("--numstat")
    }

    fn push(&mut self, bytes: &[u8], take: Take<'_, Self::Record>) -> Step {
        self.0.push(bytes, take)
    }

    fn finish(&mut self, _: Take<'_, Self::Record>) -> Step {
        self.0.finish()
    }
}

impl<C: ChangeFields> Default for History<C> {
    fn default() -> Self {
        Self {
            cutter: Cutter::at(0),
            state: State {
                open: None,
                changes: C::default(),
                has_commit: false,
                is_first_change: false,
            },
        }
    }
}

impl<C: ChangeFields> History<C> {
    fn push(&mut self, bytes: &[u8], take: Take<'_, LogRecord<C::Change>>) -> Step {
        let Self { cutter, state } = self;
        cutter.push(bytes, &mut |field| match state.field(field)? {
            Some(record) => Ok(take(record)),
            None => Ok(Flow::Continue(())),
        })
    }

    fn finish(&self) -> Step {
        self.cutter.must_be_empty(COMMAND)?;
        if self.state.open.is_some() || !self.state.changes.is_between() {
            return Err(GitFormatError::ended(COMMAND, self.cutter.offset()));
        }
        Ok(Flow::Continue(()))
    }
}

impl<C: ChangeFields> State<C> {
    fn field(&mut self, field: Field<'_>) -> Result<Option<LogRecord<C::Change>>, GitFormatError> {
        if let Some((mut commit, read)) = mem::take(&mut self.open) {
            commit.read(read, field)?;
            if read < LAST {
                self.open = Some((commit, read + 1));
                return Ok(None);
            }
            self.has_commit = true;
            self.is_first_change = true;
            return Ok(Some(LogRecord::Commit(commit)));
        }
        if self.changes.is_between() && field.bytes.first() == Some(&MARK) {
            self.open = Some((Commit::begun_by(field)?, 1));
            return Ok(None);
        }
        if !self.has_commit {
            return Err(field.refuse(COMMAND, "beginning of a commit"));
        }
        let is_first = mem::take(&mut self.is_first_change);
        let field = match field.bytes.strip_prefix(b"\n") {
            Some(rest) if is_first => field.with_bytes(rest),
            _ => field,
        };
        let change = self.changes.field(field, COMMAND)?;
        Ok(change.map(LogRecord::Change))
    }
}

/// Number of the last field of a commit, from nought.
const LAST: u8 = 5;

impl Commit {
    fn begun_by(field: Field<'_>) -> Result<Self, GitFormatError> {
        let id = field.bytes.strip_prefix(&[MARK]);
        let id = id.and_then(ObjectId::from_hex);
        Ok(Self {
            id: id.ok_or_else(|| field.refuse(COMMAND, "commit"))?,
            parents: Vec::new(),
            time: None,
            author_name: Vec::new(),
            author_mail: Vec::new(),
            subject: Vec::new(),
        })
    }

    /// Takes in the field of this number.
    fn read(&mut self, number: u8, field: Field<'_>) -> Result<(), GitFormatError> {
        match number {
            1 => {
                let bytes = field.whole(COMMAND, "list of parents")?;
                self.parents =
                    parents(bytes).ok_or_else(|| field.refuse(COMMAND, "list of parents"))?;
            }
            2 => self.time = time(field.bytes).ok_or_else(|| field.refuse(COMMAND, "time"))?,
            3 => self.author_name = field.bytes.to_vec(),
            4 => self.author_mail = field.bytes.to_vec(),
            _ => self.subject = field.bytes.to_vec(),
        }
        Ok(())
    }
}

fn parents(bytes: &[u8]) -> Option<Vec<ObjectId>> {
    if bytes.is_empty() {
        return Some(Vec::new());
    }
    bytes
        .split(|byte| *byte == b' ')
        .map(ObjectId::from_hex)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_all;

    const ID: &str = "f2ad6c76f0115a6ba5b00456a849810e7ec0af20";

    fn commit(subject: &str) -> Vec<u8> {
        format!("\x01{ID}\0{ID} {ID}\x0012\0Ada\0a@b\0{subject}\0").into_bytes()
    }

    #[test]
    fn changes_follow_their_commit() {
        let change = format!("\n:100644 100644 {ID} {ID} R100\0a\0b\0");
        let output = [commit("merge"), commit("move"), change.into_bytes()].concat();
        let records = parse_all(Log::default(), &output).unwrap();
        let [
            LogRecord::Commit(merge),
            LogRecord::Commit(_),
            LogRecord::Change(change),
        ] = &records[..]
        else {
            panic!("{records:?}");
        };
        assert_eq!(merge.parents.len(), 2);
        assert_eq!(change.similarity, Some(100));
        assert_eq!(change.old_path.as_deref(), Some(&b"a"[..]));
        assert_eq!(change.path, b"b");
    }

    #[test]
    fn a_path_that_looks_like_a_commit_is_a_path() {
        let counts = format!("\n1\t2\t\0\x01{ID}\0\n\0-\t-\t\x01{ID}\0");
        let output = [commit("odd"), counts.into_bytes()].concat();
        let records = parse_all(NumstatLog::default(), &output).unwrap();
        let lines: Vec<_> = records
            .iter()
            .filter_map(|record| match record {
                LogRecord::Change(counts) => Some((counts.lines, counts.path.len())),
                LogRecord::Commit(_) => None,
            })
            .collect();
        assert_eq!(lines, [(Some((1, 2)), 1), (None, 41)]);
    }

    #[test]
    fn other_output_is_refused_with_its_place() {
        let after = commit("a").len() as u64;
        for (output, offset) in [
            (b"commit a\0".to_vec(), 0),
            ([commit("a"), b"diff\0".to_vec()].concat(), after),
            ([commit("a"), b":100644".to_vec()].concat(), after),
            (commit("a")[..60].to_vec(), 42),
        ] {
            let error = parse_all(Log::default(), &output).unwrap_err();
            assert_eq!(error.offset(), offset, "{error}");
        }
    }
}
