//! Races: the first task that completes wins, and the others are cancelled.

use std::collections::HashMap;

use crate::id::TaskIndex;

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
    pub(super) fn enter(&mut self, name: &str, task: TaskIndex, has_completed: bool) {
        let race = match self.by_name.get_mut(name) {
            Some(race) => race,
            None => self.by_name.entry(name.to_owned()).or_default(),
        };
        race.members.push(task);
        if has_completed {
            race.winner.get_or_insert(task);
        }
    }

    /// A task completed: gives the winner and those that raced against it.
    pub(super) fn won(&mut self, name: &str, task: TaskIndex) -> Option<(TaskIndex, &[TaskIndex])> {
        let race = self.by_name.get_mut(name)?;
        let winner = *race.winner.get_or_insert(task);
        Some((winner, &race.members))
    }

    /// The members of a race, and whether one of them has won.
    pub(super) fn of(&self, name: &str) -> Option<(&[TaskIndex], bool)> {
        let race = self.by_name.get(name)?;
        Some((&race.members, race.winner.is_some()))
    }

    /// The winner and the members of each race that was won, in the order of the winners.
    pub(super) fn all_won(&self) -> Vec<(TaskIndex, Vec<TaskIndex>)> {
        let races = self.by_name.values();
        let won = races.filter_map(|race| Some((race.winner?, race.members.clone())));
        let mut won: Vec<_> = won.collect();
        // The order of a map must not show.
        won.sort_unstable();
        won
    }
}
