//! Contents of objects, from one long-lived `git cat-file --batch`.

use std::ops::ControlFlow;

use guildhall_git::objects::{ARGUMENTS, AnswerPart, Answers, request};
use guildhall_git::{ObjectId, ObjectKind};

use super::{Watch, owned};
use crate::SourceError;
use crate::process::{Deadline, Running, Setting};

/// Bytes that are read at once.
const PIECE: usize = 64 << 10;

/// Reads objects; see [`super::Repository::objects`].
///
/// Git is started with the first object and ended when this is dropped. After an error it
/// is started anew with the next.
#[derive(Debug)]
pub struct Objects<'a> {
    setting: &'a Setting,
    running: Option<(Running, Answers)>,
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// Here it is.
    Found(Object),
    /// It is not in this repository, which a shallow or partial clone explains.
    Missing,
    /// It is larger than what was asked for; its content was passed over.
    TooLarge {
        /// What it is.
        kind: ObjectKind,
        /// Bytes of its content.
        size: u64,
    },
}

/// An object with its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Its name.
    pub id: ObjectId,
    /// What it is.
    pub kind: ObjectKind,
    /// Its content.
    pub content: Vec<u8>,
}

impl<'a> Objects<'a> {
    pub(super) fn of(setting: &'a Setting) -> Self {
        Self {
            setting,
            running: None,
        }
    }

    /// Reads an object of at most `most` bytes; the time limit is for this one.
    ///
    /// # Errors
    /// [`SourceError::Command`] where git fails, [`SourceError::TimedOut`] and
    /// [`SourceError::Cancelled`] as `watch` says.
    pub fn read(
        &mut self,
        id: &ObjectId,
        most: u64,
        watch: &Watch<'_>,
    ) -> Result<Fetched, SourceError> {
        let deadline = Deadline::of(watch);
        // Out of its place, so that after an error nothing is left of an answer.
        let (mut running, mut answers) = match self.running.take() {
            Some(running) => running,
            None => (
                Running::start(self.setting, owned(ARGUMENTS), true)?,
                Answers::default(),
            ),
        };
        let fetched = exchange(&mut running, &mut answers, id, most, &deadline)?;
        self.running = Some((running, answers));
        Ok(fetched)
    }
}

fn exchange(
    running: &mut Running,
    answers: &mut Answers,
    id: &ObjectId,
    most: u64,
    deadline: &Deadline<'_>,
) -> Result<Fetched, SourceError> {
    let mut piece = vec![0; PIECE];
    let mut answer = Answer::to(*id, most);
    if running.write(&request(id)).is_err() {
        return Err(why_it_ended(running, deadline));
    }
    loop {
        let read = running.read(&mut piece, deadline)?;
        if read == 0 {
            return Err(why_it_ended(running, deadline));
        }
        let _ = answers.push(&piece[..read], &mut |part| {
            answer.take(part);
            ControlFlow::Continue(())
        })?;
        if let Some(fetched) = answer.complete.take() {
            return Ok(fetched);
        }
    }
}

/// What git says where it ends before it has answered.
fn why_it_ended(running: &mut Running, deadline: &Deadline<'_>) -> SourceError {
    match running.wait(deadline) {
        Ok(code) => running.failed(code),
        Err(error) => error,
    }
}

/// An answer as far as it was read.
struct Answer {
    most: u64,
    size: u64,
    object: Object,
    complete: Option<Fetched>,
}

impl Answer {
    fn to(id: ObjectId, most: u64) -> Self {
        Self {
            most,
            size: 0,
            object: Object {
                id,
                kind: ObjectKind::Blob,
                content: Vec::new(),
            },
            complete: None,
        }
    }

    fn take(&mut self, part: AnswerPart<'_>) {
        match part {
            AnswerPart::Missing => self.complete = Some(Fetched::Missing),
            AnswerPart::Begins { kind, size, .. } => {
                self.object.kind = kind;
                self.size = size;
            }
            AnswerPart::Content(piece) if self.size <= self.most => {
                self.object.content.extend_from_slice(piece);
            }
            AnswerPart::Content(_) => {}
            AnswerPart::Ends => self.complete = Some(self.end()),
        }
    }

    fn end(&mut self) -> Fetched {
        if self.size > self.most {
            return Fetched::TooLarge {
                kind: self.object.kind,
                size: self.size,
            };
        }
        let content = std::mem::take(&mut self.object.content);
        Fetched::Found(Object {
            content,
            ..self.object.clone()
        })
    }
}
