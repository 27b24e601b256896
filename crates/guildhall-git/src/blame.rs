//! Which commit each line of a file is from: `git blame`.
//!
//! Behind the arguments comes the commit whose file is looked at, then `--` and its path
//! from the top. A configured file of commits to ignore is not heeded, but where it is
//! missing git fails all the same.

use std::collections::HashMap;
use std::sync::Arc;

use crate::fields::{Cutter, Field};
use crate::numbers::{decimal, time};
use crate::{Flow, GitFormatError, ObjectId, Parser, Step, Take, quoted};

const COMMAND: &str = "blame";

/// Lines that are from one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlamedLines {
    /// The commit, shared by all that is from it.
    pub commit: Arc<BlamedCommit>,
    /// The first of the lines in the file that was asked for, from one.
    pub line: u32,
    /// How many lines there are.
    pub count: u32,
    /// The first of them in the commit's own file, from one.
    pub original_line: u32,
    /// Path of the commit's own file, from the top.
    pub original_path: Arc<[u8]>,
}

/// What blame says of a commit; texts are cut at a mebibyte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlamedCommit {
    /// Its name.
    pub id: ObjectId,
    /// Who wrote the change.
    pub author_name: Vec<u8>,
    /// The author's mail address, without the angle brackets.
    pub author_mail: Vec<u8>,
    /// When it was written, in seconds since 1970; `None` where the commit does not say.
    pub author_time: Option<i64>,
    /// When it was committed, likewise.
    pub committer_time: Option<i64>,
    /// The first line of its message.
    pub summary: Vec<u8>,
    /// Whether the search ended here, so that a line may be older.
    pub is_boundary: bool,
}

/// In which of its two forms git is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Ranges in the order in which they are found, without the lines' text.
    Incremental,
    /// Line by line in the order of the file, each followed by its text.
    Porcelain,
}

/// `git blame`, in one of two forms.
#[derive(Debug, Clone)]
pub struct Blame {
    form: Form,
    cutter: Cutter,
    state: State,
}

#[derive(Debug, Clone, Default)]
struct State {
    /// What is known of each commit; git says it once.
    known: HashMap<ObjectId, Known>,
    /// The range that is being read.
    open: Option<Open>,
}

#[derive(Debug, Clone)]
struct Known {
    commit: Arc<BlamedCommit>,
    /// The path that git said last for it.
    path: Option<Arc<[u8]>>,
}

#[derive(Debug, Clone)]
struct Open {
    known: Known,
    original_line: u32,
    line: u32,
    count: u32,
}

impl Blame {
    /// The form that costs least: ranges of lines, in the order in which git finds them.
    pub fn incremental() -> Self {
        Self::of(Form::Incremental)
    }

    /// Line by line, in the order of the file.
    pub fn porcelain() -> Self {
        Self::of(Form::Porcelain)
    }

    fn of(form: Form) -> Self {
        Self {
            form,
            cutter: Cutter::at(b'\n'),
            state: State::default(),
        }
    }
}

/// The arguments of both forms; `$form` is the form's own.
macro_rules! arguments {
    ($form:literal) => {
        &[
            "blame",
            $form,
            // What a configuration could change.
            "--encoding=UTF-8",
            "--ignore-revs-file=",
            "--no-textconv",
            "--root",
        ]
    };
}

impl Parser for Blame {
    type Record = BlamedLines;

    fn arguments(&self) -> &'static [&'static str] {
        match self.form {
            Form::Incremental => arguments!("--incremental"),
            Form::Porcelain => arguments!("--porcelain"),
        }
    }

    fn push(&mut self, bytes: &[u8], take: Take<'_, BlamedLines>) -> Step {
        let Self {
            form,
            cutter,
            state,
        } = self;
        cutter.push(bytes, &mut |line| match state.line(line, *form)? {
            Some(record) => Ok(take(record)),
            None => Ok(Flow::Continue(())),
        })
    }

    fn finish(&mut self, _: Take<'_, BlamedLines>) -> Step {
        self.cutter.must_be_empty(COMMAND)?;
        if self.state.open.is_some() {
            return Err(GitFormatError::ended(COMMAND, self.cutter.offset()));
        }
        Ok(Flow::Continue(()))
    }
}

impl State {
    fn line(&mut self, line: Field<'_>, form: Form) -> Result<Option<BlamedLines>, GitFormatError> {
        let Some(open) = &mut self.open else {
            self.open = Some(self.begin(line, form)?);
            return Ok(None);
        };
        if form == Form::Porcelain && line.bytes.first() == Some(&b'\t') {
            return self.end(line).map(Some);
        }
        let is_path = open.known.header(line)?;
        if is_path && form == Form::Incremental {
            return self.end(line).map(Some);
        }
        Ok(None)
    }

    /// Reads `commit original-line line count`. Line by line, the count stands at the
    /// first line of a range only, and is of no use.
    fn begin(&self, line: Field<'_>, form: Form) -> Result<Open, GitFormatError> {
        let head = head(line.bytes).ok_or_else(|| line.refuse(COMMAND, "range of lines"))?;
        let (id, original_line, first, count) = head;
        let count = if form == Form::Porcelain { 1 } else { count };
        let known = self.known.get(&id).cloned();
        Ok(Open {
            known: known.unwrap_or_else(|| Known::new(id)),
            original_line,
            line: first,
            count,
        })
    }

    /// Completes the open range.
    fn end(&mut self, line: Field<'_>) -> Result<BlamedLines, GitFormatError> {
        let open = self.open.take();
        let whole = open.and_then(|open| Some((open.known.path.clone()?, open)));
        let (path, open) = whole.ok_or_else(|| line.refuse(COMMAND, "line whose path is known"))?;
        let commit = Arc::clone(&open.known.commit);
        self.known.insert(commit.id, open.known);
        Ok(BlamedLines {
            commit,
            line: open.line,
            count: open.count,
            original_line: open.original_line,
            original_path: path,
        })
    }
}

impl Known {
    fn new(id: ObjectId) -> Self {
        let commit = BlamedCommit {
            id,
            author_name: Vec::new(),
            author_mail: Vec::new(),
            author_time: None,
            committer_time: None,
            summary: Vec::new(),
            is_boundary: false,
        };
        Self {
            commit: Arc::new(commit),
            path: None,
        }
    }

    /// Takes in what a line says of the commit; gives whether it was the path.
    fn header(&mut self, line: Field<'_>) -> Result<bool, GitFormatError> {
        let space = line.bytes.iter().position(|byte| *byte == b' ');
        let (key, value) = match space {
            Some(at) => (&line.bytes[..at], &line.bytes[at + 1..]),
            None => (line.bytes, &b""[..]),
        };
        if key == b"filename" {
            line.whole(COMMAND, "path")?;
            let path = quoted::path(value).filter(|path| !path.is_empty());
            let path = path.ok_or_else(|| line.refuse(COMMAND, "path"))?;
            if self.path.as_deref() != Some(&path[..]) {
                self.path = Some(path.into());
            }
            return Ok(true);
        }
        if !COMMIT_KEYS.contains(&key) {
            // Of no use here; a later git may say more.
            return Ok(false);
        }
        // A commit is described once, before anything shares it, so this copies nothing.
        let commit = Arc::make_mut(&mut self.commit);
        let time = || time(value).ok_or_else(|| line.refuse(COMMAND, "time"));
        match key {
            b"author" => commit.author_name = value.to_vec(),
            b"author-mail" => commit.author_mail = without_brackets(value).to_vec(),
            b"author-time" => commit.author_time = time()?,
            b"committer-time" => commit.committer_time = time()?,
            b"summary" => commit.summary = value.to_vec(),
            _ => commit.is_boundary = true,
        }
        Ok(false)
    }
}

/// What is read of the description of a commit.
const COMMIT_KEYS: [&[u8]; 6] = [
    b"author",
    b"author-mail",
    b"author-time",
    b"committer-time",
    b"summary",
    b"boundary",
];

fn head(bytes: &[u8]) -> Option<(ObjectId, u32, u32, u32)> {
    let mut words = bytes.split(|byte| *byte == b' ');
    let id = ObjectId::from_hex(words.next()?)?;
    let number = |word: &[u8]| u32::try_from(decimal(word)?).ok();
    let original_line = number(words.next()?)?;
    let line = number(words.next()?)?;
    let count = match words.next() {
        Some(count) => number(count)?,
        None => 1,
    };
    words
        .next()
        .is_none()
        .then_some((id, original_line, line, count))
}

fn without_brackets(mail: &[u8]) -> &[u8] {
    mail.strip_prefix(b"<")
        .and_then(|mail| mail.strip_suffix(b">"))
        .unwrap_or(mail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_all;

    const ID: &str = "f2ad6c76f0115a6ba5b00456a849810e7ec0af20";

    fn description() -> String {
        "author Ada\nauthor-mail <a@b>\nauthor-time 12\nauthor-tz +0000\ncommitter B\n\
         committer-time 13\nsummary s\nfilename \"a\\nb\"\n"
            .to_owned()
    }

    #[test]
    fn a_commit_is_described_once_and_known_from_then_on() {
        let ranges = format!("{ID} 1 1 2\n{}{ID} 9 5 1\nfilename c\n", description());
        let found = parse_all(Blame::incremental(), ranges.as_bytes()).unwrap();
        let places: Vec<_> = found
            .iter()
            .map(|lines| (lines.line, lines.count, lines.original_line))
            .collect();
        assert_eq!(places, [(1, 2, 1), (5, 1, 9)]);
        assert_eq!(&found[0].original_path[..], b"a\nb");
        assert_eq!(&found[1].original_path[..], b"c");
        assert!(Arc::ptr_eq(&found[0].commit, &found[1].commit));
        assert_eq!(found[1].commit.author_mail, b"a@b");
        assert_eq!(found[1].commit.committer_time, Some(13));
    }

    #[test]
    fn line_by_line_the_text_ends_a_line_whatever_it_looks_like() {
        let lines = format!(
            "{ID} 1 1 2\n{}\tfilename x\n{ID} 2 2\n\t{ID} 1 1 1\n",
            description()
        );
        let found = parse_all(Blame::porcelain(), lines.as_bytes()).unwrap();
        let places: Vec<_> = found
            .iter()
            .map(|lines| (lines.line, lines.count))
            .collect();
        assert_eq!(places, [(1, 1), (2, 1)]);
        assert_eq!(&found[1].original_path[..], b"a\nb");
    }

    #[test]
    fn a_range_without_a_path_is_refused() {
        for output in [
            format!("{ID} 1 1 1\n\ta\n"),
            format!("{ID} 1 1 1\nauthor Ada\n"),
            format!("{ID} 1\n"),
            "fatal: no\n".to_owned(),
        ] {
            assert!(
                parse_all(Blame::porcelain(), output.as_bytes()).is_err(),
                "{output:?}"
            );
        }
    }
}
