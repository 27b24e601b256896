//! Weighing what agents that contradict each other say.
//!
//! A [`Question`] has options, positions of agents, evidence, checks and policies. Deciding
//! one gives a decision with every line of the sum that it rests on, in
//! [`Nats`], whole numbers that add up exactly.
//!
//! There is no I/O, no clock and no randomness here: the same input gives the same decision.

mod error;
mod nats;
mod question;
mod validate;

pub use error::VerdictError;
pub use nats::Nats;
pub use question::{
    Check, CheckResult, Choice, Class, Costs, Evidence, Measure, Other, Policy, Position, Premise,
    Question, Severity, Subject, USUAL_COST_ASK, USUAL_COST_WRONG,
};
