//! The scanner as its callers see it: folders in, reports out.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail by panicking")]

mod bad_input;
mod clones;
mod deep_nesting;
mod degraded;
mod divergence;
mod documented;
mod findings;
mod history;
mod languages;
mod metrics;
mod smells;
mod support;
mod suppressions;
mod trend;
