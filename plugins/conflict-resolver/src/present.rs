//! Reports of what was decided, learned and counted.

mod ask;
mod decision;
mod detected;
mod learned;
mod stats;

pub(crate) use decision::{decisions, explained};
pub(crate) use detected::detected;
pub(crate) use learned::learned;
pub(crate) use stats::stats;
