//! From facts to a severity: gates that force the worst, else points for reach, depth and
//! duration. Every step is told, and all numbers can be set.

use guildhall_sdk::Schema;
use serde::{Deserialize, Serialize};

use super::facts::{Data, Depth, Fact, Facts, Reach};
use crate::Severity;

/// Minutes below which an outage is short, and does not force the worst severity.
pub(crate) const SHORT: f64 = 5.0;

/// The numbers by which severity is told.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, Schema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Rubric {
    /// From how many points on it is a severity.
    pub points: Points,
    /// What forces sev1; leave one out to switch it off.
    pub gates: Vec<Gate>,
    /// Points for how many are reached.
    pub reach: ReachPoints,
    /// Points for how much does not work.
    pub depth: DepthPoints,
    /// Systems whose outage forces sev1; where none is named, all.
    pub core_systems: Vec<String>,
}

/// From how many points on it is a severity; below the last it is sev4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, Schema)]
#[serde(default, deny_unknown_fields)]
pub struct Points {
    /// Points of sev1.
    pub sev1: i32,
    /// Points of sev2.
    pub sev2: i32,
    /// Points of sev3.
    pub sev3: i32,
}

/// Points for how many are reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, Schema)]
#[serde(default, deny_unknown_fields)]
pub struct ReachPoints {
    /// All.
    pub all: i32,
    /// Most.
    pub most: i32,
    /// Many.
    pub many: i32,
    /// Some.
    pub some: i32,
    /// A few.
    pub few: i32,
}

/// Points for how much does not work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, Schema)]
#[serde(default, deny_unknown_fields)]
pub struct DepthPoints {
    /// Nothing works.
    pub down: i32,
    /// A part does not work.
    pub partial: i32,
    /// It is slow or late.
    pub degraded: i32,
    /// It annoys.
    pub minor: i32,
}

/// What forces sev1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, Schema)]
#[serde(rename_all = "kebab-case")]
pub enum Gate {
    /// Data is gone or wrong.
    DataLoss,
    /// Money went where it should not.
    WrongCharges,
    /// Something became known to those who may not know it.
    Exposure,
    /// A core system does not work for most.
    CoreDown,
}

/// A severity with its reasons.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Assessment {
    /// How bad it is.
    pub level: Severity,
    /// What forced it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gates: Vec<Gate>,
    /// The sum of the terms, where points decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub points: Option<i32>,
    /// What was looked at.
    pub terms: Vec<Term>,
    /// Why it is this severity, in one sentence.
    pub reason: String,
    /// What else would be another severity.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub would_change: Vec<String>,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Term {
    /// What it is: `reach`, `depth`, `duration`, or the name of a gate.
    pub name: &'static str,
    /// What it is taken to be.
    pub value: String,
    /// What it adds.
    pub points: i32,
    /// The words that say it, or why it is assumed.
    pub because: String,
    /// Where they stand.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub place: String,
    /// Whether nobody says it.
    pub is_assumed: bool,
}

/// Judges facts; `systems` are those that are affected, where that is known.
///
/// ```
/// use incident_responder::severity::{Rubric, assess, facts_of};
/// use incident_responder::Severity;
///
/// let facts = facts_of("Checkout was down for many customers for 25 minutes.");
/// let assessment = assess(&facts, &[], &Rubric::default());
/// assert_eq!(assessment.level, Severity::Sev2);
/// assert_eq!(assessment.points, Some(7));
/// ```
pub fn assess(facts: &Facts, systems: &[String], rubric: &Rubric) -> Assessment {
    let mut assessment = judged(facts, systems, rubric);
    assessment.would_change = would_change(facts, systems, rubric, assessment.level);
    assessment
}

fn judged(facts: &Facts, systems: &[String], rubric: &Rubric) -> Assessment {
    let reach = reach_of(facts);
    let depth = depth_of(facts);
    let gates = gates(facts, &reach, &depth, systems, rubric);
    let mut terms: Vec<Term> = gates.iter().map(|gate| gate_term(*gate, facts)).collect();
    terms.push(reach_term(&reach, rubric));
    terms.push(depth_term(&depth, rubric));
    terms.push(duration_term(
        facts.minutes.as_ref(),
        reach.value,
        depth.value,
    ));
    let points = terms.iter().map(|term| term.points).sum();
    let (level, is_by_points, reason) = level(&gates, reach.value, depth.value, points, rubric);
    Assessment {
        level,
        gates,
        points: is_by_points.then_some(points),
        terms,
        reason,
        would_change: Vec::new(),
    }
}

/// The severity, whether points decided, and why it is this one.
fn level(
    gates: &[Gate],
    reach: Reach,
    depth: Depth,
    points: i32,
    rubric: &Rubric,
) -> (Severity, bool, String) {
    if !gates.is_empty() {
        let names: Vec<&str> = gates.iter().map(|gate| gate.as_str()).collect();
        let reason = format!("{} forces sev1", names.join(" and "));
        return (Severity::Sev1, false, reason);
    }
    if reach == Reach::None {
        return (Severity::Sev4, false, "nobody is reached".to_owned());
    }
    if depth == Depth::Cosmetic {
        return (Severity::Sev4, false, "it only looks wrong".to_owned());
    }
    let Points { sev1, sev2, sev3 } = rubric.points;
    let steps = format!("sev1 from {sev1}, sev2 from {sev2}, sev3 from {sev3}");
    let level = match points {
        points if points >= sev1 => Severity::Sev1,
        points if points >= sev2 => Severity::Sev2,
        points if points >= sev3 => Severity::Sev3,
        _ => Severity::Sev4,
    };
    if depth == Depth::Minor && level < Severity::Sev3 {
        let reason = format!("{points} points ({steps}), but what is minor is at most sev3");
        return (Severity::Sev3, true, reason);
    }
    (level, true, format!("{points} points ({steps})"))
}

fn gates(
    facts: &Facts,
    reach: &Fact<Reach>,
    depth: &Fact<Depth>,
    systems: &[String],
    rubric: &Rubric,
) -> Vec<Gate> {
    let data = facts.data.as_ref().map(|data| data.value);
    let is_told = |fact: &Option<Fact<bool>>| fact.as_ref().is_some_and(|fact| fact.value);
    let is_core = rubric.core_systems.is_empty()
        || systems.is_empty()
        || systems
            .iter()
            .any(|system| rubric.core_systems.contains(system));
    let minutes = facts.minutes.as_ref().map(|minutes| minutes.value);
    let lasts = minutes.is_none_or(|minutes| minutes >= SHORT);
    let is_down = reach.value >= Reach::Most && depth.value == Depth::Down && lasts;
    let applies = |gate: &Gate| match gate {
        Gate::DataLoss => matches!(data, Some(Data::Lost | Data::Corrupted)),
        Gate::WrongCharges => is_told(&facts.charges),
        Gate::Exposure => data == Some(Data::Exposed) || is_told(&facts.exposed),
        Gate::CoreDown => is_down && is_core,
    };
    Gate::ALL
        .into_iter()
        .filter(|gate| rubric.gates.contains(gate) && applies(gate))
        .collect()
}

fn gate_term(gate: Gate, facts: &Facts) -> Term {
    let of = |fact: Option<(&String, &String)>| match fact {
        Some((because, place)) => (because.clone(), place.clone()),
        None => ("what follows".to_owned(), String::new()),
    };
    let data = facts.data.as_ref().map(|fact| (&fact.because, &fact.place));
    let told = |fact: &'_ Option<Fact<bool>>| {
        fact.as_ref()
            .map(|fact| (fact.because.clone(), fact.place.clone()))
    };
    let (because, place) = match gate {
        Gate::DataLoss => of(data),
        Gate::Exposure => told(&facts.exposed).unwrap_or_else(|| of(data)),
        Gate::WrongCharges => told(&facts.charges).unwrap_or_else(|| of(None)),
        Gate::CoreDown => of(None),
    };
    Term {
        name: gate.as_str(),
        value: "sev1".to_owned(),
        points: 0,
        because,
        place,
        is_assumed: false,
    }
}

fn reach_term(reach: &Fact<Reach>, rubric: &Rubric) -> Term {
    let points = rubric.reach;
    let points = match reach.value {
        Reach::None => 0,
        Reach::Few => points.few,
        Reach::Some => points.some,
        Reach::Many => points.many,
        Reach::Most => points.most,
        Reach::All => points.all,
    };
    term("reach", reach.value.as_str().to_owned(), points, reach)
}

fn depth_term(depth: &Fact<Depth>, rubric: &Rubric) -> Term {
    let points = rubric.depth;
    let points = match depth.value {
        Depth::Cosmetic => 0,
        Depth::Minor => points.minor,
        Depth::Degraded => points.degraded,
        Depth::Partial => points.partial,
        Depth::Down => points.down,
    };
    term("depth", depth.value.as_str().to_owned(), points, depth)
}

/// What is short counts less. What is long counts more where it is down or reaches many: a
/// few people for long is not worse.
fn duration_term(minutes: Option<&Fact<f64>>, reach: Reach, depth: Depth) -> Term {
    let is_down = depth == Depth::Down;
    let Some(fact) = minutes else {
        let assumed = Fact::assumed((), "nobody says how long; it is taken to last");
        return term(
            "duration",
            "unknown".to_owned(),
            i32::from(is_down),
            &assumed,
        );
    };
    let points = match fact.value {
        minutes if minutes < 1.0 => -3,
        minutes if minutes < SHORT => -2,
        minutes if minutes < 240.0 => 0,
        _ => i32::from(is_down || reach >= Reach::Many),
    };
    term("duration", shown_minutes(fact.value), points, fact)
}

fn term<T>(name: &'static str, value: String, points: i32, fact: &Fact<T>) -> Term {
    Term {
        name,
        value,
        points,
        because: fact.because.clone(),
        place: fact.place.clone(),
        is_assumed: fact.is_assumed,
    }
}

/// How many are reached; where nobody says, as many as may well be.
fn reach_of(facts: &Facts) -> Fact<Reach> {
    let is_down = facts
        .depth
        .as_ref()
        .is_none_or(|depth| depth.value == Depth::Down);
    let assumed = || match is_down {
        true => Fact::assumed(Reach::Many, "nobody says how many; where it is down, many"),
        false => Fact::assumed(
            Reach::Some,
            "nobody says how many; where it is not down, some",
        ),
    };
    facts.reach.clone().unwrap_or_else(assumed)
}

/// How much does not work; where nobody says, a part.
fn depth_of(facts: &Facts) -> Fact<Depth> {
    let assumed = || Fact::assumed(Depth::Partial, "nobody says how much; a part of it");
    facts.depth.clone().unwrap_or_else(assumed)
}

/// Which other values of what is assumed or in doubt are another severity.
fn would_change(
    facts: &Facts,
    systems: &[String],
    rubric: &Rubric,
    level: Severity,
) -> Vec<String> {
    let mut changes = Vec::new();
    let mut try_out = |what: String, other: Facts| {
        let other = judged(&other, systems, rubric).level;
        if other != level {
            changes.push(format!("{what} would be {other}"));
        }
    };
    for reach in [Reach::Few, Reach::Many, Reach::All] {
        let other = Facts {
            reach: Some(Fact::assumed(reach, "")),
            ..facts.clone()
        };
        try_out(format!("reach {}", reach.as_str()), other);
    }
    for depth in [Depth::Minor, Depth::Degraded, Depth::Down] {
        let other = Facts {
            depth: Some(Fact::assumed(depth, "")),
            ..facts.clone()
        };
        try_out(format!("depth {}", depth.as_str()), other);
    }
    changes
}

/// Minutes as a person says them.
fn shown_minutes(minutes: f64) -> String {
    let of = |number: f64, unit: &str| {
        let number = (number * 10.0).round() / 10.0;
        format!("{number} {unit}")
    };
    match minutes {
        minutes if minutes < 1.0 => of(minutes * 60.0, "s"),
        minutes if minutes < 60.0 => of(minutes, "min"),
        minutes if minutes < 1440.0 => of(minutes / 60.0, "h"),
        _ => of(minutes / 1440.0, "days"),
    }
}

impl Gate {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::DataLoss,
        Self::WrongCharges,
        Self::Exposure,
        Self::CoreDown,
    ];

    /// The name, for example `data-loss`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DataLoss => "data-loss",
            Self::WrongCharges => "wrong-charges",
            Self::Exposure => "exposure",
            Self::CoreDown => "core-down",
        }
    }
}

impl Default for Rubric {
    fn default() -> Self {
        Self {
            points: Points::default(),
            gates: Gate::ALL.to_vec(),
            reach: ReachPoints::default(),
            depth: DepthPoints::default(),
            core_systems: Vec::new(),
        }
    }
}

impl Default for Points {
    fn default() -> Self {
        Self {
            sev1: 8,
            sev2: 6,
            sev3: 3,
        }
    }
}

impl Default for ReachPoints {
    fn default() -> Self {
        Self {
            all: 4,
            most: 4,
            many: 3,
            some: 2,
            few: 1,
        }
    }
}

impl Default for DepthPoints {
    fn default() -> Self {
        Self {
            down: 4,
            partial: 3,
            degraded: 2,
            minor: 1,
        }
    }
}
