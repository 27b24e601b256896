//! What shows that a step is done: its changes are put together with what they build on, in a
//! worktree of their own, its command runs there, and a branch keeps the result.

use std::path::Path;
use std::time::Duration;

use guildhall_sdk::core::path_text;
use guildhall_sdk::core::programs::{EndedBy, Program, Ran};
use guildhall_sdk::core::workspaces::Workspace;
use guildhall_sdk::prelude::*;
use guildhall_sdk::tokio;

/// Variables that the tool chain needs where it is not in the usual places.
const PASSED: [&str; 3] = ["CARGO_HOME", "RUSTUP_HOME", "CARGO_TARGET_DIR"];

/// What one program may take.
const TIME_LIMIT: Duration = Duration::from_secs(60 * 60);

/// How often the host is told that a program still runs.
const STEP: Duration = Duration::from_secs(5);

/// Bytes of an output that are kept of its beginning and of its end.
const KEPT: (u64, u64) = (2 << 10, 8 << 10);

/// What is to be put together and verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct VerifyRequest {
    /// The folder of the project, in a git repository, absolute.
    pub folder: String,
    /// What names the commits that are merged, in this order, onto the one checked out.
    pub merge: Vec<String>,
    /// The command, for the shell.
    pub command: String,
    /// The branch that is left where the command succeeds.
    pub branch: String,
}

/// What was verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct Verified {
    /// The branch.
    pub branch: String,
    /// The full id of its commit.
    pub commit: String,
    /// The command that succeeded there.
    pub command: String,
}

/// Merges, runs the command, and leaves a branch.
///
/// # Errors
/// Where something named is no commit, since an agent changed nothing for example; where the
/// merge has conflicts; where the command does not succeed, with what it said.
pub async fn verify(request: &VerifyRequest, ctx: &Context) -> Result<Verified, AgentError> {
    let folder = path_text::decode(&request.folder);
    let workspace = ctx.workspaces().open(&folder, None).await?;
    let place = Place { workspace, ctx };
    for name in &request.merge {
        place.merge(name).await?;
    }
    place.succeeds(&request.command).await?;
    let commit = place.keep(&request.branch).await?;
    Ok(Verified {
        branch: request.branch.clone(),
        commit,
        command: request.command.clone(),
    })
}

/// A worktree in which programs run.
struct Place<'a> {
    workspace: Workspace,
    ctx: &'a Context,
}

impl Place<'_> {
    async fn merge(&self, name: &str) -> Result<(), AgentError> {
        let commit = format!("{name}^{{commit}}");
        let known = self
            .git(&["rev-parse", "--verify", "--quiet", &commit])
            .await?;
        if !known.succeeded() {
            return Err(AgentError::failed(format!(
                "there is no commit `{name}`: the agent of this step has changed nothing"
            )));
        }
        let merged = self.git(&["merge", "--quiet", "--no-edit", name]).await?;
        if merged.succeeded() {
            return Ok(());
        }
        Err(AgentError::failed(format!(
            "`{name}` does not merge with what it builds on: {}",
            said(&merged)
        )))
    }

    async fn succeeds(&self, command: &str) -> Result<(), AgentError> {
        match refusal(command, &self.workspace.path, self.ctx).await? {
            None => Ok(()),
            Some(refusal) => Err(AgentError::failed(refusal)),
        }
    }

    /// Commits what the command changed of the files that git knows, a lock file for example,
    /// and leaves a branch at what there is.
    async fn keep(&self, branch: &str) -> Result<String, AgentError> {
        self.must(&["add", "--update", ":/"]).await?;
        let same = self.git(&["diff", "--cached", "--quiet"]).await?;
        if !same.succeeded() {
            let message = "Take over what the verification brought up to date";
            self.must(&["commit", "--quiet", "--no-verify", "-m", message])
                .await?;
        }
        let commit = self.must(&["rev-parse", "HEAD"]).await?.trim().to_owned();
        let reference = format!("refs/heads/{branch}");
        self.must(&["update-ref", &reference, &commit]).await?;
        Ok(commit)
    }

    /// What git says, where it succeeds.
    async fn must(&self, arguments: &[&str]) -> Result<String, AgentError> {
        let ran = self.git(arguments).await?;
        match ran.succeeded() {
            true => Ok(ran.stdout.text()),
            false => Err(AgentError::failed(format!(
                "git {}: {}",
                arguments[0],
                said(&ran)
            ))),
        }
    }

    /// Git, under a name of our own and without the user's hooks.
    async fn git(&self, arguments: &[&str]) -> Result<Ran, AgentError> {
        let own = [
            "git",
            "-c",
            "user.name=guildhall",
            "-c",
            "user.email=guildhall@localhost",
            "-c",
            "commit.gpgSign=false",
            "-c",
            "core.hooksPath=/dev/null",
        ];
        self.run(&[&own, arguments].concat()).await
    }

    async fn run(&self, argv: &[&str]) -> Result<Ran, AgentError> {
        run(argv, &self.workspace.path, self.ctx).await
    }
}

/// Why a command for the shell does not succeed in a folder; none where it does.
///
/// # Errors
/// Where it cannot be run.
pub async fn refusal(
    command: &str,
    folder: &Path,
    ctx: &Context,
) -> Result<Option<String>, AgentError> {
    let ran = run(&["sh", "-c", command], folder, ctx).await?;
    if ran.succeeded() {
        return Ok(None);
    }
    let how = match (ran.by, ran.code) {
        (EndedBy::Timeout, _) => "took too long".to_owned(),
        (_, Some(code)) => format!("ended with {code}"),
        (_, None) => "was ended".to_owned(),
    };
    Ok(Some(format!("`{command}` {how}: {}", said(&ran))))
}

/// Runs a program to its end, and tells the host meanwhile that it lives.
async fn run(argv: &[&str], folder: &Path, ctx: &Context) -> Result<Ran, AgentError> {
    let mut program = Program::new(argv.iter().copied(), folder)
        .timeout(TIME_LIMIT)
        .keep(KEPT.0, KEPT.1);
    for name in PASSED {
        program = program.pass(name);
    }
    let programs = ctx.programs();
    let mut running = std::pin::pin!(programs.run(program));
    loop {
        match tokio::time::timeout(STEP, &mut running).await {
            Ok(ran) => return ran,
            Err(_) => ctx.progress(0, None, argv[0]),
        }
    }
}

/// What a program said, its errors first.
fn said(ran: &Ran) -> String {
    let (errors, output) = (ran.stderr.text(), ran.stdout.text());
    let said = [errors.trim(), output.trim()];
    let said: Vec<&str> = said.into_iter().filter(|it| !it.is_empty()).collect();
    match said.is_empty() {
        true => "it said nothing".to_owned(),
        false => said.join("\n"),
    }
}
