//! Reports of what was decided, learned and counted.

mod ask;
mod decision;
mod learned;
mod stats;

pub(crate) use decision::{decisions, explained};
pub(crate) use learned::learned;
pub(crate) use stats::stats;
