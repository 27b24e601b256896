//! How bad an incident is, with reasons.
//!
//! In reading order: `facts` is what is known of the impact, `extract` reads it from a text
//! (`denial` whether a sentence denies it, `harm` what stays, `duration` how long it lasted by
//! the `amounts` of time in it, `patterns` is how words are found), and `rubric` judges it.

mod amounts;
mod denial;
mod duration;
mod extract;
mod facts;
mod harm;
mod patterns;
mod rubric;

pub(crate) use patterns::pattern;
pub(crate) use rubric::SHORT;

pub use extract::facts_of;
pub use facts::{Data, Depth, Fact, Facts, Reach};
pub use rubric::{Assessment, DepthPoints, Gate, Points, ReachPoints, Rubric, Term, assess};
#[cfg(test)]
mod tests;
