//! The scratch worktree in which sides are merged, and git in it.

use std::path::Path;
use std::time::Duration;

use guildhall_merge::Side;
use guildhall_sdk::core::path_text;
use guildhall_sdk::core::programs::{Program, Ran};
use guildhall_sdk::core::workspaces::Workspace;
use guildhall_sdk::prelude::*;

/// Time that one command of git may take.
const STEP: Duration = Duration::from_secs(300);

/// Bytes of an output that are kept of its beginning and of its end: names of files, at most.
const KEPT: (u64, u64) = (1 << 20, 8 << 10);

/// Before each command: no hook runs, nobody is asked, and no setting changes the result.
const SETTINGS: [&str; 6] = [
    "core.hooksPath=/dev/null",
    "commit.gpgSign=false",
    "rerere.enabled=false",
    "merge.ff=true",
    "merge.verifySignatures=false",
    "core.editor=true",
];

/// A worktree in which sides are merged.
pub(super) struct Place<'a> {
    workspace: Workspace,
    ctx: &'a Context,
}

impl<'a> Place<'a> {
    /// Opens one at a commit.
    ///
    /// # Errors
    /// Where there is no such commit.
    pub(super) async fn open(
        folder: &Path,
        onto: &str,
        ctx: &'a Context,
    ) -> Result<Self, AgentError> {
        let workspace = ctx.workspaces().open(folder, Some(onto)).await?;
        Ok(Self { workspace, ctx })
    }

    /// The commit that it began at.
    pub(super) fn base(&self) -> &str {
        &self.workspace.base
    }

    /// The commit that is checked out.
    pub(super) async fn head(&self) -> Result<String, AgentError> {
        Ok(self.must(&["rev-parse", "HEAD"]).await?.trim().to_owned())
    }

    /// Merges a commit; false where git stops at conflicts.
    pub(super) async fn merge(&self, name: &str, commit: &str) -> Result<bool, AgentError> {
        let date = self.date(commit).await?;
        let message = format!("Merge {name}");
        let told = ["merge", "--quiet", "--no-verify", "-m", &message, commit];
        let merged = self.git(&told, Some(&date)).await?;
        match merged.code {
            Some(0) => Ok(true),
            Some(1) if !self.unmerged().await?.is_empty() => Ok(false),
            _ => Err(AgentError::failed(format!(
                "{name} cannot be merged: {}",
                last_words(&merged)
            ))),
        }
    }

    /// Commits a merge of which all conflicts are resolved.
    pub(super) async fn conclude(&self, name: &str) -> Result<(), AgentError> {
        let date = self.date("MERGE_HEAD").await?;
        let message = format!("Merge {name}");
        let told = ["commit", "--quiet", "--no-verify", "-m", &message];
        let committed = self.git(&told, Some(&date)).await?;
        match committed.succeeded() {
            true => Ok(()),
            false => Err(AgentError::failed(last_words(&committed))),
        }
    }

    /// The files at which git has stopped, as reports write paths.
    pub(super) async fn unmerged(&self) -> Result<Vec<String>, AgentError> {
        let told = [
            "diff",
            "--name-only",
            "--diff-filter=U",
            "--no-relative",
            "-z",
        ];
        let ran = self.git(&told, None).await?;
        if !ran.succeeded() || !ran.stdout.is_whole() {
            return Err(AgentError::failed(format!(
                "git diff: {}",
                last_words(&ran)
            )));
        }
        let head = ran
            .stdout
            .head
            .iter()
            .chain(ran.stdout.tail.iter())
            .copied();
        let all: Vec<u8> = head.collect();
        let paths = all.split(|byte| *byte == 0).filter(|path| !path.is_empty());
        Ok(paths
            .map(|path| path_text::encode(&crate::merge::path_of(path)))
            .collect())
    }

    /// Writes a file at which git has stopped, and tells git that it is resolved.
    pub(super) async fn write(&self, path: &str, bytes: &[u8]) -> Result<(), AgentError> {
        let relative = path_text::decode(path);
        let file = crate::merge::below(&self.workspace.top, &relative)?;
        std::fs::write(&file, bytes)?;
        let added = self.add(&file).await?;
        match added.succeeded() {
            true => Ok(()),
            false => Err(AgentError::failed(format!(
                "git add: {}",
                last_words(&added)
            ))),
        }
    }

    /// Takes a side of a file at which git has stopped: the file, or that it is not there.
    pub(super) async fn take(&self, path: &str, side: Side) -> Result<(), AgentError> {
        let file = path_text::decode(path);
        let name = file
            .to_str()
            .ok_or_else(|| AgentError::failed(format!("{path} is not UTF-8; merge it by hand")))?;
        let listed = self.must(&["ls-files", "--unmerged", "--", name]).await?;
        let (stage, option) = match side {
            Side::Ours => (" 2\t", "--ours"),
            Side::Theirs => (" 3\t", "--theirs"),
        };
        if listed.contains(stage) {
            self.must(&["checkout", "--quiet", option, "--", name])
                .await?;
            self.must(&["add", "--force", "--", name]).await?;
        } else {
            self.must(&["rm", "--quiet", "--force", "--", name]).await?;
        }
        Ok(())
    }

    /// Runs a check of the user's.
    pub(super) async fn check(&self, command: &str, seconds: u32) -> Result<(), AgentError> {
        let program = Program::new(["sh", "-c", command], &self.workspace.path)
            .timeout(Duration::from_secs(seconds.into()));
        let ran = self.ctx.programs().run(program).await?;
        if ran.succeeded() {
            return Ok(());
        }
        let message = format!(
            "`{command}` does not succeed in the result: {}",
            last_words(&ran)
        );
        Err(AgentError::new("check-failed", message))
    }

    /// Leaves a reference to what there is; gives the commit and the reference, where anything
    /// was merged.
    pub(super) async fn keep(self, message: &str) -> Result<(String, Option<String>), AgentError> {
        let workspaces = self.ctx.workspaces();
        let committed = workspaces.commit(&self.workspace, message).await?;
        let base = self.workspace.base.clone();
        workspaces.close(self.workspace).await?;
        Ok((committed.commit.unwrap_or(base), committed.reference))
    }

    /// Leaves a reference to what was merged before this side, so that a person can go on from
    /// there.
    pub(super) async fn keep_for_later(&self, name: &str) -> Result<(), AgentError> {
        self.must(&["merge", "--abort"]).await?;
        if self.head().await? != self.workspace.base {
            let message = format!("Put together before {name}");
            self.ctx
                .workspaces()
                .commit(&self.workspace, &message)
                .await?;
        }
        Ok(())
    }

    /// When a commit was made: what is made of the same commits is the same.
    async fn date(&self, commit: &str) -> Result<String, AgentError> {
        let told = [
            "show",
            "--no-patch",
            "--no-show-signature",
            "--format=%ct",
            commit,
        ];
        let seconds = self.must(&told).await?;
        Ok(format!("@{} +0000", seconds.trim()))
    }

    async fn add(&self, file: &Path) -> Result<Ran, AgentError> {
        use std::os::unix::ffi::OsStrExt as _;

        // A path that is not Unicode goes over standard input.
        let program = self.program(
            &[
                "add",
                "--force",
                "--pathspec-from-file=-",
                "--pathspec-file-nul",
            ],
            None,
        );
        let program = program.stdin(file.as_os_str().as_bytes().to_vec());
        self.ctx.programs().run(program).await
    }

    /// What git says, where it succeeds.
    async fn must(&self, arguments: &[&str]) -> Result<String, AgentError> {
        let ran = self.git(arguments, None).await?;
        match ran.succeeded() {
            true => Ok(ran.stdout.text()),
            false => {
                let command = arguments[0];
                Err(AgentError::failed(format!(
                    "git {command}: {}",
                    last_words(&ran)
                )))
            }
        }
    }

    async fn git(&self, arguments: &[&str], date: Option<&str>) -> Result<Ran, AgentError> {
        self.ctx.programs().run(self.program(arguments, date)).await
    }

    fn program(&self, arguments: &[&str], date: Option<&str>) -> Program {
        let settings = SETTINGS.iter().flat_map(|setting| ["-c", *setting]);
        let argv = std::iter::once("git")
            .chain(settings)
            .chain(arguments.iter().copied());
        let mut program = Program::new(argv, &self.workspace.top)
            .timeout(STEP)
            .keep(KEPT.0, KEPT.1)
            .set("LC_ALL", "C")
            .set("GIT_LITERAL_PATHSPECS", "1")
            .set("GIT_TERMINAL_PROMPT", "0")
            .set("GIT_NO_REPLACE_OBJECTS", "1");
        for who in ["AUTHOR", "COMMITTER"] {
            program = program
                .set(format!("GIT_{who}_NAME"), "Guildhall")
                .set(format!("GIT_{who}_EMAIL"), "guildhall@localhost");
            if let Some(date) = date {
                program = program.set(format!("GIT_{who}_DATE"), date);
            }
        }
        program
    }
}

/// The last lines that a program wrote.
fn last_words(ran: &Ran) -> String {
    let said = format!("{}{}", ran.stdout.text(), ran.stderr.text());
    let lines: Vec<&str> = said
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let last = lines[lines.len().saturating_sub(5)..].join(" / ");
    match (last.is_empty(), ran.code) {
        (false, _) => last,
        (true, Some(code)) => format!("it ends with code {code} and says nothing"),
        (true, None) => "it was ended".to_owned(),
    }
}
