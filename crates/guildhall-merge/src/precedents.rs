//! How earlier conflicts of the same repository were resolved, and what that says.
//!
//! Some projects take their own side nearly always, others both. The shares are shrunk
//! towards what people do in general, so that few precedents say little.

use std::collections::BTreeMap;

use crate::rules::{Proposal, Rule};

/// What people take in general, in the order of [`Outcome::ALL`]; from the same merges as
/// the tables of [`crate::weights`].
const GENERAL: [f64; 4] = [0.36, 0.23, 0.22, 0.17];

/// How many precedents of the repository count as much as people in general.
const REPOSITORY: f64 = 8.0;

/// How many precedents of the file count as much as its repository.
const FILE: f64 = 3.0;

/// How a conflict was resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// By our side as it is.
    Ours,
    /// By their side as it is.
    Theirs,
    /// By something that a rule makes of both.
    Both,
    /// By something else.
    None,
}

/// Counts of earlier outcomes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Precedents {
    all: [u32; 4],
    of_file: BTreeMap<Vec<u8>, [u32; 4]>,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Ours, Self::Theirs, Self::Both, Self::None];

    /// What taking a proposal would be; none where both sides are the same.
    #[must_use]
    pub fn of(proposal: &Proposal) -> Option<Self> {
        match (proposal.is_by(Rule::Ours), proposal.is_by(Rule::Theirs)) {
            (true, true) => None,
            (true, false) => Some(Self::Ours),
            (false, true) => Some(Self::Theirs),
            (false, false) => Some(Self::Both),
        }
    }

    /// What it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Theirs => "theirs",
            Self::Both => "both",
            Self::None => "none",
        }
    }
}

impl Precedents {
    /// Counts an outcome of a file.
    pub fn add(&mut self, path: &[u8], outcome: Outcome) {
        let place = outcome as usize;
        self.all[place] = self.all[place].saturating_add(1);
        let of_file = self.of_file.entry(path.to_vec()).or_default();
        of_file[place] = of_file[place].saturating_add(1);
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.all
            .iter()
            .fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What speaks for each outcome in a file, in nats, in the order of [`Outcome::ALL`].
    #[must_use]
    pub fn nats(&self, path: &[u8]) -> [f64; 4] {
        let all = f64::from(self.len());
        let none = [0; 4];
        let file = self.of_file.get(path).unwrap_or(&none);
        let in_file = f64::from(file.iter().sum::<u32>());
        std::array::from_fn(|at| {
            let share = (f64::from(self.all[at]) + REPOSITORY * GENERAL[at]) / (all + REPOSITORY);
            let share = (f64::from(file[at]) + FILE * share) / (in_file + FILE);
            (share / GENERAL[at]).ln()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_precedents_say_little_and_those_of_the_file_say_most() {
        let mut precedents = Precedents::default();
        for _ in 0..4 {
            precedents.add(b"a", Outcome::Theirs);
        }
        let [ours, theirs, ..] = precedents.nats(b"b");
        assert!(ours < 0.0 && theirs > 0.0 && theirs < 1.0);
        assert!(precedents.nats(b"a")[1] > theirs);
    }

    #[test]
    fn without_precedents_nothing_is_said_that_matters() {
        let nats = Precedents::default().nats(b"a");
        // The general shares leave a fiftieth to what was counted in no class.
        assert!(nats.iter().all(|nats| nats.abs() < 0.03), "{nats:?}");
    }
}
