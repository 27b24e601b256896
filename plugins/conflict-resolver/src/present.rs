//! Reports of what was decided, learned and counted.

mod ask;
mod collisions;
mod decision;
mod detected;
mod learned;
mod stats;

pub(crate) use collisions::collisions;
pub(crate) use decision::{decisions, explained};
pub(crate) use detected::detected;
pub(crate) use learned::learned;
pub(crate) use stats::stats;
