//! Whether it may act alone: what is known must allow it, and nothing may forbid it.

use guildhall_core::Schema;
use serde::{Deserialize, Serialize};

use crate::decide::Settings;
use crate::experience::{Learned, Scope};
use crate::question::Question;

/// Outcomes of a topic that must be known before what agents say of it can decide.
pub(crate) const MIN_OUTCOMES_OF_TOPIC: u64 = 10;

/// Whether it may act alone, and why not.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Schema)]
pub struct Gate {
    /// Whether it may.
    pub may_act: bool,
    /// Everything that keeps it from it.
    pub why_not: Vec<String>,
    /// How many outcomes are known of questions with these options.
    pub outcomes: u64,
    /// How many of them are of this topic.
    pub outcomes_of_topic: u64,
    /// The share of right decisions that must be certain enough: 1 - asking / wrong.
    pub needed: f64,
    /// Over which probability past decisions were right often enough; none where at no
    /// probability.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over: Option<f64>,
    /// The share of these that was right, at the least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound: Option<f64>,
    /// Whether a check for the option is strong enough by itself.
    pub rests_on_checks: bool,
}

/// What is known of the option that acting would choose.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Candidate {
    pub(crate) probability: f64,
    /// In millionths.
    pub(crate) cost_of_acting: i64,
    /// In millionths.
    pub(crate) cost_of_asking: i64,
    /// The share of right decisions that acting needs.
    pub(crate) needed: f64,
    pub(crate) rests_on_checks: bool,
}

impl Gate {
    pub(crate) fn of(
        question: &Question,
        learned: &Learned,
        settings: &Settings,
        candidate: Option<Candidate>,
        forbidden: Vec<String>,
    ) -> Self {
        let scope = learned.scope(question);
        let mut gate = Self {
            outcomes: scope.map_or(0, |scope| scope.model.reliability.outcomes()),
            outcomes_of_topic: scope.map_or(0, |scope| {
                let topic = scope.topic(question.topic());
                scope.model.reliability.outcomes_of(topic)
            }),
            why_not: forbidden,
            ..Self::default()
        };
        match candidate {
            None => gate.why_not.push("two options are equally good".to_owned()),
            Some(candidate) => {
                gate.needed = candidate.needed;
                gate.rests_on_checks = candidate.rests_on_checks;
                gate.judge_costs(settings, candidate);
                gate.judge_record(settings, scope, candidate);
            }
        }
        gate.may_act = gate.why_not.is_empty();
        gate
    }

    /// Why it may not act, in one sentence without its full stop.
    pub fn why(&self) -> String {
        match self.why_not.as_slice() {
            [] => "It may act alone".to_owned(),
            reasons => format!("It does not act alone: {}", reasons.join("; ")),
        }
    }

    fn judge_costs(&mut self, settings: &Settings, candidate: Candidate) {
        // In whole millionths: ten times a tenth is not less than one.
        if candidate.cost_of_acting >= candidate.cost_of_asking {
            self.forbid("acting costs no less than asking".to_owned());
        }
        if !settings.auto_resolve {
            self.forbid("`auto_resolve` is off".to_owned());
        }
        let least = settings.escalation_threshold;
        if candidate.probability < least {
            self.forbid(format!(
                "the probability is below `escalation_threshold`, {least}"
            ));
        }
    }

    /// Whether what was decided before was right often enough.
    fn judge_record(&mut self, settings: &Settings, scope: Option<&Scope>, candidate: Candidate) {
        let enough = scope.and_then(|scope| {
            let enough = |step: &&crate::experience::Step| step.bound >= candidate.needed;
            scope.steps.iter().find(enough)
        });
        self.over = enough.map(|step| step.over);
        self.bound = enough.map(|step| step.bound);
        if candidate.rests_on_checks {
            return;
        }
        let (known, least) = (self.outcomes, settings.min_outcomes);
        if known < least {
            self.forbid(format!(
                "{known} outcomes are known of such questions, and what agents say decides from \
                 {least} on"
            ));
            return;
        }
        let (known, least) = (self.outcomes_of_topic, MIN_OUTCOMES_OF_TOPIC);
        if known < least {
            self.forbid(format!(
                "{known} outcomes are known of this topic, and {least} are needed"
            ));
        }
        match self.over {
            Some(over) if candidate.probability > over => {}
            Some(over) => self.forbid(format!(
                "past decisions were right often enough only where the probability was over {over}"
            )),
            None => self.forbid(format!(
                "past decisions were at no probability right often enough: {:.3} of them must \
                 be, with certainty",
                self.needed
            )),
        }
    }

    fn forbid(&mut self, reason: String) {
        self.why_not.push(reason);
    }
}
