//! Where words stand in the files of a commit: `git grep`.
//!
//! Behind the arguments come the words, each after an `-e`, then the commit, `--`, and the
//! paths to look at. That nothing was found is exit code 1.

use memchr::memchr;

use crate::fields::{Cutter, Field, MOST_KEPT};
use crate::{Flow, GitFormatError, Parser, Step, Take};

const COMMAND: &str = "grep";

/// One place at which a word stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundWord {
    /// Path of the file, from the top.
    pub path: Vec<u8>,
    /// The word.
    pub word: Vec<u8>,
}

/// `git grep --only-matching --word-regexp --fixed-strings`, in a commit.
#[derive(Debug, Clone)]
pub struct Words {
    cutter: Cutter,
    /// The lines of a path that has line breaks, as far as they were read.
    open: Vec<u8>,
}

impl Default for Words {
    fn default() -> Self {
        Self {
            cutter: Cutter::at(b'\n'),
            open: Vec::new(),
        }
    }
}

impl Parser for Words {
    type Record = FoundWord;

    fn arguments(&self) -> &'static [&'static str] {
        &[
            "grep",
            "-I",
            "--only-matching",
            "--word-regexp",
            "--fixed-strings",
            "--null",
            // What a configuration could change.
            "--full-name",
            "--no-line-number",
            "--no-column",
            "--no-color",
            "--no-textconv",
            "--no-recurse-submodules",
        ]
    }

    fn push(&mut self, bytes: &[u8], take: Take<'_, FoundWord>) -> Step {
        let Self { cutter, open } = self;
        cutter.push(bytes, &mut |line| match found(line, open)? {
            Some(record) => Ok(take(record)),
            None => Ok(Flow::Continue(())),
        })
    }

    fn finish(&mut self, _: Take<'_, FoundWord>) -> Step {
        self.cutter.must_be_empty(COMMAND)?;
        if !self.open.is_empty() {
            return Err(GitFormatError::ended(COMMAND, self.cutter.offset()));
        }
        Ok(Flow::Continue(()))
    }
}

/// Takes in a line; gives the place that it completes.
fn found(line: Field<'_>, open: &mut Vec<u8>) -> Result<Option<FoundWord>, GitFormatError> {
    let bytes = line.whole(COMMAND, "place of a word")?;
    if open.len() + bytes.len() > MOST_KEPT {
        return Err(GitFormatError::too_long(COMMAND, line.offset, "path"));
    }
    open.extend_from_slice(bytes);
    // A word has no line break, but a path may.
    if memchr(0, bytes).is_none() {
        open.push(b'\n');
        return Ok(None);
    }
    let record = read(open).ok_or_else(|| line.refuse(COMMAND, "place of a word"))?;
    open.clear();
    Ok(Some(record))
}

/// `commit:path`, a zero byte, and the word; a name of a commit holds no colon.
fn read(line: &[u8]) -> Option<FoundWord> {
    let (place, word) = line.split_at(memchr(0, line)?);
    let path = &place[memchr(b':', place)? + 1..];
    let word = &word[1..];
    (!path.is_empty() && !word.is_empty()).then(|| FoundWord {
        path: path.to_vec(),
        word: word.to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_all;

    #[test]
    fn a_path_may_hold_colons_and_line_breaks() {
        let output = b"1f2e:src/a:b\n.rs\0lock\n1f2e:c\0d\n";
        let found = parse_all(Words::default(), output).unwrap();
        assert_eq!(found[0].path, b"src/a:b\n.rs");
        assert_eq!(found[1].path, b"c");
        assert_eq!(found[0].word, b"lock");
    }

    #[test]
    fn what_names_no_path_or_no_word_is_refused() {
        for output in [&b"a:b\n"[..], b"a\0b\n", b"a:\0b\n", b"a:b\0\n", b"a:b\0c"] {
            assert!(parse_all(Words::default(), output).is_err());
        }
    }
}
