//! All that is known of earlier questions, and what is learned from it.
//!
//! Outcomes of one meaning are learned from together: those whose options are the same, or
//! those of which only being right is the same. What is learned is scored on outcomes that it
//! has not seen, a fifth at a time, which says how sure it must be to act alone.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest as _, Sha256};

use crate::Nats;
use crate::bound::lower_bound;
use crate::correlation::{Correlation, Speaker};
use crate::outcome::Outcome;
use crate::precedent::Precedents;
use crate::question::{Class, Question};
use crate::reliability::{Meaning, Reliability, Row, Said, level};

/// Parts in which outcomes are held back to score what is learned of the others.
const FOLDS: u8 = 5;

/// How many outcomes the agents one by one may be worth, against precedents.
const STRENGTHS: [f64; 6] = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0];

/// Probabilities over which acting alone is tried, in this order.
const STEPS: [f64; 5] = [0.9, 0.925, 0.95, 0.975, 0.99];

/// How often the share that was right may be less than the bound says.
const BOUND_RISK: f64 = 0.025;

/// Probabilities that are taken for a logarithm are no less.
const LEAST_PROBABILITY: f64 = 1e-9;

/// The outcomes that are known, each question once.
///
/// ```
/// use guildhall_verdict::Experience;
///
/// let learned = Experience::default().learn();
/// assert_eq!(learned.outcomes(), 0);
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Experience {
    outcomes: BTreeMap<String, Outcome>,
}

/// What outcomes teach. The order of those of different questions is of no account.
#[derive(Debug, Clone)]
pub struct Learned {
    scopes: BTreeMap<ScopeKey, Scope>,
    classes: BTreeMap<Class, (u64, u64)>,
    outcomes: usize,
    digest: String,
}

/// Which outcomes are learned from together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum ScopeKey {
    /// Those with these options, in order.
    Fixed(Vec<String>),
    /// Those whose options mean nothing elsewhere.
    Open,
}

/// What outcomes of one meaning teach.
#[derive(Debug, Clone)]
pub(crate) struct Scope {
    pub(crate) agents: BTreeMap<String, usize>,
    pub(crate) topics: BTreeMap<String, usize>,
    pub(crate) model: Model,
    /// How many outcomes agents one by one are worth, against precedents.
    pub(crate) strength: f64,
    /// How often it would have been right where it was sure.
    pub(crate) steps: Vec<Step>,
    /// Ten equal parts of probability: how sure, and how often right.
    pub(crate) calibration: Vec<Bin>,
}

/// How often what was sure was right, on outcomes that were not learned from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Step {
    /// Over this probability.
    pub(crate) over: f64,
    pub(crate) acted: u64,
    pub(crate) right: u64,
    /// The share that was right, at the least.
    pub(crate) bound: f64,
}

/// A tenth of all probabilities.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Bin {
    pub(crate) count: u64,
    pub(crate) right: u64,
    pub(crate) probability: f64,
}

/// What some outcomes teach of agents.
#[derive(Debug, Clone)]
pub(crate) struct Model {
    pub(crate) reliability: Reliability,
    pub(crate) correlation: Correlation,
    pub(crate) precedents: Precedents,
}

/// What an agent says, by weight.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Weighed {
    pub(crate) weight: f64,
    /// By option, in nats.
    pub(crate) scores: Vec<f64>,
}

impl Experience {
    /// Adds an outcome, and says whether it counts. Of two that tell one question the one counts
    /// that knows better; of two that know as well the later, so that a mistake can be corrected.
    pub fn add(&mut self, outcome: Outcome) -> bool {
        let known = self.outcomes.get(&outcome.id);
        let counts = known.is_none_or(|known| outcome.replaces(known));
        if counts {
            self.outcomes.insert(outcome.id.clone(), outcome);
        }
        counts
    }

    /// What is known of a question.
    pub fn outcome(&self, id: &str) -> Option<&Outcome> {
        self.outcomes.get(id)
    }

    /// The outcomes, by question.
    pub fn outcomes(&self) -> impl Iterator<Item = &Outcome> {
        self.outcomes.values()
    }

    /// Learns from all of them.
    pub fn learn(&self) -> Learned {
        let mut scopes: BTreeMap<ScopeKey, Vec<&Outcome>> = BTreeMap::new();
        let mut classes: BTreeMap<Class, (u64, u64)> = BTreeMap::new();
        let mut hash = Sha256::new();
        for outcome in self.outcomes() {
            let key = ScopeKey::new(outcome.fixed_options, outcome.options.iter().cloned());
            scopes.entry(key).or_default().push(outcome);
            for spoke in &outcome.evidence {
                let (right, all) = classes.entry(spoke.class).or_default();
                *right += u64::from(spoke.supports == outcome.truth);
                *all += 1;
            }
            hash.update(serde_json::to_vec(outcome).unwrap_or_default());
            hash.update(b"\n");
        }
        let learned = scopes.into_iter().map(|(key, outcomes)| {
            let scope = Scope::of(&key, &outcomes);
            (key, scope)
        });
        Learned {
            scopes: learned.collect(),
            classes,
            outcomes: self.outcomes.len(),
            digest: hash
                .finalize()
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
        }
    }
}

impl Learned {
    /// How many outcomes it was learned from.
    pub fn outcomes(&self) -> usize {
        self.outcomes
    }

    /// The hash of all outcomes.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// How often evidence of a class was right, and how often it spoke.
    pub fn class(&self, class: Class) -> (u64, u64) {
        self.classes.get(&class).copied().unwrap_or_default()
    }

    pub(crate) fn scope(&self, question: &Question) -> Option<&Scope> {
        let options = question.options.iter().map(|option| option.id.clone());
        self.scopes
            .get(&ScopeKey::new(question.fixed_options, options))
    }

    pub(crate) fn scopes(&self) -> impl Iterator<Item = &Scope> {
        self.scopes.values()
    }
}

impl ScopeKey {
    fn new(is_fixed: bool, options: impl Iterator<Item = String>) -> Self {
        if !is_fixed {
            return Self::Open;
        }
        let mut options: Vec<String> = options.collect();
        options.sort();
        Self::Fixed(options)
    }

    fn meaning(&self) -> Meaning {
        match self {
            Self::Fixed(_) => Meaning::Fixed,
            Self::Open => Meaning::Open,
        }
    }
}

impl Scope {
    fn of(key: &ScopeKey, outcomes: &[&Outcome]) -> Self {
        let said = || outcomes.iter().flat_map(|outcome| &outcome.said);
        let agents = numbered(said().map(|said| said.agent.as_str()));
        let topics = numbered(outcomes.iter().map(|outcome| outcome.topic.as_str()));
        let rows: Vec<Row> = outcomes
            .iter()
            .map(|outcome| row(outcome, &agents, &topics))
            .collect();
        let sizes = Sizes {
            meaning: key.meaning(),
            agents: agents.len(),
            topics: topics.len(),
            options: match key {
                ScopeKey::Fixed(options) => options.len(),
                ScopeKey::Open => 1,
            },
        };
        let (strength, seen) = held_back(&rows, &sizes);
        Self {
            model: Model::of(rows.iter(), &sizes),
            agents,
            topics,
            strength,
            steps: STEPS.iter().map(|over| step(*over, &seen)).collect(),
            calibration: bins(&seen),
        }
    }

    /// What is asked of the model when these agents say this.
    pub(crate) fn agent(&self, name: &str) -> Option<usize> {
        self.agents.get(name).copied()
    }

    pub(crate) fn topic(&self, name: &str) -> Option<usize> {
        self.topics.get(name).copied()
    }
}

/// How much there is to count.
#[derive(Debug, Clone, Copy)]
struct Sizes {
    meaning: Meaning,
    agents: usize,
    topics: usize,
    options: usize,
}

impl Model {
    fn of<'a>(rows: impl Iterator<Item = &'a Row> + Clone, sizes: &Sizes) -> Self {
        let Sizes {
            meaning,
            agents,
            topics,
            options,
        } = *sizes;
        let mut reliability = Reliability::new(meaning, agents, topics, options);
        rows.clone().for_each(|row| reliability.add(row));
        Self {
            correlation: Correlation::of(rows.clone(), &reliability),
            precedents: Precedents::of(meaning, rows),
            reliability,
        }
    }

    /// What each agent's statement is worth.
    pub(crate) fn weighed(
        &self,
        topic: Option<usize>,
        said: &[Said],
        speakers: &[Speaker<'_>],
        options: usize,
    ) -> Vec<Weighed> {
        let weights = self.correlation.weights(speakers);
        let weigh = |(said, weight): (&Said, f64)| {
            let score = |truth| {
                let rate = self.reliability.rate(topic, *said, truth, options);
                weight * rate.max(LEAST_PROBABILITY).ln()
            };
            Weighed {
                weight,
                scores: centred((0..options).map(score).collect()),
            }
        };
        said.iter().zip(weights).map(weigh).collect()
    }

    /// The probabilities by what agents say one by one.
    fn one_by_one(&self, row: &Row) -> Vec<f64> {
        let speakers: Vec<Speaker<'_>> = row
            .said
            .iter()
            .map(|said| Speaker {
                agent: Some(said.agent),
                model: None,
            })
            .collect();
        let topic = Some(row.topic);
        let prior = self.reliability.prior(topic, row.options);
        let mut totals: Vec<Nats> = prior.into_iter().map(Nats::of_ratio).collect();
        for weighed in self.weighed(topic, &row.said, &speakers, row.options) {
            for (total, more) in totals.iter_mut().zip(weighed.scores) {
                *total = *total + Nats::new(more);
            }
        }
        softmax(&totals)
    }
}

/// Scores with their mean taken away, which changes no probability.
pub(crate) fn centred(mut scores: Vec<f64>) -> Vec<f64> {
    let mean = sum(scores.clone()) / scores.len() as f64;
    scores.iter_mut().for_each(|score| *score -= mean);
    scores
}

/// The probabilities of what lines add up to.
pub(crate) fn softmax(totals: &[Nats]) -> Vec<f64> {
    let most = totals.iter().copied().max().unwrap_or_default();
    let parts = totals.iter().map(|total| (*total - most).value().exp());
    let parts: Vec<f64> = parts.collect();
    let all = sum(parts.clone());
    parts.into_iter().map(|part| part / all).collect()
}

/// A sum that does not depend on the order of what is added.
fn sum(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.into_iter().sum()
}

/// What was foreseen of an outcome: with which probability, and whether it came.
type Seen = (f64, bool);

/// How much precedents are worth, and how it would have done, on outcomes that it had not
/// learned from.
fn held_back(rows: &[Row], sizes: &Sizes) -> (f64, Vec<Seen>) {
    let mut losses = [0.0; STRENGTHS.len()];
    let mut seen: [Vec<Seen>; STRENGTHS.len()] = Default::default();
    for fold in 0..FOLDS {
        let model = Model::of(rows.iter().filter(|row| row.fold != fold), sizes);
        for row in rows.iter().filter(|row| row.fold == fold) {
            let before = model.one_by_one(row);
            let found = model.precedents.find(row.topic, &row.said, row.options);
            for (at, strength) in STRENGTHS.into_iter().enumerate() {
                let probabilities = match &found {
                    Some(found) => found.applied(&before, strength),
                    None => before.clone(),
                };
                losses[at] -= probabilities[row.truth].max(LEAST_PROBABILITY).ln();
                let best =
                    (0..row.options).max_by(|a, b| probabilities[*a].total_cmp(&probabilities[*b]));
                let best = best.unwrap_or(0);
                seen[at].push((probabilities[best], best == row.truth));
            }
        }
    }
    // Of two that are as good the one that trusts precedents less.
    let best = (0..STRENGTHS.len())
        .rev()
        .min_by(|a, b| losses[*a].total_cmp(&losses[*b]));
    let best = best.unwrap_or(0);
    (STRENGTHS[best], std::mem::take(&mut seen[best]))
}

fn step(over: f64, seen: &[Seen]) -> Step {
    let sure = || seen.iter().filter(|(probability, _)| *probability > over);
    let acted = sure().count() as u64;
    let right = sure().filter(|(_, is_right)| *is_right).count() as u64;
    Step {
        over,
        acted,
        right,
        bound: match acted {
            0 => 0.0,
            acted => lower_bound(right as f64, acted as f64, BOUND_RISK),
        },
    }
}

fn bins(seen: &[Seen]) -> Vec<Bin> {
    let mut bins = vec![Bin::default(); 10];
    for (probability, is_right) in seen {
        let bin = &mut bins[((probability * 10.0) as usize).min(9)];
        bin.count += 1;
        bin.right += u64::from(*is_right);
        bin.probability += probability;
    }
    bins
}

fn numbered<'a>(names: impl Iterator<Item = &'a str>) -> BTreeMap<String, usize> {
    let names: BTreeSet<&str> = names.collect();
    let numbered = names.into_iter().enumerate();
    numbered.map(|(at, name)| (name.to_owned(), at)).collect()
}

fn row(
    outcome: &Outcome,
    agents: &BTreeMap<String, usize>,
    topics: &BTreeMap<String, usize>,
) -> Row {
    let mut options: Vec<&String> = outcome.options.iter().collect();
    options.sort();
    let place = |option: &String| options.binary_search(&option).unwrap_or(0);
    let mut said: Vec<Said> = outcome
        .said
        .iter()
        .map(|said| Said {
            agent: agents[&said.agent],
            option: place(&said.option),
            level: said.confidence.map(level),
        })
        .collect();
    said.sort();
    let hash = Sha256::digest(outcome.id.as_bytes());
    Row {
        topic: topics[&outcome.topic],
        said,
        truth: place(&outcome.truth),
        options: options.len(),
        fold: hash[0] % FOLDS,
    }
}
