//! Runs of plans with agents in this process: what the runtime promises of every run.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has to stop")]

mod basics;
mod budgets;
mod cache;
mod calls;
mod cancelling;
mod coordinators;
mod failures;
mod folders;
mod limits;
mod order;
mod placement;
mod races;
mod resuming;
mod shortening;
mod support;
mod unkept;
