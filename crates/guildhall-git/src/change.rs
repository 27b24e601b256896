//! One changed file, as `--raw` and `--numstat` write it.

use std::mem;

use crate::fields::Field;
use crate::numbers::{decimal, octal};
use crate::{GitFormatError, ObjectId};

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Status {
    /// It is new.
    Added,
    /// It is new and was made of another that is still there.
    Copied,
    /// It is gone.
    Deleted,
    /// Its content or mode is another.
    Modified,
    /// It had another path.
    Renamed,
    /// It was of another kind, a link for example.
    TypeChanged,
    /// A merge has left it in conflict.
    Unmerged,
    /// A letter that only a later git knows.
    Other(u8),
}

/// Mode of a file in a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileMode(pub u32);

/// What a mode says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FileKind {
    /// There is no file on this side of the change.
    Absent,
    /// An ordinary file.
    Regular,
    /// A file that can be executed.
    Executable,
    /// A symbolic link; its content is where it leads.
    Symlink,
    /// A commit of another repository.
    Submodule,
    /// A folder.
    Folder,
    /// None of these.
    Other,
}

/// A changed file with what it was and is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What became of it.
    pub status: Status,
    /// For a rename or copy, how alike both are, in percent.
    pub similarity: Option<u8>,
    /// Its mode before.
    pub old_mode: FileMode,
    /// Its mode now.
    pub new_mode: FileMode,
    /// Its content before; null where there was none.
    pub old_id: ObjectId,
    /// Its content now; null where there is none, or where it was not stored yet.
    pub new_id: ObjectId,
    /// Its path from the top, where it is now or where it was deleted.
    pub path: Vec<u8>,
    /// Its path before, where that was another.
    pub old_path: Option<Vec<u8>>,
}

/// A changed file with the numbers of its changed lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counts {
    /// Lines added and lines deleted; `None` where git takes it for binary.
    pub lines: Option<(u64, u64)>,
    /// Its path from the top.
    pub path: Vec<u8>,
    /// Its path before, where that was another.
    pub old_path: Option<Vec<u8>>,
}

/// Reads the fields of one format of changes, which end with zero bytes.
pub(crate) trait ChangeFields: Default {
    type Change;

    /// Takes in the next field; gives the change that it completes.
    fn field(
        &mut self,
        field: Field<'_>,
        command: &'static str,
    ) -> Result<Option<Self::Change>, GitFormatError>;

    /// Whether no change is open.
    fn is_between(&self) -> bool;
}

/// Where one is in a change: before it, before its old path, before its path.
#[derive(Debug, Clone, Default)]
enum Open<T> {
    #[default]
    Nothing,
    OldPath(T),
    Path(T, Option<Vec<u8>>),
}

/// `:modes blobs status`, then the path, or the old one and the new one.
#[derive(Debug, Clone, Default)]
pub(crate) struct RawFields(Open<RawHead>);

/// `added deleted path`, or without a path, which two fields follow then.
#[derive(Debug, Clone, Default)]
pub(crate) struct NumstatFields(Open<Option<(u64, u64)>>);

#[derive(Debug, Clone)]
struct RawHead {
    status: Status,
    similarity: Option<u8>,
    modes: (FileMode, FileMode),
    ids: (ObjectId, ObjectId),
}

impl Status {
    fn from_letter(letter: u8) -> Self {
        match letter {
            b'A' => Self::Added,
            b'C' => Self::Copied,
            b'D' => Self::Deleted,
            b'M' => Self::Modified,
            b'R' => Self::Renamed,
            b'T' => Self::TypeChanged,
            b'U' => Self::Unmerged,
            other => Self::Other(other),
        }
    }

    /// The letter by which git names it.
    pub fn letter(self) -> char {
        let letter = match self {
            Self::Added => b'A',
            Self::Copied => b'C',
            Self::Deleted => b'D',
            Self::Modified => b'M',
            Self::Renamed => b'R',
            Self::TypeChanged => b'T',
            Self::Unmerged => b'U',
            Self::Other(letter) => letter,
        };
        char::from(letter)
    }

    fn has_two_paths(self) -> bool {
        matches!(self, Self::Copied | Self::Renamed)
    }
}

impl FileMode {
    /// What the mode says.
    pub fn kind(self) -> FileKind {
        match (self.0 & 0o170_000, self.0 & 0o100) {
            _ if self.0 == 0 => FileKind::Absent,
            (0o100_000, 0) => FileKind::Regular,
            (0o100_000, _) => FileKind::Executable,
            (0o120_000, _) => FileKind::Symlink,
            (0o160_000, _) => FileKind::Submodule,
            (0o040_000, _) => FileKind::Folder,
            _ => FileKind::Other,
        }
    }

    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        octal(bytes).map(Self)
    }
}

impl<T> Open<T> {
    /// Takes in a path; gives the head and both paths where it is the last.
    fn path(&mut self, path: Vec<u8>) -> Option<(T, Vec<u8>, Option<Vec<u8>>)> {
        match mem::take(self) {
            Self::Nothing => None,
            Self::OldPath(head) => {
                *self = Self::Path(head, Some(path));
                None
            }
            Self::Path(head, old_path) => Some((head, path, old_path)),
        }
    }
}

impl ChangeFields for RawFields {
    type Change = Change;

    fn field(
        &mut self,
        field: Field<'_>,
        command: &'static str,
    ) -> Result<Option<Change>, GitFormatError> {
        if self.is_between() {
            let bytes = field.whole(command, "changed file")?;
            let head = raw_head(bytes).ok_or_else(|| field.refuse(command, "changed file"))?;
            self.0 = if head.status.has_two_paths() {
                Open::OldPath(head)
            } else {
                Open::Path(head, None)
            };
            return Ok(None);
        }
        let path = path_of(field, command)?;
        Ok(self.0.path(path).map(|(head, path, old_path)| Change {
            status: head.status,
            similarity: head.similarity,
            old_mode: head.modes.0,
            new_mode: head.modes.1,
            old_id: head.ids.0,
            new_id: head.ids.1,
            path,
            old_path,
        }))
    }

    fn is_between(&self) -> bool {
        matches!(self.0, Open::Nothing)
    }
}

impl ChangeFields for NumstatFields {
    type Change = Counts;

    fn field(
        &mut self,
        field: Field<'_>,
        command: &'static str,
    ) -> Result<Option<Counts>, GitFormatError> {
        if !self.is_between() {
            let path = path_of(field, command)?;
            return Ok(self.0.path(path).map(|(lines, path, old_path)| Counts {
                lines,
                path,
                old_path,
            }));
        }
        let bytes = field.whole(command, "count of lines")?;
        let (lines, path) =
            numstat(bytes).ok_or_else(|| field.refuse(command, "count of lines"))?;
        if path.is_empty() {
            self.0 = Open::OldPath(lines);
            return Ok(None);
        }
        Ok(Some(Counts {
            lines,
            path: path.to_vec(),
            old_path: None,
        }))
    }

    fn is_between(&self) -> bool {
        matches!(self.0, Open::Nothing)
    }
}

fn path_of(field: Field<'_>, command: &'static str) -> Result<Vec<u8>, GitFormatError> {
    let bytes = field.whole(command, "path")?;
    if bytes.is_empty() {
        return Err(field.refuse(command, "path"));
    }
    Ok(bytes.to_vec())
}

fn raw_head(bytes: &[u8]) -> Option<RawHead> {
    let mut words = bytes.strip_prefix(b":")?.split(|byte| *byte == b' ');
    let modes = (
        FileMode::read(words.next()?)?,
        FileMode::read(words.next()?)?,
    );
    let ids = (
        ObjectId::from_hex(words.next()?)?,
        ObjectId::from_hex(words.next()?)?,
    );
    let (letter, score) = words.next()?.split_first()?;
    if !letter.is_ascii_uppercase() || words.next().is_some() {
        return None;
    }
    let similarity = match score {
        [] => None,
        score => Some(decimal(score)?.try_into().ok()?),
    };
    Some(RawHead {
        status: Status::from_letter(*letter),
        similarity,
        modes,
        ids,
    })
}

type LinesAndPath<'a> = (Option<(u64, u64)>, &'a [u8]);

fn numstat(bytes: &[u8]) -> Option<LinesAndPath<'_>> {
    let mut parts = bytes.splitn(3, |byte| *byte == b'\t');
    let (added, deleted, path) = (parts.next()?, parts.next()?, parts.next()?);
    let lines = match (added, deleted) {
        (b"-", b"-") => None,
        _ => Some((decimal(added)?, decimal(deleted)?)),
    };
    Some((lines, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_say_what_a_file_is() {
        for (mode, kind) in [
            (0, FileKind::Absent),
            (0o100_644, FileKind::Regular),
            (0o100_664, FileKind::Regular),
            (0o100_755, FileKind::Executable),
            (0o120_000, FileKind::Symlink),
            (0o160_000, FileKind::Submodule),
            (0o040_000, FileKind::Folder),
            (0o010_644, FileKind::Other),
        ] {
            assert_eq!(FileMode(mode).kind(), kind, "{mode:o}");
        }
    }

    #[test]
    fn letters_are_read_as_they_are_written() {
        for letter in b'A'..=b'Z' {
            assert_eq!(Status::from_letter(letter).letter(), char::from(letter));
        }
    }
}
