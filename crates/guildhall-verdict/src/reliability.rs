//! How often agents have said what, by what was right: counts, and the rates that they give
//! when few are drawn towards many.

use std::collections::BTreeMap;

/// Pseudo-outcomes that draw an agent towards knowing nothing.
const AGENT_SHRINKAGE: f64 = 2.0;

/// Pseudo-outcomes that draw an agent on one topic towards the agent on all.
const TOPIC_SHRINKAGE: f64 = 5.0;

/// Pseudo-outcomes that draw the shares of a topic towards those of all.
const PRIOR_SHRINKAGE: f64 = 20.0;

/// Pseudo-outcomes that draw what being sure means towards meaning nothing.
const LEVEL_SHRINKAGE: f64 = 20.0;

/// Levels of self-stated confidence.
const LEVELS: usize = 3;

/// What an outcome says in numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) topic: usize,
    /// What agents said, by agent.
    pub(crate) said: Vec<Said>,
    /// What was right.
    pub(crate) truth: usize,
    /// How many could be chosen.
    pub(crate) options: usize,
    /// Which fifth of all outcomes it belongs to.
    pub(crate) fold: u8,
}

/// What one agent said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Said {
    pub(crate) agent: usize,
    pub(crate) option: usize,
    pub(crate) level: Option<u8>,
}

/// What options mean in the questions that are learned from together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Meaning {
    /// An option is the same in each of them.
    Fixed,
    /// Only being right is the same.
    Open,
}

/// The counts of some outcomes.
#[derive(Debug, Clone)]
pub(crate) struct Reliability {
    meaning: Meaning,
    agents: Vec<Agent>,
    /// By topic: how often each option was right.
    topics: Vec<Vec<u64>>,
    /// How often each option was right.
    all: Vec<u64>,
}

/// The counts of one agent.
#[derive(Debug, Clone, Default)]
struct Agent {
    all: Counts,
    topics: BTreeMap<usize, Counts>,
    levels: BTreeMap<(usize, usize), [u64; LEVELS]>,
    all_levels: [u64; LEVELS],
}

/// By what was right: how often it spoke, and what it said.
#[derive(Debug, Clone, Default)]
struct Counts {
    spoke: Vec<u64>,
    said: Vec<Vec<u64>>,
}

/// The level of a self-stated confidence.
pub(crate) fn level(confidence: f64) -> u8 {
    match confidence {
        sure if sure >= 0.9 => 2,
        middle if middle >= 0.6 => 1,
        _ => 0,
    }
}

impl Reliability {
    /// Counts nothing yet.
    pub(crate) fn new(meaning: Meaning, agents: usize, topics: usize, options: usize) -> Self {
        Self {
            meaning,
            agents: vec![Agent::default(); agents],
            topics: vec![vec![0; options]; topics],
            all: vec![0; options],
        }
    }

    pub(crate) fn add(&mut self, row: &Row) {
        if self.meaning == Meaning::Fixed {
            self.topics[row.topic][row.truth] += 1;
            self.all[row.truth] += 1;
        } else {
            self.topics[row.topic][0] += 1;
            self.all[0] += 1;
        }
        for said in &row.said {
            let (truth, word) = self.coded(row.truth, said.option);
            let agent = &mut self.agents[said.agent];
            agent.all.add(truth, word);
            agent.topics.entry(row.topic).or_default().add(truth, word);
            if let Some(level) = said.level {
                let level = usize::from(level);
                agent.levels.entry((truth, word)).or_default()[level] += 1;
                agent.all_levels[level] += 1;
            }
        }
    }

    /// How many outcomes there are of a topic.
    pub(crate) fn outcomes_of(&self, topic: Option<usize>) -> u64 {
        topic.map_or(0, |topic| self.topics[topic].iter().sum())
    }

    /// How many outcomes there are.
    pub(crate) fn outcomes(&self) -> u64 {
        self.all.iter().sum()
    }

    /// The probability of each of `options` options before anybody speaks.
    pub(crate) fn prior(&self, topic: Option<usize>, options: usize) -> Vec<f64> {
        if self.meaning == Meaning::Open {
            return vec![1.0 / options as f64; options];
        }
        let all = self.outcomes() as f64 + options as f64;
        let of_topic = self.outcomes_of(topic) as f64;
        let share = |option: usize| {
            let general = (self.all[option] as f64 + 1.0) / all;
            let counted = topic.map_or(0, |topic| self.topics[topic][option]);
            (counted as f64 + PRIOR_SHRINKAGE * general) / (of_topic + PRIOR_SHRINKAGE)
        };
        (0..options).map(share).collect()
    }

    /// The probability that an agent says what it says where `truth` is right.
    pub(crate) fn rate(
        &self,
        topic: Option<usize>,
        said: Said,
        truth: usize,
        options: usize,
    ) -> f64 {
        let agent = &self.agents[said.agent];
        let (right, word) = self.coded(truth, said.option);
        let even = 1.0 / options as f64;
        let rate = match (self.meaning, word) {
            (Meaning::Open, 1) => {
                let is_right = agent.rate(topic, 0, 0, even);
                (1.0 - is_right) / (options as f64 - 1.0)
            }
            _ => agent.rate(topic, right, word, even),
        };
        rate * said
            .level
            .map_or(1.0, |level| agent.level_rate(right, word, level))
    }

    /// How often an agent was right on a topic, and how often it spoke.
    pub(crate) fn record(&self, agent: usize, topic: Option<usize>) -> (u64, u64) {
        let counts = match topic {
            None => Some(&self.agents[agent].all),
            Some(topic) => self.agents[agent].topics.get(&topic),
        };
        counts.map_or((0, 0), |counts| {
            let right = (0..counts.said.len()).map(|at| counts.of(at, at).1);
            (right.sum(), counts.spoke.iter().sum())
        })
    }

    /// What was right and what was said, as they are counted: where options mean nothing
    /// beyond their question, what was said is right (0) or not (1).
    fn coded(&self, truth: usize, said: usize) -> (usize, usize) {
        match self.meaning {
            Meaning::Fixed => (truth, said),
            Meaning::Open => (0, usize::from(truth != said)),
        }
    }
}

impl Agent {
    fn rate(&self, topic: Option<usize>, truth: usize, said: usize, even: f64) -> f64 {
        let (spoke, so) = self.all.of(truth, said);
        let all = (so as f64 + AGENT_SHRINKAGE * even) / (spoke as f64 + AGENT_SHRINKAGE);
        let counts = topic.and_then(|topic| self.topics.get(&topic));
        let (spoke, so) = counts.map_or((0, 0), |counts| counts.of(truth, said));
        (so as f64 + TOPIC_SHRINKAGE * all) / (spoke as f64 + TOPIC_SHRINKAGE)
    }

    /// The probability of the level where it says this and that is right. Without a scored
    /// level it is the same whatever is right, and so says nothing.
    fn level_rate(&self, truth: usize, said: usize, level: u8) -> f64 {
        let level = usize::from(level);
        let all: u64 = self.all_levels.iter().sum();
        let share = (self.all_levels[level] as f64 + 1.0) / (all as f64 + LEVELS as f64);
        let here = self.levels.get(&(truth, said));
        let here = here.copied().unwrap_or_default();
        let spoke = here.iter().sum::<u64>() as f64;
        (here[level] as f64 + LEVEL_SHRINKAGE * share) / (spoke + LEVEL_SHRINKAGE)
    }
}

impl Counts {
    fn add(&mut self, truth: usize, said: usize) {
        if self.spoke.len() <= truth {
            self.spoke.resize(truth + 1, 0);
            self.said.resize(truth + 1, Vec::new());
        }
        self.spoke[truth] += 1;
        let row = &mut self.said[truth];
        if row.len() <= said {
            row.resize(said + 1, 0);
        }
        row[said] += 1;
    }

    /// How often it spoke where `truth` was right, and how often it said `said` then.
    fn of(&self, truth: usize, said: usize) -> (u64, u64) {
        let spoke = self.spoke.get(truth).copied().unwrap_or(0);
        let so = self.said.get(truth).and_then(|row| row.get(said));
        (spoke, so.copied().unwrap_or(0))
    }
}
