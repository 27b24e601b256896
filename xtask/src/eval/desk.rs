//! What agents are asked with: the shipped host, built once and run as a user would run it,
//! and snapshots of the repositories that questions are about.

use std::ffi::OsString;
use std::fs;
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::git::{Repository, last_line};
use super::snapshot::{History, Snapshot};
use crate::artifacts::{self, Host};
use crate::workspace::Workspace;

/// Everything that the kinds have in common.
pub(super) struct Desk {
    repositories: Option<PathBuf>,
    host: Option<Host>,
    /// The user's own folders while agents are asked: empty.
    home: WorkFolder,
    /// The last snapshot, under what it was made of; cases that follow share it.
    last: Option<((String, String, History), Snapshot)>,
}

impl Desk {
    /// A desk with the repositories of a folder, `OWNER+NAME/repo` each.
    ///
    /// # Errors
    /// Where there is no such folder.
    pub(super) fn new(repositories: Option<PathBuf>) -> Result<Self> {
        if let Some(folder) = &repositories {
            let shown = folder.display();
            ensure!(folder.is_dir(), "--repos {shown} is not a folder");
        }
        let repositories = repositories.map(std::path::absolute).transpose()?;
        Ok(Self {
            repositories,
            host: None,
            home: WorkFolder::new()?,
            last: None,
        })
    }

    /// The repository of this name, `OWNER/NAME`; none where it is missing.
    pub(super) fn repository(&self, name: &str) -> Option<Repository> {
        let folder = self.repositories.as_ref()?;
        Repository::at(&folder.join(name.replacen('/', "+", 1)).join("repo"))
    }

    /// The checkout of a repository at a commit, in which no later object exists.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub(super) fn snapshot(
        &mut self,
        name: &str,
        commit: &str,
        history: History,
    ) -> Result<PathBuf> {
        let key = (name.to_owned(), commit.to_owned(), history);
        if let Some((_, snapshot)) = self.last.as_ref().filter(|(last, _)| *last == key) {
            return Ok(snapshot.path().to_owned());
        }
        // The disk need not hold two at once.
        self.last = None;
        let source = self.repository(name);
        let source = source.with_context(|| format!("{name} is missing"))?;
        let snapshot = Snapshot::new(&source, commit, history)?;
        let path = snapshot.path().to_owned();
        if snapshot.absent > 0 {
            let absent = snapshot.absent;
            self.tell(&format!("{name}: {absent} files have no content here"));
        }
        self.last = Some((key, snapshot));
        Ok(path)
    }

    /// A repository with the branches `ours` and `theirs` at these commits, in which nothing
    /// later exists, their merge in particular; without a checkout.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub(super) fn sides(&mut self, name: &str, ours: &str, theirs: &str) -> Result<PathBuf> {
        let key = (name.to_owned(), format!("{ours} {theirs}"), History::Whole);
        if let Some((_, snapshot)) = self.last.as_ref().filter(|(last, _)| *last == key) {
            return Ok(snapshot.path().to_owned());
        }
        self.last = None;
        let source = self.repository(name);
        let source = source.with_context(|| format!("{name} is missing"))?;
        let snapshot = Snapshot::of_sides(&source, ours, theirs)?;
        let path = snapshot.path().to_owned();
        self.last = Some((key, snapshot));
        Ok(path)
    }

    /// The same checkout as [`Self::snapshot`] with the whole history, now with the tags
    /// that are not younger than the commit.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub(super) fn tagged(&mut self, name: &str, commit: &str) -> Result<PathBuf> {
        let key = (name.to_owned(), commit.to_owned(), History::Whole);
        match self.last.take() {
            Some((last, snapshot)) if last == key => {
                let source = self.repository(name);
                let source = source.with_context(|| format!("{name} is missing"))?;
                snapshot.tag(&source, commit)?;
                let path = snapshot.path().to_owned();
                let key = (key.0, key.1, History::Tagged);
                self.last = Some((key, snapshot));
                Ok(path)
            }
            other => {
                self.last = other;
                self.snapshot(name, commit, History::Tagged)
            }
        }
    }

    /// Runs `guildhall` in `folder` and reads the JSON that it prints.
    ///
    /// # Errors
    /// Where it fails, with what it says, or prints something else.
    pub(super) fn guildhall(&mut self, folder: &Path, arguments: &[&str]) -> Result<Value> {
        self.guildhall_with(folder, arguments, &[])
    }

    /// The same with these variables in its environment.
    ///
    /// # Errors
    /// As [`Self::guildhall`].
    pub(super) fn guildhall_with(
        &mut self,
        folder: &Path,
        arguments: &[&str],
        environment: &[(&str, OsString)],
    ) -> Result<Value> {
        self.ended(folder, arguments, environment, &[0])
    }

    /// The same where what was asked for need not be reached: exit code 1 has an answer too.
    ///
    /// # Errors
    /// As [`Self::guildhall`].
    pub(super) fn guildhall_met_or_not(
        &mut self,
        folder: &Path,
        arguments: &[&str],
    ) -> Result<Value> {
        self.ended(folder, arguments, &[], &[0, 1])
    }

    fn ended(
        &mut self,
        folder: &Path,
        arguments: &[&str],
        environment: &[(&str, OsString)],
        codes: &[i32],
    ) -> Result<Value> {
        let program = self.program()?;
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            let is_ours = name.to_string_lossy().starts_with("GUILDHALL_");
            if is_ours || name.to_string_lossy().starts_with("XDG_") {
                command.env_remove(name);
            }
        }
        let output = command
            .env("HOME", self.home.path())
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .args(arguments)
            .args(["--format", "json"])
            .current_dir(folder)
            .stdin(Stdio::null())
            .output()
            .context("guildhall cannot be started")?;
        ensure!(
            output
                .status
                .code()
                .is_some_and(|code| codes.contains(&code)),
            "guildhall {} failed ({}): {}",
            arguments.first().unwrap_or(&""),
            output.status,
            error_line(&output.stderr)
        );
        serde_json::from_slice(&output.stdout).with_context(|| {
            let error = error_line(&output.stderr);
            format!("guildhall printed what is not JSON: {error}")
        })
    }

    /// Says how far it is, where somebody looks.
    pub(super) fn tell(&self, what: &str) {
        let mut stderr = std::io::stderr();
        if stderr.is_terminal() {
            let shown: String = what.chars().take(78).collect();
            // Whoever closes standard error does not want to know.
            let _ = write!(stderr, "\r\x1b[K{shown}");
            let _ = stderr.flush();
        }
    }

    /// Takes the last [`Self::tell`] away.
    pub(super) fn tell_no_more(&self) {
        let mut stderr = std::io::stderr();
        if stderr.is_terminal() {
            let _ = write!(stderr, "\r\x1b[K");
        }
    }

    fn program(&mut self) -> Result<PathBuf> {
        if let Some(host) = &self.host {
            return Ok(host.program.clone());
        }
        self.tell_no_more();
        let host = artifacts::host(&Workspace::load()?, "release")?;
        let program = host.program.clone();
        self.host = Some(host);
        Ok(program)
    }
}

/// The line that says what went wrong, before the advice that follows it.
fn error_line(text: &[u8]) -> String {
    let all = String::from_utf8_lossy(text);
    let error = all.lines().find(|line| line.starts_with("error"));
    error.map_or_else(|| last_line(text), str::to_owned)
}

/// A folder for temporary files, which goes away with its value.
#[derive(Debug)]
pub(crate) struct WorkFolder(PathBuf);

impl WorkFolder {
    /// A new and empty folder.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub(crate) fn new() -> Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let parent = std::env::temp_dir();
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let name = format!("guildhall-eval-{}-{number}", std::process::id());
            let path = parent.join(name);
            match fs::create_dir(&path) {
                Ok(()) => return Ok(Self(path)),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => {
                    return Err(error).with_context(|| format!("cannot make {}", path.display()));
                }
            }
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for WorkFolder {
    fn drop(&mut self) {
        // What cannot be removed stays among the temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A repository that a test makes, commit by commit.
    pub(crate) struct History {
        folder: WorkFolder,
        /// Seconds since 1970 of the next commit.
        clock: std::cell::Cell<u64>,
    }

    impl History {
        /// An empty repository `some/repo`, whose first commit is of 2025-01-01.
        pub(crate) fn new() -> Self {
            let folder = WorkFolder::new().unwrap();
            let repository = folder.path().join("some+repo/repo");
            fs::create_dir_all(&repository).unwrap();
            let history = Self {
                folder,
                clock: std::cell::Cell::new(1_735_689_600),
            };
            let init = ["init", "--quiet", "--template=", "--initial-branch=main"];
            Repository::new_in(&repository).bytes(init).unwrap();
            history
        }

        /// The folder in which it is `some+repo/repo`.
        pub(crate) fn repositories(&self) -> PathBuf {
            self.folder.path().to_owned()
        }

        pub(crate) fn repository(&self) -> Repository {
            Repository::new_in(&self.folder.path().join("some+repo/repo"))
        }

        /// The next commit is of this moment.
        pub(crate) fn at(&self, seconds: u64) -> &Self {
            self.clock.set(seconds);
            self
        }

        /// Takes a file away.
        pub(crate) fn remove(&self, name: &str) -> &Self {
            fs::remove_file(self.repository().folder().join(name)).unwrap();
            self
        }

        /// Writes files, commits all there is, and gives the commit's id.
        pub(crate) fn commit(&self, files: &[(&str, &str)], subject: &str) -> String {
            let repository = self.repository();
            for (name, text) in files {
                let path = repository.folder().join(name);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
            repository.bytes(["add", "--all"]).unwrap();
            let time = format!("{} +0000", self.clock.get());
            self.clock.set(self.clock.get() + 60);
            let commit = repository
                .command(["commit", "--quiet", "--allow-empty", "--message", subject])
                .envs([
                    ("GIT_AUTHOR_NAME", "Ada"),
                    ("GIT_AUTHOR_EMAIL", "ada@example.org"),
                    ("GIT_COMMITTER_NAME", "Ada"),
                    ("GIT_COMMITTER_EMAIL", "ada@example.org"),
                    ("GIT_AUTHOR_DATE", &time),
                    ("GIT_COMMITTER_DATE", &time),
                ])
                .output()
                .unwrap();
            assert!(commit.status.success(), "{}", last_line(&commit.stderr));
            repository.text(["rev-parse", "HEAD"]).unwrap()
        }
    }

    #[test]
    fn repositories_are_found_bare_or_not() {
        let made = History::new();
        made.commit(&[("a.rs", "")], "first");
        let bare = made.repositories().join("other+one/repo");
        fs::create_dir_all(&bare).unwrap();
        let init = ["init", "--quiet", "--bare", "--template="];
        Repository::new_in(&bare).bytes(init).unwrap();
        fs::create_dir_all(made.repositories().join("not+one/repo")).unwrap();
        let desk = Desk::new(Some(made.repositories())).unwrap();
        assert!(desk.repository("some/repo").is_some());
        assert!(desk.repository("other/one").is_some());
        assert!(desk.repository("not/one").is_none());
        assert!(desk.repository("no/such").is_none());
    }

    #[test]
    fn a_snapshot_is_made_once_for_cases_that_follow_each_other() {
        let made = History::new();
        let first = made.commit(&[("a.rs", "1")], "first");
        let second = made.commit(&[("a.rs", "2")], "second");
        let mut desk = Desk::new(Some(made.repositories())).unwrap();
        let mut at = |commit: &str| {
            desk.snapshot("some/repo", commit, super::History::Whole)
                .unwrap()
        };
        let path = at(&first);
        assert_eq!(at(&first), path);
        assert_ne!(at(&second), path);
        assert!(!path.exists());
    }

    #[test]
    fn a_folder_of_repositories_that_is_not_there_is_named() {
        let error = Desk::new(Some("no/such".into())).err().unwrap();
        assert_eq!(error.to_string(), "--repos no/such is not a folder");
    }

    #[test]
    fn of_what_a_program_says_the_error_counts() {
        let said = b"note: a\nerror: it broke\n\nhelp: mend it\n";
        assert_eq!(error_line(said), "error: it broke");
        assert_eq!(error_line(b"first\nlast\n\n"), "last");
        assert_eq!(error_line(b""), "it says nothing");
    }
}
