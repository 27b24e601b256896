//! What agents achieved and what it cost, by capability, and which of them is the cheapest
//! that is good enough.

use std::collections::BTreeMap;

use guildhall_core::AgentId;
use serde::{Deserialize, Serialize};

use crate::event::FailureClass;
use crate::task::{Spend, TaskSpec, Work};

/// Outcomes below which an agent is not known well enough to be judged.
const KNOWN: u32 = 20;
/// Of so many tasks one goes to an agent that is not known well enough.
const EXPLORING: u64 = 10;
/// The quantile of the normal distribution for a confidence of 95 %, on both sides.
const Z: f64 = 1.96;

/// What came of the attempts of agents, by capability.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Outcomes {
    /// The empty name is that of calls which name an agent alone.
    agents: BTreeMap<AgentId, BTreeMap<String, Outcome>>,
}

/// What came of the attempts of one agent at one capability.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Outcome {
    /// Attempts with a result.
    pub succeeded: u32,
    /// Attempts without one that the agent has to answer for: not those that were refused for
    /// want of capacity, gave way, or were interrupted or cancelled.
    pub failed: u32,
    /// What all attempts spent.
    #[serde(default, skip_serializing_if = "Spend::is_zero")]
    pub spent: Spend,
    /// Of that, what was spent on attempts without a result.
    #[serde(default, skip_serializing_if = "Spend::is_zero")]
    pub lost: Spend,
}

/// What the end of an attempt says about its agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Succeeded,
    Failed,
    /// Nothing, though there is a result: an earlier one was used again.
    Reused,
    /// Nothing, and there is no result.
    Unjudged,
}

/// An agent that can do a task, as far as it matters for the choice among several.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Candidate {
    /// Its index.
    pub(super) agent: u32,
    /// What came of its attempts so far.
    pub(super) outcome: Outcome,
    /// US dollars of a call as it says itself; infinite where it says nothing.
    pub(super) declared: f64,
}

impl Verdict {
    /// What a failure of this class says.
    pub(crate) fn of(class: FailureClass) -> Self {
        if class.counts() && class != FailureClass::Busy {
            Self::Failed
        } else {
            Self::Unjudged
        }
    }
}

impl Outcomes {
    /// Whether nothing has come of anything yet.
    pub fn is_empty(&self) -> bool {
        self.agents.is_empty()
    }

    /// All of them, by agent and name of the capability; that is empty for calls which name an
    /// agent alone.
    pub fn iter(&self) -> impl Iterator<Item = (&AgentId, &str, Outcome)> {
        self.agents.iter().flat_map(|(agent, by_capability)| {
            let outcomes = by_capability.iter();
            outcomes.map(move |(capability, outcome)| (agent, capability.as_str(), *outcome))
        })
    }

    /// What came of the attempts of an agent at the capability of this name.
    pub fn of(&self, agent: &AgentId, capability: &str) -> Outcome {
        let by_capability = self.agents.get(agent);
        let outcome = by_capability.and_then(|it| it.get(capability));
        outcome.copied().unwrap_or_default()
    }

    /// Takes those of other runs in as well.
    pub fn add(&mut self, others: &Self) {
        for (agent, capability, outcome) in others.iter() {
            self.change(agent, capability, |own| *own = own.plus(outcome));
        }
    }

    pub(crate) fn take(
        &mut self,
        agent: &AgentId,
        spec: &TaskSpec,
        verdict: Verdict,
        spent: Spend,
    ) {
        self.change(agent, capability_of(spec), |outcome| {
            outcome.succeeded += u32::from(verdict == Verdict::Succeeded);
            outcome.failed += u32::from(verdict == Verdict::Failed);
            outcome.spent = outcome.spent.plus(spent);
            if matches!(verdict, Verdict::Failed | Verdict::Unjudged) {
                outcome.lost = outcome.lost.plus(spent);
            }
        });
    }

    /// Changes an entry, which is made where there is none; names are copied only then.
    fn change(&mut self, agent: &AgentId, capability: &str, change: impl FnOnce(&mut Outcome)) {
        let known = self.agents.get_mut(agent);
        if let Some(outcome) = known.and_then(|it| it.get_mut(capability)) {
            change(outcome);
            return;
        }
        let by_capability = self.agents.entry(agent.clone()).or_default();
        change(by_capability.entry(capability.to_owned()).or_default());
    }
}

impl Outcome {
    /// Attempts that it answers for.
    pub fn judged(&self) -> u32 {
        self.succeeded.saturating_add(self.failed)
    }

    /// The part of attempts that succeeds, at the least, with a confidence of 95 %: the lower
    /// end of the interval of Wilson ("Probable inference, the law of succession, and
    /// statistical inference", 1927). 0 where nothing is known.
    pub fn success_at_least(&self) -> f64 {
        let count = f64::from(self.judged());
        if count == 0.0 {
            return 0.0;
        }
        let part = f64::from(self.succeeded) / count;
        let square = Z * Z;
        let middle = part + square / (2.0 * count);
        let spread = (part * (1.0 - part) / count + square / (4.0 * count * count)).sqrt();
        ((middle - Z * spread) / (1.0 + square / count)).clamp(0.0, 1.0)
    }

    /// US dollars for one success. As measured, failures included; where nothing was measured,
    /// what the agent says a call costs, by the part that succeeds.
    pub fn price_of_success(&self, declared: f64) -> f64 {
        let (succeeded, judged) = (f64::from(self.succeeded), f64::from(self.judged()));
        match (self.judged(), self.succeeded) {
            (0, _) => declared,
            (_, 0) => f64::INFINITY,
            _ if self.spent.usd > 0.0 => self.spent.usd / succeeded,
            _ => declared * judged / succeeded,
        }
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            succeeded: self.succeeded.saturating_add(other.succeeded),
            failed: self.failed.saturating_add(other.failed),
            spent: self.spent.plus(other.spent),
            lost: self.lost.plus(other.lost),
        }
    }
}

/// Who may do the next of the tasks that ask for `quality`, who is to be asked first first.
///
/// Those whose success is at least that, by price; where nobody has shown that, all, by what
/// they have shown and then by price. One task in ten goes to somebody who is not known well
/// enough yet, where there is somebody: `turn` counts the tasks.
pub(super) fn in_order(mut candidates: Vec<Candidate>, quality: f64, turn: u64) -> Vec<u32> {
    let low = |it: &Candidate| it.outcome.success_at_least();
    let price = |it: &Candidate| it.outcome.price_of_success(it.declared);
    let mut unknown = Vec::new();
    if turn.is_multiple_of(EXPLORING) {
        let judged = |it: &Candidate| it.outcome.judged();
        unknown.extend(candidates.iter().copied().filter(|it| judged(it) < KNOWN));
        unknown.sort_by_key(|it| (judged(it), it.agent));
    }
    if candidates.iter().any(|it| low(it) >= quality) {
        candidates.retain(|it| low(it) >= quality);
        candidates.sort_by(|a, b| price(a).total_cmp(&price(b)).then(a.agent.cmp(&b.agent)));
    } else {
        candidates.sort_by(|a, b| {
            let by_price = price(a).total_cmp(&price(b));
            low(b)
                .total_cmp(&low(a))
                .then(by_price)
                .then(a.agent.cmp(&b.agent))
        });
    }
    unknown.extend(candidates);
    unknown.into_iter().map(|it| it.agent).collect()
}

/// The name of the capability that a task asks for; empty where it names an agent alone.
pub(crate) fn capability_of(spec: &TaskSpec) -> &str {
    match &spec.work {
        Work::Call(call) => call.capability.as_ref().map_or("", |it| it.name.as_str()),
        Work::Expand(_) => "",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn outcome(succeeded: u32, failed: u32, usd: f64) -> Outcome {
        Outcome {
            succeeded,
            failed,
            spent: Spend { usd, tokens: 0 },
            lost: Spend::default(),
        }
    }

    fn candidate(agent: u32, outcome: Outcome) -> Candidate {
        Candidate {
            agent,
            outcome,
            declared: f64::INFINITY,
        }
    }

    #[test]
    fn the_cheapest_that_met_the_quality_is_chosen() {
        let good = candidate(0, outcome(98, 2, 50.0));
        let cheaper = candidate(1, outcome(97, 3, 20.0));
        let bad = candidate(2, outcome(60, 40, 1.0));
        let all = vec![good, cheaper, bad];
        assert_eq!(in_order(all.clone(), 0.9, 1), [1, 0]);
        // The control: a lower quality lets the cheapest of all in.
        assert_eq!(in_order(all.clone(), 0.5, 1), [2, 1, 0]);
        // Nobody has shown as much: who has shown most comes first.
        assert_eq!(in_order(all, 0.99, 1), [0, 1, 2]);
    }

    #[test]
    fn an_agent_without_record_gets_one_in_ten() {
        let known = candidate(0, outcome(100, 0, 5.0));
        let new = candidate(1, outcome(0, 0, 0.0));
        let first = |turn| in_order(vec![known, new], 0.9, turn)[0];
        let to_new = (0..100).filter(|turn| first(*turn) == 1).count();
        assert_eq!(to_new, 10);
        // Known well enough, though not good enough, it is not tried any more.
        let known_now = candidate(1, outcome(10, 10, 0.1));
        assert_eq!(in_order(vec![known, known_now], 0.9, 0), [0]);
    }

    #[test]
    fn without_any_record_the_price_that_agents_state_decides() {
        let states = |agent, declared| Candidate {
            agent,
            outcome: Outcome::default(),
            declared,
        };
        let all = vec![states(0, 3.0), states(1, 2.0), states(2, f64::INFINITY)];
        assert_eq!(in_order(all, 0.9, 1), [1, 0, 2]);
    }

    /// The values are those of Wilson's formula, computed by hand.
    #[test]
    fn few_successes_say_little() {
        for (succeeded, failed, low) in [
            (1, 0, 0.207),
            (10, 0, 0.722),
            (100, 0, 0.963),
            (90, 10, 0.826),
        ] {
            let found = outcome(succeeded, failed, 0.0).success_at_least();
            assert!(
                (found - low).abs() < 0.001,
                "{succeeded} and {failed}: {found}"
            );
        }
    }

    #[test]
    fn failures_make_a_success_dearer() {
        assert!((outcome(8, 2, 4.0).price_of_success(9.0) - 0.5).abs() < 1e-12);
        assert!((outcome(8, 2, 0.0).price_of_success(0.4) - 0.5).abs() < 1e-12);
        assert!(outcome(0, 3, 2.0).price_of_success(0.4).is_infinite());
    }

    proptest! {
        #[test]
        fn what_is_shown_is_a_part_and_grows_with_successes(succeeded in 0_u32..1_000, failed in 0_u32..1_000) {
            let low = outcome(succeeded, failed, 0.0).success_at_least();
            prop_assert!((0.0..=1.0).contains(&low));
            prop_assert!(outcome(succeeded + 1, failed, 0.0).success_at_least() >= low);
            prop_assert!(outcome(succeeded, failed + 1, 0.0).success_at_least() <= low);
        }

        #[test]
        fn everybody_in_order_is_a_candidate_and_somebody_is(
            records in prop::collection::vec((0_u32..60, 0_u32..60, 0.0_f64..9.0), 1..9),
            quality in 0.0_f64..1.0,
            turn in 0_u64..30,
        ) {
            let candidates: Vec<Candidate> = records
                .iter()
                .zip(0..)
                .map(|((succeeded, failed, usd), agent)| candidate(agent, outcome(*succeeded, *failed, *usd)))
                .collect();
            let order = in_order(candidates.clone(), quality, turn);
            prop_assert!(!order.is_empty());
            prop_assert!(order.iter().all(|agent| (*agent as usize) < candidates.len()));
        }
    }
}
