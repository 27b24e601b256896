//! What merging would come to, while nothing is written to the repository.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use guildhall_git::diff::RawDiff;
use guildhall_git::merge::{ConflictVersion, MergeRecord, MergeTree, MergeTrees, TriedRecord};
use guildhall_git::{Change, ObjectId, Parser as _};

use super::{Objects, Repository, Watch, owned, read_records};
use crate::SourceError;
use crate::process::{self, Setting};

/// What a merge that was tried comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// Paths of the files in conflict, from the top, sorted; none where it is clean.
    pub conflicts: Vec<Vec<u8>>,
    /// Whether the result is what `ours` is already.
    pub changes_nothing: bool,
}

/// A merge that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// Whether there is no conflict.
    pub is_clean: bool,
    /// The tree that was made, with marks where there are conflicts.
    pub tree: ObjectId,
    /// The versions of each file in conflict, in git's order.
    pub versions: Vec<ConflictVersion>,
}

/// A place to try merges in; what they make goes away with it.
#[derive(Debug)]
pub struct Trials {
    pub(super) setting: Setting,
    pub(super) scratch: Scratch,
}

impl Trials {
    /// Merges each pair of commits, the second into the first, with the base that git finds
    /// or the one that is named.
    ///
    /// # Errors
    /// As [`Repository::stream`]; where git answers to fewer than it was asked, because it
    /// does not have a commit.
    pub fn merge(
        &self,
        pairs: &[(Option<ObjectId>, ObjectId, ObjectId)],
        watch: &Watch<'_>,
    ) -> Result<Vec<Trial>, SourceError> {
        let line = |(base, ours, theirs): &(Option<ObjectId>, ObjectId, ObjectId)| match base {
            Some(base) => format!("{base} -- {ours} {theirs}\n"),
            None => format!("{ours} {theirs}\n"),
        };
        let input: String = pairs.iter().map(line).collect();
        let mut parser = MergeTrees::default();
        let ended = process::run(&self.setting, parser.arguments(), input.as_bytes(), watch)?;
        let mut trials: Vec<Trial> = Vec::with_capacity(pairs.len());
        let mut take = |record| {
            match record {
                TriedRecord::Merge { is_clean, tree } => {
                    let versions = Vec::new();
                    trials.push(Trial {
                        is_clean,
                        tree,
                        versions,
                    });
                }
                TriedRecord::Version(version) => {
                    trials.last_mut().into_iter().for_each(|trial| {
                        trial.versions.push(version.clone());
                    });
                }
            }
            ControlFlow::Continue(())
        };
        let failed = || SourceError::Command {
            command: "git merge-tree".to_owned(),
            reason: String::from_utf8_lossy(&ended.errors).trim_end().to_owned(),
        };
        if !matches!(ended.code, Some(0 | 1)) {
            return Err(failed());
        }
        let _ = parser.push(&ended.output, &mut take)?;
        let _ = parser.finish(&mut take)?;
        if trials.len() != pairs.len() {
            return Err(failed());
        }
        Ok(trials)
    }

    /// What differs between two commits or trees, those that the merges made among them.
    ///
    /// # Errors
    /// As [`Repository::stream`].
    pub fn changes(
        &self,
        from: &ObjectId,
        to: &ObjectId,
        watch: &Watch<'_>,
    ) -> Result<Vec<Change>, SourceError> {
        let mut changes = Vec::new();
        let more = owned([from.to_string(), to.to_string(), "--".to_owned()]);
        let is_answer = |code| code == Some(0);
        let parser = RawDiff::default();
        let _ = read_records(&self.setting, parser, more, watch, is_answer, |change| {
            changes.push(change);
            ControlFlow::Continue(())
        })?;
        Ok(changes)
    }

    /// Contents of objects, those that the merges made among them.
    pub fn objects(&self) -> Objects<'_> {
        Objects::of(&self.setting)
    }
}

impl Repository {
    /// A place to try merges in, apart from the repository.
    ///
    /// # Errors
    /// [`SourceError::Command`] where there is no room for it.
    pub fn trials(&self) -> Result<Trials, SourceError> {
        let scratch = Scratch::new().map_err(|error| SourceError::Command {
            command: "merge-tree".to_owned(),
            reason: format!("there is no room for its result: {error}"),
        })?;
        Ok(Trials {
            setting: self.with_objects_in(scratch.path()),
            scratch,
        })
    }

    /// Merges `theirs` into `ours` as if both were made from `base`, without a work tree;
    /// of the result nothing is kept. With `base` a commit and `theirs` its parent this is
    /// the revert of that commit.
    ///
    /// # Errors
    /// As [`Repository::stream`]: a git before 2.40 cannot do this, and says so.
    pub fn merge_tree(
        &self,
        base: &ObjectId,
        ours: &ObjectId,
        theirs: &ObjectId,
        watch: &Watch<'_>,
    ) -> Result<Merged, SourceError> {
        let scratch = Scratch::new().map_err(|error| SourceError::Command {
            command: "merge-tree".to_owned(),
            reason: format!("there is no room for its result: {error}"),
        })?;
        let setting = self.with_objects_in(scratch.path());
        let more = [
            format!("--merge-base={base}"),
            ours.to_string(),
            theirs.to_string(),
        ];
        let (mut conflicts, mut tree) = (Vec::new(), None);
        let is_answer = |code| matches!(code, Some(0 | 1));
        let parser = MergeTree::default();
        let _ = read_records(&setting, parser, owned(more), watch, is_answer, |record| {
            match record {
                MergeRecord::Tree(id) => tree = Some(id),
                MergeRecord::Conflict(path) => conflicts.push(path),
            }
            ControlFlow::Continue(())
        })?;
        conflicts.sort();
        conflicts.dedup();
        let before = self.tree_of(ours, watch)?;
        Ok(Merged {
            changes_nothing: conflicts.is_empty() && tree.is_some() && tree == before,
            conflicts,
        })
    }

    fn tree_of(
        &self,
        commit: &ObjectId,
        watch: &Watch<'_>,
    ) -> Result<Option<ObjectId>, SourceError> {
        let name = format!("{commit}^{{tree}}");
        let answer = super::ask(
            &self.setting,
            &["rev-parse", "--verify", "--quiet", &name],
            watch,
        )?;
        Ok(answer.and_then(|id| ObjectId::from_hex(id.trim_ascii_end())))
    }

    /// The setting under which new objects go to a folder and all others are found.
    fn with_objects_in(&self, folder: &Path) -> Setting {
        let mut setting = self.setting.clone();
        let own = self.objects_folder();
        let mut set = |name: &str, value: OsString| setting.environment.push((name.into(), value));
        set("GIT_OBJECT_DIRECTORY", folder.into());
        // A quoted path may hold the separator of several.
        set("GIT_ALTERNATE_OBJECT_DIRECTORIES", quoted(&own));
        setting
    }

    /// Where the repository keeps its objects; a linked work tree shares those of its main one.
    fn objects_folder(&self) -> PathBuf {
        let git_folder = &self.facts.git_folder;
        let common = fs::read(git_folder.join("commondir")).ok();
        let common = common.map(|path| git_folder.join(super::path_of(&path)));
        common.as_ref().unwrap_or(git_folder).join("objects")
    }
}

/// A path as a string of C, as git reads it in a list of paths.
fn quoted(path: &Path) -> OsString {
    use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

    let mut text = vec![b'"'];
    for byte in path.as_os_str().as_bytes() {
        if matches!(byte, b'"' | b'\\') {
            text.push(b'\\');
        }
        text.push(*byte);
    }
    text.push(b'"');
    OsString::from_vec(text)
}

/// A folder that goes away with its value.
#[derive(Debug)]
pub(super) struct Scratch(PathBuf);

impl Scratch {
    fn new() -> io::Result<Self> {
        use std::os::unix::fs::DirBuilderExt as _;

        static NEXT: AtomicU64 = AtomicU64::new(0);
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let name = format!("guildhall-merge-{}-{number}", std::process::id());
            let path = std::env::temp_dir().join(name);
            match fs::DirBuilder::new().mode(0o700).create(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                made => return made.map(|()| Self(path)),
            }
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed stays among the temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}
