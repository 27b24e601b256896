//! Runs git so that a repository runs none of its own code.
//!
//! A repository can name programs in its configuration, its attributes and its hooks, and
//! git runs them on ordinary commands. [`Git`] switches all of these off: hooks, file
//! system monitors, filters, pagers, editors, external diffs, credential helpers, signing,
//! background maintenance, and every transport, so nothing is fetched either. Git is given
//! an environment of its own, no standard input, and limited time and room.
//!
//! Because filters are off, files that a filter would write (large files kept elsewhere,
//! decrypted ones) appear as they are stored, and are stored again as they are.

mod run;

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

use guildhall_git::hardening;

use crate::error::RuntimeError;
use run::Ended;

/// Git in one folder.
///
/// ```no_run
/// # async fn example() -> Result<(), guildhall_runtime::RuntimeError> {
/// use guildhall_runtime::git::Git;
/// let git = Git::open("project".as_ref()).await?;
/// let commit = git.text(["rev-parse", "HEAD"]).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Git {
    folder: PathBuf,
    environment: Vec<(OsString, OsString)>,
}

impl Git {
    /// Git in `folder`, with everything switched off that the configuration of the
    /// repository there names.
    ///
    /// # Errors
    /// [`RuntimeError::NoGit`] where git is missing or too old, [`RuntimeError::Git`]
    /// where the configuration cannot be read.
    ///
    /// # Cancel safety
    /// Dropping the future ends git.
    pub async fn open(folder: &Path) -> Result<Self, RuntimeError> {
        Self::with_settings(folder, environment()).await
    }

    /// Git for the repository or worktree that git keeps in `git_folder`, run in `folder`,
    /// whatever the files in `folder` say of themselves.
    ///
    /// # Errors
    /// As [`Git::open`].
    ///
    /// # Cancel safety
    /// As [`Git::open`].
    pub async fn of_repository(git_folder: &Path, folder: &Path) -> Result<Self, RuntimeError> {
        let mut environment = environment();
        environment.push(("GIT_DIR".into(), git_folder.into()));
        Self::with_settings(folder, environment).await
    }

    async fn with_settings(
        folder: &Path,
        environment: Vec<(OsString, OsString)>,
    ) -> Result<Self, RuntimeError> {
        let mut git = Self {
            folder: folder.to_owned(),
            environment,
        };
        git.check_version().await?;
        git.switch_off_drivers().await?;
        Ok(git)
    }

    /// The same with one more environment variable.
    #[must_use]
    pub fn with_env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.environment
            .push((name.into(), value.as_ref().to_owned()));
        self
    }

    /// Runs git; gives what it wrote to standard output.
    ///
    /// # Errors
    /// [`RuntimeError::Git`] where git fails, takes too long or writes too much.
    ///
    /// # Cancel safety
    /// Dropping the future ends git.
    pub async fn run<A: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
    ) -> Result<Vec<u8>, RuntimeError> {
        let arguments = owned(arguments);
        let ended = self.start(&arguments).await?;
        match ended.code {
            Some(0) => Ok(ended.output),
            _ => Err(failed(&arguments, &ended)),
        }
    }

    /// Runs git; gives what it wrote without its last line break.
    ///
    /// # Errors
    /// As [`Git::run`].
    ///
    /// # Cancel safety
    /// As [`Git::run`].
    pub async fn text<A: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
    ) -> Result<String, RuntimeError> {
        let output = self.run(arguments).await?;
        let text = String::from_utf8_lossy(&output);
        Ok(text.strip_suffix('\n').unwrap_or(&text).to_owned())
    }

    /// Runs git; gives the path that it wrote as its one line, whatever bytes it has.
    ///
    /// # Errors
    /// As [`Git::run`].
    ///
    /// # Cancel safety
    /// As [`Git::run`].
    pub async fn path<A: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
    ) -> Result<PathBuf, RuntimeError> {
        let mut output = self.run(arguments).await?;
        if output.last() == Some(&b'\n') {
            output.pop();
        }
        Ok(OsString::from_vec(output).into())
    }

    /// Runs git and asks a question of it: `None` where it answers no, which is exit
    /// code 1.
    ///
    /// # Errors
    /// As [`Git::run`], but for exit code 1.
    ///
    /// # Cancel safety
    /// As [`Git::run`].
    pub async fn ask<A: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
    ) -> Result<Option<Vec<u8>>, RuntimeError> {
        let arguments = owned(arguments);
        let ended = self.start(&arguments).await?;
        match ended.code {
            Some(0) => Ok(Some(ended.output)),
            Some(1) => Ok(None),
            _ => Err(failed(&arguments, &ended)),
        }
    }

    async fn start(&self, arguments: &[OsString]) -> Result<Ended, RuntimeError> {
        run::run(&self.folder, &self.environment, arguments).await
    }

    async fn check_version(&self) -> Result<(), RuntimeError> {
        let text = self.text(hardening::VERSION_ARGUMENTS).await?;
        if hardening::is_new_enough(&text) {
            return Ok(());
        }
        let (major, minor) = hardening::OLDEST;
        Err(RuntimeError::NoGit {
            reason: format!("{text:?} is older than {major}.{minor}"),
        })
    }

    /// Programs that the configuration names under names of its own cannot be known
    /// before; reading their names runs nothing.
    async fn switch_off_drivers(&mut self) -> Result<(), RuntimeError> {
        let keys = self
            .ask(hardening::DRIVER_ARGUMENTS)
            .await?
            .unwrap_or_default();
        self.environment.extend(hardening::switch_off(&keys));
        Ok(())
    }
}

/// The whole environment of git, of which this process's own is a small part.
fn environment() -> Vec<(OsString, OsString)> {
    hardening::environment(|name| std::env::var_os(name))
}

fn owned<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Vec<OsString> {
    arguments
        .into_iter()
        .map(|argument| argument.as_ref().to_owned())
        .collect()
}

fn failed(arguments: &[OsString], ended: &Ended) -> RuntimeError {
    RuntimeError::Git {
        command: hardening::name_of(arguments),
        reason: hardening::reason_of(&ended.errors, ended.code),
    }
}
