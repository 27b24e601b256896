//! The lines of a sum, and that they add up.

use std::collections::BTreeMap;

use guildhall_core::Schema;
use serde::{Deserialize, Serialize};

use crate::Nats;

/// Every line that a probability rests on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Schema)]
pub struct Ledger {
    /// The lines: what was before anybody spoke, what agents say, precedents, evidence, checks.
    pub lines: Vec<Line>,
    /// The sum of all lines that count, by option, in billionths of a nat.
    pub totals: BTreeMap<String, Nats>,
}

/// One line of the sum.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
pub struct Line {
    /// What it is.
    pub kind: LineKind,
    /// The agent, the evidence, the check or the topic.
    pub who: String,
    /// The option that it speaks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub says: Option<String>,
    /// Why it counts as much as it does.
    pub because: String,
    /// How much of it the others do not say already.
    pub weight: f64,
    /// What it adds, by option, in billionths of a nat.
    pub scores: BTreeMap<String, Nats>,
    /// Why it does not count, where it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub struck: Option<String>,
}

/// What a line of the sum is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Schema,
)]
#[serde(rename_all = "kebab-case")]
pub enum LineKind {
    /// What is known before anybody speaks.
    Prior,
    /// What an agent says.
    Statement,
    /// How it was when these agents stood exactly so before.
    Precedents,
    /// Evidence.
    Evidence,
    /// What came of a check.
    Check,
}

impl Ledger {
    /// What all lines that count add up to, by option.
    pub fn sums(&self) -> BTreeMap<String, Nats> {
        let mut sums: BTreeMap<String, Nats> = BTreeMap::new();
        for line in &self.lines {
            for (option, score) in &line.scores {
                let sum = sums.entry(option.clone()).or_default();
                *sum = *sum + *score;
            }
        }
        sums
    }

    /// Whether the lines add up to the totals exactly.
    pub fn adds_up(&self) -> bool {
        self.sums() == self.totals
    }

    /// How much a line speaks for one option over another.
    pub fn difference(scores: &BTreeMap<String, Nats>, of: &str, over: &str) -> Nats {
        let score = |option| scores.get(option).copied().unwrap_or_default();
        score(of) - score(over)
    }
}
