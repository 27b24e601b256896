//! One form of each question: the order in which things were told is of no account.

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::question::Question;

/// Hexadecimal digits of a question's own id.
const ID_DIGITS: usize = 12;

impl Question {
    /// The same question with everything in one order.
    #[must_use]
    pub fn canonical(&self) -> Self {
        let mut question = self.clone();
        question.options.sort_by(|a, b| a.id.cmp(&b.id));
        question.positions.sort_by(|a, b| a.agent.cmp(&b.agent));
        for position in &mut question.positions {
            position.evidence.sort();
            position.premises.sort_by(|a, b| a.id.cmp(&b.id));
        }
        question.evidence.sort_by(|a, b| a.id.cmp(&b.id));
        question.checks.sort_by(|a, b| a.id.cmp(&b.id));
        question.others.sort_by(|a, b| a.agent.cmp(&b.agent));
        question.results.sort_by(|a, b| a.id.cmp(&b.id));
        question.policies.sort();
        question.policies.dedup();
        question.subject.files.sort();
        question
    }

    /// The id by which its outcome is told: its own, or one made of its content without the
    /// results, so that it stays while checks are made.
    pub fn known_as(&self) -> String {
        if let Some(id) = &self.id {
            return id.clone();
        }
        let mut question = self.canonical();
        question.results.clear();
        format!("c-{}", &digest(&question)[..ID_DIGITS])
    }
}

/// The hash of a value's JSON, as 64 hexadecimal digits.
pub(crate) fn digest(value: &impl Serialize) -> String {
    let json = serde_json::to_vec(value).unwrap_or_default();
    let hash = Sha256::digest(json);
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}
