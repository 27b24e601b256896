//! The files of a commit that a walk over its checkout would find, without a checkout.
//!
//! As in [`crate::walk`], ignore files count, those of the commit: a file that git tracks
//! may still be ignored. So do hidden names and `CACHEDIR.TAG`s. Two things differ from a
//! walk: `.git/info/exclude` is no part of a commit, and what a submodule holds is another
//! repository's.

mod ignored;

use std::ffi::OsStr;
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use guildhall_core::path_text;
use guildhall_git::tree::{Entry, Tree};
use guildhall_git::{FileKind, ObjectId, ObjectKind};
use guildhall_report::Skipped;

use super::{Objects, Repository, Watch};
use crate::SourceError;
use crate::language::Language;
use crate::walk::Wanted;
use ignored::Ignored;

/// The files of a commit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Committed {
    /// Those that are wanted, ordered by name.
    pub files: Vec<CommittedFile>,
    /// What cannot be looked at: links and submodules.
    pub skipped: Vec<Skipped>,
    /// Whether the folder that was asked for is there.
    pub has_folder: bool,
}

/// A file of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommittedFile {
    /// Path relative to the folder that was asked for, as reports write it.
    pub name: String,
    /// Its content.
    pub id: ObjectId,
    /// Bytes of its content; `None` where it is not in this repository.
    pub size: Option<u64>,
    /// What it is written in, if that is one of the languages.
    pub language: Option<Language>,
}

impl Repository {
    /// The files of `commit` below `folder`, a path from the top, that are wanted by their
    /// names; contents are read for ignore files only, through `objects`.
    ///
    /// # Errors
    /// As [`Repository::stream`], for example where there is no such commit.
    pub fn committed(
        &self,
        commit: &ObjectId,
        folder: &Path,
        wanted: &Wanted<'_>,
        objects: &mut Objects<'_>,
        watch: &Watch<'_>,
    ) -> Result<Committed, SourceError> {
        let mut entries = Vec::new();
        let commit = [commit.to_string()];
        let _ = self.records(Tree::default(), commit, &[], watch, |entry| {
            entries.push(entry);
            ControlFlow::Continue(())
        })?;
        let mut ignored = Ignored::of(&entries, folder, objects, watch)?;
        let mut committed = Committed::default();
        for entry in &entries {
            let path = Path::new(OsStr::from_bytes(&entry.path));
            let Ok(below) = path.strip_prefix(folder) else {
                continue;
            };
            committed.has_folder = true;
            committed.take(entry, path, &path_text::encode(below), wanted, &mut ignored);
        }
        committed.files.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(committed)
    }
}

impl Committed {
    fn take(
        &mut self,
        entry: &Entry,
        path: &Path,
        name: &str,
        wanted: &Wanted<'_>,
        ignored: &mut Ignored,
    ) {
        let is_submodule = entry.kind == ObjectKind::Commit;
        let language = wanted.takes(path, false);
        if (!is_submodule && language.is_none()) || ignored.is(path, is_submodule) {
            return;
        }
        let (code, reason) = match entry.mode.kind() {
            FileKind::Submodule => (
                "submodule",
                "it is a submodule; its files are another repository's",
            ),
            FileKind::Symlink => ("symlink", "it is a symbolic link; links are not followed"),
            _ => {
                self.files.push(CommittedFile {
                    name: name.to_owned(),
                    id: entry.id,
                    size: entry.size,
                    language: language.flatten(),
                });
                return;
            }
        };
        self.skipped.push(Skipped::new(name, code, reason));
    }
}

/// The folder that a path lies in; the top is empty.
fn folder_of(path: &Path) -> PathBuf {
    path.parent().map(Path::to_owned).unwrap_or_default()
}
