//! What turned out to be right, as checks, people and reverts tell it.

use std::collections::BTreeSet;

use guildhall_core::Schema;
use serde::{Deserialize, Serialize};

use crate::VerdictError;
use crate::question::{Class, Question};
use crate::validate::{MOST_AGENTS, MOST_EVIDENCE, MOST_OPTIONS, at_most};

/// A question of which the right option is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// The question: an outcome is known once.
    pub id: String,
    /// What it was about.
    pub topic: String,
    /// Whether an option means the same in every question with these options.
    #[serde(default)]
    pub fixed_options: bool,
    /// What could be chosen.
    pub options: Vec<String>,
    /// What agents said.
    pub said: Vec<Statement>,
    /// Evidence and checks that spoke for an option.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Spoke>,
    /// The option that was right.
    pub truth: String,
    /// Who knows.
    pub by: OutcomeBy,
}

/// What one agent said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// The agent.
    pub agent: String,
    /// The option it was for.
    pub option: String,
    /// How sure it said it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
}

/// What a piece of evidence or a check spoke for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct Spoke {
    /// How strong it was held to be.
    pub class: Class,
    /// The option.
    pub supports: String,
}

/// Who knows what was right. There is no word for the resolver: its own decisions are no
/// outcomes, or it would learn what it believes already.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Schema,
)]
#[serde(rename_all = "kebab-case")]
pub enum OutcomeBy {
    /// A check decided it.
    Check,
    /// A person said so.
    Human,
    /// It was done and undone again, so the other was right.
    Revert,
}

impl Outcome {
    /// The outcome of a question.
    ///
    /// # Errors
    /// Where the question has no such option.
    pub fn of(question: &Question, truth: &str, by: OutcomeBy) -> Result<Self, VerdictError> {
        let outcome = Self {
            id: question.known_as(),
            topic: question.topic().to_owned(),
            fixed_options: question.fixed_options,
            options: question.options.iter().map(|it| it.id.clone()).collect(),
            said: question.positions.iter().map(Statement::of).collect(),
            evidence: question.spoke(),
            truth: truth.to_owned(),
            by,
        };
        outcome.validate()?;
        Ok(outcome)
    }

    /// Whether it can be learned from.
    ///
    /// # Errors
    /// What is wrong first, with its place.
    pub fn validate(&self) -> Result<(), VerdictError> {
        let options: BTreeSet<&str> = self.options.iter().map(String::as_str).collect();
        let known = |pointer: &str, option: &str| match options.contains(option) {
            true => Ok(()),
            false => Err(VerdictError::new(
                pointer,
                format!("there is no option `{option}` under `options`"),
            )),
        };
        if self.id.trim().is_empty() {
            return Err(VerdictError::new("/id", "is empty; name the question"));
        }
        if options.len() != self.options.len() || options.len() < 2 {
            let problem = "give at least two options, each once";
            return Err(VerdictError::new("/options", problem));
        }
        // Time grows with the third power of the agents, at each question that is decided later.
        let sizes = [
            ("/options", options.len(), MOST_OPTIONS, "options"),
            ("/said", self.said.len(), MOST_AGENTS, "agents"),
            ("/evidence", self.evidence.len(), MOST_EVIDENCE, "pieces"),
        ];
        for (pointer, count, most, what) in sizes {
            at_most(pointer, count, most, what)?;
        }
        known("/truth", &self.truth)?;
        let mut agents = BTreeSet::new();
        for (at, said) in self.said.iter().enumerate() {
            known(&format!("/said/{at}/option"), &said.option)?;
            if !agents.insert(&said.agent) {
                let problem = format!("`{}` stands there twice", said.agent);
                return Err(VerdictError::new("/said", problem));
            }
            if let Some(confidence) = said.confidence
                && !(0.0..=1.0).contains(&confidence)
            {
                let pointer = format!("/said/{at}/confidence");
                let problem = format!("{confidence} is no confidence; give a number from 0 to 1");
                return Err(VerdictError::new(pointer, problem));
            }
        }
        for (at, spoke) in self.evidence.iter().enumerate() {
            known(&format!("/evidence/{at}/supports"), &spoke.supports)?;
        }
        Ok(())
    }

    /// Whether it counts where another told the same question before: who knows no less may
    /// correct what was said.
    pub(crate) fn replaces(&self, before: &Self) -> bool {
        self.by >= before.by
    }
}

impl Statement {
    fn of(position: &crate::Position) -> Self {
        Self {
            agent: position.agent.clone(),
            option: position.option.clone(),
            confidence: position.confidence,
        }
    }
}

impl Question {
    /// What of its evidence and results spoke for an option, and counted.
    fn spoke(&self) -> Vec<Spoke> {
        let is_current = |commit: &Option<String>| *commit == self.subject.commit;
        let mut hashes = BTreeSet::new();
        let evidence = self
            .evidence
            .iter()
            .filter(|it| is_current(&it.commit) && hashes.insert(&it.hash));
        let evidence = evidence.map(|it| (it.class, it.supports.clone()));
        let results = self.results.iter().filter(|it| is_current(&it.commit));
        let results = results.filter_map(|result| {
            let (class, [pass, fail]) = self.speaks_for(&result.id)?;
            Some((class, if result.passed { pass } else { fail }?))
        });
        let all = evidence.chain(results);
        all.map(|(class, supports)| Spoke { class, supports })
            .collect()
    }
}
