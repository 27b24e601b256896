//! What thousands of runs have met: a promise about something that never comes up is none.

use std::collections::{BTreeMap, BTreeSet};

use guildhall_coordination::{FailureClass, Ledger, RunEvent, TaskIndex, TaskStatus};

use crate::world::World;

/// Everything that has to come up, and often.
const WANTED: [&str; 14] = [
    "attempts that were asked to give way",
    "attempts that gave way",
    "budgets that were raised",
    "expansions",
    "losers of races that were cancelled",
    "losers that completed all the same",
    "pauses for want of budget",
    "processes that were killed",
    "races that a later process called off",
    "races that nobody won",
    "races that were won",
    "stages that followed another one",
    "tasks that a stage's condition skipped",
    "tasks that a stage's deadline cancelled",
];

/// How often everything came up.
#[derive(Default)]
pub(crate) struct Coverage {
    counts: BTreeMap<&'static str, u64>,
}

impl Coverage {
    /// Adds what came up in a run.
    pub(crate) fn add(&mut self, world: &World) {
        self.count("processes that were killed", world.crashes());
        self.count("attempts that were asked to give way", world.effects.yields);
        for recorded in world.journal() {
            match &recorded.event {
                RunEvent::Expanded { .. } => self.count("expansions", 1),
                RunEvent::Paused { .. } => self.count("pauses for want of budget", 1),
                RunEvent::BudgetChanged { .. } => self.count("budgets that were raised", 1),
                RunEvent::AttemptFailed(failed) if failed.class == FailureClass::Yielded => {
                    self.count("attempts that gave way", 1);
                }
                _ => {}
            }
        }
        let ledger = world.folded();
        self.add_races(world, &ledger);
        self.add_stages(world, &ledger);
    }

    /// Stops the test where something did not come up at least so often.
    pub(crate) fn check(&self, least: u64) {
        for wanted in WANTED {
            let count = self.counts.get(wanted).copied().unwrap_or(0);
            assert!(count >= least, "{wanted}: {count}");
        }
    }

    fn count(&mut self, what: &'static str, times: u64) {
        debug_assert!(WANTED.contains(&what), "{what} is not looked at");
        *self.counts.entry(what).or_default() += times;
    }

    fn add_races(&mut self, world: &World, ledger: &Ledger) {
        let mut ends: BTreeMap<&str, Vec<TaskStatus>> = BTreeMap::new();
        for task in ledger.tasks() {
            if let Some(race) = &task.spec.race {
                ends.entry(race).or_default().push(task.status);
            }
        }
        for statuses in ends.values() {
            let with = |status| statuses.iter().filter(|it| **it == status).count() as u64;
            match with(TaskStatus::Completed) {
                0 => self.count("races that nobody won", 1),
                completed => {
                    self.count("races that were won", 1);
                    self.count("losers that completed all the same", completed - 1);
                    let cancelled = with(TaskStatus::Cancelled);
                    self.count("losers of races that were cancelled", cancelled);
                }
            }
        }
        let late = called_off_later(world, ledger);
        self.count("races that a later process called off", late);
    }

    fn add_stages(&mut self, world: &World, ledger: &Ledger) {
        let stage_of = |task: &TaskIndex| ledger.task(*task)?.spec.stage;
        let mut begun = BTreeSet::new();
        for recorded in world.journal() {
            match &recorded.event {
                RunEvent::Started(started) => begun.extend(stage_of(&started.task)),
                // Tasks of stages need nothing, so that nothing else can skip them.
                RunEvent::Skipped { task, .. } if stage_of(task).is_some() => {
                    self.count("tasks that a stage's condition skipped", 1);
                }
                RunEvent::Cancelled { task, .. } if stage_of(task).is_some() => {
                    self.count("tasks that a stage's deadline cancelled", 1);
                }
                _ => {}
            }
        }
        let later = begun.iter().filter(|stage| **stage > 0).count() as u64;
        self.count("stages that followed another one", later);
    }
}

/// Races whose losers another process cancelled than the one under which they were won.
fn called_off_later(world: &World, ledger: &Ledger) -> u64 {
    let race_of = |task: TaskIndex| ledger.task(task)?.spec.race.as_deref();
    let mut won: BTreeMap<&str, u32> = BTreeMap::new();
    let mut later = BTreeSet::new();
    for recorded in world.journal() {
        match &recorded.event {
            RunEvent::Completed(completed) => {
                if let Some(race) = race_of(completed.task) {
                    won.entry(race).or_insert(recorded.epoch);
                }
            }
            RunEvent::Cancelled { task, .. } => {
                let race = race_of(*task);
                let epoch = race.and_then(|race| won.get(race));
                if epoch.is_some_and(|epoch| *epoch < recorded.epoch) {
                    later.extend(race);
                }
            }
            _ => {}
        }
    }
    later.len() as u64
}
