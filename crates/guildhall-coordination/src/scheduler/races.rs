//! Races: the first task that completes wins, and the others are cancelled.

use std::collections::HashMap;

use crate::id::TaskIndex;
use crate::ledger::TaskStatus;
use crate::task::TaskSpec;
use crate::tracker::Tracker;
use crate::turn::Action;

/// The races of a run.
#[derive(Debug, Default)]
pub(super) struct Races {
    by_name: HashMap<String, Race>,
}

#[derive(Debug, Default)]
struct Race {
    members: Vec<TaskIndex>,
    winner: Option<TaskIndex>,
}

impl Races {
    pub(super) fn enter(&mut self, task: TaskIndex, spec: &TaskSpec, status: TaskStatus) {
        let Some(name) = &spec.race else {
            return;
        };
        let race = self.by_name.entry(name.clone()).or_default();
        race.members.push(task);
        if status == TaskStatus::Completed {
            race.winner.get_or_insert(task);
        }
    }

    /// A task completed: those that race against it are not needed any more.
    pub(super) fn won(&mut self, winner: TaskIndex, tracker: &Tracker, actions: &mut Vec<Action>) {
        let spec = tracker.spec(winner);
        let Some(name) = spec.and_then(|spec| spec.race.as_ref()) else {
            return;
        };
        let Some(race) = self.by_name.get_mut(name) else {
            return;
        };
        race.winner.get_or_insert(winner);
        race.call_off(tracker, actions);
    }

    /// Calls races off that were won before this coordinator came.
    pub(super) fn call_off(&self, tracker: &Tracker, actions: &mut Vec<Action>) {
        let won = self.by_name.values().filter(|race| race.winner.is_some());
        let before = actions.len();
        for race in won {
            race.call_off(tracker, actions);
        }
        // The order of a map must not show.
        actions[before..].sort_by_key(|action| match action {
            Action::Cancel { task, .. } => *task,
            _ => None,
        });
    }
}

impl Race {
    fn call_off(&self, tracker: &Tracker, actions: &mut Vec<Action>) {
        let Some(winner) = self.winner else {
            return;
        };
        let name = tracker.spec(winner).map(|spec| spec.key.to_string());
        let reason = format!("{} won the race", name.unwrap_or_default());
        let losers = self.members.iter().filter(|task| {
            **task != winner && tracker.status(**task).is_some_and(|it| !it.has_ended())
        });
        actions.extend(losers.map(|task| Action::Cancel {
            task: Some(*task),
            reason: reason.clone(),
        }));
    }
}
