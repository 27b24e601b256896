//! The decision on a question: the sum, what acting and asking cost, and whether it may act
//! alone.

use std::collections::BTreeMap;

use guildhall_core::Schema;
use serde::{Deserialize, Serialize};

use crate::canonical::digest;
use crate::experience::Learned;
use crate::gate::Gate;
use crate::information::{Wanted, wanted};
use crate::ledger::{Ledger, LineKind};
use crate::question::{Class, Policy, Question, USUAL_COST_ASK, USUAL_COST_WRONG};
use crate::weigh::{Weighing, weigh};
use crate::{Nats, VerdictError};

/// What a user may set. `auto_resolve`, `escalation_threshold` and `min_outcomes` can only
/// keep it from acting alone.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Settings {
    /// Whether it may act alone at all.
    pub auto_resolve: bool,
    /// Below this probability it does not act alone.
    pub escalation_threshold: f64,
    /// Outcomes that must be known before what agents say can decide.
    pub min_outcomes: u64,
    /// What a wrong decision costs where the question does not say.
    pub cost_wrong: f64,
    /// What asking costs where the question does not say.
    pub cost_ask: f64,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Schema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// An option is chosen.
    Decide,
    /// Something can be checked that is worth its price.
    NeedsEvidence,
    /// A person is asked.
    Escalate,
}

/// What is decided, with everything that it rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
pub struct Decision {
    /// The question's id, by which its outcome is told.
    pub id: String,
    /// What is to be done.
    pub verdict: Verdict,
    /// The option that is chosen; none where nothing is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub option: Option<String>,
    /// The option that acting would choose, chosen or not; none where two are as good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaning: Option<String>,
    /// Why, in a sentence or two.
    pub rationale: String,
    /// The probability that each option is right.
    pub probabilities: BTreeMap<String, f64>,
    /// What choosing the option that it leans to costs, by its probability.
    pub cost_of_acting: f64,
    /// What asking a person costs.
    pub cost_of_asking: f64,
    /// The lines that the probabilities are the sum of.
    pub ledger: Ledger,
    /// What people have laid down, and what that does here.
    pub policies: Vec<Applied>,
    /// Whether it may act alone, and why not.
    pub gate: Gate,
    /// What would tell more, what is worth most first.
    pub wanted: Vec<Wanted>,
    /// Agents that are for another option, and what would overturn the decision.
    pub dissent: Vec<Dissent>,
    /// What is to be done now, and what closes it.
    pub actions: Vec<ActionItem>,
    /// The hash of the question, of all outcomes and of the settings.
    pub inputs: String,
}

/// A policy, and what it does to this question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct Applied {
    /// The policy.
    pub policy: Policy,
    /// Whether it holds here.
    pub holds: bool,
    /// What it does, or why it does not.
    pub effect: String,
}

/// An agent that is for another option.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct Dissent {
    /// The agent.
    pub agent: String,
    /// The option it is for.
    pub option: String,
    /// Why, in its words.
    pub rationale: String,
    /// What would make its option the better one.
    pub overturned_by: String,
}

/// Something to be done, and what closes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Schema)]
pub struct ActionItem {
    /// What is to be done.
    pub what: String,
    /// The check that closes it.
    pub closed_by: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            auto_resolve: true,
            escalation_threshold: 0.7,
            min_outcomes: 100,
            cost_wrong: USUAL_COST_WRONG,
            cost_ask: USUAL_COST_ASK,
        }
    }
}

/// Decides a question by what was learned.
///
/// ```
/// use guildhall_verdict::{Experience, Question, Settings, Verdict, decide};
///
/// let question: Question = serde_json::from_value(serde_json::json!({
///     "question": "split it first?",
///     "options": [{"id": "keep"}, {"id": "split"}],
///     "positions": [
///         {"agent": "codegen", "option": "keep", "confidence": 0.8},
///         {"agent": "reviewer", "option": "split", "confidence": 0.9},
///     ],
/// }))?;
/// let decision = decide(&question, &Experience::default().learn(), &Settings::default())?;
/// // Nothing is known of either, so nobody is right because of being surer.
/// assert_eq!(decision.verdict, Verdict::Escalate);
/// assert_eq!(decision.probabilities["split"], 0.5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Where the question makes no sense.
pub fn decide(
    question: &Question,
    learned: &Learned,
    settings: &Settings,
) -> Result<Decision, VerdictError> {
    question.validate()?;
    let question = question.canonical();
    let weighing = weigh(&question, learned, settings);
    // What a policy has settled needs no more evidence.
    let wanted = match weighing.is_held || weighing.by_policy.is_some() {
        true => Vec::new(),
        false => wanted(&question, learned, settings, &weighing),
    };
    let verdict = match &weighing {
        it if it.option().is_some() => Verdict::Decide,
        _ if !wanted.is_empty() => Verdict::NeedsEvidence,
        _ => Verdict::Escalate,
    };
    let inputs = digest(&(&question, learned.digest(), settings));
    let ids = || question.options.iter().map(|option| option.id.clone());
    Ok(Decision {
        id: question.known_as(),
        verdict,
        option: weighing.option().map(|at| question.options[at].id.clone()),
        leaning: weighing.best.map(|at| question.options[at].id.clone()),
        rationale: rationale(&question, &weighing, verdict),
        probabilities: ids().zip(weighing.probabilities.iter().copied()).collect(),
        cost_of_acting: weighing.cost_of_acting(),
        cost_of_asking: weighing.cost_of_asking(),
        dissent: dissent(&question, &weighing, learned),
        actions: actions(&question, &weighing, verdict, &wanted),
        ledger: Ledger {
            totals: ids().zip(weighing.totals.iter().copied()).collect(),
            lines: weighing.lines,
        },
        policies: weighing.policies,
        gate: weighing.gate,
        wanted,
        inputs,
    })
}

fn rationale(question: &Question, weighing: &Weighing, verdict: Verdict) -> String {
    let acting = weighing.cost_of_acting();
    let asking = weighing.cost_of_asking();
    let costs = format!("acting costs {acting:.3}, asking {asking:.3}");
    let by_policy = weighing.by_policy.map(|at| {
        let chosen = &question.options[at].id;
        format!("`{chosen}` is chosen by a policy, not by evidence.")
    });
    let Some(best) = weighing.best else {
        if let Some(by_policy) = by_policy {
            return format!("{by_policy} No option is better than another; {costs}.");
        }
        return match verdict {
            Verdict::NeedsEvidence => {
                format!("No option is better than another; {costs}. Something can be checked.")
            }
            _ => format!("No option is better than another; {costs}."),
        };
    };
    let id = &question.options[best].id;
    let probability = weighing.probabilities[best];
    let right = format!("`{id}` is right with a probability of {probability:.3}; {costs}.");
    if let Some(by_policy) = by_policy {
        return format!("{by_policy} {right}");
    }
    match verdict {
        Verdict::Decide => right,
        Verdict::NeedsEvidence => format!("{right} Something can be checked."),
        Verdict::Escalate => format!("{right} {}.", weighing.gate.why()),
    }
}

fn dissent(question: &Question, weighing: &Weighing, learned: &Learned) -> Vec<Dissent> {
    let Some(best) = weighing.option().or(weighing.best) else {
        return Vec::new();
    };
    let others = question.positions.iter();
    let others = others.filter(|position| position.option != question.options[best].id);
    others
        .map(|position| Dissent {
            agent: position.agent.clone(),
            option: position.option.clone(),
            rationale: position.rationale.clone(),
            overturned_by: overturned_by(question, weighing, best, &position.option, learned),
        })
        .collect()
}

/// What would have to come for another option to be the better one.
fn overturned_by(
    question: &Question,
    weighing: &Weighing,
    best: usize,
    option: &str,
    learned: &Learned,
) -> String {
    if weighing.by_policy.is_some() {
        return "taking back the policy; no finding overturns it".to_owned();
    }
    let other = question.option(option).unwrap_or(best);
    let gap = weighing.totals[best] - weighing.totals[other];
    let worth = |class| {
        let rate = crate::weigh::class_rate(class, question.options.len(), learned);
        Nats::of_ratio(rate * (question.options.len() - 1) as f64 / (1.0 - rate))
    };
    let (test, word) = (worth(Class::TestResult), Class::TestResult.word());
    let needed = format!("more than {gap} nats for `{option}`");
    if gap < test {
        format!("{needed}: one {word} for it is worth {test}")
    } else {
        let count = gap.billionths() / test.billionths().max(1) + 1;
        format!("{needed}: {count} independent {word}s for it, each worth {test}")
    }
}

fn actions(
    question: &Question,
    weighing: &Weighing,
    verdict: Verdict,
    wanted: &[Wanted],
) -> Vec<ActionItem> {
    let told = format!(
        "guildhall resolve learn --id {} --truth OPTION",
        question.known_as()
    );
    match (verdict, weighing.option()) {
        (Verdict::Decide, Some(at)) => {
            let option = &question.options[at];
            let passes = |it: &&crate::Check| it.pass.as_deref() == Some(option.id.as_str());
            let check = question.checks.iter().find(passes);
            vec![ActionItem {
                what: format!("carry out `{}`: {}", option.id, option.label()),
                closed_by: check.map_or(told, |check| {
                    format!("check {} passes: {}", check.id, check.command.join(" "))
                }),
            }]
        }
        (Verdict::NeedsEvidence, _) => wanted
            .iter()
            .map(|it| ActionItem {
                what: it.what.clone(),
                closed_by: format!("a result for {}", it.id),
            })
            .collect(),
        _ => vec![ActionItem {
            what: format!("answer: {}", question.question),
            closed_by: told,
        }],
    }
}

impl Decision {
    /// Whether the ledger's lines add up to its totals, and those give the probabilities.
    pub fn adds_up(&self) -> bool {
        let totals: Vec<Nats> = self.ledger.totals.values().copied().collect();
        let probabilities = crate::experience::softmax(&totals);
        let close = |(a, b): (f64, &f64)| (a - b).abs() <= 1e-9;
        self.ledger.adds_up()
            && probabilities
                .into_iter()
                .zip(self.probabilities.values())
                .all(close)
    }

    /// The agents whose statements were struck, and why.
    pub fn struck(&self) -> impl Iterator<Item = (&str, &str)> {
        let statements = self.ledger.lines.iter();
        statements
            .filter(|line| line.kind == LineKind::Statement)
            .filter_map(|line| Some((line.who.as_str(), line.struck.as_deref()?)))
    }
}
