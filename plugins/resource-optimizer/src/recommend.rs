//! What would be better, with what it would cost and how sure that is.

mod places;
mod route;

use std::collections::BTreeMap;

use guildhall_sdk::Schema;
use guildhall_sdk::core::records::AttemptRecord;
use serde::{Deserialize, Serialize};

use crate::Settings;
use crate::figures::{Figures, group_of};
use crate::observe::Observed;

pub use places::{Candidate, PlacesAdvice, SecondOpinion};
pub use route::{Outcomes, RouteAdvice, outcomes, wilson_low};

/// What is wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, Schema)]
#[serde(rename_all = "kebab-case")]
pub enum Goal {
    /// The promise, at the least cost.
    #[default]
    Balance,
    /// Hardly more than the promise: late tasks are dear half as much.
    Cost,
    /// A third of the late tasks.
    Latency,
    /// Work done; waiting does not matter.
    Throughput,
}

/// What recommendations are held to.
#[derive(Debug, Clone, PartialEq)]
pub struct Aim<'a> {
    /// The promised wait, in seconds.
    pub wait_s: f64,
    /// What is wanted.
    pub goal: Goal,
    /// The rest: the promised share, bounds, prices.
    pub settings: &'a Settings,
}

/// How sure a recommendation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// Few tasks.
    Low,
    /// A hundred tasks or more.
    Medium,
    /// A thousand or more, and half of them foretold the other half.
    High,
}

/// A recommendation.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Recommendation {
    /// Another number of places.
    Places(PlacesAdvice),
    /// Another agent.
    Route(RouteAdvice),
}

impl Recommendation {
    /// The name by which it is explained.
    pub fn id(&self) -> &str {
        match self {
            Self::Places(places) => &places.id,
            Self::Route(route) => &route.id,
        }
    }
}

impl Confidence {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// What would be better; what is good already is in no recommendation.
pub fn recommend(figures: &Figures, observed: &Observed, aim: &Aim<'_>) -> Vec<Recommendation> {
    let mut attempts: BTreeMap<&str, Vec<&AttemptRecord>> = BTreeMap::new();
    for attempt in &observed.records.attempts {
        let of_group = attempts.entry(group_of(attempt)).or_default();
        of_group.push(attempt);
    }
    let mut all = Vec::new();
    for group in &figures.capabilities {
        let advice = places::advise(group, aim);
        // What there is now is a mean, and was replayed as the whole number next to it.
        let advice = advice.filter(|advice| advice.then != advice.at_now.places);
        all.extend(advice.map(Recommendation::Places));
        let attempts = attempts.get(group.name.as_str());
        let attempts = attempts.map_or(&[][..], Vec::as_slice);
        let (span, quality) = (figures.span, aim.settings.quality);
        let advice = route::advise(&group.name, attempts, span, quality);
        all.extend(advice.map(Recommendation::Route));
    }
    all
}

/// The advice on the places of a capability, also where they are as they should be; none
/// where nothing was done.
pub fn places_of(figures: &Figures, name: &str, aim: &Aim<'_>) -> Option<PlacesAdvice> {
    let mut groups = figures.capabilities.iter();
    places::advise(groups.find(|group| group.name == name)?, aim)
}
