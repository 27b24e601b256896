//! What this crate refuses, and what failed under it.

use std::path::PathBuf;
use std::time::Duration;

use guildhall_coordination::ledger::{Refusal, Violation};
use guildhall_coordination::{RunId, RunStatus, TaskKey};
use guildhall_core::{AgentError, AgentId};

use crate::runtime::{Change, Unmet};
use crate::store::Digest;

/// What this crate refuses, and what failed under it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RuntimeError {
    /// A file or folder could not be used.
    #[error("{} cannot be {verb}: {source}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What was to be done to it: "read", "written".
        verb: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// Somebody else has appended to the run.
    #[error(
        "run {run} ends with event {found} and not {expected}: somebody else has appended to it; read what is new and decide again"
    )]
    Conflict {
        /// The run.
        run: RunId,
        /// The last event that the caller knows.
        expected: u64,
        /// The last event there is.
        found: u64,
    },
    /// Somebody else has appended to the stream.
    #[error(
        "the stream {stream:?} ends with record {found} and not {expected}: somebody else has appended to it; read what is new and decide again"
    )]
    StreamConflict {
        /// The stream.
        stream: String,
        /// The last record that the caller knows.
        expected: u64,
        /// The last record there is.
        found: u64,
    },
    /// The task has completed already.
    #[error(
        "task {task} of run {run} has completed already: its result stands, and this one is dropped"
    )]
    CompletedTwice {
        /// The run.
        run: RunId,
        /// The task's number within the run.
        task: u32,
    },
    /// The store was written by a newer version.
    #[error(
        "{} has schema {found}, and this version knows schemas up to {supported}: use the newer version that wrote it, or another state folder",
        path.display()
    )]
    StoreTooNew {
        /// The store's file.
        path: PathBuf,
        /// Its schema.
        found: u32,
        /// The newest schema known.
        supported: u32,
    },
    /// The file is something else than a store.
    #[error(
        "{} is not a store: {reason}; move the file away, or name another state folder",
        path.display()
    )]
    NotAStore {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        reason: String,
    },
    /// The store's file is damaged.
    #[error(
        "{} is damaged: {reason}; stop what uses it and put a copy in its place, or save what can be read with the command `.recover` of the sqlite3 program",
        path.display()
    )]
    StoreDamaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// There is no space left.
    #[error(
        "{} cannot grow: the disk or the quota is full; free some space and try again, nothing is lost",
        path.display()
    )]
    StoreFull {
        /// The file that was to be written.
        path: PathBuf,
    },
    /// Another process has held the store for too long.
    #[error(
        "{} was held by another process for {waited_ms} ms: look for one that hangs, or try again",
        path.display()
    )]
    StoreBusy {
        /// The store's file.
        path: PathBuf,
        /// How long it was waited for, in milliseconds.
        waited_ms: u64,
    },
    /// The store failed otherwise.
    #[error("{} cannot be used: {reason}", path.display())]
    StoreFailed {
        /// The store's file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// There is no data of this name.
    #[error(
        "no data is kept under {digest}: it was removed, or belongs to another state folder; the task that made it can be done again"
    )]
    NoSuchBlob {
        /// The name.
        digest: Digest,
    },
    /// Data whose hash is not its name.
    #[error(
        "{} is damaged: its content is not that of {digest}; put it again, or do the task that made it again",
        path.display()
    )]
    BlobDamaged {
        /// The name.
        digest: Digest,
        /// The file.
        path: PathBuf,
    },
    /// A process agent's configuration that is none, or contradicts itself.
    #[error("the configuration of agent {agent} is not valid: {key}: {reason}")]
    BadProcessAgent {
        /// The agent.
        agent: AgentId,
        /// The key that is wrong.
        key: String,
        /// Why, and how to mend it.
        reason: String,
    },
    /// An attempt whose processes still live.
    #[error(
        "{holder} still holds {} after {} s: wait for it to end, or end it",
        lock.display(),
        waited.as_secs_f64()
    )]
    StillRunning {
        /// The attempt's lock file.
        lock: PathBuf,
        /// Who has locked it.
        holder: String,
        /// How long it was waited for.
        waited: Duration,
    },
    /// There is no git that could be used.
    #[error("git cannot be used: {reason}; install git 2.31 or newer")]
    NoGit {
        /// Why.
        reason: String,
    },
    /// A folder that should be in a git repository.
    #[error(
        "{} is not in a git repository: make one with `git init` and a first commit, or choose another workspace",
        folder.display()
    )]
    NotARepository {
        /// The folder.
        folder: PathBuf,
    },
    /// A repository without a checkout.
    #[error(
        "{} is a bare repository, which has no files to work on: give a folder of a checkout",
        folder.display()
    )]
    BareRepository {
        /// The folder.
        folder: PathBuf,
    },
    /// A repository without a commit.
    #[error(
        "the repository of {} has no commit yet, so there is nothing to begin from: make a first one with `git commit`",
        folder.display()
    )]
    NoCommit {
        /// The folder.
        folder: PathBuf,
    },
    /// A text that names no commit.
    #[error("{commit:?} names no commit of the repository")]
    NoSuchCommit {
        /// The text.
        commit: String,
    },
    /// Git failed.
    #[error("`git {command}` failed: {reason}")]
    Git {
        /// Git's subcommand.
        command: String,
        /// What git says.
        reason: String,
    },
    /// There is no such run.
    #[error("there is no run {run} in this state folder")]
    NoSuchRun {
        /// What was asked for.
        run: String,
    },
    /// Several runs could be meant.
    #[error(
        "{text:?} could be any of {} runs, the newest of them {}: give the id, or a part of it that no other has",
        runs.len(),
        newest(runs)
    )]
    AmbiguousRun {
        /// What was asked for.
        text: String,
        /// What it could mean.
        runs: Vec<RunId>,
    },
    /// There is no such task.
    #[error("run {run} has no task {task}")]
    NoSuchTask {
        /// The run.
        run: RunId,
        /// What was asked for.
        task: TaskKey,
    },
    /// Another process works on the run.
    #[error("another process works on run {run}: wait for it, or cancel the run")]
    RunIsBusy {
        /// The run.
        run: RunId,
    },
    /// Another process has taken the run over.
    #[error("another process has taken run {run} over and goes on with it")]
    TakenOver {
        /// The run.
        run: RunId,
    },
    /// The run has ended.
    #[error("run {run} has ended ({}): nothing is left to do", status_text(*status))]
    HasEnded {
        /// The run.
        run: RunId,
        /// How.
        status: RunStatus,
    },
    /// Something is not as it was when the run was last worked on.
    #[error(
        "run {run} cannot simply go on: {}; put it back as it was, or accept the change",
        list(changes)
    )]
    Changed {
        /// The run.
        run: RunId,
        /// What has changed.
        changes: Vec<Change>,
    },
    /// What was asked for cannot be done with the run as it is.
    #[error("run {run} is not changed: {refusal}")]
    Refused {
        /// The run.
        run: RunId,
        /// Why.
        refusal: Refusal,
    },
    /// A plan that no run can be made of.
    #[error("no run can be made of the plan: {reason}")]
    BadPlan {
        /// Why.
        reason: String,
    },
    /// Tasks made in code that are none.
    #[error("the tasks are not well formed: {reason}")]
    BadTasks {
        /// What is wrong.
        reason: String,
    },
    /// The host has no agents for what a plan asks for.
    #[error("the plan cannot be carried out here: {}", list(unmet))]
    Unmet {
        /// Everything that is missing.
        unmet: Vec<Unmet>,
    },
    /// No agent can coordinate the run.
    #[error("the run has no coordinator: {reason}; load a plugin that offers it")]
    NoCoordinator {
        /// Why.
        reason: String,
    },
    /// The coordinator failed again and again.
    #[error(
        "the coordinator left the run {times} times before it was over{}; nothing is lost, and the run can be resumed",
        error.as_ref().map_or_else(String::new, |error| format!(", last with: {error}"))
    )]
    CoordinatorFailed {
        /// How often.
        times: u32,
        /// Its last error, where it gave one.
        error: Option<Box<AgentError>>,
    },
    /// An event that this version does not know.
    #[error("event {seq} of run {run} cannot be read: {reason}; use the version that wrote it")]
    BadEvent {
        /// The run.
        run: RunId,
        /// The event's number.
        seq: u64,
        /// Why.
        reason: String,
    },
    /// Events that contradict one another.
    #[error("the journal of run {run} is damaged: {violation}")]
    BadJournal {
        /// The run.
        run: RunId,
        /// Where and how.
        violation: Violation,
    },
    /// An output that is none.
    #[error("the output {name} cannot be read: {reason}")]
    BadOutput {
        /// Its name in the store.
        name: String,
        /// Why.
        reason: String,
    },
    /// A task that no agent has completed.
    #[error("task {task} of run {run} has no receipt: no agent has completed it")]
    NoReceipt {
        /// The run.
        run: RunId,
        /// The task.
        task: TaskKey,
    },
    /// A receipt that is none, or was changed.
    #[error("the receipt is not valid: {reason}")]
    BadReceipt {
        /// Why.
        reason: String,
    },
    /// The file of the key with which receipts are signed.
    #[error(
        "{} is no key for receipts: {reason}; put a copy in its place, or move the file away to have a new key made, by which receipts of before are not recognised",
        path.display()
    )]
    BadKey {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A pattern of files that is none, or leads to what cannot be read.
    #[error("the files that the task reads cannot be told: {reason}")]
    BadPattern {
        /// Why.
        reason: String,
    },
}

/// What an error is about, for whoever decides how to go on. Every error has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// What was asked for: there is no such run or task, the run is not in a state for it, or
    /// what was given is not well formed.
    Request,
    /// A configuration.
    Configuration,
    /// Who does the work: an agent is missing, or gave up.
    Agents,
    /// The user's files, and git.
    Workspace,
    /// The store, and the disk under it.
    Store,
}

impl RuntimeError {
    /// What it is about.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::NoSuchRun { .. }
            | Self::AmbiguousRun { .. }
            | Self::NoSuchTask { .. }
            | Self::NoReceipt { .. }
            | Self::BadReceipt { .. }
            | Self::BadPlan { .. }
            | Self::BadTasks { .. }
            | Self::BadPattern { .. }
            | Self::HasEnded { .. }
            | Self::RunIsBusy { .. }
            | Self::Changed { .. }
            | Self::Refused { .. } => ErrorKind::Request,
            Self::BadProcessAgent { .. } | Self::BadKey { .. } => ErrorKind::Configuration,
            Self::Unmet { .. }
            | Self::NoCoordinator { .. }
            | Self::TakenOver { .. }
            | Self::StillRunning { .. }
            | Self::CoordinatorFailed { .. } => ErrorKind::Agents,
            Self::NoGit { .. }
            | Self::NotARepository { .. }
            | Self::BareRepository { .. }
            | Self::NoCommit { .. }
            | Self::NoSuchCommit { .. }
            | Self::Git { .. } => ErrorKind::Workspace,
            Self::File { .. }
            | Self::Conflict { .. }
            | Self::CompletedTwice { .. }
            | Self::StreamConflict { .. }
            | Self::StoreTooNew { .. }
            | Self::NotAStore { .. }
            | Self::StoreDamaged { .. }
            | Self::StoreFull { .. }
            | Self::StoreBusy { .. }
            | Self::StoreFailed { .. }
            | Self::NoSuchBlob { .. }
            | Self::BlobDamaged { .. }
            | Self::BadEvent { .. }
            | Self::BadJournal { .. }
            | Self::BadOutput { .. } => ErrorKind::Store,
        }
    }
}

fn list<T: std::fmt::Display>(items: &[T]) -> String {
    let items: Vec<String> = items.iter().map(T::to_string).collect();
    items.join("; ")
}

/// The last few of `runs`, which are in order of their age.
fn newest(runs: &[RunId]) -> String {
    let newest: Vec<String> = runs.iter().rev().take(3).map(RunId::to_string).collect();
    newest.join(", ")
}

const fn status_text(status: RunStatus) -> &'static str {
    match status {
        RunStatus::Completed => "completed",
        RunStatus::Failed => "failed",
        RunStatus::Cancelled => "cancelled",
    }
}
