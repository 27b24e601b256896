//! What would tell more, and whether it is worth its price.
//!
//! Each check is tried in mind: what would be decided if it passed, what if it failed, and how
//! likely either is. It looks one check ahead.

use guildhall_core::Schema;
use serde::{Deserialize, Serialize};

use crate::decide::Settings;
use crate::experience::Learned;
use crate::question::{Check, CheckResult, Measure, Other, Position, Premise, Question};
use crate::reliability::Said;
use crate::weigh::{Weighing, weigh};

/// The price of a check where nobody says.
const USUAL_CHECK_PRICE: f64 = 0.1;

/// The price of a measurement where nobody says.
const USUAL_MEASURE_PRICE: f64 = 0.05;

/// The price of asking an agent where nobody says.
const USUAL_AGENT_PRICE: f64 = 0.2;

/// Something that is worth its price.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
pub struct Wanted {
    /// The check, the premise or the agent.
    pub id: String,
    /// What kind of thing it is.
    pub kind: WantedKind,
    /// What is to be done, in words.
    pub what: String,
    /// By how much the costs are expected to be less when it is known.
    pub value: f64,
    /// What it costs.
    pub price: f64,
}

/// What kind of thing would tell more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Schema)]
#[serde(rename_all = "kebab-case")]
pub enum WantedKind {
    /// A command.
    Check,
    /// A number that another agent measures.
    Measurement,
    /// Another agent's position.
    Position,
}

/// All that is worth more than its price, what is worth most first.
pub(crate) fn wanted(
    question: &Question,
    learned: &Learned,
    settings: &Settings,
    now: &Weighing,
) -> Vec<Wanted> {
    let mind = Mind {
        question,
        learned,
        settings,
        now,
    };
    // A result of another commit says nothing of this one.
    let commit = &question.subject.commit;
    let is_open = |id: &str| {
        let mut results = question.results.iter();
        !results.any(|result| result.id == id && result.commit == *commit)
    };
    let checks = question.checks.iter().filter(|check| is_open(&check.id));
    let mut all: Vec<Wanted> = checks.map(|check| mind.check(check)).collect();
    for position in &question.positions {
        for premise in &position.premises {
            if let Some(measure) = &premise.measure
                && is_open(&premise.id)
            {
                all.push(mind.measure(position, premise, measure));
            }
        }
    }
    all.extend(question.others.iter().map(|other| mind.other(other)));
    all.retain(|it| it.value > it.price);
    let net = |it: &Wanted| it.value - it.price;
    all.sort_by(|a, b| {
        let more = net(b).total_cmp(&net(a));
        more.then(a.price.total_cmp(&b.price)).then(a.id.cmp(&b.id))
    });
    all
}

struct Mind<'a> {
    question: &'a Question,
    learned: &'a Learned,
    settings: &'a Settings,
    now: &'a Weighing,
}

impl Mind<'_> {
    fn check(&self, check: &Check) -> Wanted {
        Wanted {
            id: check.id.clone(),
            kind: WantedKind::Check,
            what: format!("run {}", check.command.join(" ")),
            value: self.value_of(&check.id),
            price: check.price.unwrap_or(USUAL_CHECK_PRICE),
        }
    }

    fn measure(&self, position: &Position, premise: &Premise, measure: &Measure) -> Wanted {
        let of = match &measure.item {
            Some(item) => format!("{item} in {}", measure.file),
            None => measure.file.clone(),
        };
        Wanted {
            id: premise.id.clone(),
            kind: WantedKind::Measurement,
            what: format!(
                "measure {} of {of}: {} says {}",
                measure.value, position.agent, premise.text
            ),
            value: self.value_of(&premise.id),
            price: measure.price.unwrap_or(USUAL_MEASURE_PRICE),
        }
    }

    fn other(&self, other: &Other) -> Wanted {
        Wanted {
            id: other.agent.clone(),
            kind: WantedKind::Position,
            what: format!("ask {}", other.agent),
            value: rounded(self.value_of_asking(&other.agent)),
            price: other.price.unwrap_or(USUAL_AGENT_PRICE),
        }
    }

    /// By how much costs are expected to fall when a check is made.
    fn value_of(&self, id: &str) -> f64 {
        let Some((_, passes, _)) = self.question.told_by(id, self.learned) else {
            return 0.0;
        };
        let each = self.now.probabilities.iter().zip(&passes);
        let passing: f64 = each.map(|(option, pass)| option * pass).sum();
        let after = |passed: bool| {
            let mut question = self.question.clone();
            question.results.push(CheckResult {
                id: id.to_owned(),
                passed,
                commit: question.subject.commit.clone(),
                seen: String::new(),
            });
            weigh(&question, self.learned, self.settings).cost()
        };
        let expected = passing * after(true) + (1.0 - passing) * after(false);
        rounded(self.now.cost() - expected)
    }

    /// By how much costs are expected to fall when an agent is asked.
    fn value_of_asking(&self, name: &str) -> f64 {
        let question = self.question;
        let Some(scope) = self.learned.scope(question) else {
            return 0.0;
        };
        let Some(agent) = scope.agent(name) else {
            return 0.0;
        };
        let topic = scope.topic(question.topic());
        let count = question.options.len();
        let expected = (0..count).map(|option| {
            let said = Said {
                agent,
                option,
                level: None,
            };
            let rate = |truth| scope.model.reliability.rate(topic, said, truth, count);
            let each = self.now.probabilities.iter().enumerate();
            let likely: f64 = each
                .map(|(truth, probability)| probability * rate(truth))
                .sum();
            likely * self.after_saying(name, option)
        });
        self.now.cost() - expected.sum::<f64>()
    }

    fn after_saying(&self, agent: &str, option: usize) -> f64 {
        let mut question = self.question.clone();
        question.positions.push(Position {
            agent: agent.to_owned(),
            option: question.options[option].id.clone(),
            confidence: None,
            rationale: String::new(),
            evidence: Vec::new(),
            premises: Vec::new(),
            model: None,
        });
        weigh(&question.canonical(), self.learned, self.settings).cost()
    }
}

/// To a billionth, so that what is printed is what is compared.
fn rounded(value: f64) -> f64 {
    (value * 1e9).round() / 1e9
}
