//! What is known of agents and of the rule itself, for people to look at.

use guildhall_core::Schema;
use serde::{Deserialize, Serialize};

use crate::bound::lower_bound;
use crate::experience::{Learned, Scope};

/// How often the true share lies outside of an interval, on either side.
const INTERVAL_RISK: f64 = 0.05;

/// How often an agent was right on a topic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
pub struct Standing {
    /// The agent.
    pub agent: String,
    /// The topic; none for all topics together.
    pub topic: Option<String>,
    /// How often it was right.
    pub right: u64,
    /// How often it spoke.
    pub all: u64,
    /// The share that was right, at the least and at the most: 90 of 100 such intervals hold
    /// it.
    pub interval: (f64, f64),
}

/// How often what had a probability came, on outcomes that were not learned from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Schema)]
pub struct Calibration {
    /// The probability from here..
    pub from: f64,
    /// ..up to here.
    pub to: f64,
    /// How many outcomes had it.
    pub count: u64,
    /// The mean of their probabilities.
    pub probability: f64,
    /// The share that came.
    pub right: f64,
}

impl Learned {
    /// How often each agent was right, on each topic and in all, by agent and topic.
    pub fn standings(&self) -> Vec<Standing> {
        let mut all: Vec<Standing> = self.scopes().flat_map(standings).collect();
        all.sort_by(|a, b| (&a.agent, &a.topic).cmp(&(&b.agent, &b.topic)));
        // One agent may have answered questions of several kinds.
        all.dedup_by(|later, first| {
            let is_same = (&later.agent, &later.topic) == (&first.agent, &first.topic);
            if is_same {
                first.right += later.right;
                first.all += later.all;
            }
            is_same
        });
        for standing in &mut all {
            standing.interval = interval(standing.right, standing.all);
        }
        all
    }

    /// How well probabilities were kept, in tenths that had any.
    pub fn calibration(&self) -> Vec<Calibration> {
        let tenth = |at: usize| {
            let bins = self
                .scopes()
                .filter_map(move |scope| scope.calibration.get(at));
            let sums = bins.fold((0, 0, 0.0), |(count, right, probability), bin| {
                let probability = probability + bin.probability;
                (count + bin.count, right + bin.right, probability)
            });
            let (count, right, probability) = sums;
            let share = |value: f64| (value / count as f64 * 1e9).round() / 1e9;
            (count > 0).then(|| Calibration {
                from: at as f64 / 10.0,
                to: (at + 1) as f64 / 10.0,
                count,
                probability: share(probability),
                right: share(right as f64),
            })
        };
        (0..10).filter_map(tenth).collect()
    }
}

fn standings(scope: &Scope) -> Vec<Standing> {
    let topics = scope.topics.iter();
    let topics: Vec<(Option<&String>, Option<usize>)> = topics
        .map(|(name, at)| (Some(name), Some(*at)))
        .chain([(None, None)])
        .collect();
    let of = |(agent, at): (&String, &usize)| -> Vec<Standing> {
        let record = |(name, topic): &(Option<&String>, Option<usize>)| {
            let (right, all) = scope.model.reliability.record(*at, *topic);
            (all > 0).then(|| Standing {
                agent: agent.clone(),
                topic: name.cloned(),
                right,
                all,
                interval: (0.0, 1.0),
            })
        };
        topics.iter().filter_map(record).collect()
    };
    scope.agents.iter().flat_map(of).collect()
}

fn interval(right: u64, all: u64) -> (f64, f64) {
    let (right, all) = (right as f64, all as f64);
    let share = |value: f64| (value * 1e6).round() / 1e6;
    let low = lower_bound(right, all, INTERVAL_RISK);
    let high = 1.0 - lower_bound(all - right, all, INTERVAL_RISK);
    (share(low), share(high))
}
