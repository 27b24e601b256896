//! Git for plugins: what is known of the repository around a folder, its history record
//! by record, and the contents of its objects.
//!
//! Git runs under the settings of [`guildhall_git::hardening`], as in the runtime: no hook,
//! filter, pager, file system monitor or external program of a repository is run, and
//! nothing is fetched. It is given no terminal, a time limit, and an ear for
//! cancellation; its output is not kept, and it is ended, with all that it started,
//! where whoever reads it leaves.
//!
//! 1. [`Repository::discover`] finds the repository and its [`Facts`]; that there is none
//!    is a [`SourceError`] of which [`SourceError::is_no_history`] is true.
//! 2. [`Repository::records`] runs a parser of [`guildhall_git`] with its own arguments.
//! 3. [`Repository::objects`] gives contents, many from one process, and
//!    [`Repository::committed`] the files of a commit that a walk would find.
//! 4. [`Repository::tags`], [`Repository::commit_named`], [`Repository::reachable`] and
//!    [`Repository::merge_base`] say what names commits and how they lie to each other,
//!    [`Repository::words`] where words stand in one, and [`Repository::merge_tree`] what
//!    a merge would come to; [`Repository::trials`] tries many, with what is in conflict.
//!
//! All paths, those that git is given and those that it gives, are from the top of the
//! work tree, and are taken literally. [`Facts::prefix`] is where the folder lies in it.
//!
//! ```no_run
//! use std::ops::ControlFlow;
//! use guildhall_source::git::log::{Log, LogRecord};
//! use guildhall_source::repository::{Repository, Watch};
//!
//! let is_cancelled = || false;
//! let watch = Watch::new(&is_cancelled);
//! let repository = Repository::discover("project/src".as_ref(), &watch)?;
//! let prefix = &repository.facts().prefix;
//! let mut changes = 0;
//! let _ = repository.records(Log::default(), ["HEAD", "--"], &[prefix], &watch, |record| {
//!     changes += usize::from(matches!(record, LogRecord::Change(_)));
//!     ControlFlow::Continue(())
//! })?;
//! # Ok::<(), guildhall_source::SourceError>(())
//! ```

mod committed;
mod facts;
mod merge;
mod objects;
mod patched;
mod reachable;
mod search;
mod tags;

use std::ffi::{OsStr, OsString};
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use guildhall_git::{GitFormatError, Parser, hardening};

use crate::SourceError;
use crate::process::{self, Running, Setting};

pub use committed::{Committed, CommittedFile};
pub use facts::{Facts, Head};
pub use merge::{Merged, Trial, Trials};
pub use objects::{Fetched, Object, Objects};
pub use tags::Tag;

pub use crate::process::Watch;

/// Bytes of an answer that is kept as a whole.
const MOST_KEPT: usize = 1 << 20;

/// A git repository, as seen from a folder in it.
#[derive(Debug, Clone)]
pub struct Repository {
    setting: Setting,
    facts: Facts,
}

impl Repository {
    /// The repository that `path`, a folder or a file, lies in.
    ///
    /// # Errors
    /// [`SourceError::NoGit`], [`SourceError::GitTooOld`] and
    /// [`SourceError::NotARepository`] where there is no history to look at;
    /// [`SourceError::Command`] where git refuses the repository, for example because
    /// it is another user's.
    pub fn discover(path: &Path, watch: &Watch<'_>) -> Result<Self, SourceError> {
        let environment = hardening::environment(|name| std::env::var_os(name));
        Self::with_environment(path, environment, watch)
    }

    /// The repository whose top is `top`: a work tree, or a bare repository.
    ///
    /// # Errors
    /// As [`Repository::discover`]; a folder further below is
    /// [`SourceError::NotARepository`].
    pub fn open(top: &Path, watch: &Watch<'_>) -> Result<Self, SourceError> {
        let repository = Self::discover(top, watch)?;
        let facts = repository.facts();
        let is_top = match &facts.top {
            Some(_) => top.is_dir() && facts.prefix.as_os_str().is_empty(),
            None => top.canonicalize().is_ok_and(|top| top == facts.git_folder),
        };
        if is_top {
            return Ok(repository);
        }
        Err(SourceError::NotARepository {
            folder: top.to_owned(),
        })
    }

    fn with_environment(
        path: &Path,
        mut environment: Vec<(OsString, OsString)>,
        watch: &Watch<'_>,
    ) -> Result<Self, SourceError> {
        // A path may hold what would otherwise be a pattern.
        environment.push(("GIT_LITERAL_PATHSPECS".into(), "1".into()));
        let mut setting = Setting {
            program: "git".into(),
            leading: hardening::arguments().map(OsString::from).collect(),
            folder: folder_of(path),
            environment,
        };
        check_version(&setting, watch)?;
        let drivers = ask(&setting, hardening::DRIVER_ARGUMENTS, watch)?.unwrap_or_default();
        setting.environment.extend(hardening::switch_off(&drivers));
        let facts = facts::find(&setting, watch)?;
        // From here on it is this repository, whatever appears in the folders.
        setting
            .environment
            .push(("GIT_DIR".into(), facts.git_folder.clone().into()));
        setting.folder.clone_from(&facts.git_folder);
        if let Some(top) = &facts.top {
            setting
                .environment
                .push(("GIT_WORK_TREE".into(), top.clone().into()));
            setting.folder.clone_from(top);
        }
        Ok(Self { setting, facts })
    }

    /// What is known of it.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Runs git with these arguments at the top and gives `take` its output as it comes;
    /// on `Break` git is ended, and `Break` is the answer.
    ///
    /// # Errors
    /// [`SourceError::Command`] where git fails, [`SourceError::TimedOut`] and
    /// [`SourceError::Cancelled`] as `watch` says.
    pub fn stream<A: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
        watch: &Watch<'_>,
        take: impl FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, SourceError> {
        process::stream(
            &self.setting,
            owned(arguments),
            watch,
            |code| code == Some(0),
            take,
        )
    }

    /// Runs git with the parser's own arguments, then `more` (commits, and `--` where
    /// paths follow), then `paths`, and gives `take` each record; on `Break` git is ended.
    /// An empty path stands for the top, and so for all.
    ///
    /// # Errors
    /// As [`Repository::stream`]; [`SourceError::Format`] where the output is not as
    /// expected.
    pub fn records<P: Parser, A: AsRef<OsStr>>(
        &self,
        parser: P,
        more: impl IntoIterator<Item = A>,
        paths: &[&Path],
        watch: &Watch<'_>,
        take: impl FnMut(P::Record) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, SourceError> {
        let mut arguments = owned(more);
        let is_top = paths.iter().any(|path| path.as_os_str().is_empty());
        if !is_top {
            arguments.extend(owned(paths));
        }
        let is_answer = |code| code == Some(0);
        read_records(&self.setting, parser, arguments, watch, is_answer, take)
    }

    /// Contents of objects; git is started when the first is read.
    pub fn objects(&self) -> Objects<'_> {
        Objects::of(&self.setting)
    }
}

/// Runs git with the parser's own arguments and `more`; `is_answer` says with which exit
/// codes it has done what it was asked.
fn read_records<P: Parser>(
    setting: &Setting,
    mut parser: P,
    more: Vec<OsString>,
    watch: &Watch<'_>,
    is_answer: impl Fn(Option<i32>) -> bool,
    mut take: impl FnMut(P::Record) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, SourceError> {
    let mut arguments = owned(parser.arguments());
    arguments.extend(more);
    let mut failure: Option<GitFormatError> = None;
    let flow = process::stream(setting, arguments, watch, is_answer, |bytes| {
        match parser.push(bytes, &mut take) {
            Ok(flow) => flow,
            Err(error) => {
                failure = Some(error);
                ControlFlow::Break(())
            }
        }
    })?;
    match failure {
        Some(error) => Err(error.into()),
        None if flow.is_break() => Ok(flow),
        None => Ok(parser.finish(&mut take)?),
    }
}

/// The folder to ask in: `path` itself, or the one that its file lies in.
fn folder_of(path: &Path) -> PathBuf {
    if path.is_dir() {
        return path.to_owned();
    }
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn check_version(setting: &Setting, watch: &Watch<'_>) -> Result<(), SourceError> {
    let answer = ask(setting, hardening::VERSION_ARGUMENTS, watch)?.unwrap_or_default();
    let answer = String::from_utf8_lossy(&answer);
    if hardening::is_new_enough(&answer) {
        return Ok(());
    }
    Err(SourceError::GitTooOld {
        found: answer.trim_end().to_owned(),
    })
}

/// Git's whole answer; `None` where it says no, which is exit code 1.
fn ask(
    setting: &Setting,
    arguments: &[&str],
    watch: &Watch<'_>,
) -> Result<Option<Vec<u8>>, SourceError> {
    let mut running = Running::start(setting, owned(arguments), false)?;
    let deadline = process::Deadline::of(watch);
    let answer = running.kept(MOST_KEPT, &deadline)?;
    match running.wait(&deadline)? {
        Some(0) => Ok(Some(answer)),
        Some(1) => Ok(None),
        code => Err(running.failed(code)),
    }
}

/// A path out of an answer of one line, which ends with a line break that is not its own.
fn path_of(answer: &[u8]) -> PathBuf {
    let path = answer.strip_suffix(b"\n").unwrap_or(answer);
    PathBuf::from(OsStr::from_bytes(path))
}

fn owned<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Vec<OsString> {
    arguments
        .into_iter()
        .map(|argument| argument.as_ref().to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// What is found where the folder in PATH holds only this `git`.
    fn found_with(git: Option<&str>) -> SourceError {
        let folder = tempfile::tempdir().unwrap();
        if let Some(script) = git {
            let path = folder.path().join("git");
            std::fs::write(&path, script).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        let environment =
            hardening::environment(|name| (name == "PATH").then(|| folder.path().into()));
        let watch = Watch::new(&|| false);
        Repository::with_environment(folder.path(), environment, &watch).unwrap_err()
    }

    #[test]
    fn a_machine_without_git_is_told_apart_from_one_whose_git_is_old() {
        let error = found_with(None);
        assert!(matches!(error, SourceError::NoGit), "{error}");
        assert!(error.is_no_history());
        let error = found_with(Some("#!/bin/sh\necho git version 2.30.9\n"));
        assert!(matches!(&error, SourceError::GitTooOld { found } if found.contains("2.30.9")));
        assert!(error.to_string().contains("2.31"), "{error}");
        let error = found_with(Some("#!/bin/sh\necho broken >&2; exit 3\n"));
        assert!(matches!(&error, SourceError::Command { reason, .. } if reason == "broken"));
        assert!(!error.is_no_history());
    }
}
