//! Git on repositories of others: none of their settings runs anything, nothing is
//! downloaded, and the user's own settings change no answer.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

use anyhow::{Context as _, Result, bail, ensure};

/// Hold over those of the repository.
const SETTINGS: [&str; 10] = [
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.pager=cat",
    "core.attributesFile=/dev/null",
    "core.alternateRefsCommand=",
    "diff.external=",
    "protocol.allow=never",
    "gc.auto=0",
    "maintenance.auto=false",
    // Whoever evaluates names the folder, and it may well be somebody else's.
    "safe.directory=*",
];

const ENVIRONMENT: [(&str, &str); 11] = [
    ("LC_ALL", "C"),
    ("TZ", "UTC"),
    ("GIT_CONFIG_GLOBAL", "/dev/null"),
    ("GIT_CONFIG_NOSYSTEM", "1"),
    ("GIT_ATTR_NOSYSTEM", "1"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("GIT_OPTIONAL_LOCKS", "0"),
    ("GIT_NO_LAZY_FETCH", "1"),
    ("GIT_NO_REPLACE_OBJECTS", "1"),
    ("GIT_ALLOW_PROTOCOL", "none"),
    ("GIT_PROTOCOL_FROM_USER", "0"),
];

/// A repository, bare or not.
#[derive(Debug, Clone)]
pub(crate) struct Repository {
    folder: PathBuf,
}

impl Repository {
    /// The folder as a repository, whether it is one yet or not.
    pub(crate) fn new_in(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    /// The repository in `folder`; none where there is none.
    pub(crate) fn at(folder: &Path) -> Option<Self> {
        let repository = Self::new_in(folder);
        let is_one = repository
            .command(["rev-parse", "--git-dir"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        is_one.then_some(repository)
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A git command on this repository that was not started.
    pub(crate) fn command<A: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
    ) -> Command {
        let mut command = Command::new("git");
        command.env_clear();
        for name in ["PATH", "TMPDIR"] {
            command.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        command.envs(ENVIRONMENT);
        // Nothing above the folder counts: an empty one is no repository.
        let ceiling = self.folder.parent().unwrap_or(&self.folder);
        command.env("GIT_CEILING_DIRECTORIES", ceiling);
        command.arg("-C").arg(&self.folder);
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        command.args(arguments);
        command
    }

    /// What a command writes.
    ///
    /// # Errors
    /// Where it fails, with what it says.
    pub(crate) fn bytes<const N: usize>(&self, arguments: [&str; N]) -> Result<Vec<u8>> {
        let output = self
            .command(arguments)
            .stdin(Stdio::null())
            .output()
            .context("git cannot be started")?;
        ensure!(
            output.status.success(),
            "git {} failed: {}",
            arguments[0],
            last_line(&output.stderr)
        );
        Ok(output.stdout)
    }

    /// The same as text without the line feed at its end; what is not UTF-8 is replaced.
    pub(crate) fn text<const N: usize>(&self, arguments: [&str; N]) -> Result<String> {
        let bytes = self.bytes(arguments)?;
        Ok(String::from_utf8_lossy(&bytes).trim_end().to_owned())
    }

    /// What a command writes that is given `input`, however much either is.
    ///
    /// # Errors
    /// Where it fails, with what it says.
    pub(crate) fn fed<const N: usize>(
        &self,
        arguments: [&str; N],
        input: Vec<u8>,
    ) -> Result<Vec<u8>> {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("git cannot be started")?;
        let writer = feed(&mut child, input);
        let output = child.wait_with_output().context("git went away")?;
        // A git that reads no more has failed, and says why itself.
        drop(writer.map(thread::JoinHandle::join));
        if !output.status.success() {
            bail!("git {} failed: {}", arguments[0], last_line(&output.stderr));
        }
        Ok(output.stdout)
    }
}

/// Writes `input` beside the reading of what comes out, or both would wait for ever.
fn feed(child: &mut Child, input: Vec<u8>) -> Option<thread::JoinHandle<()>> {
    let mut stdin = child.stdin.take()?;
    Some(thread::spawn(move || drop(stdin.write_all(&input))))
}

/// The last line that says something.
pub(crate) fn last_line(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let said = text.lines().rev().find(|line| !line.trim().is_empty());
    said.unwrap_or("it says nothing").trim().to_owned()
}
