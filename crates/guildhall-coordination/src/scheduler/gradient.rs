//! A limit for each agent that follows how long its answers take: it is lowered while they
//! take longer than usual and while the agent refuses, and comes back.
//!
//! A fold over the attempts of a run, so that who takes a run over goes on with the limits
//! that were reached, and whoever shows the run comes to the same.

use std::collections::BTreeMap;

use guildhall_core::AgentId;
use serde::{Deserialize, Serialize};

use crate::event::FailureClass;
use crate::ledger::TaskRecord;
use crate::run_settings::RunSettings;
use crate::task::TaskSpec;

use super::outcomes::capability_of;

/// How many times the usual an answer may take without being slow: tasks are of unequal
/// size, and one that is long says nothing of the agent.
const TOLERANCE: f64 = 1.5;
/// How far one answer can lower the limit at the most, before smoothing.
const STEEPEST: f64 = 0.5;
/// The part of a change that one answer brings.
const SMOOTHING: f64 = 0.2;
/// The part of the limit that is left after a refusal.
const AFTER_REFUSAL: f64 = 0.7;
/// Milliseconds between two reductions for refusals: what was begun before the first one
/// says nothing about the limit after it.
const SETTLE_MS: u64 = 1_000;
/// Answers that what is usual is the mean of, the last ones counting most.
const WINDOW: f64 = 600.0;
/// How many times longer the usual may be than the last answer before it is pulled down.
const DRIFT: f64 = 2.0;
/// What is left of it then.
const PULL: f64 = 0.95;

/// How many attempts at once each agent of a run is given, as its answers have it.
///
/// After the algorithm `gradient2` of Netflix's concurrency limits (2018): the limit follows
/// the ratio of the usual time to that of the last answer. Where that takes longer than one and
/// a half times the usual, the limit shrinks in proportion; else it grows by a part of
/// its square root. There it grows all the time, which would hold four attempts at once
/// however slow an agent is; agents here often have no more places than that.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AgentLimits {
    agents: BTreeMap<AgentId, Gradient>,
}

/// The limit of one agent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Gradient {
    most: u32,
    limit: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reduced_ms: Option<u64>,
    /// What its answers usually take, by capability: those of different ones are not alike.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    usual: BTreeMap<String, Usual>,
}

/// What answers of one capability usually take.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
struct Usual {
    /// In milliseconds.
    plain: Mean,
    /// As a multiple of what the task was expected to take, where that is known.
    of_estimate: Mean,
}

/// The mean of the last answers.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
struct Mean {
    value: f64,
    answers: f64,
}

/// How an attempt ended, as far as it says something about its agent's capacity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sign {
    /// It gave a result after so many milliseconds; 0 where nothing was done for it.
    Answer(u64),
    /// The agent had no capacity, or gave no answer in time.
    Refusal,
}

impl Sign {
    /// What a failure of this class says.
    pub(crate) fn of(class: FailureClass) -> Option<Self> {
        matches!(class, FailureClass::Busy | FailureClass::Timeout).then_some(Self::Refusal)
    }
}

impl AgentLimits {
    /// Whether no attempt has ended yet.
    pub fn is_empty(&self) -> bool {
        self.agents.is_empty()
    }

    /// Attempts at once at the most that an agent is given; `None` before its first answer.
    pub fn of(&self, agent: &AgentId) -> Option<u32> {
        self.agents.get(agent).map(Gradient::limit)
    }

    /// The agents whose answers have lowered or kept a limit, with it.
    pub fn iter(&self) -> impl Iterator<Item = (&AgentId, u32)> {
        let agents = self.agents.iter();
        agents.map(|(agent, gradient)| (agent, gradient.limit()))
    }

    /// Takes in how an attempt at a task ended, while `in_flight` attempts of the agent were
    /// in flight, itself included.
    pub(crate) fn take(
        &mut self,
        now_ms: u64,
        (agent, spec): (&AgentId, &TaskSpec),
        sign: Sign,
        in_flight: u32,
        settings: &RunSettings,
    ) {
        if !self.agents.contains_key(agent) {
            let gradient = Gradient::new(most_of(settings, agent));
            self.agents.insert(agent.clone(), gradient);
        }
        let Some(gradient) = self.agents.get_mut(agent) else {
            return;
        };
        match sign {
            Sign::Answer(0) => {}
            Sign::Answer(duration_ms) => {
                let kind = capability_of(spec);
                let estimate_ms = spec.estimate.duration_ms();
                gradient.answered(kind, duration_ms, estimate_ms, in_flight);
            }
            Sign::Refusal => gradient.refused(now_ms, in_flight),
        }
    }

    /// As [`AgentLimits::take`], of the attempt of a record that is in flight.
    pub(crate) fn take_record(
        &mut self,
        now_ms: u64,
        record: &TaskRecord,
        sign: Sign,
        in_flight: u32,
        settings: &RunSettings,
    ) {
        if let Some(flight) = &record.in_flight {
            let whose = (&flight.agent, &*record.spec);
            self.take(now_ms, whose, sign, in_flight, settings);
        }
    }
}

impl Gradient {
    fn new(most: u32) -> Self {
        Self {
            most: most.max(1),
            limit: f64::from(most.max(1)),
            reduced_ms: None,
            usual: BTreeMap::new(),
        }
    }

    fn limit(&self) -> u32 {
        // Between one and `most`, both of which fit.
        (self.limit as u32).clamp(1, self.most)
    }

    fn answered(&mut self, kind: &str, duration_ms: u64, estimate_ms: u64, in_flight: u32) {
        if !self.usual.contains_key(kind) {
            self.usual.insert(kind.to_owned(), Usual::default());
        }
        let Some(usual) = self.usual.get_mut(kind) else {
            return;
        };
        let duration = duration_ms as f64;
        let ratio = match estimate_ms {
            0 => usual.plain.over(duration),
            estimate => usual.of_estimate.over(duration / estimate as f64),
        };
        let in_flight = f64::from(in_flight.max(1));
        if in_flight * 2.0 < self.limit {
            // Far from the limit, so that it says nothing about it.
            return;
        }
        let gradient = (TOLERANCE * ratio).clamp(STEEPEST, 1.0);
        let wanted = if gradient < 1.0 {
            // What was not in flight has not made it slow.
            if self.limit >= in_flight + 1.0 {
                self.limit = in_flight;
            }
            self.limit * gradient
        } else {
            self.limit + self.limit.sqrt()
        };
        let limit = self.limit + SMOOTHING * (wanted - self.limit);
        self.limit = limit.clamp(1.0, f64::from(self.most));
    }

    fn refused(&mut self, now_ms: u64, in_flight: u32) {
        let settled = self
            .reduced_ms
            .is_none_or(|reduced| now_ms >= reduced.saturating_add(SETTLE_MS));
        if settled {
            let limit = self.limit.min(f64::from(in_flight)) * AFTER_REFUSAL;
            self.limit = limit.clamp(1.0, f64::from(self.most));
            self.reduced_ms = Some(now_ms);
        }
    }
}

impl Mean {
    /// Takes an answer in, and gives how many times longer the usual one takes.
    fn over(&mut self, last: f64) -> f64 {
        self.answers = (self.answers + 1.0).min(WINDOW);
        let part = (1.0 / self.answers).max(2.0 / (WINDOW + 1.0));
        self.value += part * (last - self.value);
        let ratio = self.value / last;
        if ratio > DRIFT {
            // After a slow time, what is usual is found again sooner.
            self.value *= PULL;
        }
        ratio
    }
}

/// Attempts at once that a plan allows an agent, whatever its places.
fn most_of(settings: &RunSettings, agent: &AgentId) -> u32 {
    let limits = &settings.limits;
    let own = limits.agents.iter().find(|(id, _)| id == agent);
    own.map_or(limits.concurrency, |(_, most)| {
        (*most).min(limits.concurrency)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const USUAL_MS: u64 = 1_000;

    /// Answers of the same length, as many at once as the limit and the places allow.
    fn answers(gradient: &mut Gradient, count: usize, duration_ms: u64, places: u32) {
        for _ in 0..count {
            let in_flight = gradient.limit().min(places);
            gradient.answered("work", duration_ms, 0, in_flight);
        }
    }

    #[test]
    fn slower_answers_lower_the_limit_and_recovery_brings_it_back() {
        let mut gradient = Gradient::new(10);
        answers(&mut gradient, 50, USUAL_MS, 10);
        assert_eq!(gradient.limit(), 10);
        answers(&mut gradient, 30, 4 * USUAL_MS, 10);
        assert_eq!(gradient.limit(), 1, "{gradient:?}");
        answers(&mut gradient, 60, USUAL_MS, 10);
        assert_eq!(gradient.limit(), 10, "{gradient:?}");
    }

    #[test]
    fn it_starts_from_what_was_in_flight_and_not_from_what_might_have_been() {
        let mut gradient = Gradient::new(100);
        answers(&mut gradient, 50, USUAL_MS, 4);
        // Two more would fit its places, but nothing has shown that.
        answers(&mut gradient, 2, 8 * USUAL_MS, 60);
        let high = gradient.limit();
        gradient.refused(0, 4);
        assert_eq!(gradient.limit(), 2, "{high}");
    }

    #[test]
    fn refusals_take_a_part_once_a_second() {
        let mut gradient = Gradient::new(10);
        gradient.refused(0, 10);
        gradient.refused(SETTLE_MS - 1, 7);
        assert_eq!(gradient.limit(), 7);
        gradient.refused(SETTLE_MS, 7);
        assert_eq!(gradient.limit(), 4);
        answers(&mut gradient, 60, USUAL_MS, 10);
        assert_eq!(gradient.limit(), 10);
    }

    #[test]
    fn long_tasks_are_not_taken_for_slow_agents() {
        let mut known = Gradient::new(8);
        let mut unknown = Gradient::new(8);
        for at in 0..200_u64 {
            // Ten short ones, then ten that are ten times as long and said to be.
            let duration = if at / 10 % 2 == 0 { 100 } else { 1_000 };
            known.answered("work", duration, duration, 8);
            let in_flight = unknown.limit();
            unknown.answered("work", duration, 0, in_flight);
        }
        assert_eq!(known.limit(), 8);
        // The control: without an estimate they look like an agent that has become slow.
        assert!(unknown.limit() < 8, "{unknown:?}");
    }

    #[test]
    fn what_one_capability_takes_says_nothing_of_another() {
        let mut gradient = Gradient::new(8);
        for _ in 0..50 {
            gradient.answered("short", 10, 0, 8);
            gradient.answered("long", 10_000, 0, 8);
        }
        assert_eq!(gradient.limit(), 8);
    }

    proptest! {
        #[test]
        fn the_limit_stays_within_one_and_the_most(
            most in 0_u32..40,
            signs in prop::collection::vec((any::<bool>(), 0_u64..u64::MAX, 0_u64..9, 0_u32..90), 0..200),
        ) {
            let mut gradient = Gradient::new(most);
            for (at, (is_answer, duration, estimate, in_flight)) in signs.into_iter().enumerate() {
                if is_answer {
                    gradient.answered("work", duration.max(1), estimate, in_flight);
                } else {
                    gradient.refused(at as u64 * 500, in_flight);
                }
                prop_assert!((1..=most.max(1)).contains(&gradient.limit()), "{:?}", gradient);
            }
        }

        #[test]
        fn answers_that_all_take_the_same_bring_it_to_the_most(
            most in 1_u32..60,
            duration in 1_u64..1_000_000,
            refusals in 0_u64..20,
        ) {
            let mut gradient = Gradient::new(most);
            for at in 0..refusals {
                let in_flight = gradient.limit();
                gradient.refused(at * SETTLE_MS, in_flight);
            }
            answers(&mut gradient, 200, duration, most);
            prop_assert_eq!(gradient.limit(), most);
        }

        #[test]
        fn unequal_tasks_without_a_trend_keep_most_of_it(seed in any::<u64>()) {
            let mut random = crate::random::Random::new(seed);
            let mut gradient = Gradient::new(8);
            let mut sum = 0;
            for _ in 0..600 {
                // Between half and one and a half of the usual time.
                let duration = 500 + random.up_to(1_000);
                let in_flight = gradient.limit();
                gradient.answered("work", duration, 0, in_flight);
                sum += gradient.limit();
            }
            prop_assert!(sum >= 600 * 7, "{}", sum);
        }

        #[test]
        fn what_was_kept_is_read_again_as_it_was(durations in prop::collection::vec(1_u64..9_000, 0..50)) {
            let mut gradient = Gradient::new(9);
            for duration in durations {
                gradient.answered("work", duration, 0, 9);
            }
            let limits = AgentLimits {
                agents: BTreeMap::from([("ada".parse().unwrap(), gradient)]),
            };
            let text = serde_json::to_string(&limits).unwrap();
            let again: AgentLimits = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(again.of(&"ada".parse().unwrap()), limits.of(&"ada".parse().unwrap()));
        }
    }
}
