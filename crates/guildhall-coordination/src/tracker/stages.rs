//! The stages of a run, waves and groups: each begins when those before it have ended.

use crate::id::TaskIndex;
use crate::ledger::TaskStatus;
use crate::run_settings::{Stage, StageWhen};
use crate::task::TaskSpec;

/// How the stages of the run stand.
#[derive(Debug, Default)]
pub(super) struct Stages {
    settings: Vec<Stage>,
    counts: Vec<StageCounts>,
    /// The first stage that has not ended.
    current: usize,
    /// Tasks that wait for their stage alone.
    waiting: Vec<Vec<TaskIndex>>,
}

#[derive(Debug, Default, Clone)]
pub(super) struct StageCounts {
    open: u32,
    completed: u32,
    /// Failed or cancelled.
    lost: Vec<TaskIndex>,
}

impl Stages {
    pub(super) fn of(settings: &[Stage]) -> Self {
        Self {
            counts: vec![StageCounts::default(); settings.len()],
            waiting: vec![Vec::new(); settings.len()],
            settings: settings.to_vec(),
            current: 0,
        }
    }

    pub(super) fn counts_of(&mut self, spec: &TaskSpec) -> Option<&mut StageCounts> {
        self.counts.get_mut(spec.stage? as usize)
    }

    /// Whether a stage before this one has not ended.
    pub(super) fn is_closed(&self, stage: usize) -> bool {
        stage > self.current
    }

    /// Remembers a task until its stage opens; gives whether there is such a stage.
    pub(super) fn wait(&mut self, stage: usize, task: TaskIndex) -> bool {
        let waiting = self.waiting.get_mut(stage);
        waiting.map(|waiting| waiting.push(task)).is_some()
    }

    pub(super) fn count_new(&mut self, task: TaskIndex, spec: &TaskSpec, status: TaskStatus) {
        let Some(counts) = self.counts_of(spec) else {
            return;
        };
        match status {
            TaskStatus::Pending | TaskStatus::Running => counts.open += 1,
            TaskStatus::Completed => counts.completed += 1,
            TaskStatus::Failed | TaskStatus::Cancelled => counts.lost.push(task),
            TaskStatus::Skipped => {}
        }
    }

    /// Gives whether the stage may have ended by it.
    pub(super) fn count_end(
        &mut self,
        task: TaskIndex,
        spec: &TaskSpec,
        status: TaskStatus,
    ) -> bool {
        let Some(counts) = self.counts_of(spec) else {
            return false;
        };
        counts.open -= 1;
        match status {
            TaskStatus::Completed => counts.completed += 1,
            TaskStatus::Failed | TaskStatus::Cancelled => counts.lost.push(task),
            _ => {}
        }
        counts.open == 0
    }

    /// Opens the stages whose turn has come and gives the tasks that waited for them.
    pub(super) fn advance(&mut self) -> Vec<TaskIndex> {
        let mut released = Vec::new();
        while self
            .counts
            .get(self.current)
            .is_some_and(|counts| counts.open == 0)
        {
            self.current += 1;
            if let Some(waiting) = self.waiting.get_mut(self.current) {
                released.append(waiting);
            }
        }
        released
    }

    /// Why a stage that is open does not let a task begin. `is_lost` says whether one that
    /// has no result was to have one.
    pub(super) fn forbid(
        &self,
        spec: &TaskSpec,
        is_lost: impl Fn(TaskIndex) -> bool,
    ) -> Option<String> {
        let stage = spec.stage? as usize;
        let settings = self.settings.get(stage)?;
        if stage > self.current {
            return None;
        }
        let before = &self.counts[..stage];
        let mut lost = before.iter().flat_map(|counts| &counts.lost);
        match settings.when {
            StageWhen::AllCompleted if lost.any(|task| is_lost(*task)) => Some(format!(
                "{} begins only where everything before it completed",
                settings.name
            )),
            StageWhen::AnyCompleted if before.last().is_some_and(|last| last.completed == 0) => {
                Some(format!(
                    "{} begins only where something before it completed",
                    settings.name
                ))
            }
            _ => None,
        }
    }
}
