//! Commits with when they were made, and nothing else: what is reached from where.

use crate::fields::{Cutter, Field};
use crate::numbers::time;
use crate::{Flow, GitFormatError, ObjectId, Parser, Step, Take};

use super::COMMAND;

/// A commit and its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommitTime {
    /// Its name.
    pub id: ObjectId,
    /// When it was made, in seconds since 1970; `None` where the commit does not say.
    pub time: Option<i64>,
}

/// `git log --no-merges` without changes, newest first.
#[derive(Debug, Clone)]
pub struct CommitTimes(Cutter);

impl Default for CommitTimes {
    fn default() -> Self {
        Self(Cutter::at(b'\n'))
    }
}

impl Parser for CommitTimes {
    type Record = CommitTime;

    fn arguments(&self) -> &'static [&'static str] {
        &[
            "log",
            "--no-merges",
            "--no-patch",
            "--format=tformat:%H %ct",
            // What a configuration could change.
            "--no-show-signature",
            "--no-notes",
            "--no-follow",
            "--no-color",
        ]
    }

    fn push(&mut self, bytes: &[u8], take: Take<'_, CommitTime>) -> Step {
        self.0.push(bytes, &mut |line| Ok(take(commit_of(line)?)))
    }

    fn finish(&mut self, _: Take<'_, CommitTime>) -> Step {
        self.0.must_be_empty(COMMAND)?;
        Ok(Flow::Continue(()))
    }
}

fn commit_of(line: Field<'_>) -> Result<CommitTime, GitFormatError> {
    let bytes = line.whole(COMMAND, "commit")?;
    read(bytes).ok_or_else(|| line.refuse(COMMAND, "commit"))
}

fn read(line: &[u8]) -> Option<CommitTime> {
    let space = line.iter().position(|byte| *byte == b' ')?;
    Some(CommitTime {
        id: ObjectId::from_hex(&line[..space])?,
        time: time(&line[space + 1..])?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_all;

    #[test]
    fn a_commit_without_a_time_is_one_all_the_same() {
        let id = "f2ad6c76f0115a6ba5b00456a849810e7ec0af20";
        let output = format!("{id} 12\n{id} \n");
        let commits = parse_all(CommitTimes::default(), output.as_bytes()).unwrap();
        let times: Vec<_> = commits.iter().map(|commit| commit.time).collect();
        assert_eq!(times, [Some(12), None]);
        for wrong in [format!("{id}\n"), format!("{id} 1"), format!("{id} x\n")] {
            assert!(parse_all(CommitTimes::default(), wrong.as_bytes()).is_err());
        }
    }
}
