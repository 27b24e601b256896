//! Plans: from their text, or from what is wrong with it, to the tasks of a run and to
//! the inputs of their attempts.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod compaction;
mod conditions;
mod documents;
mod expansion;
mod inputs;
mod limits;
mod mistakes;
mod order;
mod parameters;
mod properties;
mod strategies;
mod support;
mod waves;
