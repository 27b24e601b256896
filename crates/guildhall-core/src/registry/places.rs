//! Which tasks of an agent have lent their places, and which of those want them back.

use std::collections::{BTreeMap, BTreeSet};

/// The tasks of one agent that have lent their places, by the numbers of their leases.
///
/// Invariant: `turns` are the turns of those in `away` that want their places back.
#[derive(Debug, Default)]
pub(super) struct Places {
    away: BTreeMap<u64, Option<u64>>,
    turns: BTreeSet<u64>,
    last_turn: u64,
}

impl Places {
    /// How many tasks have no place at present.
    pub(super) fn away(&self) -> usize {
        self.away.len()
    }

    /// Whether this task has none.
    pub(super) fn is_away(&self, lease: u64) -> bool {
        self.away.contains_key(&lease)
    }

    /// How many of these want theirs back.
    pub(super) fn wanted(&self) -> usize {
        self.turns.len()
    }

    /// The task lends its place, or no longer wants it back.
    pub(super) fn lend(&mut self, lease: u64) {
        if let Some(Some(turn)) = self.away.insert(lease, None) {
            self.turns.remove(&turn);
        }
    }

    /// The task wants its place back, of which `free` are free. Gives whether it has it
    /// now; else it is served before those that want theirs later.
    pub(super) fn resume(&mut self, lease: u64, free: usize) -> bool {
        let Some(turn) = self.away.get_mut(&lease) else {
            return true;
        };
        let turn = *turn.get_or_insert_with(|| {
            self.last_turn += 1;
            self.turns.insert(self.last_turn);
            self.last_turn
        });
        let ahead = self.turns.range(..turn).take(free).count();
        let served = ahead < free;
        if served {
            self.forget(lease);
        }
        served
    }

    /// The task has its place back, or has ended.
    pub(super) fn forget(&mut self, lease: u64) {
        if let Some(Some(turn)) = self.away.remove(&lease) {
            self.turns.remove(&turn);
        }
    }
}
