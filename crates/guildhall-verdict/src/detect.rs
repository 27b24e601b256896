//! Where agents contradict each other, found in what they report.
//!
//! Each contradiction is a [`Question`] that can be decided. Agents are compared only on what
//! both have looked at: the same commit, the same topic, and a file that neither has left out.

mod findings;
mod orders;
mod reviews;

use std::collections::{BTreeMap, BTreeSet};

use guildhall_core::Schema;
use serde::{Deserialize, Serialize};

pub use orders::MOST_STEPS;

use crate::question::{Choice, Position, Question, Subject};

/// What one agent reports.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    /// The agent.
    pub agent: String,
    /// The commit it has looked at.
    pub commit: Option<String>,
    /// The topics that it looks for.
    pub topics: BTreeSet<String>,
    /// The files that it has not examined.
    pub skipped: BTreeSet<String>,
    /// What it has found.
    pub found: Vec<Found>,
    /// What it has reviewed.
    pub reviews: Vec<Review>,
    /// The steps that it would take.
    pub steps: Vec<Step>,
}

/// A place where something is wrong, as an agent says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// What it is about: the rule, or what the rule is about.
    pub topic: String,
    /// The file.
    pub path: String,
    /// The first and the last line; the whole file where absent.
    pub lines: Option<(u32, u32)>,
    /// The item, such as a function.
    pub item: Option<String>,
    /// How bad it is: the word, and its rank from 0.
    pub severity: (u8, String),
    /// What it says.
    pub message: String,
}

/// A review of something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Review {
    /// What was reviewed.
    pub of: String,
    /// Whether it is approved.
    pub approves: bool,
    /// Why.
    pub rationale: String,
}

/// A step of a plan.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Step {
    /// Its id.
    pub id: String,
    /// The steps that come before it.
    pub after: Vec<String>,
}

/// What agents contradict each other about.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Schema,
)]
#[serde(rename_all = "kebab-case")]
pub enum ContradictionKind {
    /// One reports what another has looked at and not reported.
    Finding,
    /// Both report it, and one holds it for much worse.
    Severity,
    /// One approves what another does not.
    Review,
    /// One would do first what another would do last.
    Order,
}

/// Something that agents contradict each other about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
pub struct Contradiction {
    /// What it is about.
    pub kind: ContradictionKind,
    /// The question to decide.
    pub question: Question,
}

/// All contradictions, in one order whatever the order of the accounts.
pub fn detect(accounts: &[Account]) -> Vec<Contradiction> {
    let mut accounts: Vec<&Account> = accounts.iter().collect();
    accounts.sort_by(|a, b| (&a.agent, &a.commit).cmp(&(&b.agent, &b.commit)));
    let mut all = findings::detect(&accounts);
    all.extend(reviews::detect(&accounts));
    all.extend(orders::detect(&accounts));
    all
}

impl Account {
    /// Whether both have looked at the same state.
    fn is_comparable(&self, other: &Self) -> bool {
        match (&self.commit, &other.commit) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        }
    }
}

/// What one agent says to a question that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stance {
    option: String,
    rationale: String,
}

/// A question between agents that say different things; none where they do not.
fn question(
    kind: &str,
    text: String,
    topic: &str,
    options: &[&str],
    stances: BTreeMap<&str, Stance>,
) -> Option<Question> {
    let said: BTreeSet<&String> = stances.values().map(|stance| &stance.option).collect();
    if said.len() < 2 {
        return None;
    }
    let position = |(agent, stance): (&str, Stance)| Position {
        agent: agent.to_owned(),
        option: stance.option,
        confidence: None,
        rationale: stance.rationale,
        evidence: Vec::new(),
        premises: Vec::new(),
        model: None,
    };
    let choice = |id: &&str| Choice {
        id: (*id).to_owned(),
        label: String::new(),
    };
    Some(Question {
        question: text,
        kind: kind.to_owned(),
        topic: Some(topic.to_owned()),
        options: options.iter().map(choice).collect(),
        positions: stances.into_iter().map(position).collect(),
        ..Question::default()
    })
}

/// Where it is, for what was found by these agents.
fn subject(accounts: &[&Account], files: &[&str], item: Option<&String>) -> Subject {
    let commits = accounts.iter().find_map(|account| account.commit.clone());
    Subject {
        commit: commits,
        files: files.iter().map(|file| (*file).to_owned()).collect(),
        item: item.cloned(),
    }
}
