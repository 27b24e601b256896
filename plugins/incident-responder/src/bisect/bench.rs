//! Running the reproduction at commits, each in a worktree beside the checkout.

use std::path::PathBuf;

use guildhall_sdk::core::workspaces::Workspace;
use guildhall_sdk::core::{AgentError, Context, ErrorCode};

use crate::event::{BisectRun, Seen};
use crate::trial::{Commands, Purpose, Trial, Verdict, run};

/// Worktrees where commits are built: both ends of what is searched stay built while a third
/// one is tried, so nothing is built twice.
const WORKTREES: usize = 3;

/// Where commits are checked out, built and run at.
pub(crate) struct Bench<'a> {
    ctx: &'a Context,
    commands: &'a Commands,
    /// The user's folder, which worktrees are made of.
    folder: PathBuf,
    slots: Vec<Slot>,
    /// How often something was built.
    pub(crate) builds: u32,
    /// Everything that was seen, in order.
    pub(crate) seen: Vec<Observed>,
}

/// One worktree.
struct Slot {
    workspace: Workspace,
    commit: String,
    /// Whether it was built, and whether that went well.
    built: Option<bool>,
    /// Whether nothing was built in it at another commit.
    is_fresh: bool,
    /// Its place in the order of use.
    used: usize,
}

/// What was seen at a commit once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Observed {
    pub(crate) commit: String,
    pub(crate) seen: Seen,
    /// Why nothing could be said.
    pub(crate) why_skipped: Option<String>,
    /// The last command, and how it ended; `None` where the commit is known not to build.
    pub(crate) trial: Option<Trial>,
}

impl Observed {
    /// What was seen by a search that was cut off.
    pub(crate) fn before(run: BisectRun) -> Self {
        let is_skipped = run.seen == Seen::Skip;
        Self {
            why_skipped: is_skipped.then(|| format!("{}, before", run.run)),
            commit: run.commit,
            seen: run.seen,
            trial: None,
        }
    }
}

impl<'a> Bench<'a> {
    pub(crate) fn new(folder: PathBuf, commands: &'a Commands, ctx: &'a Context) -> Self {
        Self {
            ctx,
            commands,
            folder,
            slots: Vec::new(),
            builds: 0,
            seen: Vec::new(),
        }
    }

    /// Runs the reproduction at a commit, which is built before where it is not yet. What is
    /// built of `kept` stays.
    ///
    /// # Errors
    /// Where a worktree or a command cannot be had, the reproduction ends as no convention
    /// knows, or the task is withdrawn.
    pub(crate) async fn observe(
        &mut self,
        commit: &str,
        kept: &[String],
    ) -> Result<Seen, AgentError> {
        let slot = self.checked_out(commit, kept).await?;
        let observed = match self.built(slot).await? {
            Some(trial) => skipped(commit, "it does not build", Some(trial)),
            None if self.slots[slot].built == Some(false) => {
                skipped(commit, "it does not build", None)
            }
            None => self.reproduced(slot).await?,
        };
        let seen = observed.seen;
        self.seen.push(observed);
        let done = self.seen.len() as u64;
        self.ctx.progress(done, None, "runs of the reproduction");
        Ok(seen)
    }

    /// Closes all worktrees.
    ///
    /// # Errors
    /// Where one cannot be removed.
    pub(crate) async fn close(&mut self) -> Result<(), AgentError> {
        for slot in self.slots.drain(..) {
            self.ctx.workspaces().close(slot.workspace).await?;
        }
        Ok(())
    }

    /// The worktree at the commit: one that is there already, a new one, or the one that was
    /// used longest ago and is not needed.
    async fn checked_out(&mut self, commit: &str, kept: &[String]) -> Result<usize, AgentError> {
        let now = self.seen.len() + 1;
        if let Some(at) = self.slots.iter().position(|slot| slot.commit == commit) {
            self.slots[at].used = now;
            return Ok(at);
        }
        let most = if self.commands.build.is_empty() {
            1
        } else {
            WORKTREES
        };
        if self.slots.len() < most {
            let workspaces = self.ctx.workspaces();
            let workspace = workspaces.open(&self.folder, Some(commit)).await?;
            self.slots.push(Slot {
                workspace,
                commit: commit.to_owned(),
                built: None,
                is_fresh: true,
                used: now,
            });
            return Ok(self.slots.len() - 1);
        }
        let order = |slot: &Slot| (kept.contains(&slot.commit), slot.used);
        let free = (0..self.slots.len()).min_by_key(|at| order(&self.slots[*at]));
        let at = free.unwrap_or_default();
        let slot = &mut self.slots[at];
        let workspaces = self.ctx.workspaces();
        workspaces.checkout(&slot.workspace, commit).await?;
        commit.clone_into(&mut slot.commit);
        slot.built = None;
        slot.is_fresh = false;
        slot.used = now;
        Ok(at)
    }

    /// Builds, where that is still to be done; what came of it where it went wrong. What fails
    /// on top of what another commit has left is built once more from nothing.
    async fn built(&mut self, at: usize) -> Result<Option<Trial>, AgentError> {
        if self.commands.build.is_empty() || self.slots[at].built.is_some() {
            return Ok(None);
        }
        let mut trial = self.build(at).await?;
        if !trial.succeeded() && !self.slots[at].is_fresh {
            self.renew(at).await?;
            trial = self.build(at).await?;
        }
        let is_built = trial.succeeded();
        self.slots[at].built = Some(is_built);
        Ok((!is_built).then_some(trial))
    }

    async fn build(&mut self, at: usize) -> Result<Trial, AgentError> {
        self.builds += 1;
        let folder = &self.slots[at].workspace.path;
        run(Purpose::Build, self.commands, folder, self.ctx).await
    }

    /// Another worktree at the same commit, with nothing in it but the commit.
    async fn renew(&mut self, at: usize) -> Result<(), AgentError> {
        let mut slot = self.slots.remove(at);
        let workspaces = self.ctx.workspaces();
        workspaces.close(slot.workspace).await?;
        slot.workspace = workspaces.open(&self.folder, Some(&slot.commit)).await?;
        slot.is_fresh = true;
        self.slots.insert(at, slot);
        Ok(())
    }

    /// Runs the reproduction; one that says nothing is asked once more.
    async fn reproduced(&self, at: usize) -> Result<Observed, AgentError> {
        let slot = &self.slots[at];
        let mut trial = self.reproduction(slot).await?;
        let mut verdict = trial.verdict(self.commands.hang_fails);
        if verdict == Verdict::Nothing {
            trial = self.reproduction(slot).await?;
            verdict = trial.verdict(self.commands.hang_fails);
        }
        Ok(match verdict {
            Verdict::Seen(Seen::Skip) => skipped(
                &slot.commit,
                "the reproduction says to skip it",
                Some(trial),
            ),
            Verdict::Seen(seen) => Observed {
                commit: slot.commit.clone(),
                seen,
                why_skipped: None,
                trial: Some(trial),
            },
            Verdict::Nothing => {
                let why = format!("twice the reproduction was {}", trial.ending());
                skipped(&slot.commit, &why, Some(trial))
            }
            Verdict::Unknown => return Err(unknown_end(&slot.commit, &trial)),
        })
    }

    async fn reproduction(&self, slot: &Slot) -> Result<Trial, AgentError> {
        let folder = &slot.workspace.path;
        run(Purpose::Reproduce, self.commands, folder, self.ctx).await
    }
}

fn skipped(commit: &str, why: &str, trial: Option<Trial>) -> Observed {
    Observed {
        commit: commit.to_owned(),
        seen: Seen::Skip,
        why_skipped: Some(why.to_owned()),
        trial,
    }
}

fn unknown_end(commit: &str, trial: &Trial) -> AgentError {
    let text = format!(
        "at {commit} the reproduction ended with {}, which says neither good nor bad: 0 is good, 1 \
         to 127 are bad, 125 says nothing\n{}",
        trial.ending(),
        trial.tail
    );
    AgentError::new(ErrorCode::InvalidInput, text.trim_end())
        .with_help("where a crash is what is looked for, let the shell say so: `program || exit 1`")
}
