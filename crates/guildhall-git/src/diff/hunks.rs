//! The places of changed lines: `git diff --unified=0`, of which the lines are passed over.

use super::patch::{Part, Patch};
use super::{COMMAND, arguments};
use crate::fields::Cutter;
use crate::numbers::decimal;
use crate::quoted;
use crate::{Flow, GitFormatError, Parser, Step, Take};

/// A file that differs, or a place in it: the places follow their file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DiffRecord {
    /// The next file.
    File(DiffFile),
    /// Changed lines of the last file.
    Hunk(Hunk),
}

/// A file that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiffFile {
    /// Its path before, from the top; `None` where it is new.
    pub old_path: Option<Vec<u8>>,
    /// Its path now; `None` where it is gone.
    pub new_path: Option<Vec<u8>>,
    /// Whether git takes it for binary and gives no lines.
    pub is_binary: bool,
}

/// Lines that were replaced, added or deleted at one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hunk {
    /// The lines before.
    pub old: LineRange,
    /// The lines now.
    pub new: LineRange,
}

/// A run of lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineRange {
    /// The first line, from one. Of an empty range, the line before it, which is nought
    /// at the beginning of a file.
    pub start: u32,
    /// How many lines there are.
    pub count: u32,
}

/// `git diff --unified=0`; renames are found where half of the content stayed the same.
#[derive(Debug, Clone)]
pub struct Hunks {
    cutter: Cutter,
    patch: Patch,
}

/// A file's head as far as it was read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Head {
    old_path: Option<Vec<u8>>,
    new_path: Option<Vec<u8>>,
    is_new: bool,
    is_gone: bool,
    is_binary: bool,
}

impl Default for Hunks {
    fn default() -> Self {
        Self {
            cutter: Cutter::at(b'\n'),
            patch: Patch::default(),
        }
    }
}

impl Parser for Hunks {
    type Record = DiffRecord;

    fn arguments(&self) -> &'static [&'static str] {
        arguments!("--patch", "--unified=0", "-M50%")
    }

    fn push(&mut self, bytes: &[u8], take: Take<'_, DiffRecord>) -> Step {
        let Self { cutter, patch } = self;
        cutter.push(bytes, &mut |line| {
            if let Some(flow) = patch.line(COMMAND, line, &mut |part| give(part, take))? {
                return Ok(flow);
            }
            let is_unmerged = line.bytes.starts_with(b"* Unmerged path ");
            match is_unmerged || (line.bytes.starts_with(b"\\ ") && patch.has_file()) {
                true => Ok(Flow::Continue(())),
                false => Err(line.refuse(COMMAND, "head of a file")),
            }
        })
    }

    fn finish(&mut self, take: Take<'_, DiffRecord>) -> Step {
        self.cutter.must_be_empty(COMMAND)?;
        let offset = self.cutter.offset();
        if self.patch.is_within() {
            return Err(GitFormatError::ended(COMMAND, offset));
        }
        let flow = self.patch.finish(&mut |part| give(part, take));
        flow.ok_or_else(|| GitFormatError::ended(COMMAND, offset))
    }
}

/// Gives a piece of the patch; lines are passed over.
fn give(part: Part<'_>, take: Take<'_, DiffRecord>) -> Flow {
    match part {
        Part::File(file) => take(DiffRecord::File(file)),
        Part::Place(hunk, _) => take(DiffRecord::Hunk(hunk)),
        Part::Line(..) => Flow::Continue(()),
    }
}

impl Head {
    /// Begins with what stands after `diff --git`. Without a rename both names are one,
    /// which tells where the first ends even if it holds spaces.
    pub(crate) fn named(names: &[u8]) -> Self {
        let path = same_path(names);
        Self {
            old_path: path.clone(),
            new_path: path,
            ..Self::default()
        }
    }

    /// Takes in a line of the head; `None` where a path in it cannot be read.
    pub(crate) fn line(&mut self, line: &[u8]) -> Option<()> {
        if line.starts_with(b"new file mode ") {
            self.is_new = true;
        } else if line.starts_with(b"deleted file mode ") {
            self.is_gone = true;
        } else if line.starts_with(b"Binary files ") {
            self.is_binary = true;
        } else if let Some(path) = after(line, &[b"rename from ", b"copy from "]) {
            self.old_path = Some(quoted::path(path)?);
        } else if let Some(path) = after(line, &[b"rename to ", b"copy to "]) {
            self.new_path = Some(quoted::path(path)?);
        }
        // The rest, modes and names of contents, is told by the other forms.
        Some(())
    }

    pub(crate) fn finish(self) -> Option<DiffFile> {
        let (old_path, new_path) = (self.old_path?, self.new_path?);
        Some(DiffFile {
            old_path: (!self.is_new).then_some(old_path),
            new_path: (!self.is_gone).then_some(new_path),
            is_binary: self.is_binary,
        })
    }
}

fn after<'a>(line: &'a [u8], prefixes: &[&[u8]]) -> Option<&'a [u8]> {
    prefixes
        .iter()
        .find_map(|prefix| line.strip_prefix(*prefix))
}

/// The one path in `a/path b/path`; `None` where there are two.
fn same_path(names: &[u8]) -> Option<Vec<u8>> {
    let (old, new) = if names.starts_with(b"\"") {
        let (old, rest) = quoted::string(names)?;
        (old, quoted::path(rest.strip_prefix(b" ")?)?)
    } else {
        let middle = names.len() / 2;
        let (old, new) = (names.get(..middle)?, names.get(middle..)?);
        (old.to_vec(), new.strip_prefix(b" ")?.to_vec())
    };
    let (old, new) = (old.strip_prefix(b"a/")?, new.strip_prefix(b"b/")?);
    (old == new && !old.is_empty()).then(|| old.to_vec())
}

/// Reads `@@ -start,count +start,count @@`, of which a count of one is left out.
pub(crate) fn hunk(line: &[u8]) -> Option<Hunk> {
    let mut words = line.split(|byte| *byte == b' ').skip(1);
    let old = range(words.next()?.strip_prefix(b"-")?)?;
    let new = range(words.next()?.strip_prefix(b"+")?)?;
    (words.next()? == b"@@").then_some(Hunk { old, new })
}

fn range(text: &[u8]) -> Option<LineRange> {
    let number = |digits: &[u8]| u32::try_from(decimal(digits)?).ok();
    let mut parts = text.splitn(2, |byte| *byte == b',');
    Some(LineRange {
        start: number(parts.next()?)?,
        count: parts.next().map_or(Some(1), number)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_all;

    fn paths(output: &str) -> Vec<(Option<String>, Option<String>)> {
        let text = |path: Option<Vec<u8>>| path.map(|path| String::from_utf8(path).unwrap());
        parse_all(Hunks::default(), output.as_bytes())
            .unwrap()
            .into_iter()
            .filter_map(|record| match record {
                DiffRecord::File(file) => Some((text(file.old_path), text(file.new_path))),
                DiffRecord::Hunk(_) => None,
            })
            .collect()
    }

    #[test]
    fn paths_are_found_with_spaces_with_quotes_and_of_empty_files() {
        let output = "diff --git a/x b/y b/x b/y\nindex 1..2\n\
            diff --git \"a/q\\n\" \"b/q\\n\"\nnew file mode 100644\n\
            diff --git a/o b/n\nsimilarity index 100%\nrename from o\nrename to n\n\
            diff --git a/d b/d\ndeleted file mode 100644\n";
        let some = |path: &str| Some(path.to_owned());
        assert_eq!(
            paths(output),
            [
                (some("x b/y"), some("x b/y")),
                (None, some("q\n")),
                (some("o"), some("n")),
                (some("d"), None),
            ]
        );
    }

    #[test]
    fn lines_that_look_like_heads_are_lines() {
        let output = "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1,2 +0,0 @@ fn f()\n\
            --- a/other\n-diff --git a/b b/b\n@@ -9 +8 @@\n-x\n\\ No newline at end of file\n+y\n\
            \\ No newline at end of file\n";
        let records = parse_all(Hunks::default(), output.as_bytes()).unwrap();
        let hunk = |old: (u32, u32), new: (u32, u32)| {
            let range = |(start, count)| LineRange { start, count };
            DiffRecord::Hunk(Hunk {
                old: range(old),
                new: range(new),
            })
        };
        assert_eq!(records[1..], [hunk((1, 2), (0, 0)), hunk((9, 1), (8, 1))]);
    }

    #[test]
    fn other_output_is_refused() {
        for output in [
            "diff --cc a\n",
            "@@ -1 +1 @@\n-a\n+b\n",
            "diff --git a/a b/b\n",
            "diff --git a/a b/a\n@@ -1 +1 @@\n-a\n",
            "diff --git a/a b/a\n@@ -1 +1 @@\n-a\n-b\n",
            "diff --git a/a b/a\n@@ x @@\n",
            "warning\n",
        ] {
            let read = parse_all(Hunks::default(), output.as_bytes());
            assert!(read.is_err(), "{output:?}: {read:?}");
        }
    }
}
