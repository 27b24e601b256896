//! The cheapest agent that does a capability well enough, by its recorded outcomes.

use std::collections::BTreeMap;

use guildhall_sdk::core::records::{AttemptEnd, AttemptRecord};
use serde::Serialize;

use super::Confidence;
use crate::figures::Span;

/// The normal quantile of a two-sided interval of 95 %.
const NORMAL_95: f64 = 1.96;

/// An agent of which fewer outcomes are known is not recommended.
const LEAST_OUTCOMES: usize = 20;

/// A saving of less is none.
const LEAST_SAVING: f64 = 0.05;

/// Another agent for a capability.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RouteAdvice {
    /// `route-` and the capability.
    pub id: String,
    /// The capability.
    pub name: String,
    /// Who should do it.
    pub then: String,
    /// US dollars that a success costs with all agents as they are used.
    pub usd_now: f64,
    /// With the one that is recommended.
    pub usd_then: f64,
    /// The share that is saved.
    pub saving: f64,
    /// US dollars that would have been saved on what was recorded.
    pub saved_usd: f64,
    /// The quality that was asked for.
    pub quality: f64,
    /// What each agent has achieved.
    pub outcomes: Vec<Outcomes>,
    /// How sure it is.
    pub confidence: Confidence,
}

/// What an agent has achieved for a capability.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outcomes {
    /// The agent.
    pub agent: String,
    /// Attempts that completed.
    pub successes: usize,
    /// Attempts that failed.
    pub failures: usize,
    /// The share of successes that is sure with 95 %.
    pub low: f64,
    /// US dollars, failures included.
    pub usd: f64,
}

impl Outcomes {
    /// US dollars that a success costs.
    pub fn usd_each(&self) -> f64 {
        self.usd / self.successes.max(1) as f64
    }
}

/// What each agent has achieved by attempts of a capability, within a span.
pub fn outcomes(attempts: &[&AttemptRecord], span: Span) -> Vec<Outcomes> {
    let mut all: BTreeMap<&str, Outcomes> = BTreeMap::new();
    let is_within = |ended: u64| (span.from_ms..=span.to_ms).contains(&ended);
    let ended = attempts
        .iter()
        .filter(|it| it.ended_ms.is_some_and(is_within));
    for attempt in ended {
        let agent = attempt.agent.as_str();
        let of_agent = all.entry(agent).or_insert_with(|| Outcomes {
            agent: agent.to_owned(),
            successes: 0,
            failures: 0,
            low: 0.0,
            usd: 0.0,
        });
        of_agent.usd += attempt.usd;
        match attempt.end {
            AttemptEnd::Completed => of_agent.successes += 1,
            end => of_agent.failures += usize::from(end.is_failure()),
        }
    }
    let mut all: Vec<Outcomes> = all.into_values().collect();
    for of_agent in &mut all {
        of_agent.low = wilson_low(of_agent.successes, of_agent.successes + of_agent.failures);
    }
    all
}

/// The share that is sure with 95 % where so many of so many succeeded. Source: E. B. Wilson,
/// "Probable inference, the law of succession, and statistical inference" (1927).
pub fn wilson_low(successes: usize, of: usize) -> f64 {
    if of == 0 {
        return 0.0;
    }
    let (count, share) = (of as f64, successes as f64 / of as f64);
    let square = NORMAL_95 * NORMAL_95;
    let middle = share + square / (2.0 * count);
    let spread =
        NORMAL_95 * (share * (1.0 - share) / count + square / (4.0 * count * count)).sqrt();
    ((middle - spread) / (1.0 + square / count)).max(0.0)
}

/// The advice for a capability, by its attempts; none where one agent alone does it, or none is
/// cheaper.
pub(super) fn advise(
    name: &str,
    attempts: &[&AttemptRecord],
    span: Span,
    quality: f64,
) -> Option<RouteAdvice> {
    let outcomes = outcomes(attempts, span);
    if outcomes.len() < 2 {
        return None;
    }
    let successes: usize = outcomes.iter().map(|it| it.successes).sum();
    let usd: f64 = outcomes.iter().map(|it| it.usd).sum();
    let usd_now = usd / successes.max(1) as f64;
    let is_known = |it: &&Outcomes| it.successes + it.failures >= LEAST_OUTCOMES;
    let good = outcomes
        .iter()
        .filter(is_known)
        .filter(|it| it.low >= quality);
    let best = good.min_by(|one, other| one.usd_each().total_cmp(&other.usd_each()))?;
    let saving = 1.0 - best.usd_each() / usd_now;
    if !saving.is_finite() || saving < LEAST_SAVING {
        return None;
    }
    Some(RouteAdvice {
        id: format!("route-{name}"),
        name: name.to_owned(),
        then: best.agent.clone(),
        usd_now,
        usd_then: best.usd_each(),
        saving,
        saved_usd: usd - best.usd_each() * successes as f64,
        quality,
        confidence: match best.successes + best.failures {
            1000.. => Confidence::High,
            100.. => Confidence::Medium,
            _ => Confidence::Low,
        },
        outcomes,
    })
}
