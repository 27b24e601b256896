//! Contents of objects, many from one process: `git cat-file --batch`.
//!
//! Git is started once with [`ARGUMENTS`], is written [`request`]s, and answers each with
//! a head and the content, which [`Answers`] takes apart. The content comes in the pieces
//! in which it was read, and is not kept here.

use std::mem;

use memchr::memchr;

use crate::numbers::decimal;
use crate::{Flow, GitFormatError, ObjectId, ObjectKind, Step};

const COMMAND: &str = "cat-file";

/// What git is given, after [`crate::hardening::arguments`].
pub const ARGUMENTS: &[&str] = &["cat-file", "--batch"];

/// Longest head of an answer, in bytes; git writes 85 at most.
const MOST_HEAD: usize = 4 << 10;

/// What is written to git to be answered with one object.
pub fn request(id: &ObjectId) -> Vec<u8> {
    format!("{id}\n").into_bytes()
}

/// A part of an answer. Each is a [`Missing`](Self::Missing), or a
/// [`Begins`](Self::Begins), any number of [`Content`](Self::Content)s and an
/// [`Ends`](Self::Ends).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerPart<'a> {
    /// There is no such object in this repository.
    Missing,
    /// The object and the bytes of its content.
    Begins {
        /// Its name.
        id: ObjectId,
        /// What it is.
        kind: ObjectKind,
        /// Bytes of its content.
        size: u64,
    },
    /// The next piece of its content; never empty.
    Content(&'a [u8]),
    /// The content was complete.
    Ends,
}

/// Takes the answers of `git cat-file --batch` apart.
///
/// ```
/// use std::ops::ControlFlow;
///
/// use guildhall_git::objects::{AnswerPart, Answers};
///
/// let answer = b"f2ad6c76f0115a6ba5b00456a849810e7ec0af20 blob 2\nc\n\n";
/// let mut content = Vec::new();
/// let _ = Answers::default().push(answer, &mut |part| {
///     if let AnswerPart::Content(piece) = part {
///         content.extend_from_slice(piece);
///     }
///     ControlFlow::Continue(())
/// })?;
/// assert_eq!(content, b"c\n");
/// # Ok::<(), guildhall_git::GitFormatError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Answers {
    state: State,
    /// The head as far as it was read.
    head: Vec<u8>,
    /// Bytes read before the open part.
    offset: u64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Head,
    /// Bytes of content still to come.
    Content(u64),
    /// The line break after the content.
    Break,
}

impl Answers {
    /// Takes in the next bytes; `take` is given each part that they hold. After an error
    /// or a `Break` it is not to be used any more.
    ///
    /// # Errors
    /// [`GitFormatError`] where the bytes are not in this format.
    pub fn push(&mut self, mut bytes: &[u8], take: &mut dyn FnMut(AnswerPart<'_>) -> Flow) -> Step {
        while !bytes.is_empty() {
            let (part, rest) = self.next(bytes)?;
            bytes = rest;
            if let Some(part) = part
                && take(part) == Flow::Break(())
            {
                return Ok(Flow::Break(()));
            }
        }
        Ok(Flow::Continue(()))
    }

    /// Whether no answer is open.
    pub fn is_between(&self) -> bool {
        self.state == State::Head && self.head.is_empty()
    }

    /// Says that the output has ended.
    ///
    /// # Errors
    /// [`GitFormatError`] where it ends within an answer.
    pub fn finish(&self) -> Result<(), GitFormatError> {
        if self.is_between() {
            return Ok(());
        }
        Err(GitFormatError::ended(COMMAND, self.offset))
    }

    /// Takes one step into `bytes`, which are not empty; gives what follows it.
    fn next<'a>(
        &mut self,
        bytes: &'a [u8],
    ) -> Result<(Option<AnswerPart<'a>>, &'a [u8]), GitFormatError> {
        match self.state {
            State::Head => self.head(bytes),
            State::Content(left) => {
                let here = usize::try_from(left).map_or(bytes.len(), |left| left.min(bytes.len()));
                let (piece, rest) = bytes.split_at(here);
                self.offset += here as u64;
                self.state = after_content(left - here as u64);
                Ok((Some(AnswerPart::Content(piece)), rest))
            }
            State::Break => {
                if bytes[0] != b'\n' {
                    let expected = "line break after a content";
                    let found = &bytes[..1];
                    let error = GitFormatError::unexpected(COMMAND, self.offset, expected, found);
                    return Err(error);
                }
                self.offset += 1;
                self.state = State::Head;
                Ok((Some(AnswerPart::Ends), &bytes[1..]))
            }
        }
    }

    fn head<'a>(
        &mut self,
        bytes: &'a [u8],
    ) -> Result<(Option<AnswerPart<'a>>, &'a [u8]), GitFormatError> {
        let end = memchr(b'\n', bytes);
        let (here, rest) = bytes.split_at(end.unwrap_or(bytes.len()));
        if self.head.len() + here.len() > MOST_HEAD {
            let error = GitFormatError::too_long(COMMAND, self.offset, "head of an answer");
            return Err(error);
        }
        self.head.extend_from_slice(here);
        if end.is_none() {
            return Ok((None, rest));
        }
        let head = mem::take(&mut self.head);
        let part = part_of(&head).ok_or_else(|| {
            GitFormatError::unexpected(COMMAND, self.offset, "head of an answer", &head)
        })?;
        self.offset += head.len() as u64 + 1;
        if let AnswerPart::Begins { size, .. } = part {
            self.state = after_content(size);
        }
        Ok((Some(part), &rest[1..]))
    }
}

/// Where one is with so many bytes of content to come.
fn after_content(left: u64) -> State {
    if left == 0 {
        State::Break
    } else {
        State::Content(left)
    }
}

/// Reads `id kind size` or `id missing`.
fn part_of(head: &[u8]) -> Option<AnswerPart<'static>> {
    let mut words = head.split(|byte| *byte == b' ');
    let id = ObjectId::from_hex(words.next()?)?;
    let part = match words.next()? {
        b"missing" => AnswerPart::Missing,
        kind => AnswerPart::Begins {
            id,
            kind: ObjectKind::from_word(kind)?,
            size: decimal(words.next()?)?,
        },
    };
    words.next().is_none().then_some(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "f2ad6c76f0115a6ba5b00456a849810e7ec0af20";

    fn parts(output: &[u8]) -> Result<Vec<String>, GitFormatError> {
        let mut parts = Vec::new();
        let mut answers = Answers::default();
        let _ = answers.push(output, &mut |part| {
            parts.push(match part {
                AnswerPart::Missing => "missing".to_owned(),
                AnswerPart::Begins { kind, size, .. } => format!("{} {size}", kind.word()),
                AnswerPart::Content(piece) => piece.escape_ascii().to_string(),
                AnswerPart::Ends => "end".to_owned(),
            });
            Flow::Continue(())
        })?;
        answers.finish()?;
        Ok(parts)
    }

    #[test]
    fn a_content_that_looks_like_a_head_is_content() {
        let output = format!("{ID} blob 6\na 1\nb\n\n{ID} missing\n{ID} tree 0\n\n");
        assert_eq!(
            parts(output.as_bytes()).unwrap(),
            ["blob 6", r"a 1\nb\n", "end", "missing", "tree 0", "end"]
        );
    }

    #[test]
    fn a_wrong_size_and_an_early_end_are_refused() {
        for output in [
            format!("{ID} blob 1\nab\n"),
            format!("{ID} blob 2\na"),
            format!("{ID} blob 1\na"),
            format!("{ID} blob\n"),
            ID.to_owned(),
            "x".repeat(MOST_HEAD + 1),
            "HEAD missing\n".to_owned(),
        ] {
            assert!(parts(output.as_bytes()).is_err(), "{output}");
        }
    }
}
