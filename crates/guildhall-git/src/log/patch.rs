//! Commits with the lines that each changed: `git log --patch --unified=0`.

use crate::diff::{DiffFile, Part, Patch};
use crate::fields::{Cutter, Field, MOST_KEPT};
use crate::numbers::time;
use crate::{Flow, GitFormatError, ObjectId, Parser, Step, Take};

use super::{COMMAND, MARK, parents};

/// One step of a history with its lines: a commit, then each file that it changed, and
/// behind each file its places and their lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PatchRecord {
    /// A commit begins.
    Commit(PatchCommit),
    /// The last commit changed this file; a rename is a file that went and one that came.
    File(DiffFile),
    /// A place in the last file; what git shows of the lines before it, often the
    /// function that it lies in.
    Hunk(Vec<u8>),
    /// A line of the last place.
    Line(PatchLine),
}

/// A commit with its whole message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatchCommit {
    /// Its name.
    pub id: ObjectId,
    /// The commits that it was made from.
    pub parents: Vec<ObjectId>,
    /// When it was made, in seconds since 1970; `None` where the commit does not say.
    pub time: Option<i64>,
    /// Who wrote the change, as the commit says.
    pub author_name: Vec<u8>,
    /// All that was written about it, cut at a mebibyte.
    pub message: Vec<u8>,
}

/// A line that went or came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatchLine {
    /// Which of the two.
    pub side: Side,
    /// The line without its line break, cut at a mebibyte.
    pub text: Vec<u8>,
}

/// Which state of a file a line is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// It was there before.
    Old,
    /// It is there now.
    New,
}

/// `git log --patch --unified=0`, newest first.
#[derive(Debug, Clone)]
pub struct PatchLog {
    cutter: Cutter,
    state: State,
}

#[derive(Debug, Clone, Default)]
struct State {
    /// The commit whose message is being read.
    open: Option<PatchCommit>,
    /// Whether a commit was read, so that there is something that files belong to.
    has_commit: bool,
    /// The files of the last commit.
    patch: Patch,
}

impl Default for PatchLog {
    fn default() -> Self {
        Self {
            cutter: Cutter::at(b'\n'),
            state: State::default(),
        }
    }
}

impl Parser for PatchLog {
    type Record = PatchRecord;

    fn arguments(&self) -> &'static [&'static str] {
        &[
            "log",
            "--patch",
            "--unified=0",
            "--no-renames",
            "--format=tformat:%x01%H%x00%P%x00%ct%x00%an%x00%B%x00",
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
            "--submodule=short",
            "--diff-algorithm=myers",
            "--indent-heuristic",
            "--inter-hunk-context=0",
            "--src-prefix=a/",
            "--dst-prefix=b/",
            "-O/dev/null",
        ]
    }

    fn push(&mut self, bytes: &[u8], take: Take<'_, PatchRecord>) -> Step {
        let Self { cutter, state } = self;
        cutter.push(bytes, &mut |line| state.line(line, take))
    }

    fn finish(&mut self, take: Take<'_, PatchRecord>) -> Step {
        self.cutter.must_be_empty(COMMAND)?;
        let offset = self.cutter.offset();
        if self.state.patch.is_within() || self.state.open.is_some() {
            return Err(GitFormatError::ended(COMMAND, offset));
        }
        let flow = self.state.patch.finish(&mut |part| give(part, take));
        flow.ok_or_else(|| GitFormatError::ended(COMMAND, offset))
    }
}

impl State {
    fn line(&mut self, line: Field<'_>, take: Take<'_, PatchRecord>) -> Step {
        if !self.patch.is_within() {
            if let Some(commit) = self.open.take() {
                return self.message(commit, line, take);
            }
            if line.bytes.first() == Some(&MARK) {
                return self.begin(line, take);
            }
            if !self.has_commit {
                return Err(line.refuse(COMMAND, "beginning of a commit"));
            }
        }
        if let Some(flow) = self
            .patch
            .line(COMMAND, line, &mut |part| give(part, take))?
        {
            return Ok(flow);
        }
        // An empty line stands between a message and its files; the other form says that
        // there is no line break at the end of a file.
        match line.bytes.is_empty() || line.bytes.starts_with(b"\\ ") {
            true => Ok(Flow::Continue(())),
            false => Err(line.refuse(COMMAND, "head of a file")),
        }
    }

    /// Reads the first line of a commit, in which its message begins.
    fn begin(&mut self, line: Field<'_>, take: Take<'_, PatchRecord>) -> Step {
        let flow = self
            .patch
            .end(COMMAND, line, &mut |part| give(part, take))?;
        if flow.is_break() {
            return Ok(flow);
        }
        let begun = begun(line.bytes);
        let (commit, rest) = begun.ok_or_else(|| line.refuse(COMMAND, "beginning of a commit"))?;
        self.has_commit = true;
        self.patch.forget();
        self.message(commit, line.with_bytes(rest), take)
    }

    /// Takes in a line of a message, which a zero byte ends.
    fn message(
        &mut self,
        mut commit: PatchCommit,
        line: Field<'_>,
        take: Take<'_, PatchRecord>,
    ) -> Step {
        let ended = line.ended_by(0);
        let (text, has_ended) = (ended.unwrap_or(line.bytes), ended.is_some());
        if text.contains(&0) {
            return Err(line.refuse(COMMAND, "line of a message"));
        }
        let room = MOST_KEPT.saturating_sub(commit.message.len());
        commit
            .message
            .extend_from_slice(&text[..text.len().min(room)]);
        if has_ended {
            return Ok(take(PatchRecord::Commit(commit)));
        }
        if commit.message.len() < MOST_KEPT {
            commit.message.push(b'\n');
        }
        self.open = Some(commit);
        Ok(Flow::Continue(()))
    }
}

/// Gives a piece of the patch.
fn give(part: Part<'_>, take: Take<'_, PatchRecord>) -> Flow {
    take(match part {
        Part::File(file) => PatchRecord::File(file),
        Part::Place(_, line) => PatchRecord::Hunk(context(line).to_vec()),
        Part::Line(side, text) => PatchRecord::Line(PatchLine {
            side,
            text: text.to_vec(),
        }),
    })
}

/// The fields before the message, and what stands behind them.
fn begun(line: &[u8]) -> Option<(PatchCommit, &[u8])> {
    let mut fields = line.strip_prefix(&[MARK])?.splitn(5, |byte| *byte == 0);
    let commit = PatchCommit {
        id: ObjectId::from_hex(fields.next()?)?,
        parents: parents(fields.next()?)?,
        time: time(fields.next()?)?,
        author_name: fields.next()?.to_vec(),
        message: Vec::new(),
    };
    Some((commit, fields.next()?))
}

/// What stands behind the second `@@`, without the space before it.
fn context(line: &[u8]) -> &[u8] {
    let end = memchr::memmem::find(&line[2..], b"@@");
    let rest = end.map_or(&b""[..], |end| &line[end + 4..]);
    rest.strip_prefix(b" ").unwrap_or(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_all;

    const ID: &str = "f2ad6c76f0115a6ba5b00456a849810e7ec0af20";

    fn commit(message: &str) -> String {
        format!("\x01{ID}\0{ID}\x0012\0Ada\0{message}\0\n")
    }

    fn read(output: &str) -> Vec<PatchRecord> {
        parse_all(PatchLog::default(), output.as_bytes()).unwrap()
    }

    #[test]
    fn a_message_of_many_lines_may_hold_what_a_diff_holds() {
        let message = "one\n\ndiff --git a/x b/x\n@@ -1 +1 @@\n\x01two\n";
        let records = read(&[commit(message), commit("")].concat());
        let messages: Vec<_> = records
            .iter()
            .map(|record| match record {
                PatchRecord::Commit(commit) => commit.message.as_slice(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(messages, [message.as_bytes(), b""]);
    }

    #[test]
    fn a_line_of_a_message_may_be_of_any_length() {
        let long = "a".repeat(MOST_KEPT + 5);
        for message in [long.clone(), format!("b\n{long}\nc"), format!("b\n{long}")] {
            let output = [commit(&message), commit("next")].concat();
            for piece in [output.len(), 1_000] {
                let mut parser = PatchLog::default();
                let mut messages = Vec::new();
                let mut take = |record| {
                    if let PatchRecord::Commit(commit) = record {
                        messages.push(commit.message);
                    }
                    Flow::Continue(())
                };
                for bytes in output.as_bytes().chunks(piece) {
                    let _ = parser.push(bytes, &mut take).unwrap();
                }
                let _ = parser.finish(&mut take).unwrap();
                assert_eq!(messages.len(), 2);
                // The line is cut with what stands before the message in it.
                let kept = messages[0].len();
                assert!((MOST_KEPT - 100..=MOST_KEPT).contains(&kept), "{kept}");
                assert!(message.as_bytes().starts_with(&messages[0]));
                assert_eq!(messages[1], b"next");
            }
        }
    }

    #[test]
    fn changed_lines_may_look_like_heads() {
        let diff = "\ndiff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n\
                    @@ -3,2 +3 @@ fn f() {\n--- a/y\n-\x01z\n+@@ -1 +1 @@\n\
                    \\ No newline at end of file\n";
        let records = read(&[commit("a\n"), diff.to_owned()].concat());
        let [
            _,
            PatchRecord::File(file),
            PatchRecord::Hunk(place),
            lines @ ..,
        ] = &records[..]
        else {
            panic!("{records:?}");
        };
        assert_eq!(file.new_path.as_deref(), Some(&b"x"[..]));
        assert_eq!(place, b"fn f() {");
        let lines: Vec<_> = lines
            .iter()
            .map(|record| match record {
                PatchRecord::Line(line) => (line.side, line.text.as_slice()),
                other => panic!("{other:?}"),
            })
            .collect();
        let expected: [(Side, &[u8]); 3] = [
            (Side::Old, b"-- a/y"),
            (Side::Old, b"\x01z"),
            (Side::New, b"@@ -1 +1 @@"),
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn a_file_without_lines_is_given_too() {
        let diff = "\ndiff --git a/x b/x\nBinary files a/x and b/x differ\n\
                    diff --git a/y b/y\nnew file mode 100644\nindex 0..1\n";
        let records = read(&[commit("a"), diff.to_owned(), commit("b")].concat());
        let [_, PatchRecord::File(x), PatchRecord::File(y), _] = &records[..] else {
            panic!("{records:?}");
        };
        assert!(x.is_binary && !y.is_binary);
        assert_eq!((y.old_path.as_ref(), y.new_path.is_some()), (None, true));
    }

    #[test]
    fn other_output_is_refused_with_its_place() {
        let after = commit("a").len() as u64;
        for (output, offset) in [
            ("commit a\n".to_owned(), 0),
            (format!("\x01{ID}\0\0\0Ada\n"), 0),
            (commit("a") + "@@ -1 +1 @@\n", after),
            (commit("a") + "diff", after),
            (commit("a")[..60].to_owned(), 0),
        ] {
            let error = parse_all(PatchLog::default(), output.as_bytes()).unwrap_err();
            assert_eq!(error.offset(), offset, "{error}");
        }
    }
}
