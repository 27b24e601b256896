//! How it was when these agents stood exactly so before.
//!
//! It repairs what counting agents one by one gets wrong, in one line that a person would
//! say: they stood so 37 times, and it was real 30 times.

use std::collections::BTreeMap;

use crate::reliability::{Meaning, Row, Said};

/// The outcomes by how agents stood.
#[derive(Debug, Clone)]
pub(crate) struct Precedents {
    meaning: Meaning,
    cells: BTreeMap<Stand, BTreeMap<usize, u64>>,
}

/// A topic, and who stood where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Stand {
    topic: usize,
    said: Vec<(usize, usize)>,
}

/// Outcomes of one way to stand, for the options of one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Precedent {
    /// How often they stood so.
    pub(crate) all: u64,
    /// How often each option was right then; none where nobody had said it, which is counted
    /// in `unsaid`.
    pub(crate) right: Vec<Option<u64>>,
    /// How often an option was right that nobody had said.
    pub(crate) unsaid: u64,
}

impl Precedents {
    pub(crate) fn of<'a>(meaning: Meaning, rows: impl Iterator<Item = &'a Row>) -> Self {
        let mut cells: BTreeMap<Stand, BTreeMap<usize, u64>> = BTreeMap::new();
        for row in rows {
            let (said, places) = stand(meaning, &row.said, row.options);
            let topic = row.topic;
            let cell = cells.entry(Stand { topic, said }).or_default();
            let truth = places[row.truth].unwrap_or(usize::MAX);
            *cell.entry(truth).or_default() += 1;
        }
        Self { meaning, cells }
    }

    /// What came of it before when agents stood so on this topic.
    pub(crate) fn find(&self, topic: usize, said: &[Said], options: usize) -> Option<Precedent> {
        let (said, places) = stand(self.meaning, said, options);
        let cell = self.cells.get(&Stand { topic, said })?;
        let right = places
            .iter()
            .map(|place| place.map(|place| cell.get(&place).copied().unwrap_or(0)));
        Some(Precedent {
            all: cell.values().sum(),
            right: right.collect(),
            unsaid: cell.get(&usize::MAX).copied().unwrap_or(0),
        })
    }
}

impl Precedent {
    /// The probabilities when `strength` outcomes are worth what agents say one by one.
    pub(crate) fn applied(&self, before: &[f64], strength: f64) -> Vec<f64> {
        let unsaid = self.right.iter().zip(before);
        let unsaid = unsaid.filter(|(right, _)| right.is_none());
        let unsaid: f64 = unsaid.map(|(_, before)| before).sum();
        let each = self.right.iter().zip(before).map(|(right, before)| {
            let right = match right {
                Some(right) => *right as f64,
                None => self.unsaid as f64 * before / unsaid,
            };
            (right + strength * before) / (self.all as f64 + strength)
        });
        each.collect()
    }
}

/// Who stood where, and the place of each option in it. Where options mean nothing beyond
/// their question, places are numbered as agents name them.
fn stand(
    meaning: Meaning,
    said: &[Said],
    options: usize,
) -> (Vec<(usize, usize)>, Vec<Option<usize>>) {
    let mut said: Vec<(usize, usize)> = said.iter().map(|it| (it.agent, it.option)).collect();
    said.sort_unstable();
    if meaning == Meaning::Fixed {
        return (said, (0..options).map(Some).collect());
    }
    let mut places = vec![None; options];
    let mut next = 0;
    for (_, option) in &mut said {
        let place = places[*option].get_or_insert_with(|| {
            next += 1;
            next - 1
        });
        *option = *place;
    }
    (said, places)
}
