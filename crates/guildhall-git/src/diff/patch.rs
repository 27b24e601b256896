//! The files, places and lines of a patch, which `git diff` and `git log` print alike.

use super::hunks::{DiffFile, Head, Hunk, hunk};
use crate::fields::Field;
use crate::log::Side;
use crate::{Flow, GitFormatError};

/// A piece of a patch.
pub(crate) enum Part<'a> {
    /// A file, when its head has ended.
    File(DiffFile),
    /// A place in the last file, and the whole line that announced it.
    Place(Hunk, &'a [u8]),
    /// A line of the last place, without what says which side it is of.
    Line(Side, &'a [u8]),
}

/// Reads a patch line by line.
#[derive(Debug, Clone, Default)]
pub(crate) struct Patch {
    /// The file whose head is being read.
    head: Option<Head>,
    /// Whether a file was given, so that there is something that places belong to.
    has_file: bool,
    /// Deleted and added lines of the last place that are still to come.
    left: (u32, u32),
}

impl Patch {
    /// Takes in a line; `None` where it is none of a patch.
    ///
    /// # Errors
    /// Where it is none that can stand here, as the output of `command`.
    pub(crate) fn line(
        &mut self,
        command: &'static str,
        line: Field<'_>,
        give: &mut dyn FnMut(Part<'_>) -> Flow,
    ) -> Result<Option<Flow>, GitFormatError> {
        let bytes = line.bytes;
        if self.is_within() {
            return self.changed(command, line, give).map(Some);
        }
        if let Some(names) = bytes.strip_prefix(b"diff --git ") {
            let flow = self.end(command, line, give)?;
            line.whole(command, "head of a file")?;
            self.head = Some(Head::named(names));
            return Ok(Some(flow));
        }
        if bytes.starts_with(b"@@ ") {
            return self.place(command, line, give).map(Some);
        }
        if let Some(head) = &mut self.head {
            line.whole(command, "head of a file")?;
            head.line(bytes)
                .ok_or_else(|| line.refuse(command, "head of a file"))?;
            return Ok(Some(Flow::Continue(())));
        }
        Ok(None)
    }

    /// Gives the file whose head has ended with this line, if one has.
    ///
    /// # Errors
    /// Where its path is unknown.
    pub(crate) fn end(
        &mut self,
        command: &'static str,
        line: Field<'_>,
        give: &mut dyn FnMut(Part<'_>) -> Flow,
    ) -> Result<Flow, GitFormatError> {
        let no_path = "line that may follow a file without a path";
        self.finish(give)
            .ok_or_else(|| line.refuse(command, no_path))
    }

    /// Gives the last file, if its head has not been followed by anything; `None` where its
    /// path is unknown.
    pub(crate) fn finish(&mut self, give: &mut dyn FnMut(Part<'_>) -> Flow) -> Option<Flow> {
        let Some(head) = self.head.take() else {
            return Some(Flow::Continue(()));
        };
        let file = head.finish()?;
        self.has_file = true;
        Some(give(Part::File(file)))
    }

    /// Whether lines of the last place are still to come.
    pub(crate) fn is_within(&self) -> bool {
        self.left != (0, 0)
    }

    /// Whether a file was given.
    pub(crate) fn has_file(&self) -> bool {
        self.has_file
    }

    /// Forgets the files that were given: what follows belongs to none of them.
    pub(crate) fn forget(&mut self) {
        self.has_file = false;
    }

    fn place(
        &mut self,
        command: &'static str,
        line: Field<'_>,
        give: &mut dyn FnMut(Part<'_>) -> Flow,
    ) -> Result<Flow, GitFormatError> {
        let place = hunk(line.bytes);
        let place = place.ok_or_else(|| line.refuse(command, "place of changed lines"))?;
        let flow = self.end(command, line, give)?;
        if flow.is_break() {
            return Ok(flow);
        }
        if !self.has_file {
            return Err(line.refuse(command, "head of a file"));
        }
        self.left = (place.old.count, place.new.count);
        Ok(give(Part::Place(place, line.bytes)))
    }

    /// Gives one of the lines that a place announced.
    fn changed(
        &mut self,
        command: &'static str,
        line: Field<'_>,
        give: &mut dyn FnMut(Part<'_>) -> Flow,
    ) -> Result<Flow, GitFormatError> {
        let (deleted, added) = &mut self.left;
        let (side, left) = match line.bytes.first() {
            Some(b'-') if *deleted > 0 => (Side::Old, deleted),
            Some(b'+') if *added > 0 => (Side::New, added),
            // That there is no line break at the end of a file.
            Some(b'\\') => return Ok(Flow::Continue(())),
            _ => return Err(line.refuse(command, "changed line")),
        };
        *left -= 1;
        Ok(give(Part::Line(side, &line.bytes[1..])))
    }
}
